"""What a change does, in one line, as a person would write it into a review."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.compare.field_changes import currency_of
from engine.plan.model import Action, Change, FieldChange, FieldReason, Reason, StepKind
from engine.schema.lifecycle import Removal, Verb
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import get_path
from engine.values.secret import Sealed
from engine.values.tree import leaves
from engine.views.described import describe_plan
from tests.support import build

SCHEMAS = loader.schemas()
ARCHIVED = Removal(verb=Verb.ARCHIVE)
MONTHLY = {"currency": "usd", "unit_amount": 2000, "recurring": {"interval": "month"}}


def line(change: Change, *others: Change, **parts: Any) -> str:
    """The line of a change in a plan with others."""
    (described, *_) = describe_plan(build.plan(change, *others, **parts), SCHEMAS, {})
    return described.brief


def changed(address: str, before: dict[str, Any], after: dict[str, Any], **parts: Any) -> Change:
    """A change from one version of an object to another, with the leaves that differ."""
    type = address.partition(".")[0]
    root = SCHEMAS[type].root
    paths = dict.fromkeys(path for side in (before, after) for path, _ in leaves(side) if path)
    fields = tuple(
        FieldChange(
            path=path,
            before=get_path(before, path, ABSENT),
            after=get_path(after, path, ABSENT),
            reason=FieldReason.CHANGED,
            currency=currency_of(found, path, after, before) if (found := root.at(path)) else "",
        )
        for path in paths
        if get_path(before, path, ABSENT) != get_path(after, path, ABSENT)
    )
    about: dict[str, Any] = {"action": Action.UPDATE, "fields": fields, **parts}
    return build.change(address, before=before, after=after, **about)


def replaced(after: dict[str, Any], before: dict[str, Any] | None = None) -> Change:
    """A price that is replaced, the new one first."""
    return changed(
        "stripe_price.pro",
        MONTHLY if before is None else before,
        after,
        action=Action.REPLACE,
        create_first=True,
        removal=ARCHIVED,
    )


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({**MONTHLY, "unit_amount": 2400}, "$20.00 -> $24.00 a month, +20 %"),
        ({**MONTHLY, "unit_amount": 1000}, "$20.00 -> $10.00 a month, -50 %"),
        ({**MONTHLY, "unit_amount": 2001}, "$20.00 -> $20.01 a month, +0.05 %"),
        ({**MONTHLY, "unit_amount": 0}, "$20.00 a month -> free, -100 %"),
        ({**MONTHLY, "currency": "eur"}, "$20.00 -> €20.00 a month"),
        (
            {**MONTHLY, "unit_amount": 20000, "recurring": {"interval": "year"}},
            "$20.00 a month -> $200.00 a year",
        ),
        (
            {**MONTHLY, "recurring": {"interval": "month", "interval_count": 3}},
            "$20.00 a month -> $20.00 every 3 months",
        ),
        (
            {**MONTHLY, "recurring": {"interval": "month", "usage_type": "metered"}},
            "$20.00 a month -> $20.00 a month, metered",
        ),
    ],
)
def test_a_replaced_price_says_what_it_cost_and_will_cost(
    after: dict[str, Any], words: str
) -> None:
    """The words that both sides share are written once, and amounts that compare in percent."""
    assert line(replaced(after)) == f"{words}, the old price is archived"


def test_a_price_that_was_free_has_no_percentage() -> None:
    """Nothing is a share of nothing."""
    free = {**MONTHLY, "unit_amount": 0}
    assert line(replaced(MONTHLY, free)) == "free -> $20.00 a month, the old price is archived"


def test_a_price_in_fractions_of_a_cent_compares_with_one_in_cents() -> None:
    """They are two spellings of one amount."""
    before = {**MONTHLY, "unit_amount": None, "unit_amount_decimal": "0.5"}
    after = {**MONTHLY, "unit_amount": 1}
    expected = "$0.005 -> $0.01 a month, +100 %, the old price is archived"
    assert line(replaced(after, before)) == expected


@pytest.mark.parametrize(
    ("parts", "end"),
    [
        ({"removal": None}, "the old coupon is gone already"),
        ({"removal": Removal(verb=Verb.DELETE)}, "the old coupon is deleted first"),
        ({"removal": Removal(verb=Verb.DELETE), "create_first": True}, "the old coupon is deleted"),
        ({"removal": Removal(verb=Verb.KEEP)}, "the old coupon stays on Stripe"),
    ],
)
def test_a_replacement_says_what_becomes_of_the_old_object(parts: dict[str, Any], end: str) -> None:
    """And when, if customers meet a gap."""
    before = {"percent_off": 20, "duration": "repeating", "duration_in_months": 3}
    change = changed(
        "stripe_coupon.spring", before, {**before, "percent_off": 25},
        action=Action.REPLACE, **parts,
    )  # fmt: skip
    assert line(change) == f"20 % -> 25 % off for 3 months, {end}"


@pytest.mark.parametrize(
    ("address", "after", "words"),
    [
        ("stripe_price.a", MONTHLY, "$20.00 a month"),
        ("stripe_price.a", {"currency": "jpy", "unit_amount": 2900}, "¥2,900"),
        (
            "stripe_price.a",
            {**MONTHLY, "currency_options": {"eur": {"unit_amount": 1}, "gbp": {}}},
            "$20.00 a month, also in eur, gbp",
        ),
        (
            "stripe_price.a",
            {"currency": "usd", "custom_unit_amount": {"enabled": True, "minimum": 500}},
            "the customer chooses from $5.00",
        ),
        (
            "stripe_price.a",
            {
                "currency": "usd",
                "recurring": {"interval": "month", "usage_type": "metered"},
                "tiers": [
                    {"unit_amount": 500, "up_to": 10},
                    {"unit_amount": 400, "up_to": "inf"},
                ],
            },
            "2 tiers, metered ($5.00 a unit up to 10, $4.00 a unit beyond)",
        ),
        ("stripe_plan.a", {"currency": "usd", "amount": 500, "interval": "week"}, "$5.00 a week"),
        ("stripe_coupon.a", {"percent_off": 25.0, "duration": "forever"}, "25 % off forever"),
        ("stripe_coupon.a", {"percent_off": 12.5}, "12.5 % off once"),
        (
            "stripe_coupon.a",
            {
                "amount_off": 500,
                "currency": "usd",
                "duration": "repeating",
                "duration_in_months": 1,
            },
            "$5.00 off for 1 month",
        ),
        (
            "stripe_promotion_code.a",
            {
                "code": "SPRING",
                "max_redemptions": 50,
                "restrictions": {"minimum_amount": 2000, "minimum_amount_currency": "usd"},
            },
            "for purchases from $20.00, at most 50 redemptions",
        ),
        ("stripe_promotion_code.a", {"code": "SPRING", "max_redemptions": 1},
         "at most 1 redemption"),
        (
            "stripe_product.a",
            {
                "name": "A",
                "default_price_data": {
                    "currency": "usd",
                    "unit_amount": 2000,
                    "recurring": {"interval": "month"},
                },
            },
            "with a price of $20.00 a month",
        ),
        (
            "stripe_payment_link.a",
            {
                "line_items": [
                    {"price_data": {"currency": "eur", "unit_amount": 900}, "quantity": 1}
                ]
            },
            "€9.00",
        ),
        ("stripe_product.a", {"name": "A"}, ""),
        (
            "stripe_shipping_rate.a",
            {"display_name": "Fast", "fixed_amount": {"amount": 0, "currency": "usd"}},
            "free",
        ),
        (
            "stripe_webhook_endpoint.a",
            {"url": "https://a.example/hook", "enabled_events": ["a", "b"]},
            "2 events",
        ),
        (
            "stripe_webhook_endpoint.a",
            {"url": "https://a.example/hook", "enabled_events": ["*"]},
            "all events",
        ),
        (
            "stripe_tax_rate.a",
            {"display_name": "VAT", "percentage": 19.0, "inclusive": False},
            "19 % on top of the price",
        ),
        (
            "stripe_billing_credit_grant.a",
            {"amount": {"type": "monetary", "monetary": {"value": 1000, "currency": "usd"}}},
            "$10.00",
        ),
        ("stripe_billing_meter.a", {"display_name": "Calls", "event_name": "call"},
         'event_name: "call"'),
    ],
)  # fmt: skip
def test_a_new_object_says_what_it_is(address: str, after: dict[str, Any], words: str) -> None:
    """With its money, and never what its name says already."""
    assert line(build.change(address, Action.CREATE, after=after)) == words


def test_an_amount_that_is_not_known_yet_says_so() -> None:
    """It comes from an output of another stack."""
    change = build.change("stripe_price.a", Action.CREATE, after={"unit_amount": UNKNOWN})
    assert line(change) == "(known after apply)"


def test_an_amount_whose_currency_is_not_known_is_no_money() -> None:
    """Without its currency, the number of decimals is not known either."""
    after = {"unit_amount": 500, "currency": UNKNOWN}
    change = build.change("stripe_price.a", Action.CREATE, after=after)
    assert line(change) == "500 minor units"


@pytest.mark.parametrize(
    ("action", "parts", "end"),
    [
        (Action.DELETE, {"removal": ARCHIVED}, "archived"),
        (Action.DELETE, {"removal": Removal(verb=Verb.KEEP)}, "stays on Stripe"),
        (Action.DELETE, {"removal": None}, "gone from Stripe already"),
        (Action.FORGET, {"reasons": (Reason.RELEASED,)}, "stays on Stripe"),
        (Action.FORGET, {"reasons": (Reason.MISSING,)}, "gone from Stripe already"),
        (Action.FORGET, {"reasons": (Reason.PAST,)}, "has ended already"),
    ],
)
def test_a_removal_says_what_ends_and_how(action: Action, parts: dict[str, Any], end: str) -> None:
    """Not by an id alone."""
    assert line(build.change("stripe_price.a", action, before=MONTHLY, **parts)) == (
        f"$20.00 a month; {end}"
    )


def test_a_removed_object_without_a_phrase_is_known_by_its_key() -> None:
    """The id that the author chose."""
    change = build.change(
        "stripe_billing_meter.a", Action.DELETE, removal=Removal(verb=Verb.DEACTIVATE),
        before={"display_name": "Calls", "event_name": "call"},
    )  # fmt: skip
    assert line(change) == 'event_name: "call"; deactivated'


@pytest.mark.parametrize(
    ("address", "before", "after", "words"),
    [
        ("stripe_product.a", {"name": "Pro"}, {"name": "Pro plus"}, 'name: "Pro" -> "Pro plus"'),
        ("stripe_product.a", {"description": "a" * 30}, {"description": "b" * 30}, "description"),
        ("stripe_product.a", {}, {"url": "https://a.example"}, 'url: "https://a.example"'),
        ("stripe_product.a", {"url": "https://a.example"}, {}, "url cleared"),
        (
            "stripe_product.a",
            {"metadata": {"a": "1", "b": "1"}},
            {"metadata": {"a": "2", "b": "2"}},
            "2 keys of metadata",
        ),
        (
            "stripe_product.a",
            {"metadata": {"a": "1"}},
            {"metadata": {"a": "2"}},
            'metadata.a: "1" -> "2"',
        ),
        (
            "stripe_price.a",
            {**MONTHLY, "currency_options": {"eur": {"unit_amount": 1000}}},
            {
                **MONTHLY,
                "currency_options": {"eur": {"unit_amount": 1100}, "gbp": {"unit_amount": 900}},
            },
            "also in gbp, €10.00 -> €11.00 a month, +10 %",
        ),
        (
            "stripe_price.a",
            {"currency": "usd", "tiers": [{"unit_amount": 500, "up_to": 100}]},
            {"currency": "usd", "tiers": [{"unit_amount": 400, "up_to": 100}]},
            "$5.00 -> $4.00 a unit up to 100, -20 %",
        ),
        (
            "stripe_price.a",
            {"currency": "usd", "tiers": [{"flat_amount": 500, "up_to": "inf"}]},
            {"currency": "usd", "tiers": [{"flat_amount": 400, "up_to": "inf"}]},
            "$5.00 -> $4.00 flat beyond, -20 %",
        ),
        (
            "stripe_price.a",
            {
                "currency": "usd",
                "tiers": [{"unit_amount": 5, "up_to": 1}, {"unit_amount": 4, "up_to": "inf"}],
            },
            {
                "currency": "usd",
                "tiers": [{"unit_amount": 4, "up_to": 1}, {"unit_amount": 3, "up_to": "inf"}],
            },
            "2 tiers changed",
        ),
        (
            "stripe_webhook_endpoint.a",
            {"url": "https://a.example/old", "enabled_events": ["a", "b"]},
            {"url": "https://a.example/new", "enabled_events": ["b", "c"]},
            'url: "https://a.example/old" -> "https://a.example/new", enabled events: +c -a',
        ),
    ],
)
def test_an_update_says_what_differs(
    address: str, before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    """Long values are left to the leaves."""
    assert line(changed(address, before, after)) == words


def test_many_fields_are_counted() -> None:
    """A line stays a line."""
    names = ("name", "description", "unit_label", "statement_descriptor", "url", "tax_code")
    before, after = dict.fromkeys(names, "a"), dict.fromkeys(names, "b")
    text = line(changed("stripe_product.a", before, after))
    assert text.startswith('name: "a" -> "b", description: "a" -> "b"')
    assert text.endswith(", and 2 more")


def test_amounts_are_first_among_many_fields() -> None:
    """What is counted and not named is never money."""
    names = ("submit_type", "inactive_message", "customer_creation", "billing_address_collection")
    before = {"currency": "usd", **dict.fromkeys(names, "a"), "application_fee_amount": 100}
    after = {"currency": "usd", **dict.fromkeys(names, "b"), "application_fee_amount": 200}
    text = line(changed("stripe_payment_link.a", before, after))
    assert text.startswith("application_fee_amount: $1.00 -> $2.00, +100 %, ")


def test_a_secret_is_never_in_it() -> None:
    """Neither side, and no fingerprint."""
    entry = build.field("payload", Sealed("aaaa"), Sealed("bbbb"), sensitive=True)
    change = build.change("stripe_apps_secret.a", Action.UPDATE, fields=(entry,))
    assert line(change) == "payload: (sensitive)"
    new = build.change("stripe_coupon.a", Action.CREATE, after={"percent_off": Sealed("aaaa")})
    assert line(new) == "(sensitive) % off once"


def test_what_the_plan_hides_is_never_in_it() -> None:
    """Although the type has no secret there: the author wrote it as one."""
    change = changed(
        "stripe_webhook_endpoint.a", {"url": "old-hidden", "enabled_events": ["a"]},
        {"url": "new-hidden", "enabled_events": ["a"]},
    )  # fmt: skip
    hidden = tuple(dataclasses.replace(entry, sensitive=True) for entry in change.fields)
    (described,) = describe_plan(
        build.plan(dataclasses.replace(change, fields=hidden)), SCHEMAS, {}
    )
    assert (described.name, described.brief) == ("A", "url: (sensitive)")


def test_what_follows_a_new_object_says_so() -> None:
    """A product whose default price is replaced."""
    price = replaced({**MONTHLY, "unit_amount": 2400})
    entry = build.field("default_price", "price_1", UNKNOWN, reason=FieldReason.REFERENCE)
    product = build.change(
        "stripe_product.pro", Action.UPDATE, fields=(entry,), before={"name": "Pro"},
        after={"name": "Pro", "default_price": UNKNOWN},
    )  # fmt: skip
    step = build.step(
        "stripe_product.pro", StepKind.UPDATE, params={"default_price": "${stripe_price.pro.id}"}
    )
    assert line(product, price, steps=(step,)) == "points to the new price Pro"


def test_a_list_that_follows_new_objects_names_them() -> None:
    """And not what is in it as before; elements of a list may be known by an id."""
    new = [
        build.change(f"stripe_price.{name}", Action.REPLACE, id=f"price_{name}", removal=ARCHIVED)
        for name in ("monthly", "yearly")
    ]
    old = build.change("stripe_price.weekly", Action.NO_OP, id="price_weekly")
    product = build.change("stripe_product.pro", Action.NO_OP, id="prod_1")
    path = ("features", "subscription_update", "products", "prod_1", "prices")
    entry = FieldChange(
        path=path,
        before=["price_monthly", "price_weekly", "price_yearly"],
        after=[UNKNOWN, "price_weekly", UNKNOWN],
        reason=FieldReason.REFERENCE,
    )
    where = "stripe_billing_portal_configuration.portal"
    portal = build.change(where, Action.UPDATE, fields=(entry,))
    ids = [f"${{stripe_price.{name}.id}}" for name in ("monthly", "weekly", "yearly")]
    products = [{"product": "${stripe_product.pro.id}", "prices": ids}]
    step = build.step(
        where, StepKind.UPDATE, params={"features": {"subscription_update": {"products": products}}}
    )
    assert line(portal, *new, old, product, steps=(step,)) == (
        "points to the new prices Monthly and Yearly"
    )


def test_what_points_elsewhere_says_where() -> None:
    """To an object that the plan leaves as it is."""
    price = build.change("stripe_price.b", Action.NO_OP, id="price_b")
    entry = build.field("default_price", "price_a", "price_b", reason=FieldReason.REFERENCE)
    assert line(build.change("stripe_product.p", Action.UPDATE, fields=(entry,)), price) == (
        "points to price B"
    )


def test_what_follows_another_stack_names_its_field() -> None:
    """The object is not in the plan."""
    entry = build.field("default_price", "price_1", "price_2", reason=FieldReason.REFERENCE)
    product = build.change("stripe_product.pro", Action.UPDATE, fields=(entry,))
    assert line(product) == "default_price follows what it refers to"


def test_a_move_says_where_it_was() -> None:
    """Nothing else happens to it."""
    change = build.change("stripe_price.a", Action.MOVE, moved_from="stripe_price.b", after=MONTHLY)
    assert line(change) == "was stripe_price.b"


def test_an_import_without_a_difference_says_what_comes() -> None:
    """Its money, so that a wrong id is seen."""
    change = build.change("stripe_price.a", Action.IMPORT, before=MONTHLY, after=MONTHLY)
    assert line(change) == "$20.00 a month"


def test_what_a_replacement_left_behind_is_named() -> None:
    """By its id; the object itself stays as it is."""
    change = build.change(
        "stripe_price.a", Action.UPDATE, reasons=(Reason.SUPERSEDED,), before=MONTHLY, after=MONTHLY
    )
    step = build.step("stripe_price.a", StepKind.REMOVE, id="price_old")
    assert line(change, steps=(step,)) == "the price that it replaced is removed [price_old]"


def test_a_field_that_stays_is_said_to() -> None:
    """Stripe cannot clear it."""
    entry = build.field("nickname", "a", "a", reason=FieldReason.STAYS)
    change = build.change("stripe_price.a", Action.UPDATE, fields=(entry,))
    assert line(change) == "nickname stays"


def test_a_type_that_is_not_known_has_no_line() -> None:
    """A plan file of a newer engine."""
    assert line(build.change("stripe_unknown.a", Action.CREATE, after={"a": 1})) == ""
