"""A new resource whose natural key another object holds already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.graph.build import ResourceGraph
from engine.plan.compare.liveness import is_live
from engine.plan.compare.natural_keys import told
from engine.plan.decide.replacement import conflicting_key, transfer_params
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.stack.model import Declaration
from engine.state.model import State


def collision(
    declaration: Declaration,
    kind: ResourceType,
    wanted: Mapping[str, Any],
    holder: RemoteObject,
    state: State,
    graph: ResourceGraph,
    owners: Mapping[str, str],
) -> tuple[dict[str, Any], str, str]:
    """Settle a collision, or refuse it.

    Args:
        declaration: The new resource.
        kind: Its type.
        wanted: Its arguments, references resolved.
        holder: The object that holds its key.
        state: The state of its stack.
        graph: What its stack declares.
        owners: As in `Observed`.

    Returns:
        Parameters that take the key over, a note for the plan, and a refusal; each may be empty.
    """
    holder_id = id_of(holder)
    ours = next((text for text, entry in state.resources.items() if entry.id == holder_id), None)
    transfer = transfer_params(kind, wanted, holder)
    if ours is not None and declaration.lifecycle.adopt:
        refusal = (
            f"{declaration.address} ({declaration.location}): adopt=True finds {holder_id}, which "
            f"is {ours} already. If this is the same thing under a new name, say "
            f'moved("{ours}", "{declaration.address}"); if not, take adopt=True out'
        )
        return {}, "", refusal
    if transfer and (ours is not None or not is_live(kind, holder)):
        note = "" if ours else f"takes its key from {holder_id}, which is archived"
        return transfer, note, ""
    key = conflicting_key(kind, wanted, holder, transferable=True)
    if key is None:
        return {}, "", ""  # found by a key that several may hold
    what = told(key, wanted)
    if ours is not None and ours not in graph.declarations:
        if not key.kept_by_removed:
            return {}, "", ""  # it is removed first, which frees the key
        refusal = (
            f"{declaration.address} ({declaration.location}): {what} belongs to {ours}, "
            "which is declared no more, and Stripe keeps it taken after removal. If this is the "
            f'same thing under a new name, say moved("{ours}", "{declaration.address}")'
        )
        return {}, "", refusal
    return {}, "", _held(declaration, what, holder_id, ours, owners.get(holder_id))


def _held(
    declaration: Declaration, what: str, holder_id: str, ours: str | None, owner: str | None
) -> str:
    """Why a key cannot be taken, and the way on that ends nothing that somebody declares."""
    where = f"{declaration.address} ({declaration.location})"
    if owner is not None:
        address, _, stack = owner.partition(" of stack ")
        return (
            f"{where}: {what} belongs to {owner}, and an object is managed by one stack. Declare "
            f'it in one of the two. To move it here, write removed("{address}") in '
            f'stacks/{stack}.py and import_("{declaration.address}", "{holder_id}") next to this '
            "declaration"
        )
    who = f"{ours} of this stack" if ours else f"{holder_id}, which no stack manages"
    return (
        f"{where}: {what} is held by {who}. Choose another, or take that object over with "
        f'lifecycle=Lifecycle(adopt=True) or import_("{declaration.address}", "{holder_id}")'
    )
