"""Names in generated code."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.views.constants.identifiers import camel, identifier, pascal, refuse_same, upper


@pytest.mark.parametrize(
    ("name", "made"),
    [("pro_id", "pro_id"), ("trial-days", "trial_days"), ("2fa", "_2fa"), ("class", "class_")],
)
def test_a_name_becomes_one_that_programs_can_have(name: str, made: str) -> None:
    """Nothing else of it changes."""
    assert identifier(name, {"class"}) == made


def test_names_of_stacks_and_environments_become_one_name() -> None:
    """In the three ways of writing that languages have."""
    assert pascal("shop-eu", "live") == "ShopEuLive"
    assert camel("shop_eu", "live") == "shopEuLive"
    assert upper("shop-eu", "live") == "SHOP_EU_LIVE"
    assert (pascal("2fa"), camel("2fa"), upper("2fa")) == ("_2fa", "_2fa", "_2FA")


def test_two_of_one_name_are_refused() -> None:
    """One thing may have a name twice."""
    refuse_same([("A", "a"), ("A", "a"), ("B", "b")], "rename one")
    with pytest.raises(UsageError, match="a and b would both be A") as caught:
        refuse_same([("A", "a"), ("A", "b")], "rename one")
    assert caught.value.hint == "rename one"
