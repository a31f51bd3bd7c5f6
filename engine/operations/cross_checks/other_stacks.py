"""Refuse or warn where plans affect stacks of the environment that are not in the run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from engine.errors import StateError
from engine.operations.run.session import Session
from engine.plan.model import Action, Change, Plan, StepKind
from engine.stack.loader import stack_files
from engine.state.model import State
from engine.values.targets import OutputTarget
from engine.values.templates import targets_in
from engine.values.tree import scalars


def orphans_in(session: Session, others: Mapping[str, State | None]) -> dict[str, State | None]:
    """The states of stacks without a module that manage objects, by stack.

    A state that cannot be read may manage some; it is None.

    Args:
        session: The session of the run.
        others: As `other_states` returns them.
    """
    modules = stack_files(session.context.settings.stacks)
    return {
        name: state
        for name, state in others.items()
        if name not in modules and (state is None or state.resources)
    }


def orphan_warnings(
    session: Session, plans: Sequence[Plan], orphans: Mapping[str, State | None]
) -> Iterator[str]:
    """Warn of states without a module, but of those for which a plan is refused already.

    Args:
        session: The session of the run.
        plans: Every plan of the run.
        orphans: As `orphans_in` returns them.
    """
    new = {change.address for plan in plans for change in plan.changes if _is_made(change)}
    for name, state in orphans.items():
        if state is None or not new & {*state.resources}:
            yield (
                f"{session.context.environment}/{name} has a state and no module "
                f"stacks/{name}.py: what it manages is not planned. If the module was renamed to "
                f"NEW.py, run: engine state mv {name}: NEW:. To remove what it manages, put an "
                "empty module there and apply"
            )


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


def made_again(plan: Plan, orphans: Mapping[str, State | None]) -> Iterator[str]:
    """Why new objects cannot be made: the state of a stack without a module manages them.

    Args:
        plan: The plan.
        orphans: As `orphans_in` returns them.
    """
    new = {change.address for change in plan.changes if _is_made(change)}
    for name, state in orphans.items():
        twice = sorted(new & {*state.resources}) if state is not None else []
        if twice:
            shown = ", ".join(twice[:3]) + (f" and {len(twice) - 3} more" if twice[3:] else "")
            yield (
                f"stack {name} manages {shown}, and has no module stacks/{name}.py. This plan "
                f"would make them again. If stacks/{name}.py was renamed to "
                f"stacks/{plan.stack}.py, run: engine state mv {name}: {plan.stack}:"
            )


def _is_made(change: Change) -> bool:
    return change.action is Action.CREATE
