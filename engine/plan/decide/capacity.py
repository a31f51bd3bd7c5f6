"""Room for new objects, where Stripe caps how many of a type an account may hold.

A replacement that makes the new object first needs room for both. Where there is none the old one
is removed first; where the plan as a whole does not fit, it is refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from engine.frozen import frozen
from engine.plan.decide.decision import Decision
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Action
from engine.plan.refusal import PlanRule, Refusal
from engine.schema.lifecycle import Removal, Verb
from engine.schema.resource_type import ResourceType


def fit_capacity(inputs: PlanInputs, decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """Fit decisions into what Stripe lets an account hold.

    Types that were not counted are taken to fit.

    Args:
        inputs: What the plan is made from, with how many objects there are.
        decisions: What happens to each resource.
    """
    fitted = dict(decisions)
    for (type_name, account), count in inputs.observed.counts.items():
        same_type = [
            decision
            for decision in decisions.values()
            if decision.kind.name == type_name
            and account in (decision.account, decision.actual_account)
        ]
        capacity = _Capacity(inputs.schemas[type_name], account, count)
        for decision in capacity.fitted(inputs, same_type):
            fitted[decision.address] = decision
    return fitted


@frozen(kw_only=False)
class _Capacity:
    """How many objects of a type one account holds."""

    kind: ResourceType
    account: str
    count: int

    def fitted(self, inputs: PlanInputs, decisions: Iterable[Decision]) -> Iterator[Decision]:
        """Yield the decisions that change so that all of them fit."""
        replaced = [decision for decision in decisions if _replaces(decision)]
        made = [
            decision
            for decision in decisions
            if decision.makes and not _replaces(decision) and decision.account == self.account
        ]
        freed = sum(
            _frees(decision) for decision in decisions if decision.actual_account == self.account
        )
        room = self.kind.life.cap - self.count
        if (made or replaced) and len(made) > room + freed:
            yield (made or replaced)[0].refused(self._too_many(len(made), freed))
            return
        if len(made) > room:
            yield from (dataclasses.replace(decision, needs_room=True) for decision in made)

        def asks_first(decision: Decision) -> bool:
            lifecycle = inputs.graph.declarations[decision.address].lifecycle
            return bool(lifecycle.create_before_delete)

        # Resources that ask for the new one first get the room first.
        overlapping = sorted(
            (decision for decision in replaced if decision.create_first),
            key=lambda decision: not asks_first(decision),
        )
        for decision in overlapping[max(room - len(made), 0) :]:
            yield self._refused(decision) if asks_first(decision) else self._old_one_first(decision)

    @property
    def _full(self) -> str:
        return f"{self.kind.title}s: Stripe lets an account hold {self.kind.life.cap}"

    def _old_one_first(self, decision: Decision) -> Decision:
        note = (
            "the old one is removed before the new one is created, since the account holds "
            f"{self.count} {self._full}"
        )
        return dataclasses.replace(decision, create_first=False, notes=(*decision.notes, note))

    def _refused(self, decision: Decision) -> Decision:
        sentence = (
            f"{decision.address} is to be replaced with the new one first, and the account holds "
            f"{self.count} {self._full}. Take create_before_delete out, or remove one first"
        )
        return decision.refused(Refusal(sentence, PlanRule.NO_ROOM))

    def _too_many(self, made: int, freed: int) -> Refusal:
        return Refusal(
            f"this plan makes {made} and deletes {freed}, and the account holds {self.count} "
            f"{self._full}. Declare fewer, or delete what is no longer needed",
            PlanRule.NO_ROOM,
        )


def _replaces(decision: Decision) -> bool:
    """Whether a new object takes the place of one that is removed, on the same account."""
    stays = decision.old_account is None
    return decision.action is Action.REPLACE and stays and _deletes(decision.removal)


def _frees(decision: Decision) -> int:
    """How many places become free that no successor takes."""
    ways = decision.kind.life.removals
    leftovers = len(decision.superseded) if ways and _deletes(ways[-1]) else 0
    leaves = decision.action is Action.DELETE or decision.old_account is not None
    return leftovers + (leaves and _deletes(decision.removal))


def _deletes(removal: Removal | None) -> bool:
    return removal is not None and removal.verb is Verb.DELETE
