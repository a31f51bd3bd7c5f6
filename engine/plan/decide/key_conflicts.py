"""New resources whose natural key another object has already: take it, revive it, or refuse."""

from __future__ import annotations

import dataclasses

from engine.plan.compare.liveness import is_live
from engine.plan.compare.natural_keys import describe_key
from engine.plan.decide.decision import Decision
from engine.plan.decide.existing import Existing, decide_existing
from engine.plan.decide.replacement import conflicting_key, transfer_params
from engine.plan.decide.unmanaged import holder_of_key
from engine.plan.inputs.ownership import Owner
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Action, Reason
from engine.plan.refusal import PlanRule, Refusal
from engine.schema.lifecycle import NaturalKey
from engine.schema.remote import RemoteObject, id_of
from engine.stack.model import Declaration
from engine.state.superseded import superseded_object


def with_key_settled(inputs: PlanInputs, decision: Decision, holder: RemoteObject) -> Decision:
    """Settle a conflict over a natural key: take it from its holder, or refuse the new object.

    Args:
        inputs: What the plan is made from.
        decision: To make a new object.
        holder: The object that has its key.
    """
    if decision.address in inputs.observed.transfers.awaited:
        return decision  # refused already: what has the key is this very resource
    declaration = inputs.graph.declarations[decision.address]
    key = conflicting_key(decision.kind, decision.wanted, holder, transferable=True)
    owner = inputs.owned_elsewhere(decision.kind, decision.account, holder)
    single = decision.kind.life.singleton
    if owner is None or not (key is not None or declaration.lifecycle.adopt or single):
        return _settled(inputs, decision, holder, key)
    what = id_of(holder) if key is None else describe_key(key, decision.wanted)
    return decision.refused(Refusal(owned(declaration, what, owner), PlanRule.OWNED_ELSEWHERE))


def _settled(
    inputs: PlanInputs, decision: Decision, holder: RemoteObject, key: NaturalKey | None
) -> Decision:
    """Settle a conflict with an object of this stack, or of none."""
    declaration = inputs.graph.declarations[decision.address]
    resources, holder_id = inputs.state.resources, id_of(holder)
    ours = next(
        (text for text, entry in resources.items() if entry.is_object(decision.account, holder_id)),
        None,
    )
    transfer = transfer_params(decision.kind, decision.wanted, holder)
    where = f"{declaration.address} ({declaration.location})"
    moved = f'moved("{ours}", "{declaration.address}")'
    if ours is not None and declaration.lifecycle.adopt:
        sentence = (
            f"{where}: adopt=True finds {holder_id}, which is {ours} already. If this is the same "
            f"thing under a new name, write {moved}; if not, remove adopt=True"
        )
        return decision.refused(Refusal(sentence, PlanRule.ALREADY_MANAGED))
    if transfer and (ours is not None or not is_live(decision.kind, holder)):
        notes = () if ours else (f"takes its key from {holder_id}, which is archived",)
        return dataclasses.replace(
            decision,
            transfer={**decision.transfer, **transfer},
            notes=(*decision.notes, *notes),
        )
    if key is None:
        return decision  # found by a key that several may have
    what = describe_key(key, decision.wanted)
    if ours is None or ours in inputs.graph.declarations:
        return decision.refused(
            Refusal(_held(declaration, what, holder_id, ours), PlanRule.KEY_TAKEN)
        )
    if not key.kept_by_removed:
        return decision  # it is removed first, which frees the key
    sentence = (
        f"{where}: {what} belongs to {ours}, which is no longer declared, and Stripe keeps it "
        f"taken after removal. If this is the same thing under a new name, write {moved}"
    )
    return decision.refused(Refusal(sentence, PlanRule.KEY_KEPT))


def with_revival(inputs: PlanInputs, case: Existing, decision: Decision) -> Decision:
    """Revive an ended object that has the natural key of what is to be made.

    A domain that is declared as `a`, then `b`, then `a` again leaves a disabled `a` behind, which
    has the name for good: it is revived, and `b` is removed.

    Args:
        inputs: What the plan is made from.
        case: The resource and the object it has.
        decision: To make a new object.

    Returns:
        The decision as it is if no other object has its key; refused if that object is in use.
    """
    holder = holder_of_key(inputs, case.declaration)
    if holder is None or (case.old_account is None and id_of(holder) == id_of(case.actual)):
        return decision
    revival = decide_existing(
        dataclasses.replace(
            case,
            actual=holder,
            prior=None,
            taken=Reason.REMEMBERED,
            old_account=None,
            force=None,
        )
    )
    ours = any(
        entry.is_object(decision.account, id_of(holder))
        for entry in inputs.state.resources.values()
    )
    theirs = inputs.owned_elsewhere(case.kind, decision.account, holder) is not None
    used = is_live(case.kind, holder) and not case.declaration.lifecycle.adopt
    if ours or theirs or used or revival.action is not Action.REVIVE:
        return with_key_settled(inputs, decision, holder)
    note = f"{id_of(holder)} has its key already and is revived in place of a new one"
    return dataclasses.replace(
        decision,
        create_first=False,
        notes=(*decision.notes, note),
        instead=revival,
        superseded=tuple(
            name
            for name in decision.superseded
            if superseded_object(name, decision.actual_account) != (decision.account, id_of(holder))
        ),
    )


def owned(declaration: Declaration, what: str, owner: Owner) -> str:
    """Why what a resource of another stack is cannot become this one, and how to move it.

    Args:
        declaration: What is declared.
        what: The object, by its id or its key.
        owner: The resource that has it.
    """
    where = f"{declaration.address} ({declaration.location})"
    belongs = f"{where}: {what} belongs to {owner}, and an object has one owner"
    if owner.environment:
        return (
            f"{belongs}, in one environment. Declare it for one of the two, or release it there: "
            f"engine state rm {owner.stack}:{owner.address} -e {owner.environment}"
        )
    return (
        f'{belongs}. To move it here, write moved("{owner}", "{declaration.address}") next to this '
        f"declaration, and take it out of stacks/{owner.stack}.py if it still is declared there"
    )


def _held(declaration: Declaration, what: str, holder_id: str, ours: str | None) -> str:
    """Why a key cannot be taken, and the way on that ends nothing that is declared."""
    where = f"{declaration.address} ({declaration.location})"
    if ours is not None:
        return (
            f"{where}: {what} is held by {ours} of this stack. Choose another, or declare it once"
        )
    return (
        f"{where}: {what} is held by {holder_id}, which no stack manages. Choose another, or take "
        "that object over with "
        f'lifecycle=Lifecycle(adopt=True) or import_("{declaration.address}", "{holder_id}")'
    )
