"""The plan that policies are given: money, and no secret in the clear."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.plan.amounts import Amount
from engine.plan.impact import Impact, Use
from engine.plan.model import Action, Change, FieldChange, FieldReason
from engine.policies import SECRET, UNKNOWN, AmountChange, Plan
from engine.policies.plan import Change as Typed
from engine.policies.testing import change_of, plan_of
from engine.values.markers import ABSENT, CLEAR
from engine.values.secret import Sealed, Sensitive

MONTH = {"interval": "month"}


def only(change: Change, **options: Any) -> Typed:
    """A change as a policy gets it."""
    (found,) = plan_of(change, **options).resources
    return found


def price(before: Any, after: Any) -> Typed:
    """A price whose values change."""
    return only(change_of("stripe_price.pro", before=before, after=after))


def test_a_plan_says_where_and_what() -> None:
    """What stays as it is can be looked at too."""
    plan = plan_of(
        change_of("stripe_product.pro", after={"name": "Pro"}),
        change_of("stripe_product.max", before={"name": "Max"}, after={"name": "Max"}),
        environment="production",
        live=True,
    )
    assert (plan.environment.name, plan.environment.live, plan.environment.embedded) == (
        "production",
        True,
        False,
    )
    assert (plan.account, plan.stacks, plan.destroy, plan.refusals) == (
        "acct_1",
        ("shop",),
        False,
        (),
    )
    assert [(one.name, one.action) for one in plan.changes] == [("pro", Action.CREATE)]
    assert [one.name for one in plan.resources] == ["pro", "max"]


def test_a_change_has_its_values() -> None:
    """As they are and as they will be; metadata of what is removed is that of before."""
    change = only(
        change_of(
            "stripe_product.pro",
            before={"name": "Pro", "metadata": {"team": "a"}},
            after={"name": "Pro 2", "metadata": {"team": "b"}},
        )
    )
    assert (change.action, change.type, change.stack) == (Action.UPDATE, "stripe_product", "shop")
    assert (change.before["name"], change.after["name"]) == ("Pro", "Pro 2")
    assert change.metadata == {"team": "b"}
    assert [(one.path, one.before, one.after) for one in change.fields] == [
        ("name", "Pro", "Pro 2"),
        ("metadata.team", "a", "b"),
    ]
    gone = only(change_of("stripe_product.pro", before={"metadata": {"team": "a"}}))
    assert (gone.action, gone.metadata, gone.after) == (Action.DELETE, {"team": "a"}, {})
    assert str(gone.removal) == "delete"


@pytest.mark.parametrize("secret", [Sensitive("hunter2"), Sealed("0123456789abcdef")])
def test_a_secret_is_a_mask(secret: Any) -> None:
    """Wherever it is, also within a list; that it is there is known."""
    change = only(
        change_of(
            "stripe_webhook_endpoint.events",
            before={"metadata": {"token": secret}},
            after={"metadata": {"token": secret, "others": [secret]}, "description": UNKNOWN},
        )
    )
    assert change.after["metadata"] == {"token": SECRET, "others": [SECRET]}
    assert change.after["description"] is UNKNOWN
    assert str(SECRET) == "(sensitive value)"
    assert "hunter2" not in repr((change.before, change.after, change.fields))


def test_what_the_plan_or_the_type_calls_sensitive_is_a_mask() -> None:
    """Although its value is a plain text there."""
    field = FieldChange(
        path=("description",),
        before="hunter2",
        after="hunter3",
        reason=FieldReason.CHANGED,
        sensitive=True,
    )
    planned = change_of(
        "stripe_webhook_endpoint.events",
        before={"description": "hunter2"},
        after={"description": "hunter3"},
    )
    planned.fields = (field,)  # type: ignore[misc]
    change = only(planned)
    assert (change.before, change.after) == ({"description": SECRET}, {"description": SECRET})
    assert (change.fields[0].before, change.fields[0].after) == (SECRET, SECRET)
    sensitive = {"reader_security": {"admin_menu_passcode": "1234"}}
    change = only(change_of("stripe_terminal_configuration.all", after=sensitive))
    assert change.after == {"reader_security": {"admin_menu_passcode": SECRET}}


def test_what_is_not_there_is_none() -> None:
    """Markers of the engine are not for authors, except that a value is not known yet."""
    change = only(
        change_of(
            "stripe_product.pro",
            before={"name": "Pro", "description": ABSENT},
            after={"name": UNKNOWN, "description": CLEAR},
        )
    )
    assert change.before == {"name": "Pro", "description": None}
    assert change.after == {"name": UNKNOWN, "description": None}


def test_values_are_copies() -> None:
    """A policy that writes into them changes nothing."""
    change = only(change_of("stripe_product.pro", after={"name": "Pro", "metadata": {"a": "b"}}))
    change.after["metadata"]["a"] = "c"
    assert change.metadata == {"a": "b"}


def test_amounts_have_both_sides() -> None:
    """Each currency, each spelling once, and what only the apply knows."""
    change = price(
        {
            "currency": "usd",
            "unit_amount": 2000,
            "recurring": MONTH,
            "currency_options": {"eur": {"unit_amount": 1900}},
        },
        {
            "currency": "usd",
            "unit_amount_decimal": "1000.5",
            "recurring": MONTH,
            "currency_options": {"eur": {"unit_amount": UNKNOWN}, "gbp": {"unit_amount": 5}},
        },
    )
    found = {amount.path: amount for amount in change.amounts}
    assert list(found) == [
        "unit_amount",
        "currency_options.eur.unit_amount",
        "currency_options.gbp.unit_amount",
    ]
    dollars = found["unit_amount"]
    assert dollars.before is not None
    assert dollars.after is not None
    assert (dollars.before.value, dollars.after.value) == (Decimal(2000), Decimal("1000.5"))
    assert (dollars.after.currency, dollars.after.interval) == ("usd", "month")
    assert dollars.share == Decimal("-0.49975")
    euros = found["currency_options.eur.unit_amount"]
    assert (euros.after, euros.unknown, euros.share) == (None, True, None)
    pounds = found["currency_options.gbp.unit_amount"]
    assert (pounds.before, pounds.unknown, pounds.share) == (None, False, None)


def amount(value: int, currency: str = "usd", interval: str = "", count: int = 1) -> Amount:
    """An amount of money."""
    return Amount(
        path=(),
        value=Decimal(value),
        currency=currency,
        interval=interval,
        interval_count=count,
    )


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        (amount(2000), amount(1000), "-0.5"),
        (amount(2000), amount(3000), "0.5"),
        (amount(2000, "usd", "month"), amount(24000, "usd", "year"), "0"),
        (amount(2000, "usd", "month"), amount(2000, "usd", "month", 2), "-0.5"),
        (amount(7, "usd", "week"), amount(1, "usd", "day"), "0"),
        (amount(2000), amount(2000, "eur"), None),
        (amount(2000), amount(2000, "usd", "month"), None),
        (amount(2000, "usd", "month"), amount(2000), None),
        (amount(2000, "usd", "month"), amount(2000, "eur", "month"), None),
        (amount(0), amount(2000), None),
        (amount(2000), amount(0), "-1"),
        (None, amount(2000), None),
        (amount(2000), None, None),
    ],
)
def test_shares_are_of_a_year(
    before: Amount | None, after: Amount | None, share: str | None
) -> None:
    """$20 a month is $240 a year; what is another thing has no share."""
    found = AmountChange(path="unit_amount", before=before, after=after).share
    wanted = None if share is None else Decimal(share)
    assert found == wanted or (
        found is not None and wanted is not None and round(found, 9) == wanted
    )


def test_impact_is_counted_when_it_is_asked_for() -> None:
    """And once."""
    counted: list[int] = []
    planned = change_of("stripe_price.pro", before={"unit_amount": 1})
    impact = Impact(
        stack="shop",
        address=planned.address,
        id="price_1",
        uses=(Use(what="active subscriptions", count=3),),
    )

    def impacts() -> tuple[Impact, ...]:
        counted.append(1)
        return (impact,)

    plan = plan_of(planned, change_of("stripe_product.pro", after={"name": "Pro"}))
    plan = Plan(plan._report, plan._schemas, impacts=impacts)
    pro, product = plan.changes
    assert not counted
    assert (pro.impact, product.impact, pro.impact) == (impact, None, impact)
    assert counted == [1]


def test_a_change_is_named_in_a_debugger() -> None:
    """With its stack, and without its values."""
    assert repr(only(change_of("stripe_product.pro", after={"name": "x"}))) == (
        "<create shop:stripe_product.pro>"
    )
