"""What a state of Terraform or OpenTofu, or an export of Pulumi, wants to have imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import UsageError
from engine.operations.import_account.origins import pulumi, terraform
from engine.operations.import_account.origins.documents import parse_document, title
from engine.operations.import_account.origins.held import arguments_held, secrets_held
from engine.operations.import_account.origins.names import logical_names
from engine.operations.import_account.origins.origin import (
    Entry,
    Inventory,
    Origin,
    not_taken,
)
from engine.operations.import_account.origins.types import managed_type
from engine.operations.import_account.wanted import Wanted, WantedObject
from engine.plan.inputs.ownership import ObjectKey
from engine.schema.resource_type import ResourceType, Schemas


def read_state(content: bytes, name: str, schemas: Schemas) -> Origin:
    """What is to be imported of what another tool's state records.

    Args:
        content: The file.
        name: Its name, as it was given.
        schemas: The types that are managed.

    Raises:
        UsageError: if it cannot be read, or two of its resources are one object.
    """
    document = parse_document(content, name, wanted="a Terraform state", how=terraform.PULL)
    if pulumi.is_export(document):
        found = pulumi.inventory(document, name)
    else:
        found = terraform.inventory(document, name)
    return _origin(found, title(name), schemas)


def _origin(found: Inventory, name: str, schemas: Schemas) -> Origin:
    left_out = {reason: list(names) for reason, names in found.left_out.items()}
    managed: list[tuple[ResourceType, Entry]] = []
    for entry in found.entries:
        type = managed_type(entry.type, entry.attributes, schemas)
        if type is None:
            left_out.setdefault("its type is not managed", []).append(entry.address)
        elif not _id_of(schemas[type], entry.attributes):
            left_out.setdefault("it has no id: it was never made", []).append(entry.address)
        else:
            managed.append((schemas[type], entry))
    names = logical_names((kind.name, entry) for kind, entry in managed)
    named = {reason: tuple(names) for reason, names in left_out.items()}
    objects: dict[ObjectKey, WantedObject] = {}
    theirs: dict[ObjectKey, str] = {}
    renamed: dict[str, str] = {}
    for kind, entry in managed:
        key = ObjectKey(kind.name, "", _id_of(kind, entry.attributes))
        address = f"{kind.name}.{names[entry.address]}"
        if key in theirs:
            raise UsageError(
                f"{theirs[key]} and {entry.address} are one object, {key.id}, and an object has "
                "one resource",
                hint=f"keep one: {found.forget} '{entry.address}', then write the file again",
            )
        objects[key] = WantedObject(
            name=names[entry.address],
            known=arguments_held(kind, _shown(entry)),
            secrets=secrets_held(kind, entry.attributes),
        )
        theirs[key] = entry.address
        if not entry.is_at(address):
            renamed[address] = entry.address
    if not objects:
        raise UsageError(
            f"{name} records no object of Stripe that could be imported",
            cause="\n".join(not_taken(named)) or None,
            hint="another workspace or stack may: terraform workspace list, pulumi stack ls",
        )
    return Origin(
        wanted=Wanted(objects=objects, origin=name),
        renamed=renamed,
        left_out=named,
        livemode=_livemode(entry for _, entry in managed),
    )


def _id_of(kind: ResourceType, attributes: Mapping[str, Any]) -> str:
    """The id in the form that states record: a child's begins with its parent's."""
    id = str(attributes.get("id") or "")
    if not id or not kind.parent or "/" in id:
        return id
    parent = attributes.get(kind.parent)
    return f"{parent}/{id}" if parent else ""


def _shown(entry: Entry) -> Mapping[str, Any]:
    return {name: value for name, value in entry.attributes.items() if name not in entry.hidden}


def _livemode(entries: Any) -> bool | None:
    modes = {entry.attributes.get("livemode") for entry in entries} - {None}
    return modes.pop() if len(modes) == 1 else None
