"""Every amount of money that can be declared is known to be one, with its currency."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from engine.catalog import loader
from engine.plan.compare.field_changes import currency_of
from engine.schema.attribute import Attribute, Kind, walk
from engine.values.paths import Path, parse_path

NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.NUMBER)
LIKE_MONEY = re.compile(
    r"amount|fee|price|cost|balance|limit|threshold|revenue|minimum|maximum|preset|credit|"
    r"_off$|gte|up_to|total|charge|tip"
)

NO_MONEY = {
    "percent": "a share of an amount",
    "interval_count": "a number of intervals",
    "adjustable_quantity": "a number of pieces",
    "maximum_length": "a number of letters",
    "minimum_length": "a number of letters",
    "completed_sessions.limit": "a number of purchases",
    "delivery_estimate": "a number of days or hours",
    "tiers.*.up_to": "a number of units",
    "usage_gte": "a number of units",
    "usage_threshold.gte": "a number of units that a meter counts",
    "quantity": "a number of pieces",
}
"""Why a number whose name is like that of an amount is none; by a part of its path."""

UNKNOWN_CURRENCY = {
    ("subscription_schedule", "default_settings.billing_thresholds.amount_gte"): (
        "the currency is that of each phase, or the customer's"
    ),
}
"""Amounts whose currency no field of their object says."""


def numbers(object_name: str) -> Iterator[tuple[str, Attribute]]:
    """The numbers that can be declared, with their paths."""
    for path, attribute in walk(loader.by_object(object_name).root):
        if attribute.kind in NUMBERS and attribute.declarable:
            yield ".".join(map(str, path)), attribute


@pytest.mark.parametrize("object_name", loader.managed())
def test_each_number_that_is_like_an_amount_is_one_or_has_a_reason(object_name: str) -> None:
    """A plan shows no bare number where it could show money."""
    bare = [
        path
        for path, attribute in numbers(object_name)
        if LIKE_MONEY.search(path)
        and not attribute.money
        and not any(re.search(rf"(^|[._]){re.escape(part)}", path) for part in NO_MONEY)
        and (object_name, path) not in UNKNOWN_CURRENCY
    ]
    assert bare == []


def test_each_reason_is_needed() -> None:
    """A list of exceptions that is longer than the exceptions hides the next one."""
    paths = [
        path
        for object_name in loader.managed()
        for path, attribute in numbers(object_name)
        if not attribute.money
    ]
    assert [part for part in NO_MONEY if not any(part in path for path in paths)] == []


CASES = [
    ("price", "unit_amount", "currency"),
    ("price", "tiers.0.unit_amount", "currency"),
    ("product", "default_price_data.unit_amount", "default_price_data.currency"),
    ("product", "default_price_data.custom_unit_amount.preset", "default_price_data.currency"),
    (
        "payment_link",
        "line_items.0.price_data.unit_amount",
        "line_items.0.price_data.currency",
    ),
    ("payment_link", "application_fee_amount", "currency"),
    ("subscription", "items.0.price_data.unit_amount_decimal", "items.0.price_data.currency"),
    ("subscription", "billing_thresholds.amount_gte", "currency"),
    (
        "subscription_schedule",
        "phases.0.add_invoice_items.1.price_data.unit_amount",
        "phases.0.add_invoice_items.1.price_data.currency",
    ),
    ("subscription_schedule", "phases.0.billing_thresholds.amount_gte", "phases.0.currency"),
    ("quote", "line_items.0.price_data.unit_amount", "line_items.0.price_data.currency"),
    ("shipping_rate", "fixed_amount.amount", "fixed_amount.currency"),
    ("billing.credit_grant", "amount.monetary.value", "amount.monetary.currency"),
    ("promotion_code", "restrictions.minimum_amount", "restrictions.minimum_amount_currency"),
]


def _path(dotted: str) -> Path:
    return tuple(int(part) if part.isdigit() else part for part in parse_path(dotted))


def _object(currencies: dict[str, str]) -> dict[str, object]:
    """An object with currencies at some paths; lists as mappings of indexes, which read alike."""
    document: dict[str, object] = {}
    for where, code in currencies.items():
        holder: dict[object, object] = document  # type: ignore[assignment]
        *above, last = _path(where)
        for part in above:
            holder = holder.setdefault(part, {})  # type: ignore[assignment]
        holder[last] = code
    return document


@pytest.mark.parametrize(("object_name", "amount", "currency"), CASES)
def test_an_amount_is_in_the_currency_of_what_holds_it(
    object_name: str, amount: str, currency: str
) -> None:
    """The innermost one: the data of a price says its own, whatever the object's is."""
    attribute = loader.by_object(object_name).root.at(_path(amount))
    assert attribute is not None
    document = _object({"currency": "USD", currency: "EUR"})
    assert currency_of(attribute, _path(amount), document, {}) == "eur"


@pytest.mark.parametrize(
    ("object_name", "amount"),
    [
        ("price", "currency_options.eur.unit_amount"),
        ("price", "currency_options.eur.custom_unit_amount.minimum"),
        ("product", "default_price_data.currency_options.eur.tiers.0.flat_amount"),
        ("coupon", "currency_options.eur.amount_off"),
        ("promotion_code", "restrictions.currency_options.eur.minimum_amount"),
        ("shipping_rate", "fixed_amount.currency_options.eur.amount"),
        ("balance_settings", "payments.payouts.minimum_balance_by_currency.eur"),
        (
            "balance_settings",
            "payments.payouts.automatic_transfer_rules_by_currency.eur.0.transfer_up_to_amount",
        ),
        ("terminal.configuration", "tipping.eur.fixed_amounts.0"),
    ],
)
def test_an_amount_below_a_currency_is_in_it(object_name: str, amount: str) -> None:
    """Whatever the object's own is."""
    attribute = loader.by_object(object_name).root.at(_path(amount))
    assert attribute is not None
    assert currency_of(attribute, _path(amount), {"currency": "usd"}, {}) == "eur"


def test_a_currency_that_is_not_known_yet_is_none() -> None:
    """Nor is that of the object taken for it, which may be another."""
    attribute = loader.by_object("payment_link").root.at(_path(CASES[4][1]))
    assert attribute is not None
    link = _object({"currency": "usd", CASES[4][2]: "${stripe_price.a.currency}"})
    assert currency_of(attribute, _path(CASES[4][1]), link, {}) == ""


def test_an_element_is_not_looked_for_in_the_object_by_its_place() -> None:
    """The object may have its elements in another order."""
    attribute = loader.by_object("payment_link").root.at(_path(CASES[4][1]))
    assert attribute is not None
    actual = _object({"currency": "usd", CASES[4][2]: "eur"})
    assert currency_of(attribute, _path(CASES[4][1]), {}, actual) == "usd"


def test_a_credit_is_an_amount_below_zero() -> None:
    """S: what a phase adds to an invoice may be one; what an item costs may not."""
    schedule = loader.by_object("subscription_schedule").root
    added = schedule.at(_path("phases.0.add_invoice_items.0.price_data.unit_amount"))
    item = schedule.at(_path("phases.0.items.0.price_data.unit_amount"))
    assert added is not None
    assert item is not None
    assert (added.least, item.least) == (None, 0)
