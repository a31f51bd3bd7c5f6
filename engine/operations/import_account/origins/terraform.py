"""The resources that a Terraform or OpenTofu state records.

Two forms are read: the state itself (format 4, `terraform state pull`), and what
`terraform show -json` prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import UsageError
from engine.operations.import_account.origins.documents import as_list, as_map, title
from engine.operations.import_account.origins.origin import Entry, Inventory, LeftOut

PULL = "terraform state pull > FILE writes the state (tofu state pull with OpenTofu)"
_FORMAT = 4
_PREFIX = "stripe_"
_MODULE = re.compile(r'module\.([^.\[]+)(?:\[(?:"((?:[^"\\]|\\.)*)"|(\d+))\])?')
_FORGET = "terraform state rm"


def inventory(document: Mapping[str, Any], name: str) -> Inventory:
    """What a state records of Stripe.

    Args:
        document: The state.
        name: The file's name, as it was given.

    Raises:
        UsageError: if it is no state, or one that cannot be read.
    """
    left_out = LeftOut()
    if "values" in document and "format_version" in document:
        shown = as_map(document["values"])
        entries = tuple(_shown(as_map(shown.get("root_module")), left_out))
    else:
        _check(document, name)
        entries = tuple(_recorded(document["resources"], left_out))
    return Inventory(entries=entries, left_out=left_out.found(), forget=_FORGET)


def _check(document: Mapping[str, Any], name: str) -> None:
    what = title(name)
    if "encrypted_data" in document:
        raise UsageError(
            f"{what} is encrypted by OpenTofu",
            hint="tofu state pull > FILE writes it in clear; remove that file afterwards",
        )
    if "planned_values" in document or "resource_changes" in document:
        raise UsageError(f"{what} is a plan, not a state", hint=PULL)
    if "backend" in document:
        raise UsageError(
            f"{what} only says where the state is: Terraform keeps it in a remote backend",
            hint=PULL,
        )
    version = document.get("version")
    if version != _FORMAT or not isinstance(document.get("resources"), list):
        if isinstance(version, int) and version < _FORMAT and "modules" in document:
            raise UsageError(
                f"{what} is a state of format {version}, from before Terraform 0.12",
                hint="terraform apply -refresh-only of Terraform 0.13 or newer writes format 4",
            )
        if isinstance(version, int) and version > _FORMAT:
            raise UsageError(
                f"{what} is a state of format {version}; formats up to {_FORMAT} can be read",
                hint="terraform show -json > FILE prints it in a form that can be read",
            )
        hint = "engine import --from-fixtures FILE reads it" if "fixtures" in document else PULL
        raise UsageError(f"{what} is not a Terraform state", hint=hint)


def _recorded(resources: list[Any], left_out: LeftOut) -> Iterator[Entry]:
    """The resources of a state of format 4."""
    for resource in map(as_map, resources):
        type, name = str(resource.get("type", "")), str(resource.get("name", ""))
        module = str(resource.get("module") or "")
        mode = resource.get("mode", "managed")
        read_only = "data" if mode == "data" else ""
        address = ".".join(part for part in (module, read_only, type, name) if part)
        if left_out.is_other(mode, type, address, _PREFIX):
            continue
        for instance in map(as_map, as_list(resource.get("instances"))):
            key = instance.get("index_key")
            theirs = address + _bracketed(key)
            if instance.get("deposed"):
                left_out.add("Terraform has replaced it and was to destroy it", theirs)
                continue
            yield Entry(
                address=theirs,
                type=type,
                name=(*_modules(module), name, *_instance(key)),
                attributes=as_map(instance.get("attributes") or instance.get("attributes_flat")),
                hidden=_marked(as_list(instance.get("sensitive_attributes"))),
            )


def _shown(module: Mapping[str, Any], left_out: LeftOut) -> Iterator[Entry]:
    """The resources of a module as `terraform show -json` prints it, and of those below."""
    for resource in map(as_map, as_list(module.get("resources"))):
        type, theirs = str(resource.get("type", "")), str(resource.get("address", ""))
        if left_out.is_other(resource.get("mode", "managed"), type, theirs, _PREFIX):
            continue
        if resource.get("deposed_key"):
            left_out.add("Terraform has replaced it and was to destroy it", theirs)
            continue
        marked = as_map(resource.get("sensitive_values"))
        yield Entry(
            address=theirs,
            type=type,
            name=(
                *_modules(str(module.get("address") or "")),
                str(resource.get("name", "")),
                *_instance(resource.get("index")),
            ),
            attributes=as_map(resource.get("values")),
            hidden=frozenset(name for name, mark in marked.items() if mark),
        )
    for inner in map(as_map, as_list(module.get("child_modules"))):
        yield from _shown(inner, left_out)


def _modules(address: str) -> Iterator[str]:
    """`module.a["x"].module.b` as `a`, `x`, `b`."""
    for match in _MODULE.finditer(address):
        yield from (part for part in match.groups() if part is not None)


def _instance(key: object) -> tuple[str, ...]:
    return () if key is None else (str(key),)


def _bracketed(key: object) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f'["{key}"]'


def _marked(paths: list[Any]) -> frozenset[str]:
    """The attributes that a state marks as sensitive, wholly or in part."""
    steps = (as_map(as_list(path)[0]) for path in paths if as_list(path))
    return frozenset(str(step["value"]) for step in steps if "value" in step)
