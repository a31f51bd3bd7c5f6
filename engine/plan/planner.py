"""The planner: declared, prior and refreshed in, a plan out. No I/O, no clock, no chance.

The sequence is fixed: rename what moved; decide each declared resource after what it refers to;
decide what is declared no more; put the operations in order; compare outputs; let the rules
refuse.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.address import parse_address
from engine.graph.build import ResourceGraph
from engine.plan.annotate import with_detached, with_move
from engine.plan.collide import collision
from engine.plan.decide import (
    Decision,
    Existing,
    choose_removal,
    conflicting_key,
    decide_existing,
    decide_new,
    replaced,
    transfer_params,
)
from engine.plan.drift import find_drift
from engine.plan.model import (
    Action,
    Change,
    Drift,
    Plan,
    Reason,
)
from engine.plan.observed import Observed
from engine.plan.options import PlanOptions
from engine.plan.outputs import output_changes
from engine.plan.record import refresh_steps
from engine.plan.request import STAMP_KEY, stamp
from engine.plan.resolve import Known, attributes_after
from engine.plan.safety import refusals_of
from engine.plan.scope import moved_state, selection
from engine.plan.steps import arrange
from engine.provider.base import ADDRESSED, RemoteObject
from engine.provider.schema import ResourceType, Schemas, Verb
from engine.stack.model import Declaration
from engine.state.model import Keeping, ResourceState, State
from engine.values import UNKNOWN, AttributeTarget, Target, get_path, resolve, targets_with_paths


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
    return _Planner(graph, state, observed, schemas, options or PlanOptions(), stamped).plan()


@dataclass(slots=True)
class _Planner:
    """One planning run; a value goes in at the top of `plan` and comes out at its end."""

    graph: ResourceGraph
    state: State
    observed: Observed
    schemas: Schemas
    options: PlanOptions
    stamped: bool

    def plan(self) -> Plan:
        state, moves = moved_state(self.graph, self.state)
        self.state = state
        came_from = {new: old for old, new in moves.items()}
        drift = find_drift(state, self.observed, self.schemas)
        if self.options.refresh_only:
            return self._refresh_only(state, drift)
        chosen = selection(self.graph, state, self.options)
        known = Known(self.schemas, self.observed.outputs, self.observed.secrets)
        for address, found in self.observed.lookups.items():
            known.decide(address, found)
        decisions: dict[str, Decision] = {}
        if not self.options.destroy:
            decisions = self._decided(state, chosen, known, came_from)
            if any(self.graph.deferred[address] for address in decisions):
                # What a deferred reference names is decided after the one that refers to it, so
                # only a second look tells whether it is the object that is there already.
                decisions = self._decided(state, chosen, known, came_from)
        decisions |= self._gone(state, chosen, decisions)
        steps = arrange(
            self.graph,
            state,
            decisions,
            self.observed,
            owner=state.lineage if self.stamped else "",
        )
        decisions = with_detached(decisions, steps)
        wanted_outputs = {} if self.options.destroy else self.graph.stack.outputs
        draft = Plan(
            stack=state.stack,
            environment=state.environment,
            lineage=state.lineage,
            serial=state.serial,
            changes=tuple(
                decisions[address].change for address in sorted(decisions, key=parse_address)
            ),
            drift=drift,
            outputs=()
            if chosen is not None
            else output_changes(wanted_outputs, state.outputs, known, state.lineage),
            wanted_outputs=None
            if chosen is not None
            else {entry.name: (entry.value, entry.sensitive) for entry in wanted_outputs.values()},
            steps=steps,
            moves=moves,
            lookups=self.observed.lookups,
            warnings=tuple(self._warnings(chosen)),
        )
        return dataclasses.replace(
            draft, refusals=refusals_of(draft, decisions.values(), state, self.options)
        )

    # ── what is declared ──────────────────────────────────────────────────────────────────

    def _decided(
        self,
        state: State,
        chosen: frozenset[str] | None,
        known: Known,
        came_from: Mapping[str, str],
    ) -> dict[str, Decision]:
        """Decide every declared resource after what it refers to, and tell `known` of each."""
        decisions: dict[str, Decision] = {}
        for address in self.graph.order:
            if chosen is not None and address not in chosen:
                self._leave(address, state, known)
                continue
            decision = self._declared(address, state, known, decisions)
            decisions[address] = with_move(decision, came_from.get(address))
            known.decide(address, attributes_after(decision))
        return decisions

    def _declared(
        self, address: str, state: State, known: Known, decisions: Mapping[str, Decision]
    ) -> Decision:
        declaration = self.graph.declarations[address]
        kind = self.schemas[declaration.type]
        wanted = _resolved(declaration, known)
        prior = state.resources.get(address)
        force = self._force(address, decisions)
        if prior is not None:
            actual = self._actual(address, prior)
            if actual is not None:
                return self._existing(declaration, kind, wanted, actual, prior, known, None, force)
        elif (taken := self._taken(address)) is not None:
            reason, actual = taken
            return self._existing(declaration, kind, wanted, actual, None, known, reason, force)
        return self._new(declaration, kind, wanted, prior, state)

    def _actual(self, address: str, prior: ResourceState) -> RemoteObject | None:
        if self.observed.refreshed and address in self.observed.objects:
            return self.observed.objects[address]
        kind = self.schemas[prior.type]
        own = prior.id.rpartition("/")[2] if kind.parent else prior.id
        return {"id": own, ADDRESSED: prior.id, **prior.attributes}

    def _taken(self, address: str) -> tuple[Reason, RemoteObject] | None:
        """An object that state does not know and that becomes this resource's."""
        wanted = self.observed.imports.get(address)
        if wanted is not None:
            return Reason.IMPORTED, wanted
        remembered = self.observed.remembered.get(address)
        if remembered is not None:
            return Reason.REMEMBERED, remembered
        holder = self.observed.holders.get(address)
        lifecycle = self.graph.declarations[address].lifecycle
        owner = stamp(self.state.lineage, address)
        single = self.schemas[self.graph.declarations[address].type].singleton
        if holder is not None and (
            single or lifecycle.adopt or get_path(holder, ("metadata", STAMP_KEY)) == owner
        ):
            return Reason.ADOPTED, holder
        return None

    def _force(self, address: str, decisions: Mapping[str, Decision]) -> Reason | None:
        if address in {str(entry) for entry in self.options.replace}:
            return Reason.REQUESTED
        for trigger in self.graph.triggers[address]:
            decision = decisions.get(trigger)
            if decision is not None and decision.change.action is not Action.NO_OP:
                return Reason.TRIGGERED
        declaration = self.graph.declarations[address]
        root = self.schemas[declaration.type].root
        for path, target in targets_with_paths(declaration.arguments):
            # An id that the author chose is the same before and after, but the object that an
            # immutable field was tied to is gone: a promotion code dies with its coupon (D).
            attribute = root.at(path)
            decision = decisions.get(str(getattr(target, "address", "")))
            if attribute is not None and attribute.immutable and decision and decision.makes:
                return Reason.DEPENDENCY
        return None

    def _existing(
        self,
        declaration: Declaration,
        kind: ResourceType,
        wanted: Mapping[str, Any],
        actual: RemoteObject,
        prior: ResourceState | None,
        known: Known,
        taken: Reason | None,
        force: Reason | None,
    ) -> Decision:
        decision = decide_existing(
            Existing(
                declaration=declaration,
                kind=kind,
                wanted=wanted,
                actual=actual,
                prior=prior,
                as_of=_as_of(self.state, known),
                salt=self.state.lineage,
                taken=taken,
                force=force,
                refreshed=self.observed.refreshed,
            )
        )
        if decision.change.action is not Action.REPLACE:
            return decision
        if taken is Reason.REMEMBERED:
            # What was archived here cannot become what is declared now: leave it archived.
            transfer = transfer_params(kind, wanted, actual)
            return decide_new(
                declaration, kind, wanted, reason=Reason.DECLARED, prior=None, transfer=transfer
            )
        return self._replacement(decision, kind, actual)

    def _replacement(
        self, decision: Decision, kind: ResourceType, actual: RemoteObject
    ) -> Decision:
        address = decision.address
        lifecycle = self.graph.declarations[address].lifecycle
        removal = choose_removal(kind, actual, probed=self._probed(address, kind))
        conflict = conflicting_key(kind, decision.wanted, actual)
        wish = lifecycle.create_before_delete
        create_first = conflict is None if wish is None else wish
        refusals = decision.refusals
        if conflict is not None and (wish or not _frees(removal, kept=conflict.kept_by_removed)):
            refusals = (
                *refusals,
                f"{address} cannot be replaced while {conflict.attribute} stays "
                f"{get_path(decision.wanted, (conflict.attribute,))!r}: Stripe still holds the "
                f"old object under it. Give it another {conflict.attribute}, or change back "
                + ", ".join(
                    ".".join(map(str, field.path))
                    for field in decision.change.fields
                    if field.forces_replacement
                ),
            )
        decision = dataclasses.replace(
            decision,
            transfer=transfer_params(kind, decision.wanted, actual),
            refusals=refusals,
        )
        return replaced(decision, removal, create_first=create_first)

    def _new(
        self,
        declaration: Declaration,
        kind: ResourceType,
        wanted: Mapping[str, Any],
        prior: ResourceState | None,
        state: State,
    ) -> Decision:
        address = str(declaration.address)
        holder = self.observed.holders.get(address)
        transfer: dict[str, Any] = {}
        notes: tuple[str, ...] = ()
        refusal = ""
        if holder is not None:
            transfer, note, refusal = collision(
                declaration, kind, wanted, holder, state, self.graph
            )
            notes = (note,) if note else ()
        decision = decide_new(
            declaration,
            kind,
            wanted,
            reason=Reason.MISSING if prior is not None else Reason.DECLARED,
            prior=prior,
            transfer=transfer,
            notes=notes,
        )
        if not kind.creatable and not kind.singleton:
            refusal = (
                f"{address} ({declaration.location}): Stripe has no call that makes one. "
                f"Make the {kind.title} in the Dashboard, then take it over with "
                f'import_("{address}", ID)'
            )
        if address in self.observed.imports:
            wanted_id = self.graph.stack.imports[address].id
            refusal = (
                f"{address} is to be imported as {wanted_id}, which does not exist on this "
                "account. Correct the id, or take import_ out to create it"
            )
        return dataclasses.replace(decision, refusals=(refusal,) if refusal else ())

    # ── what is known of it afterwards ────────────────────────────────────────────────────

    def _leave(self, address: str, state: State, known: Known) -> None:
        prior = state.resources.get(address)
        if prior is not None:
            known.decide(address, self._actual(address, prior) or {})

    # ── what is declared no more ──────────────────────────────────────────────────────────

    def _gone(
        self, state: State, chosen: frozenset[str] | None, decisions: Mapping[str, Decision]
    ) -> dict[str, Decision]:
        found: dict[str, Decision] = {}
        declared = {} if self.options.destroy else self.graph.declarations
        for address, prior in state.resources.items():
            if address in declared or address in decisions:
                continue
            if chosen is None or address in chosen:
                found[address] = self._removal(address, prior)
        return found

    def _removal(self, address: str, prior: ResourceState) -> Decision:
        kind = self.schemas[prior.type]
        actual = self._actual(address, prior)
        release = next(
            (entry for entry in self.graph.stack.releases if str(entry.address) == address), None
        )
        forget = release.keep if release is not None else prior.keeping.keep
        keeping = prior.keeping
        declaration = self.graph.declarations.get(address)
        if declaration is not None and declaration.lifecycle.protect is not None:
            keeping = Keeping(
                protect=declaration.lifecycle.protect, keep=keeping.keep, account=keeping.account
            )
        removal = (
            None
            if forget or actual is None
            else choose_removal(kind, actual, probed=self._probed(address, kind))
        )
        reason = Reason.DESTROYED if self.options.destroy else Reason.UNDECLARED
        if forget:
            reason = Reason.RELEASED
        elif actual is None:
            reason = Reason.MISSING
        change = Change(
            address=parse_address(address),
            type=kind.name,
            action=Action.FORGET if removal is None else Action.DELETE,
            reasons=(reason,),
            id=prior.id,
            before=dict(prior.attributes),
            removal=removal,
            notes=(removal.note,) if removal is not None and removal.note else (),
        )
        return Decision(
            change=change,
            kind=kind,
            actual=actual,
            prior=prior,
            keeping=keeping,
            removals=prior.superseded,
        )

    def _probed(self, address: str, kind: ResourceType) -> bool:
        if address in self.observed.probes:
            return self.observed.probes[address]
        probe = next((entry.unless for entry in kind.removals if entry.unless is not None), None)
        if probe is None:
            return False
        return any(
            address in entry.dependencies and self.schemas[entry.type].object == probe.object
            for entry in self.state.resources.values()
        )

    # ── the rest ──────────────────────────────────────────────────────────────────────────

    def _refresh_only(self, state: State, drift: tuple[Drift, ...]) -> Plan:
        return Plan(
            stack=state.stack,
            environment=state.environment,
            lineage=state.lineage,
            serial=state.serial,
            drift=drift,
            steps=refresh_steps(state, drift, self.observed, self.schemas),
            refresh_only=True,
        )

    def _warnings(self, chosen: frozenset[str] | None) -> Iterator[str]:
        if chosen is not None:
            yield (
                "only part of the stack is planned (--target, --exclude): the rest may need "
                "changes too, and outputs stay as they are"
            )
        if not self.observed.refreshed:
            yield "Stripe was not asked (--no-refresh): this plan believes the state"


def _as_of(state: State, known: Known) -> Callable[[Target], Any]:
    """What the references of the last apply stand for: now if it is known, else as it was then."""

    def value(target: Target) -> Any:
        found = known(target)
        if found is not UNKNOWN or not isinstance(target, AttributeTarget):
            return found
        entry = state.at(target.address)
        was = {} if entry is None else {**entry.attributes, "id": entry.id}
        return get_path(was, tuple(target.attribute.split(".")), UNKNOWN)

    return value


def _resolved(declaration: Declaration, known: Known) -> dict[str, Any]:
    found: dict[str, Any] = resolve(declaration.arguments, known)
    return found


def _frees(removal: Any, *, kept: bool) -> bool:
    """Whether removing an object makes its natural key free for its successor."""
    return removal is not None and (removal.verb is Verb.DELETE or not kept)
