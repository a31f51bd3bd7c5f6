"""What is declared: labels, keys, metadata, URLs, currencies."""

from __future__ import annotations

from typing import Any

import pytest

from engine.plan.model import Action, Change
from engine.policies import UNKNOWN
from engine.policies.shipped.declarations import (
    currencies,
    https_only,
    labelled_removals,
    lookup_keys,
    metadata_keys,
)
from engine.policies.testing import change_of, plan_of

PRICE, PRODUCT, HOOK = "stripe_price.pro", "stripe_product.pro", "stripe_webhook_endpoint.events"


def found(check: Any, value: Any, *changes: Change, live: bool = False) -> list[str]:
    """What a policy finds."""
    return [why for _, why in check(plan_of(*changes, live=live), value)]


def test_a_removal_needs_a_label_on_a_live_account() -> None:
    """In the metadata that the last apply declared; replacements and releases are no removals."""
    bare = change_of(PRODUCT, before={"name": "Pro"})
    labelled = change_of(PRODUCT, before={"metadata": {"retired": "yes"}})
    empty = change_of(PRODUCT, before={"metadata": {"retired": ""}})
    released = change_of(PRODUCT, before={"name": "Pro"}, action=Action.FORGET)
    replaced = change_of(PRICE, before={"unit_amount": 1}, after={"unit_amount": 2})
    assert found(labelled_removals, "retired", bare, labelled, released, replaced) == []
    changes = (bare, labelled, empty, released, replaced)
    why = (
        "it is not labelled for removal: put its declaration back with metadata={'retired': "
        '"yes"}, apply that, then remove it'
    )
    assert found(labelled_removals, "retired", *changes, live=True) == [why, why]


def test_what_has_no_metadata_says_how_it_is_allowed() -> None:
    """It cannot be labelled."""
    (why,) = found(
        labelled_removals,
        "retired",
        change_of("stripe_tax_registration.de", before={"a": 1}),
        live=True,
    )
    assert why == (
        "a tax registration has no metadata for the label 'retired': list its address under allow "
        "of this policy"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (change_of(PRICE, after={"unit_amount": 1}), 1),
        (change_of(PRICE, after={"lookup_key": None}), 1),
        (change_of(PRICE, after={"lookup_key": ""}), 1),
        (change_of(PRICE, after={"lookup_key": "pro"}), 0),
        (change_of(PRICE, after={"lookup_key": UNKNOWN}), 0),
        (change_of(PRICE, before={"unit_amount": 1}), 0),
        (change_of(PRICE, before={"nickname": "a"}, after={"nickname": "a"}), 0),
        (change_of(PRICE, before={"nickname": "a"}, after={"nickname": "b"}), 1),
        (change_of(PRODUCT, after={"name": "Pro"}), 0),
        (change_of("stripe_coupon.ten", after={"percent_off": 10}), 0),
    ],
)
def test_prices_need_a_lookup_key(change: Change, expected: int) -> None:
    """What is made or changed, of types whose key moves to a new object."""
    wanted = ["it has no lookup_key, by which applications find it"] * expected
    assert found(lookup_keys, None, change) == wanted


@pytest.mark.parametrize(
    ("after", "lacking"),
    [
        ({"name": "Pro"}, "team, cost"),
        ({"metadata": {"team": "a"}}, "cost"),
        ({"metadata": {"team": "a", "cost": ""}}, "cost"),
        ({"metadata": {"team": "a", "cost": UNKNOWN}}, ""),
        ({"metadata": {"team": "a", "cost": "b", "more": "c"}}, ""),
    ],
)
def test_metadata_needs_its_keys(after: Any, lacking: str) -> None:
    """Each that is lacking is named."""
    wanted = [f"its metadata lacks {lacking}"] if lacking else []
    assert found(metadata_keys, ("team", "cost"), change_of(PRODUCT, after=after)) == wanted


def test_what_has_no_metadata_needs_none() -> None:
    """A tax registration cannot have any."""
    change = change_of("stripe_tax_registration.de", after={"country": "DE"})
    assert found(metadata_keys, ("team",), change) == []


def test_urls_are_https() -> None:
    """Every field that takes one, a webhook's first, however it is written."""
    assert found(https_only, None, change_of(HOOK, after={"url": "HTTP://a.example/"})) == [
        "its url is plain http: write https://"
    ]
    assert found(https_only, None, change_of(HOOK, after={"url": "https://a.example/"})) == []
    assert found(https_only, None, change_of(HOOK, after={"url": UNKNOWN})) == []
    assert found(https_only, None, change_of(HOOK, after={"description": "http://x"})) == []
    destination = change_of(
        "stripe_v2_core_event_destination.events",
        after={"webhook_endpoint": {"url": "http://a.example/"}},
    )
    assert found(https_only, None, destination) == [
        "its webhook_endpoint.url is plain http: write https://"
    ]


@pytest.mark.parametrize(
    ("address", "after", "expected"),
    [
        (PRICE, {"currency": "usd"}, "its currency_options lack eur, gbp"),
        (
            PRICE,
            {"currency": "EUR", "currency_options": {"gbp": {}}},
            "its currency_options lack usd",
        ),
        (PRICE, {"currency": "usd", "currency_options": {"eur": {}, "gbp": {}}}, ""),
        (
            PRICE,
            {"currency": "usd", "currency_options": UNKNOWN},
            "its currency_options are known after the apply only",
        ),
        (
            "stripe_shipping_rate.post",
            {"fixed_amount": {"amount": 5, "currency": "usd"}},
            "its fixed_amount.currency_options lack eur, gbp",
        ),
        ("stripe_coupon.ten", {"percent_off": 10}, ""),
        (
            "stripe_coupon.ten",
            {"amount_off": 10, "currency": "usd"},
            "its currency_options lack eur, gbp",
        ),
        (PRODUCT, {"name": "Pro"}, ""),
    ],
)
def test_amounts_are_there_in_every_currency(address: str, after: Any, expected: str) -> None:
    """Wherever a type has currency options."""
    wanted = [expected] if expected else []
    assert found(currencies, ("usd", "eur", "gbp"), change_of(address, after=after)) == wanted
