"""Objects that no state records and that a declaration brings under management."""

from __future__ import annotations

from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.inputs.stamp import stamp
from engine.plan.model import Reason
from engine.schema.remote import STAMP_KEY, RemoteObject, id_of
from engine.values.paths import get_path


def unmanaged_object(inputs: PlanInputs, address: str) -> tuple[Reason, RemoteObject] | None:
    """The object that becomes a resource's, and why: imported, removed before, or adopted.

    An object is adopted that has the natural key, if the author asks for it or the object carries
    the stamp of this very resource; and the only object of its type, always.
    """
    imported = inputs.observed.imports.get(address)
    if imported is not None:
        return Reason.IMPORTED, imported
    remembered = inputs.observed.remembered.get(address)
    if remembered is not None:
        return Reason.REMEMBERED, remembered
    holder = inputs.observed.holders.get(address)
    declaration = inputs.graph.declarations[address]
    if holder is None or any(
        entry.type == declaration.type and entry.id == id_of(holder)
        for entry in inputs.state.resources.values()
    ):
        return None
    stamped = get_path(holder, ("metadata", STAMP_KEY)) == stamp(inputs.state.lineage, address)
    asked_for = declaration.lifecycle.adopt or stamped
    kind, account = inputs.schemas[declaration.type], declaration.lifecycle.account
    if (kind.life.singleton or asked_for) and not inputs.owned_elsewhere(kind, account, holder):
        return Reason.ADOPTED, holder
    return None
