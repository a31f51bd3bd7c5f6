"""Which resources belong to others for good: they cannot be pointed to anything else."""

from __future__ import annotations

from collections.abc import Collection

from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import ResourceState, State
from engine.values.paths import Path
from engine.values.targets import AttributeTarget
from engine.values.templates import targets_with_paths
from engine.values.tree import scalars


def with_children(state: State, schemas: Schemas, addresses: Collection[str]) -> list[str]:
    """Some resources of a state, and those that belong to one of them, and theirs.

    A resource belongs to another if it refers to it in a field that Stripe cannot change, its
    parent or an immutable one, and to the connected account that it is on.

    Args:
        state: The state.
        schemas: Resource types by name.
        addresses: The resources; those that the state does not have are kept in the list.
    """
    found = dict.fromkeys(addresses)
    while True:
        ids = {
            (kind.object, entry.account, kind.own_id(entry.id))
            for address in found
            if (entry := state.at(address)) is not None
            for kind in (schemas[entry.type],)
        }
        more = [
            address
            for address, entry in state.resources.items()
            if address not in found and _belongs(entry, schemas[entry.type], found, ids)
        ]
        if not more:
            return list(found)
        found |= dict.fromkeys(more)


def _belongs(
    entry: ResourceState,
    kind: ResourceType,
    addresses: Collection[str],
    ids: set[tuple[str, str, str]],
) -> bool:
    """Whether a resource refers to one of these for good, by its address or by its id."""
    if entry.account in {id for _, _, id in ids}:
        return True
    named = [
        path
        for path, target in targets_with_paths(entry.declared)
        if isinstance(target, AttributeTarget) and target.address in addresses
    ]
    named += [
        path
        for path, value in scalars(entry.declared)
        if isinstance(value, str)
        and (node := kind.root.at(path)) is not None
        and (node.reference, entry.account, value) in ids
    ]
    return any(_is_fixed(kind, path) for path in named)


def _is_fixed(kind: ResourceType, path: Path) -> bool:
    """Whether a field can never name another object."""
    return path[0] == kind.parent or any(above.immutable for _, above in kind.root.along(path))
