"""Refuse or warn where plans affect stacks of the environment that are not in the run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from engine.errors import StateError
from engine.operations.run.session import Session
from engine.plan.model import Action, Plan, StepKind
from engine.plan.orphan import Orphan, named
from engine.state.model import State
from engine.values.targets import OutputTarget
from engine.values.templates import targets_in
from engine.values.tree import scalars


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


def read_by_others(
    session: Session, plan: Plan, others: Mapping[str, State | None], command: str
) -> Iterator[str]:
    """Why objects cannot end: another stack reads their ids, and does not follow in this run.

    Args:
        session: The session that holds the states of the run.
        plan: The plan.
        others: As `other_states` returns them.
        command: The command that is to run both stacks.
    """
    ends = {step.id for step in plan.steps if step.kind is StepKind.REMOVE}
    # An object with a chosen id is there again under the same one.
    ends -= {str(step.params.get("id")) for step in plan.steps if step.kind is StepKind.CREATE}
    ending = {
        name: gone
        for name, value in session.states[plan.stack].outputs.items()
        if (gone := ends.intersection(text for _, text in scalars(value)))
    }
    if not ending:
        return
    # Of an output that a part of the stack leaves as it is, the stacks of this run know nothing.
    follows = {change.name for change in plan.outputs}
    for name, other in {**session.states, **others}.items():
        if other is None:
            continue
        declared = [entry.declared for entry in other.resources.values()]
        for target in dict.fromkeys(targets_in(declared)):
            if not isinstance(target, OutputTarget) or target.stack != plan.stack:
                continue
            if target.name in ending and (name in others or target.name not in follows):
                yield (
                    f"stack {name} refers to output {target.name!r} of {plan.stack}, and this plan "
                    f"ends {', '.join(sorted(ending[target.name]))}. Run both stacks as a whole, "
                    f"so that {name} goes first: engine {command} {plan.stack} {name}"
                )


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
