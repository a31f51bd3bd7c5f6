"""A new resource whose natural key another object holds already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.graph.build import ResourceGraph
from engine.plan.decide import transfer_params
from engine.plan.keys import claims_of
from engine.plan.life import is_live
from engine.provider.base import RemoteObject, id_of
from engine.provider.schema import ResourceType
from engine.stack.model import Declaration
from engine.state.model import State
from engine.values import get_path


def collision(
    declaration: Declaration,
    kind: ResourceType,
    wanted: Mapping[str, Any],
    holder: RemoteObject,
    state: State,
    graph: ResourceGraph,
) -> tuple[dict[str, Any], str, str]:
    """Settle a collision, or refuse it.

    Returns:
        Parameters that take the key over, a note for the plan, and a refusal; each may be empty.
    """
    holder_id = id_of(holder)
    ours = next((text for text, entry in state.resources.items() if entry.id == holder_id), None)
    transfer = transfer_params(kind, wanted, holder)
    if ours is not None and transfer:
        return transfer, "", ""
    if transfer and not is_live(kind, holder):
        return transfer, f"takes its key from {holder_id}, which is archived", ""
    claims = {key.fields: claim for key, claim in claims_of(kind, wanted)}
    key = next((k for k, c in claims_of(kind, holder) if claims.get(k.fields) == c), None)
    if key is None:
        return {}, "", ""  # found by a key that several may hold
    name, value = key.attribute, get_path(wanted, tuple(key.attribute.split(".")))
    if ours is not None and ours not in graph.declarations:
        if not key.kept_by_removed:
            return {}, "", ""  # it is removed first, which frees the key
        refusal = (
            f"{declaration.address} ({declaration.location}): {name} {value!r} belongs to {ours}, "
            "which is declared no more, and Stripe keeps it taken after removal. If this is the "
            f'same thing under a new name, say moved("{ours}", "{declaration.address}")'
        )
        return {}, "", refusal
    who = f"{ours} of this stack" if ours else f"{holder_id}, which this stack does not manage"
    refusal = (
        f"{declaration.address} ({declaration.location}): {name} {value!r} is held by {who}. "
        "Choose another, or take that object over with lifecycle=Lifecycle(adopt=True) or "
        f'import_("{declaration.address}", "{holder_id}")'
    )
    return {}, "", refusal
