"""Refuse or warn where plans affect stacks of the environment that are not in the run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from engine.errors import StateError
from engine.operations.run.session import Session
from engine.plan.model import Action, Plan
from engine.plan.orphan import Orphan, named
from engine.state.model import State


def other_states(session: Session) -> dict[str, State | None]:
    """The states of the environment that are not part of this run, by stack.

    They are read once a run. A state that cannot be read is None: it is no reason to refuse the
    plans of other stacks.
    """
    if session.others is None:
        backend, environment = session.context.backend, session.context.environment
        found: dict[str, State | None] = {}
        for name in backend.stacks(environment):
            if name not in session.states:
                found[name] = None
                with contextlib.suppress(StateError):
                    found[name] = backend.read(name, environment)
        session.others = found
    return session.others


def made_again(plan: Plan, orphans: Sequence[Orphan]) -> Iterator[str]:
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
            yield (
                f"stack {name} manages {named(twice)}, and has no module stacks/{name}.py. This "
                f"plan would make them again. If stacks/{name}.py was renamed to "
                f"stacks/{plan.stack}.py, run: engine state mv {name}: {plan.stack}:"
            )
