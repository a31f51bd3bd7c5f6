"""What people call the objects of a plan."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.model import Action, Change, StepKind
from engine.values.markers import UNKNOWN
from engine.values.secret import Sealed
from engine.views.brief.names import ObjectNames
from tests.support import build

SCHEMAS = loader.schemas()
MONTHLY = {"product": "prod_1", "recurring": {"interval": "month"}}
PRO = build.change("stripe_product.pro", Action.NO_OP, id="prod_1", after={"name": "Pro"})


def name(change: Change, *others: Change, **parts: Any) -> str:
    """The name of the object of a change, in a plan with others."""
    return ObjectNames(build.plan(change, *others, **parts), SCHEMAS).of(change)


def new(address: str, **values: Any) -> Change:
    """A new object."""
    return build.change(address, Action.CREATE, after=values)


@pytest.mark.parametrize(
    ("change", "called"),
    [
        (new("stripe_product.p", name="Pro"), "Pro"),
        (new("stripe_product.p", name=" Pro \n plan "), "Pro plan"),
        (new("stripe_product.p", name="x" * 80), "x" * 59 + "…"),
        (new("stripe_product.pro-plan", name=UNKNOWN), "Pro plan"),
        (new("stripe_product.pro", name=Sealed("aaaa")), "Pro"),
        (new("stripe_price.m", **MONTHLY), "Pro monthly"),
        (
            new("stripe_price.m", product="prod_1", recurring={"interval": "month",
                "interval_count": 3}),
            "Pro quarterly",
        ),
        (
            new("stripe_price.m", product="prod_1", recurring={"interval": "week",
                "interval_count": 2}),
            "Pro 2 weeks",
        ),
        (new("stripe_price.m", **MONTHLY, nickname="Early bird"), "Pro Early bird"),
        (new("stripe_price.m", **MONTHLY, nickname="The old Pro"), "The old Pro"),
        (new("stripe_price.setup_fee", product="prod_1"), "Pro setup fee"),
        (new("stripe_price.pro-setup", product="prod_1"), "Pro setup"),
        (new("stripe_price.m", product="prod_2", recurring={"interval": "month"}), "M"),
        (new("stripe_coupon.c", id="SPRING"), "SPRING"),
        (new("stripe_coupon.c", id="SPRING", name="Spring sale"), "Spring sale"),
        (new("stripe_promotion_code.c", code="SAVE10", promotion={"coupon": "x"}), "SAVE10"),
        (new("stripe_webhook_endpoint.w", url="https://a.example/h"), "https://a.example/h"),
        (new("stripe_tax_settings.t"), "Tax settings"),
        (
            new("stripe_tax_rate.t", display_name="VAT", country="DE"),
            "VAT DE",
        ),
        (build.change("stripe_unknown.a-b", Action.CREATE), "A b"),
    ],
)  # fmt: skip
def test_an_object_is_called_as_people_call_it(change: Change, called: str) -> None:
    """By its name, its code, or what it belongs to and how often it is charged."""
    assert name(change, PRO) == called


def test_a_product_that_does_not_exist_yet_gives_its_name_too() -> None:
    """The price refers to it."""
    product = new("stripe_product.pro", name="Pro")
    price = new("stripe_price.m", product=UNKNOWN, recurring={"interval": "year"})
    step = build.step(
        "stripe_price.m", StepKind.CREATE, params={"product": "${stripe_product.pro.id}"}
    )
    assert name(price, product, steps=(step,)) == "Pro yearly"


def test_a_payment_link_is_called_after_its_first_price() -> None:
    """It has no name of its own."""
    price = build.change("stripe_price.m", Action.NO_OP, id="price_1", after=MONTHLY)
    link = new("stripe_payment_link.l", line_items=[{"price": "price_1"}])
    assert name(link, price, PRO) == "Pro monthly"


def test_a_removed_object_is_called_as_it_was() -> None:
    """It has only what it was."""
    change = build.change("stripe_product.p", Action.DELETE, before={"name": "Pro"})
    assert name(change) == "Pro"


def test_objects_that_are_named_after_each_other_have_an_end() -> None:
    """A price that declares itself as its product makes no sense, and no endless loop."""
    price = build.change("stripe_price.m", Action.NO_OP, id="price_1", after={"product": "price_1"})
    assert name(price) == "M"


def test_equal_names_are_told_apart() -> None:
    """By their logical names."""
    dollars = new("stripe_price.pro-usd", **MONTHLY)
    euros = new("stripe_price.pro-eur", **MONTHLY)
    plan = build.plan(PRO, dollars, euros)
    names = ObjectNames(plan, SCHEMAS).of_all(plan.pending)
    assert dict(names) == {
        "stripe_price.pro-usd": "Pro monthly (pro-usd)",
        "stripe_price.pro-eur": "Pro monthly (pro-eur)",
    }
