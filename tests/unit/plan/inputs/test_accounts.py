"""The account of a resource: an id as soon as it is known, a reference until then."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.errors import StackError
from engine.graph.build import build_graph
from engine.plan.inputs.accounts import (
    is_account_id,
    is_known,
    on_account,
    same_as_own,
    with_accounts,
)
from engine.stack.model import Declaration, Lifecycle, Location, Stack
from engine.values.markers import UNKNOWN

REFERENCE = "${stripe_account.shop.id}"


def declared(account: Any, via: str = "") -> Declaration:
    """A product on an account."""
    return Declaration(
        address=parse_address("stripe_product.a"),
        arguments={"name": "A"},
        lifecycle=Lifecycle(account=account, protect=True),
        location=Location("stacks/shop.py", 7, via),
    )


@pytest.mark.parametrize(
    ("written", "value", "own", "expected"),
    [
        ("", None, "acct_1", ""),
        ("acct_2", None, "acct_1", "acct_2"),
        ("acct_1", None, "acct_1", ""),
        (REFERENCE, "acct_2", "acct_1", "acct_2"),
        (REFERENCE, "acct_1", "acct_1", ""),
        (REFERENCE, UNKNOWN, "acct_1", REFERENCE),
        ("acct_2", None, "", "acct_2"),
    ],
)
def test_an_account_is_resolved(written: str, value: Any, own: str, expected: str) -> None:
    """The key's own is no connected account; what the apply makes stays a reference."""
    found = on_account(declared(written), lambda _: value, own)
    assert found.lifecycle == Lifecycle(account=expected, protect=True)
    assert is_known(found.lifecycle.account) == (expected != REFERENCE)


@pytest.mark.parametrize(
    ("value", "shown"), [("prod_1", "'prod_1'"), (None, "no text"), ("acct_1 ", "'acct_1 '")]
)
def test_what_is_no_account_is_refused_with_its_place(value: Any, shown: str) -> None:
    """A reference can name anything."""
    with pytest.raises(StackError) as caught:
        on_account(declared(REFERENCE, "stacks/all.py:3"), lambda _: value, "")
    [problem] = caught.value.problems
    assert (problem.file, problem.line) == ("stacks/shop.py", 7)
    assert problem.message == (
        f"stripe_product.a: lifecycle account is {REFERENCE}, which is {shown} and no account "
        "(from stacks/all.py:3)"
    )


def test_ids_of_accounts() -> None:
    """As Stripe makes them."""
    assert [is_account_id(text) for text in ("acct_1Ab", "acct_", "cus_1", 1)] == [
        True,
        False,
        False,
        False,
    ]
    assert [same_as_own(text, "acct_1") for text in ("", "acct_1", "acct_2")] == ["", "", "acct_2"]


def test_a_graph_with_its_accounts() -> None:
    """Declarations without one are the same, and so is a graph without any."""
    other = Declaration(
        address=parse_address("stripe_product.b"),
        arguments={"name": "B"},
        lifecycle=Lifecycle(),
        location=Location("stacks/shop.py", 8),
    )
    stack = Stack(
        name="shop",
        file="stacks/shop.py",
        declarations={"stripe_product.a": declared("acct_1"), "stripe_product.b": other},
    )
    graph = build_graph(stack, loader.schemas())
    found = with_accounts(graph, lambda _: UNKNOWN, "acct_1").declarations
    assert found["stripe_product.a"].lifecycle.account == ""
    assert found["stripe_product.b"] is other
    alone = dataclasses.replace(stack, declarations={"stripe_product.b": other})
    graph = build_graph(alone, loader.schemas())
    assert with_accounts(graph, lambda _: UNKNOWN, "acct_1") is graph
