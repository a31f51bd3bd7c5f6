"""What a resource replaced and left: by id on its own account, with the account on another."""

from __future__ import annotations

import pytest

from engine.state.model import RemovalPolicy, ResourceState
from engine.state.superseded import superseded_name, superseded_object, superseded_seen_from


@pytest.mark.parametrize(
    ("account", "id", "resource_on", "name"),
    [
        ("", "price_1", "", "price_1"),
        ("acct_2", "price_1", "acct_2", "price_1"),
        ("", "C10", "acct_2", ":C10"),
        ("acct_2", "C10", "", "acct_2:C10"),
        ("acct_2", "prod_1/feat_1", "acct_3", "acct_2:prod_1/feat_1"),
        ("", "a:b", "", "a:b"),
        ("acct_2", "a:b", "", "acct_2:a:b"),
    ],
)
def test_names_there_and_back(account: str, id: str, resource_on: str, name: str) -> None:
    """An author may choose an id with a colon in it."""
    assert superseded_name(account, id, resource_on) == name
    assert superseded_object(name, resource_on) == (account, id)


def test_the_resource_moves_on() -> None:
    """What it left stays where it is."""
    names = ("price_1", ":price_2", "acct_3:price_3")
    assert superseded_seen_from(names, "acct_2", "acct_2") == names
    assert superseded_seen_from(names, "acct_2", "acct_3") == (
        "acct_2:price_1",
        ":price_2",
        "price_3",
    )


def test_a_resource_names_its_objects() -> None:
    """Its own, and those that it left."""
    entry = ResourceState(
        type="stripe_coupon",
        id="C10",
        superseded=("C5", ":C10"),
        removal_policy=RemovalPolicy(account="acct_2"),
    )
    assert entry.is_object("acct_2", "C10")
    assert not entry.is_object("", "C10")
    assert entry.left == (("acct_2", "C5"), ("", "C10"))
    places = [("acct_2", "C10"), ("acct_2", "C5"), ("", "C10"), ("", "C5")]
    assert [entry.records(*place) for place in places] == [True, True, True, False]


def test_what_is_archived_is_on_the_account_of_the_resource_or_on_the_one_it_names() -> None:
    """In the same words as what is still to be removed."""
    entry = ResourceState(
        type="stripe_price",
        id="price_3",
        former=("price_2", ":price_1"),
        removal_policy=RemovalPolicy(account="acct_2"),
    )
    assert entry.archived == (("acct_2", "price_2"), ("", "price_1"))
