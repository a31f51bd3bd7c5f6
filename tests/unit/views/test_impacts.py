"""What uses an object, in words."""

from __future__ import annotations

import pytest

from engine.address import parse_address
from engine.plan.impact import Impact, Use
from engine.views.impacts import impact_words, use_words

LINK = "stripe_payment_link.pro"
NO_STACK = "that no stack manages"
LINKS = ("plink_1", "plink_2", "plink_3", "plink_4")


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (Use(what="active subscriptions", count=1), "1 active subscription"),
        (Use(what="active subscriptions", count=1, more=True), "1+ active subscriptions"),
        (Use(what="active subscriptions", count=1000, more=True), "1,000+ active subscriptions"),
        (
            Use(what="active subscriptions", count=12, note="they keep the old price"),
            "12 active subscriptions: they keep the old price",
        ),
        (Use(what="payment links", count=1, where=(LINK,)), f"payment link {LINK}"),
        (
            Use(what="payment links", count=2, where=(LINK, f"shop:{LINK}")),
            f"payment links {LINK}, shop:{LINK}",
        ),
        (
            Use(what="payment links", count=2, where=(LINK,), unmanaged=LINKS[:1]),
            f"payment link {LINK} (and plink_1 {NO_STACK})",
        ),
        (
            Use(what="payment links", count=1, unmanaged=LINKS[:1]),
            f"payment link plink_1 {NO_STACK}",
        ),
        (
            Use(what="payment links", count=2, unmanaged=LINKS[:2]),
            f"payment links plink_1, plink_2 {NO_STACK}",
        ),
        (
            Use(what="payment links", count=130, unmanaged=LINKS),
            f"payment links plink_1, plink_2, plink_3 and 127 more {NO_STACK}",
        ),
        (
            Use(what="payment links", count=100, more=True, where=(LINK,), unmanaged=LINKS),
            f"payment link {LINK} (and plink_1, plink_2, plink_3 and 96+ more {NO_STACK})",
        ),
    ],
)
def test_a_use_is_counted_or_named(use: Use, words: str) -> None:
    """In the singular where there is one; those that no stack manages are told apart."""
    assert use_words(use) == words


def test_an_impact_says_what_could_not_be_counted() -> None:
    """So that nothing is taken for unused that was not asked for."""
    impact = Impact(stack="saas", address=parse_address("stripe_price.pro"), id="price_1")
    assert impact_words(impact) == "nothing that was found"
    uses = (Use(what="subscriptions", count=3), Use(what="payment links", count=1, where=(LINK,)))
    partly = Impact(
        stack="saas", address=impact.address, id="price_1", uses=uses, unread="quotes (a reason)"
    )
    assert impact_words(partly) == (
        f"3 subscriptions; payment link {LINK}; not counted: quotes (a reason)"
    )
