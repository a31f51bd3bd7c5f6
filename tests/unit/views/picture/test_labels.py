"""What pictures say, in text that harms nothing."""

from __future__ import annotations

import pytest

from engine.plan.model import Action
from engine.values.secret import Sensitive
from engine.views.picture.labels import (
    edge_kinds_in,
    plain,
    sentence,
    shortened,
    summary,
    symbols_in,
    type_of,
)
from engine.views.picture.model import EdgeKind, NodeKind
from tests.support.pictures import EVERY_ACTION, HOSTILE, catalogue, chain, node


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_is_one_line_of_visible_text(text: str) -> None:
    """Whatever it tries."""
    shown = plain(text)
    shown.encode()
    assert not set(shown) & set("\n\r\t\x1b\u202e\u2069\ufffe")


def test_no_secret_is_in_a_picture() -> None:
    """What the process knows to be one is hidden, whatever refers to it."""
    secret = Sensitive("a-value-of-no-form <&>")
    assert plain(f"name {secret.value}") == "name (sensitive)"


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("pro", 5, "pro"),
        ("pro-monthly", 11, "pro-monthly"),
        ("pro-monthly", 10, "pro-m…thly"),
        ("pro-monthly", 3, "p…y"),
        ("東京東京", 8, "東京東京"),
        ("東京都庁", 7, "東京…庁"),
        ("東京都庁", 2, "…"),
    ],
)
def test_a_long_name_loses_its_middle(text: str, width: int, shown: str) -> None:
    """Both ends tell names apart; wide letters count twice."""
    assert shortened(text, width) == shown


def test_the_type_of_a_node() -> None:
    """Without the prefix that all have."""
    assert type_of(node("stripe_tax_rate.vat")) == "tax_rate"
    assert type_of(node("stripe_tax_rate.vat", kind=NodeKind.LOOKUP)) == "tax_rate, looked up"
    assert type_of(node("output.month", kind=NodeKind.OUTPUT)) == "output"


def test_all_that_is_known_of_a_node() -> None:
    """Its address with its stack, what people call it, what happens to it."""
    one = node("stripe_price.pro")
    assert sentence(one) == "shop:stripe_price.pro"
    named = node("stripe_price.pro", label="Pro monthly", action=Action.REPLACE, symbol="+/-")
    assert sentence(named) == (
        "Pro monthly, shop:stripe_price.pro: create the replacement, then remove"
    )
    assert sentence(node("stripe_price.pro", action=Action.NO_OP)).endswith(": no change")


def test_a_summary() -> None:
    """Numbers, with changes where there is a plan, and stacks where there are several."""
    assert summary(chain("stripe_product.a", "stripe_price.b")) == "2 resources, 1 edge"
    assert summary(catalogue(400, actions=[Action.CREATE])) == (
        "1,209 resources, 2,005 edges, 2 stacks, 1,209 changes"
    )


def test_a_legend_has_what_occurs() -> None:
    """In the order of a plan's legend."""
    picture = catalogue(20, actions=EVERY_ACTION)
    assert list(symbols_in(picture)) == ["+", "~", "-", "-/+", "=", "^", ">", "."]
    assert symbols_in(picture)["-/+"] is Action.REPLACE
    assert edge_kinds_in(picture) == [EdgeKind.REFERENCE, EdgeKind.OUTPUT]
    assert symbols_in(chain("stripe_product.a")) == {}
