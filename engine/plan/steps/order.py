"""The order of the steps of a plan.

Creates and updates run along the references, removals against them. A replacement that makes the
new object first removes the old one only after everything that referred to it names the new one;
one that cannot removes first. Where nothing else decides, the order is that of the keys.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from engine.frozen import frozen
from engine.graph.dag import closure, topological_order
from engine.plan.compare.natural_keys import Claim, claims_of
from engine.plan.decide.decision import Decision
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Action, Step, StepKind
from engine.plan.steps.build import StepGraph
from engine.plan.steps.key import StepKey
from engine.values.markers import CLEAR
from engine.values.paths import get_path
from engine.values.reference import Ref
from engine.values.targets import AttributeTarget
from engine.values.templates import targets_with_paths

_READY = (StepKind.CREATE, StepKind.UPDATE, StepKind.RECORD)
_CHANGING = (*_READY, StepKind.SETTLE, StepKind.CALL)


def order_steps(
    inputs: PlanInputs, decisions: Mapping[str, Decision], *, stamped: bool
) -> tuple[Step, ...]:
    """Build the steps of a plan, and put them in order.

    Args:
        inputs: What the plan is made from.
        decisions: What happens to each resource.
        stamped: Objects get an ownership stamp: new ones, and others with the next update.

    Raises:
        GraphError: if the steps wait for each other in a circle.
    """
    steps = StepGraph(inputs=inputs, decisions=decisions, stamped=stamped)
    for address in sorted(decisions, key=str):
        steps.add(decisions[address])
    order = _Order(steps)
    order.connect()
    return tuple(order.step(key) for key in topological_order(steps.after))


@frozen(kw_only=False)
class _Order:
    """What each step waits for."""

    steps: StepGraph

    def _keys(self, address: str, *kinds: StepKind) -> list[StepKey]:
        return self.steps.keys(address, *kinds)

    def _wait(self, key: StepKey, others: Iterable[StepKey]) -> None:
        self.steps.after[key].update(other for other in others if other != key)

    def step(self, key: StepKey) -> Step:
        """A step with the keys of those that it waits for."""
        needs = tuple(sorted(map(str, self.steps.after[key])))
        return dataclasses.replace(self.steps.steps[key], after=needs)

    def connect(self) -> None:
        """Find out what each step waits for."""
        ending = [address for address in self.steps.of if self._keys(address, StepKind.REMOVE)]
        self._detach(ending)
        for address in self.steps.of:
            self._along_references(address)
        dependents = self._dependents() if ending or self.steps.taken else {}
        for address in self.steps.of:
            self._against_references(address, dependents.get(address, ()))
            self._superseded_first(address)
        self._taken_first(dependents)
        self._keys_free_first()
        self._room_first()
        self._defaults_last()

    def _taken_first(self, dependents: Mapping[str, Iterable[str]]) -> None:
        """What comes from another stack is recorded before anything is done with it."""
        for address, taken in self.steps.taken.items():
            for key in self._keys(address, *StepKind):
                self._wait(key, [taken])
            for dependent in dependents.get(address, ()):
                for key in self._keys(dependent, *_CHANGING):
                    self._wait(key, [taken])

    def _along_references(self, address: str) -> None:
        graph = self.steps.inputs.graph
        if address not in graph.declarations:
            return
        for need in graph.edges[address]:
            # What refers back to its dependent is complete only after that one.
            whole = _READY if graph.deferred[need] else (*_READY, StepKind.SETTLE)
            for key in self._keys(address, *_CHANGING):
                self._wait(key, self._keys(need, *whole))
        decision = self.steps.decisions[address]
        revive_by = (decision.instead or decision).revive_by
        for key in self._keys(address, StepKind.CALL):
            # What follows a create comes after it; what revives an object comes before its
            # update, since Stripe changes nothing that has ended.
            if key.detail == revive_by:
                for ready in self._keys(address, *_READY):
                    self._wait(ready, [key])
            else:
                self._wait(key, self._keys(address, *_READY))
        for key in self._keys(address, StepKind.SETTLE):
            self._wait(key, self._keys(address, *_READY))
            for need in graph.deferred[address]:
                self._wait(key, self._keys(need, *_READY))

    def _against_references(self, address: str, dependents: Iterable[str]) -> None:
        """Remove what others refer to after they have changed or ended, as far as that can be.

        Which steps of a dependent the removals of a resource wait for:

        | the resource is             | its dependent is         | removals | changes, forget |
        |-----------------------------|--------------------------|----------|-----------------|
        | replaced, the old one first | removed, or replaced so  | yes (*)  | no              |
        | replaced, the old one first | anything else            | no       | no              |
        | anything else               | anything                 | yes (*)  | yes             |

        (*) Not where the dependent refers to it with nothing but fields that only an update sets:
        those are released by themselves, and to wait for the dependent's end too would be a circle
        where the dependent is what the removed object belongs to.

        Of the resource's own steps a removal comes after the changes; where the old one goes
        first, its removal comes before them, and where an ended object is revived in place of a
        new one, so do those of superseded objects.
        """
        decision = self.steps.decisions[address]
        removals = self._keys(address, StepKind.REMOVE)
        if not removals:
            return
        old_first = _removes_first(decision)
        for dependent in dependents:
            other = self.steps.decisions.get(dependent)
            if other is None:
                continue
            ends_first = other.action is Action.DELETE or _removes_first(other)
            for key in removals:
                if (not old_first or ends_first) and not self._releases(dependent, address):
                    self._wait(key, self._keys(dependent, StepKind.REMOVE))
                if not old_first:
                    self._wait(key, self._keys(dependent, *_CHANGING, StepKind.FORGET))
        for key in removals:
            if old_first and (not key.detail or decision.instead is not None):
                for new in self._keys(address, *_READY, StepKind.CALL):
                    self._wait(new, [key])
            else:
                self._wait(key, self._keys(address, *_CHANGING))

    def _releases(self, dependent: str, address: str) -> bool:
        """Whether a resource refers to another with nothing but fields that only an update sets."""
        prior = self.steps.inputs.state.resources.get(dependent)
        root = self.steps.decisions[dependent].kind.root
        targets = [*self.steps.inputs.graph.targets.get(dependent, ())]
        targets += targets_with_paths(prior.declared if prior is not None else {})
        named: list[bool] = []
        for path, target in targets:
            if isinstance(target, AttributeTarget) and target.address == address:
                top = root.at(path[:1])
                named.append(top is not None and top.update_only)
        return bool(named) and all(named)

    def _superseded_first(self, address: str) -> None:
        """State knows the objects that a resource superseded through the resource alone."""
        decision = self.steps.decisions[address]
        if decision.action is Action.REPLACE and decision.instead is None:
            return
        for end in self._keys(address, StepKind.REMOVE, StepKind.FORGET):
            if not end.detail:
                self._wait(end, self._keys(address, StepKind.REMOVE))

    def _dependents(self) -> dict[str, list[str]]:
        """What refers, or referred when last applied, to each resource, sorted."""
        graph, dependents = self.steps.inputs.graph, dict[str, list[str]]()
        for other in sorted({*self.steps.decisions, *graph.declarations}):
            prior = self.steps.inputs.state.resources.get(other)
            needs = set(prior.dependencies) if prior is not None else set()
            if other in graph.declarations:
                needs |= graph.edges[other] | graph.deferred[other]
            for address in needs - {other}:
                dependents.setdefault(address, []).append(other)
        return dependents

    def _detach(self, ending: Iterable[str]) -> None:
        """Update objects that refer to what is removed, where Stripe refuses the removal otherwise.

        What such an object refers to afterwards, and whether its own update may do that instead:

        | the resource is             | the reference becomes    | its own update is enough |
        |-----------------------------|--------------------------|--------------------------|
        | kept, superseded ones go    | the id that is kept      | yes                      |
        | removed, or leaves its      | empty                    | yes                      |
        |   account                   |                          |                          |
        | replaced, the new one first | the new id, once created | yes                      |
        | replaced, the old one first | empty                    | no: it names the new one |
        """
        decisions = self.steps.decisions.values() if ending else ()
        objects = {(one.kind.object, one.actual_account, one.id): one for one in decisions}
        for address in ending:
            decision = self.steps.decisions[address]
            removed = {self.steps.steps[key].id for key in self._keys(address, StepKind.REMOVE)}
            for rule in decision.kind.life.detach if decision.actual is not None else ():
                named = str(get_path(decision.actual, (rule.via,)))
                referrer = objects.get((rule.object, decision.actual_account, named))
                actual = (referrer.actual if referrer is not None else None) or {}
                if referrer is not None and actual.get(rule.attribute) in removed:
                    self._detach_from(decision, referrer, rule.attribute)

    def _detach_from(self, decision: Decision, referrer: Decision, attribute: str) -> None:
        address, old_first = decision.address, _removes_first(decision)
        removals = self._keys(address, StepKind.REMOVE)
        if attribute in referrer.update and not old_first:
            for removal in removals:
                self._wait(removal, self._keys(referrer.address, *_CHANGING))
            return
        ends = decision.action is Action.DELETE or decision.old_account is not None
        lives_on = not old_first and not ends
        new: Any = decision.id if lives_on else CLEAR
        if lives_on and decision.action is Action.REPLACE:
            new = str(Ref.to(decision.address, "id"))
        key = self.steps.put(
            referrer,
            StepKind.DETACH,
            detail=f"{attribute} from {address}",
            id=referrer.id,
            account=referrer.actual_account,
            params={attribute: new},
        )
        if not old_first:
            self._wait(key, self._keys(address, StepKind.CREATE))
        for removal in removals:
            self._wait(removal, [key])

    def _keys_free_first(self) -> None:
        """A natural key that cannot be transferred has to be free before it is claimed."""
        held: dict[tuple[str, str, tuple[str, ...]], list[tuple[Claim, list[StepKey]]]] = {}
        for address, decision in self.steps.decisions.items():
            if decision.action is not Action.DELETE or decision.actual is None:
                continue
            for key, claim in claims_of(decision.kind, decision.actual):
                if not key.transfer:
                    removals = self._keys(address, StepKind.REMOVE)
                    place = (decision.kind.name, decision.actual_account, key.fields)
                    held.setdefault(place, []).append((claim, removals))
        for address, decision in self.steps.decisions.items():
            if not decision.makes:
                continue
            for key, claim in claims_of(decision.kind, decision.wanted):
                theirs = held.get((decision.kind.name, decision.account, key.fields), ())
                first = [step for other, ends in theirs if claim.clashes(other) for step in ends]
                for create in self._keys(address, StepKind.CREATE):
                    self._wait(create, first)

    def _room_first(self) -> None:
        """Where Stripe caps how many objects there are, removals make room for creates."""
        decisions = self.steps.decisions
        for address, decision in decisions.items():
            if not decision.needs_room:
                continue
            leaving = [
                key
                for other, gone in decisions.items()
                if gone.kind.name == decision.kind.name
                and gone.actual_account == decision.account
                and (gone.action is not Action.REPLACE or gone.old_account is not None)
                for key in self._keys(other, StepKind.REMOVE)
            ]
            for create in self._keys(address, StepKind.CREATE):
                self._wait_where_possible(create, leaving)

    def _defaults_last(self) -> None:
        """The default among its like is removed after the others: Stripe refuses it before."""
        ending: dict[tuple[str, str, str, str], list[tuple[bool, StepKey]]] = {}
        for address, decision in self.steps.decisions.items():
            removals = self._keys(address, StepKind.REMOVE)
            for rule in decision.kind.life.inherits if decision.actual is not None else ():
                among = repr([get_path(decision.actual, (name,)) for name in rule.among.values()])
                place = (decision.kind.name, decision.actual_account, rule.field, among)
                is_default = bool(get_path(decision.actual, (rule.field,)))
                ending.setdefault(place, []).extend((is_default, key) for key in removals)
        for alike in ending.values():
            others = [key for is_default, key in alike if not is_default]
            for last in (key for is_default, key in alike if is_default):
                self._wait_where_possible(last, others)

    def _wait_where_possible(self, key: StepKey, others: Iterable[StepKey]) -> None:
        """Wait for those steps that do not wait for this one themselves."""
        free = [other for other in others if key not in closure([other], self.steps.after)]
        self._wait(key, free)


def _removes_first(decision: Decision) -> bool:
    """Whether an old object is removed before the new one is made."""
    return decision.action is Action.REPLACE and not decision.create_first
