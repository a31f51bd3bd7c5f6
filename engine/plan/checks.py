"""The rules by which a plan is refused: each says what is wrong and how to go on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from engine.address import ResourceAddress
from engine.plan.compare.natural_keys import Claimed, describe_key
from engine.plan.decide.decision import Decision
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Action, Plan
from engine.plan.refusal import PlanRule, Refusal, RefusedError
from engine.schema.resource_type import Schemas
from engine.state.model import State
from engine.values.markers import CLEAR
from engine.values.paths import get_path

LARGE_PERCENT = 30
"""More than this share of a stack removed or replaced at once is unusual."""
LARGE_FROM = 10
"""Stacks with fewer resources than this change by large shares all the time."""

REFUSED = "the plan is refused: "
"""What the message of every refused plan begins with."""
CONFIRM = "--confirm-removal"
"""The option that names what a live account may lose."""

_ENDS = (Action.DELETE, Action.REPLACE)


def refusals_of(
    decisions: Iterable[Decision],
    state: State,
    options: PlanOptions,
    declared: Collection[str] = (),
) -> tuple[Refusal, ...]:
    """Everything that forbids a plan, each with the way on; empty if nothing does.

    Args:
        decisions: What would be done.
        state: The state before it.
        options: What the person asked for.
        declared: Addresses that are declared now.
    """
    decided = sorted(decisions, key=lambda decision: str(decision.address))
    return (
        *(refusal for decision in decided for refusal in decision.refusals),
        *_same_keys(decided),
        *_same_objects(decided),
        *_too_much_metadata(decided),
        *_protected(decided, state.stack, declared),
        *_too_many_removals(decided, state, options),
    )


def removals_to_confirm(
    plans: Iterable[Plan], schemas: Schemas, confirmed: Collection[ResourceAddress] = ()
) -> tuple[ResourceAddress, ...]:
    """What a live account would lose without a person having named it, in address order.

    That is every resource that is removed, and every one that loses something by being replaced:
    a price its subscriptions, a payment link its URL, a webhook its secret. A resource that was
    named and is not lost is no mistake: an earlier run of the same command may have removed it.

    Args:
        plans: What would be done.
        schemas: Resource types by name.
        confirmed: Resources that a person has named.
    """
    return tuple(
        sorted(
            change.address
            for plan in plans
            for change in plan.pending
            if change.address not in confirmed
            and (
                change.action is Action.DELETE
                or (change.action is Action.REPLACE and schemas[change.type].life.loses)
            )
        )
    )


def unconfirmed(
    addresses: Sequence[ResourceAddress], environment: str, command: str = ""
) -> RefusedError:
    """The refusal of removals on a live account that no person has named.

    Args:
        addresses: What has to be named.
        environment: Environment name.
        command: The command line that names them; empty if there is none.
    """
    count = len(addresses)
    naming = " ".join(f"{CONFIRM} {address}" for address in addresses)
    unnamed = (
        Refusal(
            f"{address} would be removed or replaced without being named",
            PlanRule.REMOVAL_UNCONFIRMED,
            address=address,
        )
        for address in addresses
    )
    return RefusedError(
        f"environment {environment!r} is live, and {count} resource{'s' if count > 1 else ''} "
        "would be removed or replaced without being named",
        [("", refusal) for refusal in unnamed],
        cause="\n".join(addresses),
        hint=f"if that is meant: {command or f'--yes {naming}'}; nothing was changed",
    )


def refused(refusals: Sequence[tuple[str, Refusal]], outcome: str) -> RefusedError:
    """The error of a plan that is refused.

    Args:
        refusals: Every rule that forbids it, with the stack; one at least.
        outcome: What did not happen: `nothing was changed`.
    """
    first, *others = (refusal for _, refusal in refusals)
    return RefusedError(
        f"{REFUSED}{first}", refusals, cause="\n".join(others) or None, hint=outcome
    )


def _same_keys(decisions: Iterable[Decision]) -> Iterator[Refusal]:
    """Two declarations with one natural key would take it from each other at every apply."""
    claimed = Claimed[Decision]()
    for decision in decisions:
        for key, first in claimed.add(decision.kind, decision.account, decision.wanted, decision):
            shown = describe_key(key, decision.wanted)
            yield Refusal(
                f"{first.address} and {decision.address} both claim {shown}, "
                "which only one object can have. Give one of them another",
                PlanRule.KEY_CLAIMED_TWICE,
                address=decision.address,
                line=decision.line,
            )


def _same_objects(decided: Iterable[Decision]) -> Iterator[Refusal]:
    """Refuse two resources that would become one object, by a key that several may have."""
    taken: dict[tuple[str, str, str], Decision] = {}
    for decision in decided:
        if decision.prior is not None or decision.action not in (Action.IMPORT, Action.REVIVE):
            continue
        first = taken.setdefault((decision.kind.name, decision.account, decision.id), decision)
        if first is not decision:
            yield Refusal(
                f"{decision.address} ({decision.line}): {decision.id} is to be {first.address} "
                f"({first.line}) too, and an object is one resource. Declare it once",
                PlanRule.OBJECT_CLAIMED_TWICE,
                address=decision.address,
                line=decision.line,
            )


def _too_much_metadata(decisions: Iterable[Decision]) -> Iterator[Refusal]:
    """Metadata that would have more keys than Stripe takes, undeclared ones counted too (R)."""
    for decision in decisions:
        attribute = decision.kind.root.fields.get("metadata")
        update = decision.update.get("metadata")
        if attribute is None or not isinstance(update, Mapping):
            continue
        actual = get_path(decision.actual, ("metadata",)) or {}
        kept = {name for name in actual if update.get(name) is not CLEAR}
        keys = kept | {name for name, value in update.items() if value is not CLEAR}
        foreign = len(kept - decision.declared.get("metadata", {}).keys())
        if attribute.max_length and len(keys) > max(attribute.max_length, len(actual)):
            yield Refusal(
                f"{decision.address}: its metadata would have {len(keys)} keys, {foreign} of which "
                f"are on Stripe and not in the code; Stripe takes {attribute.max_length}. Declare "
                "fewer, or remove some of the others on Stripe",
                PlanRule.TOO_MUCH_METADATA,
                address=decision.address,
                line=decision.line,
            )


def _protected(
    decisions: Iterable[Decision], stack: str, declared: Collection[str]
) -> Iterator[Refusal]:
    for decision in decisions:
        if decision.removal_policy.protect and decision.action in _ENDS:
            what = "removed" if decision.action is Action.DELETE else "replaced"
            text = (
                f"{decision.address} is protected and would be {what}. Set "
                "lifecycle=Lifecycle(protect=False) on it and apply that first"
            )
            if decision.address not in declared:
                text += (
                    "; its declaration is gone, so put it back for that, or leave the object on "
                    f"Stripe: engine state rm {decision.address} --stack {stack}"
                )
            yield Refusal(text, PlanRule.PROTECTED, address=decision.address, line=decision.line)


def _too_many_removals(
    decisions: Iterable[Decision], state: State, options: PlanOptions
) -> Iterator[Refusal]:
    existing = len(state.resources)
    ending = sum(decision.action in _ENDS for decision in decisions)
    if options.destroy or options.allow_mass_change or existing < LARGE_FROM:
        return
    # In whole numbers: exactly 30 % must not be over it by a rounding error.
    if ending * 100 > existing * LARGE_PERCENT:
        yield Refusal(
            f"{ending} of {existing} resources would be removed or replaced, more than "
            f"{LARGE_PERCENT}%. If that is meant, add --allow-mass-change",
            PlanRule.MASS_CHANGE,
        )
