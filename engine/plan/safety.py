"""A plan can refuse itself: each rule says what tripped it and how to go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.plan.decide import Decision
from engine.plan.keys import Claim, claims_of
from engine.plan.model import Action, Plan
from engine.plan.options import PlanOptions
from engine.state.model import State
from engine.values import get_path

LARGE_SHARE = 0.30
"""More than this share of a stack removed or replaced at once is unusual."""
LARGE_FROM = 10
"""Stacks with fewer resources than this change by large shares all the time."""

_ENDS = (Action.DELETE, Action.REPLACE)


def refusals_of(
    plan: Plan, decisions: Iterable[Decision], state: State, options: PlanOptions
) -> tuple[str, ...]:
    """Everything that forbids a plan, each with the way on; empty if nothing does."""
    decided = sorted(decisions, key=lambda decision: decision.change.address)
    return (
        *(refusal for decision in decided for refusal in decision.refusals),
        *_rivals(decided),
        *_protected(decided),
        *_too_much(plan, state, options),
    )


def _rivals(decisions: Iterable[Decision]) -> Iterator[str]:
    """Declarations that claim one natural key would take it from each other at every apply."""
    claims: dict[tuple[str, str, tuple[str, ...], Claim], Decision] = {}
    for decision in decisions:
        for key, claim in claims_of(decision.kind, decision.wanted):
            if not key.kept_by_removed and _declared_ended(decision):
                continue
            place = (decision.kind.name, decision.keeping.account, key.fields, claim)
            first = claims.setdefault(place, decision)
            if first is not decision:
                value = get_path(decision.wanted, tuple(key.attribute.split(".")))
                yield (
                    f"{first.address} and {decision.address} both claim {key.attribute} "
                    f"{value!r}, which one object alone can hold. Give one of them another"
                )


def _declared_ended(decision: Decision) -> bool:
    """Whether a declaration itself says that its object is archived or disabled."""
    revival = decision.kind.revival
    live = revival.live if revival is not None else {}
    return any(decision.wanted.get(name, value) != value for name, value in live.items())


def _protected(decisions: Iterable[Decision]) -> Iterator[str]:
    for decision in decisions:
        change = decision.change
        if decision.keeping.protect and change.action in _ENDS:
            what = "removed" if change.action is Action.DELETE else "replaced"
            yield (
                f"{change.address} is protected and would be {what}. Set "
                "lifecycle=Lifecycle(protect=False) on it and apply that first"
            )


def _too_much(plan: Plan, state: State, options: PlanOptions) -> Iterator[str]:
    existing = len(state.resources)
    ending = plan.count(*_ENDS)
    if options.destroy or options.allow_mass_change or existing < LARGE_FROM:
        return
    if ending > existing * LARGE_SHARE:
        yield (
            f"{ending} of {existing} resources would be removed or replaced, more than "
            f"{LARGE_SHARE:.0%}. If that is meant, add --allow-mass-change"
        )
