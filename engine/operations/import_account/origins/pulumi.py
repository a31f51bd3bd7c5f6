"""The resources that `pulumi stack export` prints.

Pulumi's Stripe packages wrap a provider of Terraform, so their types and attributes are Terraform's
in another spelling: `stripe:index/portalConfiguration:PortalConfiguration`, `enabledEvents`. A
block that could be there several times is a list with a plural name: `webhookEndpoints`.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import UsageError
from engine.operations.import_account.origins.documents import as_list, as_map, title
from engine.operations.import_account.origins.origin import Entry, Inventory, LeftOut

_FORGET = "pulumi state delete"
_TYPE = re.compile(r"stripe:index/(\w+):\w+")
_MARK = "4dabf18193072939515e22adb298388d"  # the key by which Pulumi marks a secret
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def is_export(document: Mapping[str, Any]) -> bool:
    """Whether a document is what `pulumi stack export` prints."""
    return isinstance(document.get("deployment"), Mapping)


def inventory(document: Mapping[str, Any], name: str) -> Inventory:
    """What an export records of Stripe.

    Args:
        document: The export.
        name: The file's name, as it was given.

    Raises:
        UsageError: if it has no resources.
    """
    resources = as_list(document["deployment"].get("resources"))
    if not resources:
        raise UsageError(
            f"{title(name)} holds no resources: the stack is empty, or was never updated",
            hint="pulumi stack export --show-secrets > FILE writes them",
        )
    left_out = LeftOut()
    return Inventory(
        entries=tuple(_recorded(resources, left_out)), left_out=left_out.found(), forget=_FORGET
    )


def _recorded(resources: list[Any], left_out: LeftOut) -> Iterator[Entry]:
    for resource in map(as_map, resources):
        urn, type = str(resource.get("urn", "")), str(resource.get("type", ""))
        if not resource.get("custom") or type.startswith("pulumi:"):
            continue  # components and providers: nothing at a service
        match = _TYPE.fullmatch(type)
        theirs = f"stripe_{_snake(match[1])}" if match else type
        mode = "data" if resource.get("external") else "managed"
        if left_out.is_other(mode, theirs, urn, "stripe_"):
            continue
        if resource.get("delete"):
            left_out.add("Pulumi has replaced it and was to delete it", urn)
            continue
        outputs = as_map(resource.get("outputs") or resource.get("inputs"))
        yield Entry(
            address=urn,
            type=theirs,
            name=(urn.rpartition("::")[2],),
            attributes={**_named(outputs), "id": resource.get("id")},
            hidden=frozenset(_snake(key) for key, value in outputs.items() if _is_secret(value)),
        )


def _snake(name: str) -> str:
    return _CAPITAL.sub("_", name).lower()


def _is_secret(value: object) -> bool:
    return isinstance(value, Mapping) and _MARK in value


def _plain(value: Any) -> Any:
    """A value in Terraform's spelling; a secret that the export does not show is None."""
    if _is_secret(value):
        with contextlib.suppress(ValueError, TypeError):
            return _plain(json.loads(value.get("plaintext")))
        return None
    if isinstance(value, Mapping):
        return _named(value)
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes by Terraform's names; a list of one block has the name of the block, too."""
    found = {_snake(key): _plain(value) for key, value in values.items()}
    blocks = {
        name.removesuffix("s"): value
        for name, value in found.items()
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping)
    }
    return {**blocks, **found}
