"""No price is cut, or rises, by more than a share: what is seen of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.plan.model import Action, Change
from engine.policies import UNKNOWN
from engine.policies.shipped.prices import max_price_cut, max_price_rise
from engine.policies.testing import change_of, plan_of

MONTH, YEAR = {"interval": "month"}, {"interval": "year"}
TIERS: list[dict[str, Any]] = [
    {"up_to": 10, "unit_amount": 1000},
    {"up_to": "inf", "unit_amount": 800},
]
FIFTH = Decimal("0.2")


def values(amount: Any = 2000, **more: Any) -> dict[str, Any]:
    """A price of $20 a month."""
    return {"currency": "usd", "recurring": MONTH, "unit_amount": amount, **more}


def changed(before: Any, after: Any, **more: Any) -> Change:
    """A price that changes."""
    return change_of("stripe_price.pro", before=before, after=after, **more)


def cuts(*changes: Change) -> list[str]:
    """What is found of cuts by more than a fifth."""
    return [why for _, why in max_price_cut(plan_of(*changes), FIFTH)]


def rises(*changes: Change) -> list[str]:
    """What is found of rises by more than a fifth."""
    return [why for _, why in max_price_rise(plan_of(*changes), FIFTH)]


def test_half_a_price_is_a_cut() -> None:
    """And a fifth is allowed, exactly."""
    assert cuts(changed(values(), values(1000))) == [
        "its unit_amount falls by 50 %, and 20 % is the most"
    ]
    assert cuts(changed(values(), values(1600))) == []
    assert cuts(changed(values(), values(1599))) == [
        "its unit_amount falls by 20.1 %, and 20 % is the most"
    ]
    assert cuts(changed(values(), values(4000))) == []


def test_a_rise_is_the_other_way_round() -> None:
    """Also from nothing."""
    assert rises(changed(values(), values(3000))) == [
        "its unit_amount rises by 50 %, and 20 % is the most"
    ]
    assert rises(changed(values(), values(2400))) == []
    assert rises(changed(values(), values(1000))) == []
    assert rises(changed(values(0), values(100))) == ["its unit_amount is no longer nothing"]
    assert rises(changed(values(0), values(0, nickname="free"))) == []


def test_amounts_are_compared_over_a_year() -> None:
    """$20 a year in place of $20 a month is a cut, $240 is none."""
    assert cuts(changed(values(), values(recurring=YEAR))) == [
        "its unit_amount falls by 91.7 % over a year, and 20 % is the most"
    ]
    assert cuts(changed(values(), values(24000, recurring=YEAR))) == []
    twice = {"interval": "month", "interval_count": 2}
    assert cuts(changed(values(), values(recurring=twice))) == [
        "its unit_amount falls by 50 % over a year, and 20 % is the most"
    ]


@pytest.mark.parametrize("action", [Action.UPDATE, Action.REPLACE, Action.REVIVE, Action.IMPORT])
def test_every_way_to_change_a_price_counts(action: Action) -> None:
    """Options in other currencies are changed in place."""
    before = values(currency_options={"eur": {"unit_amount": 1900}})
    after = values(currency_options={"eur": {"unit_amount": 900}})
    assert cuts(changed(before, after, action=action)) == [
        "its currency_options.eur.unit_amount falls by 52.7 %, and 20 % is the most"
    ]


def test_a_currency_that_is_left_out_is_no_cut() -> None:
    """Nothing is for sale in it."""
    before = values(currency_options={"eur": {"unit_amount": 1900}})
    assert cuts(changed(before, values())) == []


def test_tiers_are_compared_one_by_one() -> None:
    """If their bounds are the same; if not, a person has to look."""
    before = {"currency": "usd", "tiers_mode": "volume", "tiers": TIERS}
    cheaper = [TIERS[0], {"up_to": "inf", "unit_amount": 100}]
    assert cuts(changed(before, {**before, "tiers": cheaper})) == [
        "its tiers[1].unit_amount falls by 87.5 %, and 20 % is the most"
    ]
    sooner = [{**TIERS[0], "up_to": 1}, TIERS[1]]
    for after in ({**before, "tiers": sooner}, {**before, "tiers_mode": "graduated"}):
        (why,) = cuts(changed(before, after))
        assert "has to be worked out by a person" in why


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (values(currency="eur"), "its unit_amount cannot be compared"),
        (
            {"currency": "usd", "unit_amount": 2000},
            "its unit_amount cannot be compared: it is in another currency, or charged once",
        ),
        (values(UNKNOWN), "by how much its unit_amount changes is known after the apply only"),
        (
            {"currency": "usd", "recurring": MONTH, "custom_unit_amount": {"enabled": True}},
            "it no longer has a unit_amount",
        ),
        (
            values(transform_quantity={"divide_by": 10, "round": "up"}),
            "its transform_quantity is another",
        ),
        (
            values(recurring={"interval": "month", "usage_type": "metered"}),
            "its recurring.usage_type is another",
        ),
    ],
)
def test_what_cannot_be_compared_is_found(after: Any, why: str) -> None:
    """By both policies: it may be either."""
    change = changed(values(), after)
    (cut,), (rise,) = cuts(change), rises(change)
    assert cut.startswith(why)
    assert cut == rise


def test_a_new_price_in_the_place_of_another_is_compared() -> None:
    """Of the same product: a cut under another name is a cut."""
    needs = ("stripe_product.pro",)
    old = change_of("stripe_price.old", before=values(), dependencies=needs)
    new = change_of("stripe_price.new", after=values(1000), dependencies=needs)
    seems = "it seems to take the place of stripe_price.old, and its unit_amount is"
    assert cuts(old, new) == [f"{seems} 50 % less, and 20 % is the most"]
    assert rises(old, new) == []
    dear = change_of("stripe_price.new", after=values(4000), dependencies=needs)
    assert rises(old, dear) == [f"{seems} 100 % more, and 20 % is the most"]
    other = change_of("stripe_price.new", after=values(1000), dependencies=("stripe_product.max",))
    assert cuts(old, other) == []
    taken = change_of(
        "stripe_price.new",
        before=values(1000),
        after=values(1000),
        action=Action.IMPORT,
        dependencies=needs,
    )
    assert cuts(old, taken) == [f"{seems} 50 % less, and 20 % is the most"]
    assert cuts(new) == []


@pytest.mark.parametrize("before", [values(), values(lookup_key="pro")])
def test_a_price_that_is_only_forgotten_is_replaced_by_a_new_one_too(before: Any) -> None:
    """It goes on, and is offered by nothing that is declared."""
    needs = ("stripe_product.pro",)
    old = change_of("stripe_price.old", before=before, action=Action.FORGET, dependencies=needs)
    new = change_of("stripe_price.new", after=values(1000), dependencies=needs)
    (why,) = cuts(old, new)
    assert "stripe_price.old, and its unit_amount is 50 % less" in why


def test_a_price_that_takes_a_lookup_key_is_compared_with_the_one_that_had_it() -> None:
    """Applications find a price by it: from then on they charge the other one."""
    old = changed(values(lookup_key="pro"), values(lookup_key="pro_old"))
    seems = "it seems to take the place of stripe_price.pro, and its unit_amount is"
    why = [f"{seems} 50 % less, and 20 % is the most"]
    new = change_of("stripe_price.new", after=values(1000, lookup_key="pro"))
    assert cuts(old, new) == why
    other = change_of(
        "stripe_price.other",
        before=values(1000, lookup_key="basic"),
        after=values(1000, lookup_key="pro"),
    )
    assert cuts(old, other) == why
    assert cuts(changed(values(lookup_key="pro"), values()), new) == why
    assert cuts(old, change_of("stripe_price.new", after=values(1000, lookup_key="max"))) == []
    assert cuts(changed(values(lookup_key="pro"), values(lookup_key="pro", nickname="P"))) == []


def test_a_price_that_moves_to_another_stack_is_compared() -> None:
    """Its product is the same, wherever it is declared."""
    old = change_of("stripe_price.pro", before=values(), dependencies=("stripe_product.pro",))
    needs = (f"{plan_of(old).stacks[0]}:stripe_product.pro",)
    (why,) = cuts(old, change_of("stripe_price.pro", after=values(1000), dependencies=needs))
    assert "stripe_price.pro, and its unit_amount is 50 % less" in why


def test_of_several_removed_prices_the_closest_counts() -> None:
    """A month is compared with a month; of two months with the one that makes the step smallest."""
    needs = ("stripe_product.pro",)

    def old(name: str, amount: int, **more: Any) -> Change:
        before = values(amount, **more)
        return change_of(f"stripe_price.{name}", before=before, dependencies=needs)

    def new(amount: int, **more: Any) -> Change:
        after = values(amount, **more)
        return change_of("stripe_price.new", after=after, dependencies=needs)

    yearly = old("yearly", 12000, recurring=YEAR)
    assert cuts(old("monthly", 2000), yearly, new(12000, recurring=YEAR)) == []
    assert cuts(old("monthly", 2000), yearly, new(1000)) != []
    assert cuts(old("basic", 1000), old("top", 5000), new(1000)) == []
    (why,) = cuts(old("basic", 1000), old("top", 5000), new(500))
    assert "stripe_price.basic, and its unit_amount is 50 % less, and 20 % is the most" in why
    assert rises(old("basic", 1000), old("top", 5000), new(5000)) == []
    (why,) = rises(old("basic", 1000), old("top", 5000), new(10000))
    assert "stripe_price.top" in why
    (why,) = cuts(old("monthly", 2000), new(2000, recurring=YEAR))
    assert "is 91.7 % less over a year" in why


def test_only_what_customers_are_charged_by_counts() -> None:
    """A coupon that takes less off is no cut of a price."""
    before = {"currency": "usd", "amount_off": 1000}
    coupon = change_of("stripe_coupon.ten", before=before, after={**before, "amount_off": 100})
    assert cuts(coupon) == []
    plan = change_of(
        "stripe_plan.old",
        before={"currency": "usd", "interval": "month", "amount": 1000},
        after={"currency": "usd", "interval": "month", "amount": 100},
    )
    assert cuts(plan) == ["its amount falls by 90 %, and 20 % is the most"]
