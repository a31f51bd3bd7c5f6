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
