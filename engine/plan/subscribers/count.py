"""Count who is on a price: by state and currency, and what is particular about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.frozen import frozen
from engine.plan.subscribers.amounts import monthly, period_amount, rhythm
from engine.plan.subscribers.subscriber import Mark, Subscriber


@frozen
class Group:
    """The subscribers of a price in one state and one currency.

    Attributes:
        status: Of their subscriptions.
        currency: Of their subscriptions.
        subscriptions: How many they are.
        quantity: How many they have, all together.
        amount: What they pay each period, in minor units, before discounts and taxes; None if the
            price does not say it.
        monthly: The same each month, in whole minor units.
    """

    status: str
    currency: str
    subscriptions: int
    quantity: int
    amount: Decimal | None
    monthly: int | None


@frozen
class Subscribed:
    """Who is on one price.

    Attributes:
        id: The price.
        stack: The stack that has, or had, its resource; empty if none has.
        address: The resource; empty if there is none.
        current: It is the price that the resource has now, not one that was replaced.
        account: Connected account it is on; empty for the key's own.
        price: The price as Stripe returns it.
        groups: Its subscribers, by status and currency.
        marks: How many have what is particular.
    """

    id: str
    stack: str
    address: str
    current: bool
    account: str
    price: Mapping[str, Any]
    groups: tuple[Group, ...] = ()
    marks: Mapping[Mark, int] = field(default_factory=dict)

    @property
    def subscriptions(self) -> int:
        """How many subscriptions are on it."""
        return sum(group.subscriptions for group in self.groups)

    @property
    def quantity(self) -> int:
        """How many they have, all together."""
        return sum(group.quantity for group in self.groups)


@frozen
class SubscribersReport:
    """Who is on some prices.

    Attributes:
        environment: Environment name.
        embedded: It is the embedded emulator.
        server: Address of the server; empty for the embedded emulator and for Stripe itself.
        account_id: The account of the key; empty if Stripe does not return it.
        livemode: Real money; None if Stripe does not return it.
        prices: The prices, the current one of a resource first.
        requests: Calls made to Stripe.
    """

    environment: str
    embedded: bool
    server: str
    account_id: str
    livemode: bool | None
    prices: tuple[Subscribed, ...]
    requests: int


@dataclass(slots=True)
class Tally:
    """What is counted while the pages of a list are read; it keeps no subscription.

    Attributes:
        price: The price.
        subscriptions: How many, by status and currency.
        quantities: How many they have.
        amounts: What they pay each period; nothing where the price does not say it.
        marks: What is particular about them.
    """

    price: Mapping[str, Any]
    subscriptions: Counter[tuple[str, str]] = field(default_factory=Counter)
    quantities: Counter[tuple[str, str]] = field(default_factory=Counter)
    amounts: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    marks: Counter[Mark] = field(default_factory=Counter)

    def add(self, one: Subscriber) -> None:
        """Count one."""
        key = (one.status, one.currency)
        self.subscriptions[key] += 1
        self.quantities[key] += one.quantity or 0
        self.marks.update(one.marks)
        amount = period_amount(self.price, one.currency, one.quantity)
        if amount is not None:
            self.amounts[key] = self.amounts.get(key, Decimal(0)) + amount

    def groups(self) -> tuple[Group, ...]:
        """The groups, those with most subscriptions first."""
        order = sorted(self.subscriptions, key=lambda key: (-self.subscriptions[key], key))
        interval, count = rhythm(self.price)
        return tuple(
            Group(
                status=status,
                currency=currency,
                subscriptions=self.subscriptions[status, currency],
                quantity=self.quantities[status, currency],
                amount=self.amounts.get((status, currency)),
                monthly=whole(monthly(amount, interval, count))
                if (amount := self.amounts.get((status, currency))) is not None
                else None,
            )
            for status, currency in order
        )


def whole(amount: Fraction) -> int:
    """An amount in whole minor units, half of one up."""
    return int((amount + Fraction(1, 2)) // 1)
