"""From decisions to operations in order.

Creates and updates run along the references, removals against them. A replacement that makes the
new object first removes the old one only after everything that referred to it was repointed; one
that cannot removes first. Ties are broken by address.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.address import parse_address
from engine.graph.build import ResourceGraph
from engine.graph.dag import closure, topological_order
from engine.plan.compare.natural_keys import Claim, claims_of
from engine.plan.decide.decision import Decision
from engine.plan.model import Action, Step, StepKind
from engine.plan.steps.build import StepGraph
from engine.schema.lifecycle import Detach
from engine.state.model import State
from engine.values.markers import CLEAR
from engine.values.paths import get_path
from engine.values.reference import Ref
from engine.values.targets import AttributeTarget
from engine.values.templates import targets_with_paths

_READY = (StepKind.CREATE, StepKind.UPDATE, StepKind.RECORD)
_CHANGING = (*_READY, StepKind.SETTLE, StepKind.CALL)


def order_steps(
    graph: ResourceGraph,
    state: State,
    decisions: Mapping[str, Decision],
    *,
    owner: str,
    refreshed: bool,
) -> tuple[Step, ...]:
    """Put the operations of a plan in order.

    Args:
        graph: What is declared, and what refers to what.
        state: What the last apply declared and saw, moves carried out.
        decisions: What happens to each resource.
        owner: Lineage for ownership stamps; empty for none.
        refreshed: What is there was read from Stripe just now.

    Raises:
        GraphError: if the operations wait for each other in a circle.
    """
    board = StepGraph(
        graph=graph, state=state, decisions=decisions, owner=owner, refreshed=refreshed
    )
    for address in sorted(decisions, key=parse_address):
        board.add(decisions[address])
    order = _Order(board)
    order.connect()
    return order.ordered()


@dataclass(frozen=True, slots=True)
class _Order:
    """What the operations on a board wait for."""

    board: StepGraph

    def _keys(self, address: str, *kinds: StepKind) -> list[str]:
        return self.board.keys(address, *kinds)

    def _wait(self, key: str, others: Iterable[str]) -> None:
        self.board.after[key].update(others)

    def connect(self) -> None:
        self._detach()
        for address in self.board.decisions:
            self._along_references(address)
        for address in self.board.decisions:
            self._against_references(address)
            self._leftovers_first(address)
        self._keys_free_first()
        self._room_first()
        self._standing_last()

    def _along_references(self, address: str) -> None:
        if address not in self.board.graph.declarations:
            return
        for need in self.board.graph.edges[address]:
            for key in self._keys(address, *_CHANGING):
                self._wait(key, self._keys(need, *_READY))
        decision = self.board.decisions[address]
        back = (decision.instead or decision).revive_by
        for key in self._keys(address, StepKind.CALL):
            # What follows a create comes after it; what brings an object back comes before its
            # update, since Stripe changes nothing that has ended.
            if self.board.steps[key].call == back:
                for ready in self._keys(address, *_READY):
                    self._wait(ready, [key])
            else:
                self._wait(key, self._keys(address, *_READY))
        for key in self._keys(address, StepKind.SETTLE):
            self._wait(key, self._keys(address, *_READY))
            for need in self.board.graph.deferred[address]:
                self._wait(key, self._keys(need, *_READY))

    def _against_references(self, address: str) -> None:
        decision = self.board.decisions[address]
        removals = self._keys(address, StepKind.REMOVE)
        if not removals:
            return
        replaced = decision.action is Action.REPLACE
        delete_first = replaced and not decision.create_first
        for dependent in self._dependents(address):
            other = self.board.decisions.get(dependent)
            if other is None:
                continue
            goes_first = other.action is Action.DELETE or (
                other.action is Action.REPLACE and not other.create_first
            )
            for key in removals:
                # What only an update refers with lets go by itself; to wait for its end too would
                # be a circle where it is what the removed object belongs to.
                if (not delete_first or goes_first) and not self._lets_go(dependent, address):
                    self._wait(key, self._keys(dependent, StepKind.REMOVE))
                if not delete_first:
                    self._wait(key, self._keys(dependent, *_CHANGING, StepKind.FORGET))
        for key in removals:
            if delete_first and (key == f"remove {address}" or decision.instead is not None):
                for new in self._keys(address, *_READY, StepKind.CALL):
                    self._wait(new, [key])
            else:
                self._wait(key, self._keys(address, *_CHANGING))

    def _lets_go(self, dependent: str, address: str) -> bool:
        """Whether all that one resource says of another stands in fields that an update sets."""
        prior = self.board.state.resources.get(dependent)
        root = self.board.decisions[dependent].kind.root
        named: list[bool] = []
        for path, target in targets_with_paths(prior.declared if prior is not None else {}):
            if isinstance(target, AttributeTarget) and str(target.address) == address:
                top = root.at(path[:1])
                named.append(top is not None and top.update_only)
        return bool(named) and all(named)

    def _leftovers_first(self, address: str) -> None:
        """Of what a resource superseded, state knows through the resource alone."""
        decision = self.board.decisions[address]
        ends = {Action.DELETE: f"remove {address}", Action.FORGET: f"forget {address}"}
        end = ends.get(decision.action)
        if decision.instead is not None and decision.action is Action.REPLACE:
            end = f"remove {address}"
        if end in self.board.after:
            self._wait(end, self._keys(address, StepKind.REMOVE))

    def _dependents(self, address: str) -> Iterator[str]:
        """Whatever refers, or referred when last applied, to a resource."""
        for other in sorted({*self.board.decisions, *self.board.graph.declarations}):
            prior = self.board.state.resources.get(other)
            now = other in self.board.graph.declarations and address in {
                *self.board.graph.edges[other],
                *self.board.graph.deferred[other],
            }
            if other != address and (now or (prior is not None and address in prior.dependencies)):
                yield other

    def _detach(self) -> None:
        """Let other objects let go of what is removed, where Stripe refuses otherwise."""
        for address in sorted(self.board.decisions, key=parse_address):
            decision = self.board.decisions[address]
            removals = self._keys(address, StepKind.REMOVE)
            if not removals or decision.actual is None:
                continue
            action, gone = decision.action, {self.board.steps[key].id for key in removals}
            replaces = action is Action.REPLACE
            # Where the resource lives on, whoever holds what goes is pointed to what stays.
            follows = action is not Action.DELETE and (not replaces or decision.create_first)
            for rule in decision.kind.life.detach:
                holder = self._holder(decision, rule, gone)
                if holder is None:
                    continue
                if rule.attribute in holder.update and (follows or not replaces):
                    for removal in removals:
                        self._wait(removal, self._keys(str(holder.address), *_CHANGING))
                    continue
                new: Any = decision.id if follows else CLEAR
                if follows and replaces:
                    new = str(Ref.to(decision.address, "id"))
                key = self.board.put(
                    holder,
                    StepKind.DETACH,
                    key=f"detach {holder.address} {rule.attribute} from {address}",
                    id=holder.id,
                    params={rule.attribute: new},
                )
                if follows:
                    self._wait(key, self._keys(address, StepKind.CREATE))
                for removal in removals:
                    self._wait(removal, [key])

    def _holder(self, decision: Decision, rule: Detach, gone: set[str]) -> Decision | None:
        """The managed object that still holds on to one of those that go."""
        wanted = get_path(decision.actual, (rule.via,))
        for other in self.board.decisions.values():
            if (
                other.kind.object == rule.object
                and other.id == wanted
                and other.actual is not None
                and other.actual.get(rule.attribute) in gone
            ):
                return other
        return None

    def _keys_free_first(self) -> None:
        """A natural key that cannot be taken over has to be free before it is claimed."""
        held: dict[tuple[str, tuple[str, ...]], list[tuple[Claim, list[str]]]] = {}
        for address, decision in self.board.decisions.items():
            if decision.action is not Action.DELETE or decision.actual is None:
                continue
            for key, claim in claims_of(decision.kind, decision.actual):
                if not key.transfer:
                    removals = self._keys(address, StepKind.REMOVE)
                    held.setdefault((decision.kind.name, key.fields), []).append((claim, removals))
        for address, decision in self.board.decisions.items():
            if not decision.makes:
                continue
            for key, claim in claims_of(decision.kind, decision.wanted):
                theirs = held.get((decision.kind.name, key.fields), ())
                first = [step for other, ends in theirs if claim.clashes(other) for step in ends]
                for create in self._keys(address, StepKind.CREATE):
                    self._wait(create, first)

    def _room_first(self) -> None:
        """Where Stripe caps how many there are, what goes makes room for what comes."""
        decisions = self.board.decisions
        for address, decision in decisions.items():
            if not decision.needs_room:
                continue
            leaving = [
                key
                for other, gone in decisions.items()
                if gone.kind.name == decision.kind.name
                and gone.removal_policy.account == decision.removal_policy.account
                and gone.action is not Action.REPLACE
                for key in self._keys(other, StepKind.REMOVE)
            ]
            for create in self._keys(address, StepKind.CREATE):
                # What goes only after the new one is there makes no room for it.
                free = [key for key in leaving if create not in closure([key], self.board.after)]
                self._wait(create, free)

    def _standing_last(self) -> None:
        """What stands out among its like goes after the others: Stripe refuses it before."""
        ending: dict[tuple[str, str, str, str], list[tuple[bool, str]]] = {}
        for address, decision in self.board.decisions.items():
            removals = self._keys(address, StepKind.REMOVE)
            for rule in decision.kind.life.inherits if decision.actual is not None else ():
                among = repr([get_path(decision.actual, (name,)) for name in rule.beside.values()])
                place = (decision.kind.name, decision.removal_policy.account, rule.field, among)
                stands = bool(get_path(decision.actual, (rule.field,)))
                ending.setdefault(place, []).extend((stands, key) for key in removals)
        for alike in ending.values():
            others = [key for stands, key in alike if not stands]
            for last in (key for stands, key in alike if stands):
                # What has to go after it for another reason is no obstacle to remove first.
                first = [key for key in others if last not in closure([key], self.board.after)]
                self._wait(last, first)

    def ordered(self) -> tuple[Step, ...]:
        named = {
            key: (parse_address(str(step.address)), _RANK[step.kind], key)
            for key, step in self.board.steps.items()
        }
        order = topological_order(
            {
                named[key]: {named[need] for need in needs if need != key}
                for key, needs in self.board.after.items()
            }
        )
        return tuple(self._step(key) for _, _, key in order)

    def _step(self, key: str) -> Step:
        needs = tuple(sorted(self.board.after[key] - {key}))
        return dataclasses.replace(self.board.steps[key], after=needs)


_RANK = {kind: rank for rank, kind in enumerate(StepKind)}
