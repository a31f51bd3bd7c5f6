"""Subscribers on connected accounts: they are counted, moved and brought back there alone."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest

from engine.errors import EngineError
from engine.operations.run.context import Context
from engine.operations.subscribers.apply_moves import apply_moves
from engine.operations.subscribers.plan_moves import Wanted, plan_moves
from engine.operations.subscribers.view import subscribers_of
from engine.plan.refusal import RefusedError
from engine.plan.subscribers.file import decode_moves, encode_moves, id_of_moves
from engine.plan.subscribers.moves import Moves, Proration
from engine.plan.subscribers.outcome import MovesReport
from engine.ports.provider import RequestContext
from engine.views.style import PLAIN
from engine.views.text.subscribers.moves import moves_text
from tests.support.project import Project

SHOP = """
    from engine import Lifecycle
    from engine.stripe import Account, Price, Product

    here = Account("here", type="custom", country="US", lifecycle=Lifecycle(protect=False))
    on = Lifecycle(account=here)
    pro = Product("pro", name="Pro", lifecycle=on)
    Price("month", product=pro, currency="usd", unit_amount={amount}, lookup_key="month",
          recurring={{"interval": "month"}}, lifecycle=on)
"""
WANTED = Wanted(
    old="month",
    new="month",
    proration=Proration.NONE,
    new_cycle=False,
    statuses=("active",),
)
_KEYS = itertools.count()


class Shop:
    """A platform with one connected account, on which two customers pay an old price."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.price(1000)
        self.account = self.project.id("stripe_account.here")
        self.old = self.project.id("stripe_price.month")
        for _ in range(2):
            customer = self.make("stripe_customer", name="Ada")["id"]
            by_invoice = {"collection_method": "send_invoice", "days_until_due": 30}
            items = [{"price": self.old, "quantity": 2}]
            self.make("stripe_subscription", customer=customer, items=items, **by_invoice)
        self.price(1200)
        self.new = self.project.id("stripe_price.month")

    @property
    def context(self) -> Context:
        """The ports of a run."""
        return self.project.context()

    def price(self, amount: int) -> None:
        """Apply the stack with an amount."""
        self.project.write(SHOP.format(amount=amount))
        self.project.apply()

    def make(self, type: str, **params: Any) -> dict[str, Any]:
        """Make an object on the connected account, as an application does."""
        context = RequestContext(f"test-{next(_KEYS)}", account=self.account)
        kind = self.context.schemas[type]
        return dict(self.project.connect().create(kind, params, context))

    def prices(self) -> list[str]:
        """The price of each subscription."""
        kind = self.context.schemas["stripe_subscription"]
        pages = self.project.connect().pages(kind, {}, account=self.account)
        found = [one for page in pages for one in page]
        return [one["items"]["data"][0]["price"]["id"] for one in found]

    def apply(self, moves: Moves, context: Context | None = None) -> MovesReport:
        """Apply moves as their file has them."""
        raw = encode_moves(moves)
        context = context or self.context
        read = decode_moves(raw, context.schemas, path="move.plan")
        return apply_moves(context, id_of_moves(raw), read, lambda _: True, lambda _: None)


@pytest.fixture
def shop(project: Project) -> Shop:
    """The platform."""
    return Shop(project)


def test_they_move_there_and_back(shop: Shop) -> None:
    """The file names the account, a person sees it, and every request that changes names it."""
    counted = subscribers_of(shop.context, "month").prices
    assert [(one.account, one.subscriptions) for one in counted] == [
        (shop.account, 0),
        (shop.account, 2),
    ]
    moves = plan_moves(shop.context, WANTED)
    assert (moves.account, len(moves.rows)) == (shop.account, 2)
    assert f'"account":"{shop.account}"' in encode_moves(moves).decode()
    assert f"on {shop.account}" in moves_text(moves, PLAIN)
    log = shop.project.emulator.log
    log.clear()
    undo = shop.apply(moves).undo
    assert undo is not None
    assert shop.prices() == [shop.new] * 2
    assert {entry.account for entry in log.writes()} == {shop.account}
    log.clear()
    assert shop.apply(undo).is_whole
    assert shop.prices() == [shop.old] * 2
    assert {entry.account for entry in log.writes()} == {shop.account}
    assert len(log.writes()) == 4  # the old price is made active, and archived again


def test_another_account_is_refused(shop: Shop) -> None:
    """Another platform's key, and the file with another connected account in it."""
    moves = plan_moves(shop.context, WANTED)
    foreign = dataclasses.replace(
        shop.context, connect=lambda: shop.project.connect("sk_test_another")
    )
    shop.project.emulator.log.clear()
    with pytest.raises(RefusedError, match="was made for account"):
        shop.apply(moves, foreign)
    with pytest.raises(EngineError):
        shop.apply(dataclasses.replace(moves, account="acct_1Another0000000"))
    with pytest.raises(EngineError, match="there is no such price"):
        shop.apply(dataclasses.replace(moves, account=""))
    assert shop.project.emulator.log.writes() == []
    assert shop.prices() == [shop.old] * 2
