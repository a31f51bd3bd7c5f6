"""Leaves as lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.plan.model import FieldReason
from engine.values.markers import ABSENT, CLEAR, UNKNOWN
from engine.values.reference import Ref
from engine.values.secret import Sealed, Sensitive
from engine.views.fields import lay_out, leaf, show, show_pair
from engine.views.style import PLAIN
from tests.support import build


def lines(change: Any) -> list[str]:
    """The lines of one field change, without indent."""
    return lay_out(list(leaf(change)), PLAIN, "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Pro", '"Pro"'),
        ("Büro", '"Büro"'),
        ('say "hi"\n', '"say \\"hi\\"\\n"'),
        ("\x1b[31mred", '"\\u001b[31mred"'),
        (2900, "2900"),
        (1.5, "1.5"),
        (True, "true"),
        (None, "null"),
        (Decimal("1.50"), '"1.50"'),
        (["a", 1], '["a", 1]'),
        ({"a": [{"b": True}]}, '{"a": [{"b": true}]}'),
        ({}, "{}"),
        (UNKNOWN, "(known after apply)"),
        (CLEAR, "(cleared)"),
        ([UNKNOWN, "x"], '[(known after apply), "x"]'),
        (Sensitive("whsec_1"), "(sensitive)"),
        ({"deep": [Sensitive("whsec_1")]}, '{"deep": [(sensitive)]}'),
        (Sealed("0123"), "(sensitive)"),
        ([Ref("${stripe_product.pro.id}")], '["${stripe_product.pro.id}"]'),
    ],
)
def test_a_value_is_one_line(value: object, text: str) -> None:
    """JSON's spelling, brackets for what JSON has no word for, and no control characters."""
    assert show(value) == text


def test_a_long_text_is_cut_and_says_how_long_it_is() -> None:
    """The beginning tells which text it is."""
    assert show("a" * 200) == '"' + "a" * 64 + '… (200 characters)"'


def test_two_long_texts_are_cut_to_where_they_differ() -> None:
    """What they share is left out, but for a few characters."""
    shared = "The quick brown fox jumps over the lazy dog. " * 3
    assert show_pair(f"{shared}Yes.", f"{shared}No.") == (
        '"…r the lazy dog. Yes." -> "…r the lazy dog. No."'
    )


def test_two_short_texts_are_shown_whole() -> None:
    """Most texts are short."""
    assert show_pair("Old", "New") == '"Old" -> "New"'


@pytest.mark.parametrize(
    ("path", "before", "after", "parts", "expected"),
    [
        ("name", "Old", "New", {}, ['~ name: "Old" -> "New"']),
        ("name", ABSENT, "New", {}, ['+ name: "New"']),
        ("name", None, "New", {}, ['+ name: "New"']),
        ("name", "Old", ABSENT, {}, ['- name: "Old" (cleared)']),
        ("name", "Old", CLEAR, {}, ['- name: "Old" (cleared)']),
        ("name", "Old", UNKNOWN, {}, ['~ name: "Old" -> (known after apply)']),
        (
            "unit_amount",
            2900,
            3400,
            {"currency": "usd", "forces_replacement": True},
            ["~ unit_amount: 2900 ($29.00) -> 3400 ($34.00)  # forces replacement"],
        ),
        (
            "unit_amount_decimal",
            "12.5",
            "13",
            {"currency": "usd"},
            ['~ unit_amount_decimal: "12.5" ($0.125) -> "13" ($0.13)'],
        ),
        ("up_to", 10, "inf", {"currency": "usd"}, ['~ up_to: 10 ($0.10) -> "inf"']),
        ("secret", "a", "b", {"sensitive": True}, ["~ secret: (sensitive)"]),
        ("secret", ABSENT, "b", {"sensitive": True}, ["+ secret: (sensitive)"]),
        ("secret", "a", ABSENT, {"sensitive": True}, ["- secret: (sensitive)"]),
        (
            "description",
            "Old",
            "Old",
            {"reason": FieldReason.STAYS},
            ['. description: "Old" (stays)'],
        ),
        (
            "active",
            False,
            True,
            {"reason": FieldReason.CLEARED},
            ["~ active: false -> true (no longer declared: back to the default)"],
        ),
        ("products.0.prices", ["a"], ["b"], {}, ['~ products[0].prices: ["a"] -> ["b"]']),
        (
            "recurring",
            ABSENT,
            {"interval": "month", "interval_count": 1},
            {},
            ['+ recurring.interval:       "month"', "+ recurring.interval_count: 1"],
        ),
        (
            "tiers",
            ABSENT,
            [{"up_to": 10}, {"up_to": "inf"}],
            {},
            ["+ tiers[0].up_to: 10", '+ tiers[1].up_to: "inf"'],
        ),
    ],
)
def test_a_change_of_a_leaf_is_a_line(
    path: str, before: object, after: object, parts: Any, expected: list[str]
) -> None:
    """Symbol, path, values, and what the change means."""
    assert lines(build.field(path, before, after, **parts)) == expected


def test_a_long_list_is_told_by_what_comes_and_goes() -> None:
    """Nobody compares twenty event names by eye."""
    names = [f"customer.subscription.{word}" for word in ("created", "deleted", "paused")]
    change = build.field("enabled_events", names, [*names[:2], "invoice.paid"])
    assert lines(change) == [
        "~ enabled_events: 2 of 3 entries kept",
        '    - "customer.subscription.paused"',
        '    + "invoice.paid"',
    ]


def test_a_long_list_in_another_order_is_shown_whole() -> None:
    """Where order counts, the new order is what matters."""
    names = [f"customer.subscription.{word}" for word in ("created", "deleted", "paused")]
    change = build.field("images", names, names[::-1])
    assert lines(change)[0] == "~ images: the same 3 entries in another order"
    assert lines(change)[1] == '    ~ "customer.subscription.paused"'


def test_a_long_new_list_has_a_line_for_each_entry() -> None:
    """A line that nobody can read is no line."""
    names = [f"customer.subscription.{word}" for word in ("created", "deleted", "paused")]
    assert lines(build.field("enabled_events", ABSENT, names)) == [
        "+ enabled_events: 3 entries",
        '    + "customer.subscription.created"',
        '    + "customer.subscription.deleted"',
        '    + "customer.subscription.paused"',
    ]
