"""From decisions to operations in order.

Creates and updates run along the references, removals against them. A replacement that makes the
new object first removes the old one only after everything that referred to it was repointed; one
that cannot removes first. Ties are broken by address.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.address import parse_address
from engine.graph.build import ResourceGraph
from engine.graph.dag import topological_order
from engine.plan.decide import Decision
from engine.plan.keys import Claim, claims_of
from engine.plan.model import Action, Step, StepKind
from engine.plan.normal import seal
from engine.plan.observed import Observed
from engine.plan.record import attributes_of, referred_attributes
from engine.plan.request import create_params, settle_params, stamp
from engine.provider.schema import Detach, Verb
from engine.state.model import ResourceState, State
from engine.values import (
    CLEAR,
    UNKNOWN,
    AttributeTarget,
    Ref,
    get_path,
    targets_with_paths,
)

_READY = (StepKind.CREATE, StepKind.UPDATE, StepKind.RECORD)
_CHANGING = (*_READY, StepKind.SETTLE, StepKind.CALL)


def arrange(
    graph: ResourceGraph,
    state: State,
    decisions: Mapping[str, Decision],
    observed: Observed,
    *,
    owner: str,
) -> tuple[Step, ...]:
    """Put the operations of a plan in order.

    Args:
        graph: What is declared, and what refers to what.
        state: What the last apply declared and saw, moves carried out.
        decisions: What happens to each resource.
        observed: What Stripe has.
        owner: Lineage for ownership stamps; empty for none.

    Raises:
        GraphError: if the operations wait for each other in a circle.
    """
    board = _Board(graph=graph, state=state, decisions=decisions, observed=observed, owner=owner)
    for address in sorted(decisions, key=parse_address):
        board.add(decisions[address])
    board.connect()
    return board.ordered()


@dataclass(slots=True, kw_only=True)
class _Board:
    graph: ResourceGraph
    state: State
    decisions: Mapping[str, Decision]
    observed: Observed
    owner: str
    steps: dict[str, Step] = field(default_factory=dict)
    after: dict[str, set[str]] = field(default_factory=dict)
    of: dict[str, list[str]] = field(default_factory=dict)
    referred: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.referred = referred_attributes(self.graph)

    # ── the operations ────────────────────────────────────────────────────────────────────

    def add(self, decision: Decision) -> None:
        action = decision.change.action
        if decision.makes:
            self._make(decision)
        elif decision.sends_update:
            self._change(decision)
        elif action in (Action.NO_OP, Action.MOVE):
            self._note(decision)
        elif action is Action.FORGET:
            self._put(decision, StepKind.FORGET, id=decision.change.id)
        if action is Action.DELETE:
            self._remove(decision, decision.change.id)
        for old in decision.removals:
            self._remove(decision, old, leftover=True)

    def _make(self, decision: Decision) -> None:
        replaces = decision.change.id if decision.change.action is Action.REPLACE else ""
        first = decision.change.create_first
        removal = decision.change.removal
        ends = removal is not None and removal.verb is not Verb.KEEP
        superseded = replaces if first and ends else ""
        owner = stamp(self.owner, decision.address) if self.owner else ""
        self._put(
            decision,
            StepKind.CREATE,
            params={
                **create_params(decision.kind, decision.declared, owner),
                **decision.transfer,
            },
            record=self._record(decision, superseded=superseded),
            supersedes=superseded,
        )
        settle = settle_params(decision.kind, decision.declared)
        if settle:
            self._put(decision, StepKind.SETTLE, params=settle, record=self._record(decision))
        for call in decision.kind.after_create:
            self._call(decision, call)
        if replaces and removal is not None:
            self._remove(decision, replaces, leftover=first)

    def _change(self, decision: Decision) -> None:
        late = {
            name
            for name in decision.update
            if decision.kind.root.fields[name].update_only
            and get_path(decision.wanted, (name,)) is UNKNOWN
        }
        now = {name: value for name, value in decision.update.items() if name not in late}
        transfer = self._transfer(decision, now)
        if decision.revive_by:
            self._call(decision, decision.revive_by, id=decision.change.id)
        kind = StepKind.UPDATE if now else StepKind.RECORD
        record = self._record(decision)
        if now or not late:
            self._put(
                decision, kind, id=decision.change.id, params={**now, **transfer}, record=record
            )
        if late:
            self._put(
                decision,
                StepKind.SETTLE,
                id=decision.change.id,
                params={name: decision.update[name] for name in late},
                record=record,
            )

    def _call(self, decision: Decision, name: str, id: str = "") -> None:
        key = f"{name} {decision.address}"
        record = self._record(decision)
        self._put(decision, StepKind.CALL, key=key, id=id, call=name, record=record)

    def _transfer(self, decision: Decision, params: Mapping[str, Any]) -> dict[str, Any]:
        """Take a natural key that another resource of this state holds."""
        for key in decision.kind.natural_keys:
            value = params.get(key.attribute)
            if not key.transfer or value is None or value is CLEAR:
                continue
            for address, entry in self.state.resources.items():
                if address != decision.address and entry.attributes.get(key.attribute) == value:
                    return {key.transfer: True}
        return {}

    def _note(self, decision: Decision) -> None:
        """State only: a reference spelt anew, a changed lifecycle, an attribute now referred to."""
        record = self._record(decision)
        if record != decision.prior:
            self._put(decision, StepKind.RECORD, id=decision.change.id, record=record)

    def _remove(self, decision: Decision, id: str, *, leftover: bool = False) -> None:
        key = f"remove {decision.address}" + (f" {id}" if leftover else "")
        # Of an object left over by an earlier run nothing was read: the surest way is the last.
        ways = sorted(decision.kind.removals, key=lambda way: way.verb is not Verb.KEEP)
        removal = decision.change.removal or ways[-1]
        self._put(decision, StepKind.REMOVE, key=key, id=id, removal=removal)

    def _put(self, decision: Decision, kind: StepKind, *, key: str = "", **parts: Any) -> str:
        key = key or f"{kind.value} {decision.address}"
        keeping = decision.keeping
        if kind in (StepKind.REMOVE, StepKind.FORGET) and decision.prior is not None:
            keeping = decision.prior.keeping
        self.steps[key] = Step(
            key=key,
            kind=kind,
            address=decision.change.address,
            type=decision.kind.name,
            referred=tuple(sorted(self.referred.get(decision.address, ()))),
            account=keeping.account,
            **parts,
        )
        self.after[key] = set()
        self.of.setdefault(decision.address, []).append(key)
        return key

    def _record(self, decision: Decision, *, superseded: str = "") -> ResourceState:
        """What state is to say of a resource; id and attributes come with the answer."""
        address = decision.address
        known = {*self.graph.edges[address], *self.graph.deferred[address]}
        leftover = decision.prior.superseded if decision.prior is not None else ()
        record = ResourceState(
            type=decision.kind.name,
            id=decision.change.id,
            declared=seal(decision.declared, self.state.lineage),
            dependencies=tuple(sorted(known)),
            superseded=(*leftover, superseded) if superseded else leftover,
            keeping=decision.keeping,
        )
        if decision.actual is None:
            return record
        attributes = attributes_of(
            decision.kind,
            dataclasses.replace(record, declared=seal(decision.wanted, self.state.lineage)),
            decision.actual,
            self.referred.get(address, set()),
            decision.prior,
            self.state.lineage,
        )
        return dataclasses.replace(record, attributes=attributes)

    # ── their order ───────────────────────────────────────────────────────────────────────

    def connect(self) -> None:
        self._detach()
        for address in self.decisions:
            self._along_references(address)
        for address in self.decisions:
            self._against_references(address)
            self._leftovers_first(address)
        self._keys_free_first()

    def _keys(self, address: str, *kinds: StepKind) -> list[str]:
        return [key for key in self.of.get(address, ()) if self.steps[key].kind in kinds]

    def _along_references(self, address: str) -> None:
        if address not in self.graph.declarations:
            return
        for need in self.graph.edges[address]:
            for key in self._keys(address, *_CHANGING):
                self.after[key].update(self._keys(need, *_READY))
        makes = self.decisions[address].makes
        for key in self._keys(address, StepKind.CALL):
            # What follows a create comes after it; what brings an object back comes before its
            # update, since Stripe changes nothing that has ended.
            if makes:
                self.after[key].update(self._keys(address, *_READY))
            else:
                for ready in self._keys(address, *_READY):
                    self.after[ready].add(key)
        for key in self._keys(address, StepKind.SETTLE):
            self.after[key].update(self._keys(address, *_READY))
            for need in self.graph.deferred[address]:
                self.after[key].update(self._keys(need, *_READY))

    def _against_references(self, address: str) -> None:
        decision = self.decisions[address]
        removals = self._keys(address, StepKind.REMOVE)
        if not removals:
            return
        replaced = decision.change.action is Action.REPLACE
        delete_first = replaced and not decision.change.create_first
        for dependent in self._dependents(address):
            other = self.decisions.get(dependent)
            if other is None:
                continue
            goes_first = other.change.action is Action.DELETE or (
                other.change.action is Action.REPLACE and not other.change.create_first
            )
            for key in removals:
                # What only an update refers with lets go by itself; to wait for its end too would
                # be a circle where it is what the removed object belongs to.
                if (not delete_first or goes_first) and not self._lets_go(dependent, address):
                    self.after[key].update(self._keys(dependent, StepKind.REMOVE))
                if not delete_first:
                    self.after[key].update(self._keys(dependent, *_CHANGING, StepKind.FORGET))
        for key in removals:
            if delete_first and key == f"remove {address}":
                for create in self._keys(address, StepKind.CREATE):
                    self.after[create].add(key)
            else:
                self.after[key].update(self._keys(address, *_CHANGING))

    def _lets_go(self, dependent: str, address: str) -> bool:
        """Whether all that one resource says of another stands in fields that an update sets."""
        prior = self.state.resources.get(dependent)
        root = self.decisions[dependent].kind.root
        named: list[bool] = []
        for path, target in targets_with_paths(prior.declared if prior is not None else {}):
            if isinstance(target, AttributeTarget) and str(target.address) == address:
                top = root.at(path[:1])
                named.append(top is not None and top.update_only)
        return bool(named) and all(named)

    def _leftovers_first(self, address: str) -> None:
        """Of what a resource superseded, state knows through the resource alone."""
        ends = {Action.DELETE: f"remove {address}", Action.FORGET: f"forget {address}"}
        end = ends.get(self.decisions[address].change.action)
        if end is not None:
            self.after[end].update(self._keys(address, StepKind.REMOVE))

    def _dependents(self, address: str) -> Iterator[str]:
        """Whatever refers, or referred when last applied, to a resource."""
        for other in sorted({*self.decisions, *self.graph.declarations}):
            prior = self.state.resources.get(other)
            now = other in self.graph.declarations and address in {
                *self.graph.edges[other],
                *self.graph.deferred[other],
            }
            if other != address and (now or (prior is not None and address in prior.dependencies)):
                yield other

    def _detach(self) -> None:
        """Let other objects let go of what is removed, where Stripe refuses otherwise."""
        for address in sorted(self.decisions, key=parse_address):
            decision = self.decisions[address]
            removals = self._keys(address, StepKind.REMOVE)
            if not removals or decision.actual is None:
                continue
            action, gone = decision.change.action, {self.steps[key].id for key in removals}
            replaces = action is Action.REPLACE
            # Where the resource lives on, whoever holds what goes is pointed to what stays.
            follows = action is not Action.DELETE and (not replaces or decision.change.create_first)
            for rule in decision.kind.detach:
                holder = self._holder(decision, rule, gone)
                if holder is None:
                    continue
                if rule.attribute in holder.update and (follows or not replaces):
                    for removal in removals:
                        self.after[removal].update(self._keys(holder.address, *_CHANGING))
                    continue
                new: Any = decision.change.id if follows else CLEAR
                if follows and replaces:
                    new = Ref.to(decision.change.address, "id")
                key = self._put(
                    holder,
                    StepKind.DETACH,
                    key=f"detach {holder.address} {rule.attribute} from {address}",
                    id=holder.change.id,
                    params={rule.attribute: new},
                )
                if follows:
                    self.after[key].update(self._keys(address, StepKind.CREATE))
                for removal in removals:
                    self.after[removal].add(key)

    def _holder(self, decision: Decision, rule: Detach, gone: set[str]) -> Decision | None:
        """The managed object that still holds on to one of those that go."""
        wanted = get_path(decision.actual, (rule.via,))
        for other in self.decisions.values():
            if (
                other.kind.object == rule.object
                and other.change.id == wanted
                and other.actual is not None
                and other.actual.get(rule.attribute) in gone
            ):
                return other
        return None

    def _keys_free_first(self) -> None:
        """A natural key that cannot be taken over has to be free before it is claimed."""
        held: dict[tuple[str, tuple[str, ...], Claim], list[str]] = {}
        for address, decision in self.decisions.items():
            if decision.change.action is not Action.DELETE or decision.actual is None:
                continue
            for key, claim in claims_of(decision.kind, decision.actual):
                if not key.transfer:
                    removals = self._keys(address, StepKind.REMOVE)
                    held.setdefault((decision.kind.name, key.fields, claim), []).extend(removals)
        for address, decision in self.decisions.items():
            if not decision.makes:
                continue
            for key, claim in claims_of(decision.kind, decision.wanted):
                for create in self._keys(address, StepKind.CREATE):
                    self.after[create].update(held.get((decision.kind.name, key.fields, claim), ()))

    def ordered(self) -> tuple[Step, ...]:
        named = {
            key: (parse_address(str(step.address)), _RANK[step.kind], key)
            for key, step in self.steps.items()
        }
        order = topological_order(
            {
                named[key]: {named[need] for need in needs if need != key}
                for key, needs in self.after.items()
            }
        )
        return tuple(
            dataclasses.replace(self.steps[key], after=tuple(sorted(self.after[key] - {key})))
            for _, _, key in order
        )


_RANK = {kind: rank for rank, kind in enumerate(StepKind)}
