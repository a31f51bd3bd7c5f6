"""`engine subscribers PRICE`: who is on a price, and on those that its resource had before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Write
from tests.support.subscribers import SHOP, Account

ADDRESS = "stripe_price.monthly"


@pytest.fixture
def account(root: Path, engine: Engine, write: Write) -> Account:
    """An embedded account to which the stack was applied."""
    write("shop", SHOP.format(amount=2900))
    assert engine("apply", "--yes").code == 0
    return Account(root)


def test_a_price_that_was_never_replaced_has_none_to_move(account: Account, engine: Engine) -> None:
    """There is no other price that they could be on."""
    del account
    to = ("--to", "monthly", "--proration", "none", "-o", "move.plan")
    refused = engine("subscribers", "monthly", *to)
    assert (refused.code, "monthly has had no price but price_" in refused.err) == (1, True)


def price_id(engine: Engine) -> str:
    """The price that the resource has now."""
    found: str = json.loads(engine("state", "show", ADDRESS, "--json").out)["id"]
    return found


def test_a_replaced_price_is_found_with_who_is_on_it(
    account: Account, engine: Engine, write: Write
) -> None:
    """By the resource, by name or by its own id; the current one comes first."""
    old = price_id(engine)
    account.subscribe(old, number=2)
    account.subscribe({"price": old, "quantity": 3}, trial_period_days=10)
    write("shop", SHOP.format(amount=3400))
    assert engine("apply", "--yes").code == 0
    new = price_id(engine)
    account.subscribe(new)
    text = engine("subscribers", "monthly")
    assert text.code == 0
    assert f"{ADDRESS} [{new}]\n    $34.00 a month\n    1 subscription, quantity 1\n" in text.out
    assert "    $29.00 a month, which stack shop had before, archived\n" in text.out
    assert "    3 subscriptions, quantity 5\n      active    usd  2  $58.00 a month\n" in text.out
    assert "      trialing  usd  1  $87.00 a month\n    of them 3 paid by invoice\n" in text.out
    assert "Subscribers: 4 subscriptions, $179.00 a month before discounts and taxes. " in text.out
    way_on = f"engine subscribers shop:{ADDRESS} --to shop:{ADDRESS} --proration none -o move.plan"
    assert way_on in text.err
    for word in (ADDRESS, f"shop:{ADDRESS}"):
        assert engine("subscribers", word).out == text.out
    alone = json.loads(engine("subscribers", old, "--json").out)
    [one] = alone["prices"]
    assert (one["id"], one["current"], one["active"]) == (old, False, False)
    assert way_on not in engine("subscribers", old).err
    assert (one["subscriptions"], one["quantity"], one["of_them"]["invoiced"]) == (3, 5, 3)
    assert [(group["status"], group["monthly"]) for group in one["groups"]] == [
        ("active", 5800),
        ("trialing", 8700),
    ]


def test_a_removed_price_is_found_too(account: Account, engine: Engine, write: Write) -> None:
    """It is archived, and its subscribers stay on it."""
    old = price_id(engine)
    account.subscribe(old)
    write("shop", 'from engine.stripe import Product\nProduct("pro", name="Pro")\n')
    assert engine("apply", "--yes").code == 0
    ended = engine("subscribers", "monthly")
    assert f"{ADDRESS} [{old}]\n    $29.00 a month, which stack shop had before" in ended.out
    assert "1 subscription, quantity 1" in ended.out


def test_a_page_a_hundred(account: Account, engine: Engine) -> None:
    """One request for the account, one for the price, and one for each hundred subscriptions."""
    account.subscribe(price_id(engine), number=101)
    found = json.loads(engine("subscribers", "monthly", "--json").out)
    assert (found["prices"][0]["subscriptions"], found["requests"]) == (101, 4)


def test_no_such_price(account: Account, engine: Engine, write: Write) -> None:
    """What was meant is suggested; a price that two stacks name has to be named with its stack."""
    missing = engine("subscribers", "montly")
    assert (missing.code, "did you mean 'monthly'?" in missing.err) == (1, True)
    gone = engine("subscribers", "price_1nosuch")
    assert (gone.code, "no such price for subscriptions on this account" in gone.err) == (1, True)
    product = account.make("stripe_product", name="Book")["id"]
    once = account.make("stripe_price", product=product, currency="usd", unit_amount=500)["id"]
    paid = engine("subscribers", once)
    assert (paid.code, f"{once} is paid once" in paid.err) == (1, True)
    write("other", SHOP.format(amount=100).replace('lookup_key="monthly"', 'lookup_key="other"'))
    assert engine("apply", "--yes").code == 0
    twice = engine("subscribers", "monthly")
    assert twice.code == 1
    assert f"other:{ADDRESS}, shop:{ADDRESS}" in twice.err
