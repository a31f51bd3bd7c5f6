"""Subscribers on the embedded account of a project, made as an application makes them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.bootstrap.project import open_project
from engine.ports.provider import Provider, RequestContext
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import Schemas

SHOP = """
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    Price("monthly", product=pro, currency="usd", unit_amount={amount}, lookup_key="monthly",
          recurring={{"interval": "month"}})
"""
"""A stack with one price, whose amount a test changes."""
_KEYS = itertools.count()
_BY_INVOICE = {"collection_method": "send_invoice", "days_until_due": 30}


class Account:
    """The embedded account of a project, with customers who subscribe."""

    def __init__(self, root: Path, environment: str | None = None) -> None:
        """Args: root: the project's folder. environment: the one whose account it is."""
        context = open_project(root, environment=environment)
        self.schemas: Schemas = context.schemas
        self.provider: Provider = context.connect()

    def make(self, type: str, **params: Any) -> RemoteObject:
        """Make an object."""
        return self.provider.create(self.schemas[type], params, _context())

    def change(self, type: str, id: str, **params: Any) -> RemoteObject:
        """Change an object."""
        return self.provider.update(self.schemas[type], id, params, _context())

    def call(self, type: str, id: str, name: str) -> RemoteObject:
        """Make one of a type's further calls."""
        return self.provider.call(self.schemas[type], id, name, {}, _context())

    def subscribe(
        self, *items: Mapping[str, Any] | str, number: int = 1, **params: Any
    ) -> Sequence[str]:
        """Let customers subscribe, who pay by invoice: the ids of their subscriptions.

        Args:
            items: Prices, or items of a subscription.
            number: How many customers.
            params: Further parameters of each subscription.
        """
        wanted = [{"price": one} if isinstance(one, str) else dict(one) for one in items]
        customers = [self.make("stripe_customer", name="Ada")["id"] for _ in range(number)]
        given = {**_BY_INVOICE, **params}
        return [
            self.make("stripe_subscription", customer=one, items=wanted, **given)["id"]
            for one in customers
        ]

    def items(self, subscription: str) -> Sequence[tuple[str, int | None]]:
        """The price and the quantity of each item of a subscription."""
        kind = self.schemas["stripe_subscription"]
        found: Any = self.provider.read(kind, subscription)
        return [(item["price"]["id"], item.get("quantity")) for item in found["items"]["data"]]


def _context() -> RequestContext:
    return RequestContext(f"test-{next(_KEYS)}")
