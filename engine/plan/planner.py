"""The planner: declared, prior and refreshed in, a plan out. No I/O, no clock, no chance.

The sequence is fixed: rename what moved; decide each declared resource after what it refers to;
decide what is no longer declared; fit the decisions into what an account may hold; put the steps
in order; describe the decisions; compare outputs; let the rules refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.graph.build import ResourceGraph
from engine.plan.checks import refusals_of
from engine.plan.compare.drift import find_drift
from engine.plan.compare.liveness import is_live
from engine.plan.decide.annotate import with_detached, with_keys_passed_on
from engine.plan.decide.capacity import fit_capacity
from engine.plan.decide.decision import Decision
from engine.plan.decide.declared import decide_declared
from engine.plan.decide.describe import describe
from engine.plan.decide.references import known_before
from engine.plan.decide.removed import decide_removed
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.inputs.selection import moved_state, selection
from engine.plan.model import Action, Change, Drift, Plan
from engine.plan.outputs import plan_outputs, plan_reads
from engine.plan.steps.order import order_steps
from engine.plan.steps.refresh import refresh_steps
from engine.schema.remote import id_of
from engine.schema.resource_type import Schemas
from engine.state.model import State
from engine.values.paths import get_path, parse_path


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
        stamped: Objects get an ownership stamp: new ones, and others with the next update.
    """
    state, moves = moved_state(graph, state)
    inputs = PlanInputs(
        graph=graph,
        state=state,
        observed=observed,
        schemas=schemas,
        options=options or PlanOptions(),
        moved_from=_moved_from(moves, observed),
    )
    drift = find_drift(graph, state, observed, schemas)
    if inputs.options.refresh_only:
        return _refresh_only(inputs, drift)
    chosen = selection(graph, state, inputs.options)
    known = known_before(inputs)
    decisions = {} if inputs.options.destroy else decide_declared(inputs, chosen, known)
    decisions |= decide_removed(inputs, chosen, decisions)
    decisions = fit_capacity(inputs, decisions)
    steps = order_steps(inputs, decisions, stamped=stamped)
    decisions = with_keys_passed_on(with_detached(inputs, decisions, steps))
    changes = tuple(_described(inputs, decisions))
    refusals = refusals_of(decisions.values(), state, inputs.options, graph.declarations)
    whole = chosen is None or _is_emptied(inputs)
    outputs = plan_outputs(inputs, known, whole=whole)
    return Plan(
        stack=state.stack,
        environment=state.environment,
        lineage=state.lineage,
        serial=state.serial,
        changes=changes,
        drift=drift,
        outputs=outputs.changes,
        wanted_outputs=outputs.wanted,
        reads=plan_reads(inputs, whole=whole),
        steps=steps,
        moves=moves,
        lookups=observed.lookups,
        warnings=(*_warnings(inputs, whole=whole), *outputs.warnings, *_left_as_is(changes)),
        refusals=(*observed.transfers.refusals, *refusals),
    )


def _described(inputs: PlanInputs, decisions: Mapping[str, Decision]) -> Iterator[Change]:
    for address in sorted(decisions, key=str):
        decision = decisions[address]
        needs = _dependencies(inputs.graph, decision)
        yield describe(decision, inputs.moved_from.get(address), needs)


def _dependencies(graph: ResourceGraph, decision: Decision) -> tuple[str, ...]:
    """What a resource refers to or comes after."""
    if decision.line and not decision.unchanged:
        return graph.needs(decision.address)
    # Of an unchanged one, state records the same as the graph.
    return decision.prior.dependencies if decision.prior is not None else ()


def _moved_from(moves: Mapping[str, str], observed: Observed) -> dict[str, str]:
    """What moved resources were before, by their addresses now."""
    own = {new: old for old, new in moves.items()}
    return {**own, **{new: str(owner) for new, owner in observed.transfers.received.items()}}


def _refresh_only(inputs: PlanInputs, drift: tuple[Drift, ...]) -> Plan:
    return Plan(
        stack=inputs.state.stack,
        environment=inputs.state.environment,
        lineage=inputs.state.lineage,
        serial=inputs.state.serial,
        drift=drift,
        reads=inputs.state.reads,
        steps=tuple(refresh_steps(inputs, drift)),
        refresh_only=True,
    )


def _left_as_is(changes: Iterable[Change]) -> Iterator[str]:
    """Warn of resources that stay as they are although the code differs."""
    for change in changes:
        if change.action is Action.NO_OP:
            yield from (f"{change.address} ({change.line}): {note}" for note in change.notes)


def _is_emptied(inputs: PlanInputs) -> bool:
    """Whether other stacks take all that a state without a module has."""
    left = inputs.state.resources.keys() - inputs.observed.transfers.released.keys()
    return not inputs.graph.stack.file and not left


def _archived_lookups(inputs: PlanInputs) -> Iterator[str]:
    """Note which objects that are only looked up have ended, unless the criteria ask for that."""
    for address, found in inputs.observed.lookups.items():
        lookup = inputs.graph.stack.lookups[address]
        kind = inputs.schemas[lookup.address.type]
        live = kind.life.revival.live if kind.life.revival is not None else {}
        if is_live(kind, found) or not live.keys().isdisjoint(lookup.criteria):
            continue
        leaves = ", ".join(f"{path} is {get_path(found, parse_path(path))}" for path in live)
        what = ", ".join(f"{name}={value!r}" for name, value in lookup.criteria.items())
        yield (
            f"{lookup.location}: {kind.face}.lookup({what}) finds {id_of(found)}, which is "
            f"archived or disabled ({leaves})"
        )


def _warnings(inputs: PlanInputs, *, whole: bool) -> Iterator[str]:
    yield from _archived_lookups(inputs)
    yield from inputs.observed.transfers.warnings
    if not whole and inputs.graph.stack.file:
        yield (
            "only part of the stack is planned (--target, --exclude): the rest may need "
            "changes too, and outputs stay as they are"
        )
    if not inputs.observed.refreshed:
        yield "Stripe was not asked (--no-refresh): this plan relies on the state"
