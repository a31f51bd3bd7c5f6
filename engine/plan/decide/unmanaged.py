"""Objects that no state records and that a declaration brings under management."""

from __future__ import annotations

from engine.plan.inputs.accounts import is_known
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.inputs.stamp import stamp
from engine.plan.model import Reason
from engine.schema.remote import STAMP_KEY, RemoteObject, id_of
from engine.stack.model import Declaration
from engine.values.paths import get_path


def holder_of_key(inputs: PlanInputs, declaration: Declaration) -> RemoteObject | None:
    """The object that has the natural key of a resource; None if nothing on its account has."""
    if not is_known(declaration.lifecycle.account):
        return None
    return inputs.observed.holders.get(declaration.address)


def unmanaged_object(
    inputs: PlanInputs, declaration: Declaration
) -> tuple[Reason, RemoteObject] | None:
    """The object that becomes a resource's, and why: imported, removed before, or adopted.

    An object is adopted that has the natural key, if the author asks for it or the object carries
    the stamp of this very resource; and the only object of its type, always.
    """
    address, account = declaration.address, declaration.lifecycle.account
    if not is_known(account):
        return None
    imported = inputs.observed.imports.get(address)
    if imported is not None:
        return Reason.IMPORTED, imported
    remembered = inputs.observed.remembered.get(address)
    if remembered is not None:
        return Reason.REMEMBERED, remembered
    holder = inputs.observed.holders.get(address)
    if holder is None or any(
        entry.type == declaration.type and entry.is_object(account, id_of(holder))
        for entry in inputs.state.resources.values()
    ):
        return None
    stamped = get_path(holder, ("metadata", STAMP_KEY)) == stamp(inputs.state.lineage, address)
    asked_for = declaration.lifecycle.adopt or stamped
    kind = inputs.schemas[declaration.type]
    if (kind.life.singleton or asked_for) and not inputs.owned_elsewhere(kind, account, holder):
        return Reason.ADOPTED, holder
    return None
