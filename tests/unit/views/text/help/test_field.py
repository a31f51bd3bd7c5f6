"""The page of one field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from engine.catalog import loader
from engine.catalog.help.fields import FieldHelp, field_help
from engine.schema.attribute import walk
from engine.values.paths import parse_path
from engine.views.json.types import field_document
from engine.views.style import PLAIN, Style
from engine.views.text.help.field import field_text
from tests.support.documents import misfits

SCHEMAS = loader.schemas()


def help_of(type_name: str, path: str, **parts: Any) -> FieldHelp:
    """What is known of a field, without what depends on the installed SDK."""
    found = field_help(SCHEMAS[type_name], parse_path(path))
    return dataclasses.replace(found, **{"meaning": "It is what it is.", **parts})


def facts_of(type_name: str, path: str) -> Mapping[str, str]:
    """What the page says, by its label."""
    facts: dict[str, str] = {}
    label = ""
    for line in field_text(help_of(type_name, path), SCHEMAS, PLAIN, 400).split("\n"):
        if line.startswith("  ") and line[14:].strip():
            label = line[2:14].strip() or label
            facts[label] = f"{facts[label]}; {line[14:]}" if label in facts else line[14:]
    return facts


def test_a_page_word_for_word() -> None:
    """Meaning, what it takes, what a change does, rules."""
    help = help_of("stripe_price", "recurring.interval", sdk_version="1.2.3")
    assert field_text(help, SCHEMAS, PLAIN, 100) == (
        "stripe_price.recurring.interval: string, required in recurring\n"
        "\n"
        "  It is what it is.\n"
        "  (Stripe's SDK 1.2.3)\n"
        "\n"
        "  Takes       day, month, week, year\n"
        "  A change    forces replacement: Stripe takes recurring when a price is created, and in "
        "no update\n"
        "              the old price is archived, and what is new loses the subscriptions that are"
        " on it\n"
        "  Left out    refused by engine validate\n"
        "  Rules       - The interval_count for daily prices can't be greater than 1095\n"
        "              - The interval_count for weekly prices can't be greater than 156\n"
        "              - The interval_count for monthly prices can't be greater than 36\n"
        "              - The interval_count for yearly prices can't be greater than 3"
    )


@pytest.mark.parametrize(
    ("type_name", "path", "label", "expected"),
    [
        ("stripe_price", "unit_amount", "Money", "2900 is $29.00 in usd and ¥2,900 in jpy"),
        ("stripe_price", "unit_amount", "Money", "unit_amount_decimal is the same amount"),
        ("stripe_price", "unit_amount", "Limits", "0 or more"),
        ("stripe_price", "currency_options.*.unit_amount", "Money", "that is its key"),
        ("stripe_price", "active", "Default", "true, which means the same as leaving it out"),
        ("stripe_price", "active", "Left out", "an update sets it to true"),
        ("stripe_price", "tax_behavior", "A change", 'not from "inclusive" or "exclusive"'),
        ("stripe_price", "tax_behavior", "Left out", "the value on Stripe stays"),
        ("stripe_price", "product", "Refers to", "a product: write NAME.id of a Product(...)"),
        ("stripe_price", "product_data.tax_code", "Refers to", "cannot be declared"),
        ("stripe_price", "id", "Returned", "refers to it as NAME.id of a Price(...)"),
        ("stripe_price", "metadata", "Limits", "at most 50 keys"),
        ("stripe_price", "tiers.*.up_to", "Takes", 'integer, or "inf"'),
        ("stripe_price", "currency", "Takes", '"usd"'),
        ("stripe_price", "product_data", "Returned", "never"),
        ("stripe_price", "nickname", "Left out", "no update can clear it"),
        ("stripe_coupon", "currency_options", "A change", "new keys in place"),
        ("stripe_product_feature", "product", "A change", "Stripe has no update of a"),
        ("stripe_payment_link", "after_completion", "A change", "another type removes"),
        ("stripe_apps_secret", "payload", "Returned", "a secret"),
        ("stripe_file_link", "expires_at", "Takes", '"now"'),
        (
            "stripe_billing_portal_configuration",
            "features.subscription_update.products",
            "Elements",
            "the same one if its product is",
        ),
        (
            "stripe_billing_portal_configuration",
            "features.subscription_update.products.*.prices",
            "Rules",
            "does not belong to this product",
        ),
    ],
)
def test_what_a_page_says(type_name: str, path: str, label: str, expected: str) -> None:
    """Of facts that the catalog has."""
    assert expected in facts_of(type_name, path)[label]


def test_an_object_lists_its_fields() -> None:
    """As the page of the type does."""
    text = field_text(help_of("stripe_price", "recurring"), SCHEMAS, PLAIN, 100)
    assert "\nFields\n  interval           string            required; one of day" in text


def test_without_a_text_the_page_says_so() -> None:
    """Of an SDK that has none, and of no SDK."""
    bare = help_of("stripe_price", "active", meaning="", sdk_version="16.1.0")
    assert "Stripe's SDK 16.1.0 has no text about it." in field_text(bare, SCHEMAS, PLAIN, 100)
    none = help_of("stripe_price", "active", meaning="", sdk_version="")
    assert "No source of Stripe's SDK is installed" in field_text(none, SCHEMAS, PLAIN, 100)


@pytest.mark.parametrize("width", [0, 40, 60])
def test_a_narrow_terminal_gets_short_lines(width: int) -> None:
    """Down to forty columns; no word is broken."""
    help = help_of("stripe_price", "unit_amount", meaning="word " * 60)
    lines = field_text(help, SCHEMAS, PLAIN, width).split("\n")
    assert max(map(len, lines[1:])) <= max(width, 40)


def test_colours_do_not_move_columns() -> None:
    """The same text, painted."""
    help = help_of("stripe_price", "unit_amount", sdk_version="1")
    painted = field_text(help, SCHEMAS, Style(colour=True), 80)
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m"):
        painted = painted.replace(code, "")
    assert painted == field_text(help, SCHEMAS, PLAIN, 80)


def test_a_hostile_text_moves_no_cursor() -> None:
    """What a terminal obeys is spelled out, also our own colours."""
    help = help_of("stripe_price", "active", meaning="\x1b[31mred\x1b[2J")
    assert "\x1b" not in field_text(help, SCHEMAS, PLAIN, 80)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_field_has_a_page_and_a_document(name: str) -> None:
    """Over all types, at the top of each."""
    for path, _ in walk(SCHEMAS[name].root):
        if len(path) > 1:
            continue
        help = field_help(SCHEMAS[name], path)
        text = field_text(help, SCHEMAS, PLAIN, 80)
        assert "{" not in text.partition("Rules")[2].partition("Fields")[0]
    assert misfits("field", field_document(help)) == []
