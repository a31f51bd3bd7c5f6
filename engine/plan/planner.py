"""The planner: declared, prior and refreshed in, a plan out. No I/O, no clock, no chance.

The sequence is fixed: rename what moved; decide each declared resource after what it refers to;
decide what is declared no more; put the operations in order; compare outputs; let the rules
refuse.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from engine.address import parse_address
from engine.graph.build import ResourceGraph
from engine.plan.checks import refusals_of
from engine.plan.compare.drift import find_drift
from engine.plan.decide.annotate import with_detached, with_keys_handed_over, with_move
from engine.plan.decide.capacity import with_room
from engine.plan.decide.decision import Decision
from engine.plan.decide.declared import decide_declared
from engine.plan.decide.references import ExpectedResource, KnownValues, expected_after, lost_secret
from engine.plan.decide.removed import decide_undeclared
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.inputs.selection import moved_state, selection
from engine.plan.model import Action, Drift, Plan
from engine.plan.outputs import output_changes
from engine.plan.steps.order import order_steps
from engine.plan.translate.recorded import refresh_steps
from engine.schema.resource_type import Schemas
from engine.state.model import State
from engine.values.targets import Target
from engine.values.templates import targets_in


def make_plan(
    graph: ResourceGraph,
    state: State,
    observed: Observed,
    schemas: Schemas,
    options: PlanOptions | None = None,
    *,
    stamped: bool = True,
) -> Plan:
    """Plan one stack.

    Args:
        graph: What is declared, in order.
        state: What the last apply declared and saw.
        observed: What Stripe has.
        schemas: Resource types by name.
        options: What the person asked for.
        stamped: New objects get an ownership stamp.
    """
    state, moves = moved_state(graph, state)
    inputs = PlanInputs(
        graph=graph,
        state=state,
        observed=observed,
        schemas=schemas,
        options=options or PlanOptions(),
    )
    drift = find_drift(graph, state, observed, schemas)
    if inputs.options.refresh_only:
        return _refresh_only(inputs, drift)
    chosen = selection(graph, state, inputs.options)
    known = KnownValues(schemas, observed.outputs, observed.secrets)
    decisions = _decisions(inputs, chosen, known, {new: old for old, new in moves.items()})
    owner = state.lineage if stamped else ""
    steps = order_steps(graph, state, decisions, owner=owner, refreshed=observed.refreshed)
    decisions = with_keys_handed_over(with_detached(decisions, steps))
    outputs = {} if inputs.options.destroy else graph.stack.outputs
    lost = {name: list(filter(known.is_lost, targets_in(outputs[name].value))) for name in outputs}
    outputs = {name: outputs[name] for name in outputs if not lost[name]}
    whole = chosen is None
    draft = Plan(
        stack=state.stack,
        environment=state.environment,
        lineage=state.lineage,
        serial=state.serial,
        changes=tuple(
            decisions[address].change for address in sorted(decisions, key=parse_address)
        ),
        drift=drift,
        outputs=output_changes(outputs, state.outputs, known, state.lineage) if whole else (),
        wanted_outputs={entry.name: (entry.value, entry.sensitive) for entry in outputs.values()}
        if whole
        else None,
        steps=steps,
        moves=moves,
        lookups=observed.lookups,
        warnings=(*_warnings(inputs, whole=whole), *_lost(lost), *_over(decisions)),
    )
    refusals = refusals_of(draft, decisions.values(), state, inputs.options)
    return dataclasses.replace(draft, refusals=refusals)


def _decisions(
    inputs: PlanInputs,
    chosen: frozenset[str] | None,
    known: KnownValues,
    came_from: Mapping[str, str],
) -> dict[str, Decision]:
    """Decide every resource that the plan is about."""
    for address, found in inputs.observed.lookups.items():
        known.decide(address, ExpectedResource(found))
    decisions: dict[str, Decision] = {}
    if not inputs.options.destroy:
        decisions = _declared(inputs, chosen, known, came_from)
        if any(inputs.graph.deferred[address] for address in decisions):
            # What a deferred reference names is decided after the one that refers to it, so
            # only a second look tells whether it is the object that is there already.
            decisions = _declared(inputs, chosen, known, came_from)
    return with_room(inputs, decisions | decide_undeclared(inputs, chosen, decisions))


def _declared(
    inputs: PlanInputs,
    chosen: frozenset[str] | None,
    known: KnownValues,
    came_from: Mapping[str, str],
) -> dict[str, Decision]:
    """Decide every declared resource after what it refers to, and tell `known` of each."""
    decisions: dict[str, Decision] = {}
    refreshed = inputs.observed.refreshed
    for address in inputs.graph.order:
        if chosen is None or address in chosen:
            decision = decide_declared(inputs, address, known, decisions)
            decisions[address] = with_move(decision, came_from.get(address))
            known.decide(address, expected_after(decision, refreshed=refreshed))
        elif (prior := inputs.state.resources.get(address)) is not None:
            actual = inputs.actual(address, prior) or {}
            known.decide(address, ExpectedResource(actual, whole=False, declared=prior.declared))
    return decisions


def _refresh_only(inputs: PlanInputs, drift: tuple[Drift, ...]) -> Plan:
    return Plan(
        stack=inputs.state.stack,
        environment=inputs.state.environment,
        lineage=inputs.state.lineage,
        serial=inputs.state.serial,
        drift=drift,
        steps=refresh_steps(inputs.state, drift, inputs.observed, inputs.schemas),
        refresh_only=True,
    )


def _lost(lost: Mapping[str, Sequence[Target]]) -> Iterator[str]:
    """What a person should know of outputs whose secret nobody can tell any more."""
    for name, targets in sorted(lost.items()):
        if targets:
            yield f"output {name} has no value: {lost_secret(targets[0])}"


def _over(decisions: Mapping[str, Decision]) -> Iterator[str]:
    """What a person should know of resources that are left alone although the code differs."""
    for address in sorted(decisions, key=parse_address):
        change = decisions[address].change
        if change.action is Action.NO_OP:
            yield from (f"{address} ({change.line}): {note}" for note in change.notes)


def _warnings(inputs: PlanInputs, *, whole: bool) -> Iterator[str]:
    if not whole:
        yield (
            "only part of the stack is planned (--target, --exclude): the rest may need "
            "changes too, and outputs stay as they are"
        )
    if not inputs.observed.refreshed:
        yield "Stripe was not asked (--no-refresh): this plan believes the state"
