"""`engine types` by any of a type's names."""

from __future__ import annotations

import json

import pytest

from tests.support.command_line import Engine


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stripe_price", "stripe_price"),
        ("price", "stripe_price"),
        ("Price", "stripe_price"),
        ("promotion_code", "stripe_promotion_code"),
        ("PromotionCode", "stripe_promotion_code"),
        ("billing_portal.configuration", "stripe_billing_portal_configuration"),
        ("PortalConfiguration", "stripe_billing_portal_configuration"),
        ("portal_configuration", "stripe_billing_portal_configuration"),
    ],
)
def test_a_type_is_found_by_each_of_its_names(engine: Engine, name: str, expected: str) -> None:
    """Address, object name, class; in either case."""
    ended = engine("types", name)
    assert ended.code == 0
    assert ended.out.startswith(f"{expected}: ")
    assert json.loads(engine("types", name, "--json").out)["type"] == expected


def test_the_list_names_every_type_and_how_many_wait(engine: Engine) -> None:
    """As a table and as a document."""
    ended = engine("types")
    assert ended.out.startswith("TYPE ")
    document = json.loads(engine("types", "--json").out)
    assert f"knows {document['other_objects']} more of Stripe's objects" in ended.out
    for entry in document["types"]:
        assert entry["type"] in ended.out


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Price.recurring.interval", "stripe_price.recurring.interval"),
        ("stripe_price.recurring.interval", "stripe_price.recurring.interval"),
        ("price.tiers.0.up_to", "stripe_price.tiers.up_to"),
        ("Price.tiers[0].up_to", "stripe_price.tiers.up_to"),
        ("Price.tiers.*.up_to", "stripe_price.tiers.up_to"),
        ("Price.currency_options.eur.unit_amount", "stripe_price.currency_options.unit_amount"),
        ("Price.metadata.any", "stripe_price.metadata"),
        ("billing.meter.display_name", "stripe_billing_meter.display_name"),
        (
            "PortalConfiguration.features.subscription_update.products.prices",
            "stripe_billing_portal_configuration.features.subscription_update.products.prices",
        ),
    ],
)
def test_a_field_is_found_below_each_name_of_its_type(
    engine: Engine, name: str, expected: str
) -> None:
    """Elements of lists and maps may be named or left out."""
    ended = engine("types", name)
    assert ended.code == 0
    assert ended.out.startswith(f"{expected}: ")
    type_name, _, path = expected.partition(".")
    document = json.loads(engine("types", name, "--json").out)
    assert document["type"] == type_name
    assert document["field"]["path"].replace("[*]", "") == path


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("Price.recuring.interval", "Price has no field 'recuring'", "Price.recurring.interval"),
        ("Price.interval", "Price has no field 'interval'", "Price.recurring.interval"),
        ("Price.recurring.intervall", "Price.recurring has no field", "Price.recurring.interval"),
        ("Price.tiers.upto", "Price.tiers has no field 'upto'", "Price.tiers.up_to"),
        ("Price.currency_options.unit_amout", "has no field", "currency_options.unit_amount"),
        ("Price.transfer_lookup_key", "has no field", "leave it out"),
        ("Price.zzzz", "Price has no field 'zzzz'", "engine types Price shows"),
        ("Prise.currency", "there is no type 'Prise'", "did you mean price?"),
        ("charge.amount", "charge is an object of Stripe's", "engine types lists"),
        (".", "there is no type '.'", "engine types lists"),
    ],
)
def test_a_typo_in_a_field_gets_a_suggestion(
    engine: Engine, name: str, message: str, hint: str
) -> None:
    """The field next to it, or the one of that name further down."""
    ended = engine("types", name)
    assert ended.code == 1
    assert message in ended.err
    assert hint in ended.err


def test_verbose_says_what_the_fields_mean(engine: Engine) -> None:
    """A line below each field at the top; without, there is a hint at single fields."""
    short, long = engine("types", "Price"), engine("types", "Price", "-v")
    assert "engine types Price.FIELD explains a field." in short.err
    assert engine("types", "Price.").err == short.err
    lines = long.out.split("\n")
    below = lines[next(at for at, line in enumerate(lines) if line.startswith("  nickname")) + 1]
    assert below.startswith("      ")
    assert len(long.out) > len(short.out)
