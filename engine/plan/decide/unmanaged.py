"""Objects that no state records and that a declaration brings under management."""

from __future__ import annotations

from engine.plan.compare.apart import apart
from engine.plan.compare.natural_keys import claim_of, describe_key
from engine.plan.inputs.accounts import is_known
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.inputs.stamp import stamp
from engine.plan.model import Reason
from engine.schema.remote import STAMP_KEY, RemoteObject, id_of
from engine.stack.model import Declaration
from engine.values.paths import get_path


def holder_of_key(inputs: PlanInputs, declaration: Declaration) -> RemoteObject | None:
    """The object that has the natural key of a resource; None if nothing on its account has.

    Of several objects with one key it is the one that is free; None if more of them are.
    """
    if not is_known(declaration.lifecycle.account):
        return None
    free = _free(inputs, declaration)
    if free[1:]:
        return None
    return free[0] if free else inputs.observed.holders.get(declaration.address)


def ambiguous(inputs: PlanInputs, declaration: Declaration) -> str:
    """Why nothing is adopted although several objects could be; empty if it is not so."""
    free = _free(inputs, declaration)
    if not free[1:] or not is_known(declaration.lifecycle.account):
        return ""
    kind = inputs.schemas[declaration.type]
    key = next(
        key
        for key in kind.life.natural_keys
        if not key.unique and claim_of(kind, key, free[0]) is not None
    )
    return (
        f"{declaration.address} ({declaration.location}): adopt=True finds {len(free)} "
        f"with {describe_key(key, free[0])}: {'; '.join(apart(free))}. Name the one that is meant: "
        f'import_("{declaration.address}", "{id_of(free[0])}")'
    )


def _free(inputs: PlanInputs, declaration: Declaration) -> tuple[RemoteObject, ...]:
    """Of several objects with the key of a resource those that have no owner.

    If one of them carries the stamp of this very resource, it alone.
    """
    alike = inputs.observed.alike.get(declaration.address, ())
    free = tuple(entry for entry in alike if not _is_owned(inputs, declaration, entry))
    stamped = tuple(entry for entry in free if _is_ours(inputs, declaration, entry))
    return stamped[:1] or free


def _is_owned(inputs: PlanInputs, declaration: Declaration, found: RemoteObject) -> bool:
    """Whether this stack or another one records an object."""
    account, kind = declaration.lifecycle.account, inputs.schemas[declaration.type]
    return _is_here(inputs, declaration, found) or (
        inputs.owned_elsewhere(kind, account, found) is not None
    )


def _is_here(inputs: PlanInputs, declaration: Declaration, found: RemoteObject) -> bool:
    """Whether this stack records an object."""
    return any(
        entry.type == declaration.type
        and entry.is_object(declaration.lifecycle.account, id_of(found))
        for entry in inputs.state.resources.values()
    )


def _is_ours(inputs: PlanInputs, declaration: Declaration, found: RemoteObject) -> bool:
    """Whether an object carries the stamp of this very resource."""
    own = stamp(inputs.state.lineage, declaration.address)
    return bool(get_path(found, ("metadata", STAMP_KEY)) == own)


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
    holder = holder_of_key(inputs, declaration)
    if holder is None or _is_here(inputs, declaration, holder):
        return None
    asked_for = declaration.lifecycle.adopt or _is_ours(inputs, declaration, holder)
    kind = inputs.schemas[declaration.type]
    if (kind.life.singleton or asked_for) and not inputs.owned_elsewhere(kind, account, holder):
        return Reason.ADOPTED, holder
    return None
