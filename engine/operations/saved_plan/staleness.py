"""Check the preconditions of a saved plan: account, engine, states, objects and outputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from engine.operations.cross_checks.other_stacks import records
from engine.operations.cross_checks.owners import owners_in
from engine.operations.refresh.key_holders import find_all_holders
from engine.operations.refresh.read import Place, read_all
from engine.operations.run.context import Context
from engine.operations.run.session import Session
from engine.plan.inputs.ownership import ObjectKey, Owner
from engine.plan.model import Plan, Step, StepKind
from engine.plan.refusal import PlanRule, Refusal, RefusedError
from engine.plan.saved.file import SavedPlan, SavedStack
from engine.plan.saved.preconditions import (
    ObjectSnapshot,
    describe_change,
    describe_new_holder,
    snapshot,
)
from engine.ports.provider import Account
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.stack.files_and_secrets import is_content
from engine.state.codec import state_digest
from engine.state.model import State, new_state
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.targets import ResourceTarget, elsewhere

AGAIN = "run engine plan -o again and apply what it writes; nothing was changed"
_MODES: Mapping[bool | None, str] = {True: "live mode", False: "test mode"}


def refused_plan(
    message: str,
    reference: PlanRule = PlanRule.PLAN_STALE,
    *,
    stack: str = "",
    cause: str | None = None,
    hint: str = AGAIN,
) -> RefusedError:
    """The error of a saved plan that is refused for one reason."""
    return RefusedError(message, [(stack, Refusal(message, reference))], cause=cause, hint=hint)


def check_origin(context: Context, saved: SavedPlan) -> None:
    """Check that a plan was made for this environment and by this engine.

    Raises:
        RefusedError: if not.
    """
    if saved.environment != context.environment:
        raise refused_plan(
            f"the saved plan is of environment {saved.environment!r}, and this run uses "
            f"{context.environment!r}",
            PlanRule.PLAN_OF_ANOTHER_PLACE,
            hint=f"add -e {saved.environment} if it is to be applied there; nothing was changed",
        )
    if saved.engine_version != context.engine_version:
        raise refused_plan(
            f"the saved plan was made by engine {saved.engine_version}, and this is engine "
            f"{context.engine_version}",
        )


class Bound(Protocol):
    """A file that is bound to an account and its mode."""

    @property
    def account_id(self) -> str:
        """The account; empty if Stripe did not return it."""

    @property
    def livemode(self) -> bool | None:
        """Real money; None if Stripe did not return it."""


def check_account(saved: Bound, account: Account) -> None:
    """Check that a plan was made for the account and mode of the key.

    Raises:
        RefusedError: if not.
    """
    if saved.account_id and account.id and saved.account_id != account.id:
        raise refused_plan(
            f"the saved plan was made for account {saved.account_id}, but the key belongs to "
            f"{account.id}",
            PlanRule.PLAN_OF_ANOTHER_PLACE,
            hint=f"use a key of {saved.account_id}; nothing was changed",
        )
    if None not in (saved.livemode, account.livemode) and saved.livemode != account.livemode:
        raise refused_plan(
            f"the saved plan was made for {_MODES[saved.livemode]}, but the key is for "
            f"{_MODES[account.livemode]}",
            PlanRule.PLAN_OF_ANOTHER_PLACE,
            hint=f"use a key for {_MODES[saved.livemode]}; nothing was changed",
        )


def check_state(session: Session, stack: SavedStack) -> None:
    """Check that a plan was made from the stored state; a first state gets the plan's lineage.

    Raises:
        RefusedError: if not.
    """
    plan, digest = stack.plan, stack.preconditions.digest
    stored = session.loaded[plan.stack]
    if stored is None and not digest:
        session.states[plan.stack] = new_state(plan.stack, plan.environment, plan.lineage)
        return
    where = f"{plan.environment}/{plan.stack}"
    made_from = _place(plan.serial, plan.lineage) if digest else "no state"
    is_now = _place(stored.serial, stored.lineage) if stored is not None else "no state"
    if stored is not None and _is_applied(plan, stored):
        raise _stale(
            session,
            plan,
            f"{where}: the saved plan was applied already, or another run did the same: serial "
            f"{stored.serial} of the state has all that it would do",
        )
    if made_from != is_now or stored is None:
        raise _stale(
            session,
            plan,
            f"{where}: the saved plan was made from {made_from}, and there is {is_now} now",
        )
    _check_ids(stack, stored)
    if digest != state_digest(stored):
        raise _stale(
            session,
            plan,
            f"{where}: the state is another one than the saved plan was made from, although both "
            f"are {made_from}",
        )


def _is_applied(plan: Plan, stored: State) -> bool:
    """Whether a later state of the same lineage has all changes of a plan."""
    if stored.lineage != plan.lineage or stored.serial <= plan.serial:
        return False
    outputs = (
        change.after is UNKNOWN or stored.outputs.get(change.name, ABSENT) == change.after
        for change in plan.outputs
    )
    return all(_is_done(step, stored) for step in plan.steps) and all(outputs)


def _is_done(step: Step, stored: State) -> bool:
    entry = stored.at(step.address)
    if step.kind is StepKind.FORGET:
        return entry is None
    if step.kind is StepKind.REMOVE:
        return entry is None or not entry.records(step.account, step.id)
    if step.record is None:
        return True
    if step.other:
        return entry is not None and entry.records(step.account, step.id)
    return entry is not None and entry.declared == step.record.declared


def _check_ids(stack: SavedStack, stored: State) -> None:
    """Refuse to act on an object that neither the shown plan nor the state contains."""
    known = {"", *(change.id for change in stack.plan.changes)}
    known.update(claim.holder for claim in stack.preconditions.claims)
    known.update(gone.id for gone in stored.removed.values())
    for entry in stored.resources.values():
        known.update((entry.id, *(id for _, id in entry.left)))
    for step in stack.plan.steps:
        if step.id not in known:
            raise refused_plan(
                f"the saved plan acts on {step.id}, which it does not show and the state does not "
                "know",
                stack=stack.plan.stack,
            )


def _place(serial: int, lineage: str) -> str:
    return f"serial {serial} of lineage {lineage}"


def _stale(session: Session, plan: Plan, message: str) -> RefusedError:
    cause = None
    if plan.stack in session.recovered:
        cause = (
            "An earlier run had not finished. What it did was recorded just now, so the state is "
            f"no longer at serial {session.recovered[plan.stack]}."
        )
    return refused_plan(message, stack=plan.stack, cause=cause)


def read_preconditions(session: Session, stacks: Sequence[SavedStack]) -> dict[Place, RemoteObject]:
    """Read the objects in the preconditions of saved plans, of all stacks together.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
    """
    places: list[Place] = []
    for stack in stacks:
        seen = dict.fromkeys((was.type, was.account, was.id) for was in stack.preconditions.objects)
        if seen:
            session.context.hook.refreshing(stack.plan.stack, len(seen))
        places.extend(seen)
    found = read_all(session, session.context.schemas, places)
    for stack in stacks:
        session.context.hook.refreshed(stack.plan.stack)
    return found


def require_unchanged(
    session: Session, stack: SavedStack, actual: Mapping[Place, RemoteObject]
) -> Plan:
    """Check outputs, files, objects and keys; return the plan with the present lookups.

    Args:
        session: The session with its state.
        stack: The plan.
        actual: What `read_preconditions` read.

    Raises:
        RefusedError: with everything that changed.
    """
    plan, preconditions = stack.plan, stack.preconditions
    moved = [
        *_moved_outputs(session, stack),
        *_moved_files(session, plan),
        *_moved_owners(session, plan),
    ]
    for was in preconditions.objects:
        kind = session.context.schemas[was.type]
        found = actual.get((was.type, was.account, was.id))
        probed = _probed(session, kind, was)
        moved.append(describe_change(was, snapshot(was, kind, found, plan.lineage, probed=probed)))
    if preconditions.claims:
        schemas = session.context.schemas
        found = find_all_holders(session.provider, schemas, preconditions.claims)
        for claim in preconditions.claims:
            ids = [id_of(holder) for holder in found.get(claim.address, ())] or [""]
            holder = claim.holder if claim.holder in ids else ids[0]
            moved.append(describe_new_holder(claim, holder, schemas[claim.type]))
    refused = [(plan.stack, Refusal(text, PlanRule.PLAN_STALE)) for text in moved if text]
    if refused:
        raise RefusedError(
            f"the saved plan does not hold any more: {refused[0][1]}",
            refused,
            cause="\n".join(text for _, text in refused[1:]) or None,
            hint=AGAIN,
        )
    lookups: dict[str, RemoteObject] = {
        was.address: actual[was.type, was.account, was.id]
        for was in preconditions.objects
        if was.address.lookup
    }
    return dataclasses.replace(plan, lookups=lookups)


def _probed(session: Session, kind: ResourceType, was: ObjectSnapshot) -> bool | None:
    probe = next((way.unless for way in kind.life.removals if way.unless is not None), None)
    if was.probed is None or probe is None:
        return None
    return session.provider.exists(probe, was.id, account=was.account)


def _moved_owners(session: Session, plan: Plan) -> Iterator[str]:
    """Objects that a stack outside of the plan has by now, or has no longer."""
    owners = owners_in(session)

    def is_outside(owner: Owner) -> bool:
        return bool(owner.environment) or owner.stack not in session.states

    for step in plan.steps:
        if step.kind is StepKind.REMOVE:
            key = ObjectKey(step.type, step.account, step.id)
            owner = owners.elsewhere(plan.stack, key)
            if owner is not None and is_outside(owner):
                yield f"{step.id}, which {step.key} would end, is {owner} now"
        elif step.kind is StepKind.FORGET and step.other:
            left_to = Owner.of(step.other)
            if is_outside(left_to) and not records(session, left_to, step):
                yield f"{step.id}, which is left to {left_to}, is not recorded there any more"


def _moved_outputs(session: Session, stack: SavedStack) -> Iterator[str]:
    for text, was in stack.preconditions.outputs.items():
        target = elsewhere(text)
        if session.kept_output(target) != was:
            what = f"output {target.local}"
            if isinstance(target, ResourceTarget):
                what = target.address
            yield (
                f"{what} of stack {target.stack}, which {stack.plan.stack} reads, "
                "is another than when the plan was made"
            )


def _moved_files(session: Session, plan: Plan) -> Iterator[str]:
    schemas, root = session.context.schemas, session.context.settings.root
    for step in plan.steps:
        for name in schemas[step.type].content:
            declared = step.params.get(name)
            if isinstance(declared, str) and not is_content(declared, root):
                yield (
                    f"the file that {step.address} sends as {name} is another than when the plan "
                    "was made"
                )
