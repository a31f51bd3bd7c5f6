"""Refuse or warn where plans affect stacks of the environment that are not in the run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from engine.apply.journal import read_journal
from engine.errors import StateError
from engine.operations.run.context import Context
from engine.operations.run.session import Session
from engine.plan.inputs.ownership import Owner
from engine.plan.model import Action, Plan, Step
from engine.plan.orphan import Orphan, named
from engine.plan.refusal import PlanRule, Refusal
from engine.state.model import Draft, State


def other_states(session: Session) -> dict[str, State | None]:
    """The states of the environment that are not part of this run, by stack.

    They are read once a run, with what the journals of unfinished runs recorded. A state that
    cannot be read is None: it is no reason to refuse the plans of other stacks.
    """
    if session.others is None:
        context = session.context
        found: dict[str, State | None] = {}
        for name in context.backend.stacks(context.environment):
            if name not in session.states:
                found[name] = None
                with contextlib.suppress(StateError):
                    found[name] = _with_journal(context, name)
        session.others = found
    return session.others


def records(session: Session, owner: Owner, step: Step) -> bool:
    """Whether the state of a resource of another stack records the object of a step."""
    state = session.states.get(owner.stack) or other_states(session).get(owner.stack)
    if owner.environment:
        state = session.context.backend.read(owner.stack, owner.environment)
    entry = state.at(owner.address) if state is not None else None
    return entry is not None and entry.records(step.account, step.id)


def _with_journal(context: Context, name: str) -> State | None:
    state = context.backend.read(name, context.environment)
    records = context.backend.read_journal(name, context.environment)
    if state is None or not records:
        return state
    draft = Draft(state)
    for delta in read_journal(records, context.schemas, {}).deltas:
        draft.change(delta)
    return draft.state()


def made_again(plan: Plan, orphans: Sequence[Orphan]) -> Iterator[Refusal]:
    """Why new objects cannot be made: the state of a stack without a module manages them.

    Args:
        plan: The plan.
        orphans: The stacks without a module.
    """
    new = {change.address for change in plan.changes if change.action is Action.CREATE}
    for orphan in orphans:
        twice = tuple(address for address in orphan.addresses if address in new)
        if twice:
            name = orphan.stack
            yield Refusal(
                f"stack {name} manages {named(twice)}, and has no module stacks/{name}.py. This "
                f"plan would make them again. If stacks/{name}.py was renamed to "
                f"stacks/{plan.stack}.py, run: engine state mv {name}: {plan.stack}:",
                PlanRule.MADE_AGAIN,
            )
