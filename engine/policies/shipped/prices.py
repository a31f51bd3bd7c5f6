"""Policies about prices: none is cut, or rises, by more than a share.

They hold for every type by which customers are charged, and look at each of its amounts per year.
What cannot be compared is found too: a person has to look at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_UP, Decimal
from typing import Any

from engine.plan.amounts import Amount
from engine.plan.model import Action
from engine.policies.plan import AmountChange, Change, Plan
from engine.values.paths import get_path, parse_path

_SCALES = (
    *("billing_scheme", "tiers_mode", "tiers.*.up_to", "transform_quantity"),
    *("recurring.usage_type", "aggregate_usage", "usage_type"),
)
"""What says how many units an amount is for: with another one amounts are not of the same thing."""

_NEW = (Action.CREATE, Action.IMPORT, Action.REVIVE)
"""What may take the place of something that is removed."""

_GONE = (Action.DELETE, Action.FORGET)
"""What is no longer declared: archived, or left on Stripe, where nothing offers it any more."""


def max_price_cut(plan: Plan, most: Decimal) -> Iterator[tuple[Change, str]]:
    """Prices that are cut by more than a share."""
    yield from _moved(plan, most, -1)


def max_price_rise(plan: Plan, most: Decimal) -> Iterator[tuple[Change, str]]:
    """Prices that rise by more than a share."""
    yield from _moved(plan, most, 1)


def _moved(plan: Plan, most: Decimal, sign: int) -> Iterator[tuple[Change, str]]:
    charged = [change for change in plan.changes if change.kind.life.charged]
    for change in charged:
        yield from ((change, why) for why in _against(change, most, sign))
    gone = _Gone(charged, sign)
    for change in charged:
        yield from ((change, why) for why in gone.instead(change, most))


def _against(change: Change, most: Decimal, sign: int) -> Iterator[str]:
    """What is against one price: first what cannot be compared."""
    before, after = change.before, change.after
    amounts = change.amounts if before and after else ()
    scaled = [name for name in _SCALES if _leaves(before, name) != _leaves(after, name)]
    if scaled and amounts:
        yield (
            f"its {', '.join(scaled)} is another, so that its amounts are for something else: by "
            "how much it changes has to be worked out by a person"
        )
        return
    for amount in amounts:
        yield from _amount_against(change, amount, most, sign)


def _amount_against(
    change: Change, amount: AmountChange, most: Decimal, sign: int
) -> Iterator[str]:
    if amount.unknown and amount.before is not None:
        yield f"by how much its {amount.path} changes is known after the apply only"
        return
    if amount.before is None or not amount.before.value:
        rises = amount.before is not None and amount.after is not None and amount.after.value
        if rises and sign > 0:
            yield f"its {amount.path} is no longer nothing"
        return
    if amount.after is None:
        attribute = change.kind.root.at(parse_path(amount.path))
        # What is left out in one currency of several is not for sale in it.
        if attribute is None or attribute.money != "*":
            yield f"it no longer has a {amount.path}: what it costs instead is for a person to say"
        return
    share = amount.share
    if share is None:
        yield (
            f"its {amount.path} cannot be compared: it is in another currency, or charged once and "
            "not again and again"
        )
    elif share * sign > most:
        yield (
            f"its {amount.path} {'rises' if sign > 0 else 'falls'} by {_percent(abs(share))}"
            f"{_over(amount)}, and {_percent(most)} is the most"
        )


def _places(change: Change) -> set[str]:
    """What a price leaves to another one: the product of one that is gone, a lookup key."""
    keys = _keys(change, change.before) - _keys(change, change.after)
    return keys | _needs(change) if change.action in _GONE else keys


def _taken(change: Change) -> set[str]:
    """What a price takes over from another one."""
    keys = _keys(change, change.after) - _keys(change, change.before)
    return keys | _needs(change) if change.action in _NEW else keys


def _needs(change: Change) -> set[str]:
    """The addresses of what it depends on, with their stacks: a price may move to another one."""
    return {need if ":" in need else f"{change.stack}:{need}" for need in change.dependencies}


def _keys(change: Change, values: Mapping[str, Any]) -> set[str]:
    """The keys that move from one object to the next, by which applications find it."""
    found = (key.attribute for key in change.kind.life.natural_keys if key.transfer)
    return {f"{name}={values[name]}" for name in found if isinstance(values.get(name), str)}


class _Gone:
    """The prices that a plan takes away, as far as others may take their place.

    Of those that are charged in the same currency and equally often, the one is kept from which the
    step to a new one is the smallest: with several it is not known which one it replaces.
    """

    def __init__(self, charged: Iterable[Change], sign: int) -> None:
        self._sign = sign
        self._kept: dict[tuple[str, str, str], dict[tuple[str, str, int], tuple[str, Amount]]] = {}
        for change in charged:
            places = _places(change)
            for amount in change.amounts if places else ():
                if amount.before is None or not amount.before.value:
                    continue
                for place in places:
                    same = self._kept.setdefault((change.type, place, amount.path), {})
                    kept = same.get(_every(amount.before))
                    if kept is None or (kept[1].value - amount.before.value) * sign < 0:
                        same[_every(amount.before)] = (str(change.address), amount.before)

    def instead(self, change: Change, most: Decimal) -> Iterator[str]:
        """What is against a new price that takes the place of one under another name."""
        taken = _taken(change) if self._kept else set()
        for amount in change.amounts if taken else ():
            steps = [
                (share * self._sign, address, moved)
                for address, moved in self._replaced(change.type, taken, amount)
                if (share := moved.share) is not None
            ]
            step, address, moved = min(steps, key=lambda one: one[0], default=(most, "", amount))
            if step > most:
                yield (
                    f"it seems to take the place of {address}, and its {amount.path} is "
                    f"{_percent(step)} {'more' if self._sign > 0 else 'less'}{_over(moved)}, and "
                    f"{_percent(most)} is the most"
                )

    def _replaced(
        self, kind: str, taken: set[str], amount: AmountChange
    ) -> Iterator[tuple[str, AmountChange]]:
        """The amounts that a new one may take the place of: those charged as often, if any are."""
        if amount.after is None:
            return
        for place in sorted(taken):
            same = self._kept.get((kind, place, amount.path), {})
            every = _every(amount.after)
            for address, before in [same[every]] if every in same else same.values():
                yield address, AmountChange(path=amount.path, before=before, after=amount.after)


def _every(amount: Amount) -> tuple[str, str, int]:
    """In what and how often an amount is charged."""
    return amount.currency, amount.interval, amount.interval_count


def _leaves(values: Mapping[str, Any], name: str) -> Any:
    """What is at a dotted path; of `list.*.leaf` the leaf of each element."""
    holder, star, leaf = name.partition(".*.")
    found = get_path(values, parse_path(holder))
    if not star:
        return found
    return [get_path(one, parse_path(leaf)) for one in found] if isinstance(found, list) else None


def _over(amount: AmountChange) -> str:
    """Say that amounts of different intervals were compared."""
    sides = (amount.before, amount.after)
    every = {(side.interval, side.interval_count) for side in sides if side is not None}
    return " over a year" if len(every) > 1 else ""


def _percent(share: Decimal) -> str:
    # Rounded up, so that what is over the most is not shown as the most.
    tenths = (share * 100).quantize(Decimal("0.1"), ROUND_UP)
    return f"{str(tenths).removesuffix('.0')} %"
