"""Refuse plans whose outputs other stacks read, or that read outputs which have no value.

A state says what its stack read at the last apply. What that is may not end before the reader has
followed, which takes a run of both.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.cross_checks.referrers import ended_by, referrers
from engine.operations.run.reads import reads_of
from engine.operations.run.session import Session
from engine.plan.inputs.ownership import ObjectKey
from engine.plan.model import Action, Plan, StepKind
from engine.plan.refusal import PlanRule, Refusal
from engine.stack.loader import stack_files
from engine.state.model import State
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, get_path
from engine.values.targets import Elsewhere, OutputTarget, ResourceTarget
from engine.values.templates import targets_in, targets_with_paths
from engine.values.tree import scalars


def refuse_reads(session: Session, plans: Sequence[Plan], command: str) -> tuple[Plan, ...]:
    """Add to plans that were made in another run the refusals of `Readers`."""
    for plan in plans:
        session.expect(plan, {})
    readers = Readers(session, plans, command)
    return tuple(
        dataclasses.replace(plan, refusals=(*plan.refusals, *readers.refusals(plan)))
        for plan in plans
    )


class Readers:
    """What the stacks of an environment read of each other, and who has to follow a plan."""

    def __init__(self, session: Session, plans: Sequence[Plan], command: str) -> None:
        """Look at the states of the run, and at all others.

        Args:
            session: The session that holds the states of the run.
            plans: Every plan of the run.
            command: The command that is to run several stacks.
        """
        self._session = session
        self._plans = plans
        self._command = command
        states = {**session.states, **other_states(session)}
        self._states = {name: state for name, state in states.items() if state is not None}
        self._reads = functools.cache(lambda name: reads_of(self._states[name]))

    def refusals(self, plan: Plan) -> Iterator[Refusal]:
        """Why a plan is refused because of what stacks read of each other."""
        yield from _without_value(self._session, plan)
        lost = _Lost(self._session, self._states, plan)
        if not lost:
            return
        ended = ended_by(plan)
        # A text may be an id by chance: only what comes from this stack is looked at.
        passing_on = {plan.stack, *self._closure([plan.stack])}
        refused: dict[str, tuple[str, ...]] = {}
        for name in self._states:
            reads = [target for target in self._reads(name) if target.stack in passing_on]
            sentences = tuple(lost.refusals(name, reads, self._pending(name)))
            if sentences:
                refused[name] = sentences
            elif ended and name != plan.stack:
                yield from self._tied(ended, name, plan.stack)
        modules = stack_files(self._session.context.settings.stacks)
        run = (one.stack for one in self._plans)
        together = [
            name
            for name in dict.fromkeys([plan.stack, *run, *self._closure(refused)])
            if name in modules or self._command == "destroy"
        ]
        word = "these stacks" if together[2:] else "both stacks"
        for name, sentences in refused.items():
            way = f"Run {word} as a whole: engine {self._command} {' '.join(together)}"
            if name not in modules and self._command != "destroy":
                way = f"{name} has no module: remove what it manages first, engine destroy {name}"
            for sentence in sentences:
                yield Refusal(f"stack {name} {sentence}. {way}", PlanRule.READ_ELSEWHERE)

    def _tied(self, ended: Collection[ObjectKey], name: str, producer: str) -> Iterator[Refusal]:
        """Why a stack has to follow first, although it does not read it as an output."""
        schemas = self._session.context.schemas
        way = f"Take that out of stacks/{name}.py first, or refer to it with stack_output"
        if name not in self._session.states:
            way = f"{way}, and run both stacks: engine {self._command} {producer} {name}"
        for found in referrers(ended, self._states[name], self._plans, schemas):
            sentence = f"stack {name} refers to what this plan ends: {found}. {way}"
            yield Refusal(sentence, PlanRule.READ_ELSEWHERE)

    def _pending(self, name: str) -> frozenset[str]:
        """The resources of a stack that this run changes."""
        plans = (plan for plan in self._plans if plan.stack == name)
        return frozenset(change.address for plan in plans for change in plan.pending)

    def _closure(self, names: Iterable[str]) -> list[str]:
        """Stacks, and those that read outputs of them."""
        found = dict.fromkeys(names)
        waiting = list(found)
        while waiting:
            read = waiting.pop()
            for other in self._states:
                if other not in found and any(one.stack == read for one in self._reads(other)):
                    found[other] = None
                    waiting.append(other)
        return list(found)


def _without_value(session: Session, plan: Plan) -> Iterator[Refusal]:
    """Why values cannot be sent: an output has none, and this run gives it none."""
    if not plan.reads:
        return
    wanted = [value for value, _ in (plan.wanted_outputs or {}).values()]
    used = dict.fromkeys(targets_in([[step.params for step in plan.steps], wanted]))
    lacking: dict[str, list[str]] = {}
    for target in used:
        if not isinstance(target, OutputTarget):
            continue
        changed = session.planned.get(target.stack, {})
        if target.name in changed:
            missing = _at(changed[target.name], target.path) is ABSENT
        else:
            missing = session.output_of(target) is UNKNOWN
        if missing:
            lacking.setdefault(target.stack, []).append(repr(target.local))
    for stack, (first, *more) in lacking.items():
        others = f" (and {', '.join(more)})" if more else ""
        yield Refusal(
            f"{plan.stack} reads output {first} of {stack}, which has no value there{others}. If "
            f"its module declares it, apply both: engine apply {stack} {plan.stack}",
            PlanRule.OUTPUT_WITHOUT_VALUE,
        )


def _at(value: Any, path: Path) -> Any:
    """What is at a path, ABSENT if nothing is; UNKNOWN if that is known after the apply only."""
    for part in path:
        if value is UNKNOWN:
            return UNKNOWN
        value = get_path(value, (part,), ABSENT)
    return value


class _Lost:
    """What the readers of outputs lose by a plan."""

    def __init__(self, session: Session, states: Mapping[str, State], plan: Plan) -> None:
        self._session = session
        self._states = states
        self._plan = plan
        removed = {step.id for step in plan.steps if step.kind is StepKind.REMOVE}
        made = {str(step.params.get("id")) for step in plan.steps if step.kind is StepKind.CREATE}
        self._ends = removed - made
        # An object with a chosen id is there again under the same one.
        self._anew = removed & made
        self._after = {change.name: change.after for change in plan.outputs}
        self._leave = {
            change.address
            for change in plan.changes
            if change.action in (Action.DELETE, Action.FORGET)
        }

    def __bool__(self) -> bool:
        return bool(self._ends or self._anew or self._after or self._leave)

    def refusals(
        self, name: str, reads: Iterable[Elsewhere], pending: Collection[str]
    ) -> Iterator[str]:
        """Why a stack has to follow first, without its name.

        Args:
            name: The stack.
            reads: What it read at its last apply.
            pending: Its resources that this run changes.
        """
        ends: dict[Elsewhere, set[str]] = {}
        gone: dict[Elsewhere, set[str]] = {}
        anew: dict[Elsewhere, set[str]] = {}
        seen = self._seen(self._states[name], pending)
        for target in reads:
            ids = self._ids(target) | seen.get(target, set())
            if not self._follows(name, target):
                if self._ends & ids:
                    ends[target] = self._ends & ids
                elif self._is_gone(target):
                    gone[target] = set()
            if self._anew & ids and self._dies(self._states[name], target, pending):
                anew[target] = self._anew & ids
        if ends:
            yield f"{_refers(ends)}, and this plan ends {_named(ends)}"
        if gone:
            yield f"{_refers(gone)}, which this plan takes away"
        if anew:
            yield (
                f"{_refers(anew)}, and this plan makes {_named(anew)} anew: what {name} has made "
                "for the old one ends with it"
            )

    def _seen(self, reader: State, pending: Collection[str]) -> dict[Elsewhere, set[str]]:
        """The ids that the objects of a stack keep where it refers to others.

        After an apply in which a reader failed, an output is another one already.
        """
        found: dict[Elsewhere, set[str]] = {}
        for address, entry in reader.resources.items() if self._ends else ():
            if address in pending:
                continue  # it follows now
            for path, named in targets_with_paths(entry.declared):
                if isinstance(named, OutputTarget):
                    found.setdefault(named, set()).add(str(get_path(entry.attributes, path)))
        return found

    def _ids(self, target: Elsewhere) -> set[str]:
        """What a stack has read there, also through a stack that passes it on."""
        if isinstance(target, ResourceTarget):
            return set()  # another object may take its place
        producer = self._states.get(target.stack)
        outputs = producer.outputs if producer is not None else {}
        value = get_path(outputs, (target.name, *target.path))
        return {text for _, text in scalars(value) if isinstance(text, str)}

    def _follows(self, name: str, target: Elsewhere) -> bool:
        """Whether a stack learns in this run that an output is another one.

        Of an output that a part of a stack leaves as it is, no stack does.
        """
        if isinstance(target, ResourceTarget):
            return name in self._session.states
        changed = self._session.planned.get(target.stack, {})
        return name in self._session.states and target.name in changed

    def _is_gone(self, target: Elsewhere) -> bool:
        if isinstance(target, ResourceTarget):
            return target.stack == self._plan.stack and target.address in self._leave
        if target.stack != self._plan.stack or target.name not in self._after:
            return False
        return _at(self._after[target.name], target.path) is ABSENT

    def _dies(self, reader: State, target: Elsewhere, pending: Collection[str]) -> bool:
        """Whether a resource is tied to an object that is made anew, and is not anew itself."""
        schemas = self._session.context.schemas
        for address, entry in reader.resources.items():
            for path, named in targets_with_paths(entry.declared):
                attribute = schemas[entry.type].root.at(path)
                tied = attribute is not None and attribute.immutable
                if named == target and tied and address not in pending:
                    return True
        return False


def _refers(targets: Iterable[Elsewhere]) -> str:
    listed = [
        str(target)
        if isinstance(target, ResourceTarget)
        else f"output {target.local!r} of {target.stack}"
        for target in targets
    ]
    return f"refers to {', '.join(listed)}"


def _named(ids: Mapping[Elsewhere, set[str]]) -> str:
    return ", ".join(sorted(set().union(*ids.values())))
