"""A plan of moves: which items of which subscriptions go from one price to another."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import NamedTuple

from engine.frozen import frozen
from engine.plan.subscribers.price_facts import PriceFacts


class Proration(enum.StrEnum):
    """What happens to the money of the period that has begun, in Stripe's words."""

    NONE = "none"
    """Nothing: the new amount is charged from the next period on."""
    CREATE_PRORATIONS = "create_prorations"
    """The difference for the rest of the period is on the next invoice."""
    ALWAYS_INVOICE = "always_invoice"
    """The difference is invoiced, and charged, at once."""


class Skip(enum.StrEnum):
    """Why a subscription is not moved."""

    MANAGED = "managed"
    """A stack declares it, and would put it back."""
    SCHEDULED = "scheduled"
    """A schedule has it, and its next phase would set the old price again."""
    PENDING = "pending-update"
    """An update of it waits for a payment."""
    PREBILLED = "prebilled"
    """It is billed for later periods already, which takes part in every change of its price."""
    OFFER = "trial-offer"
    """The item is in a trial offer, which says which price comes after it."""
    PAUSED = "paused-collection"
    """Its invoices are not collected for now, so that what is prorated may be void."""
    INCOMPLETE = "incomplete"
    """Its first payment is open."""
    ENDED = "ended"
    """It has ended."""
    ON_TWO_ITEMS = "on-two-items"
    """Several of its items are on the prices that are left."""
    ITEMS_HIDDEN = "items-hidden"
    """The list does not show all of its items."""
    HAS_NEW = "has-new-price"
    """It has an item of the new price, and Stripe takes a price once."""
    CURRENCY = "currency"
    """The new price has no amount in its currency."""
    USAGE = "usage"
    """One of the prices is metered, and the other is not."""
    USAGE_LOST = "usage-lost"
    """Both are metered, and the usage of the period that has begun would not be billed."""
    NEW_CYCLE = "new-cycle"
    """A new billing period would begin at once: the interval differs, or one of the two is free."""
    OTHER_ITEMS = "other-items"
    """A new billing period would begin, and it has further items."""
    TRIAL = "trial"
    """Stripe ends a trial where a new billing period begins."""


class LeftOut(enum.StrEnum):
    """What a person asked to leave out."""

    STATUS = "status"
    CREATED = "created"
    CURRENCY = "currency"
    METADATA = "metadata"
    EXCLUDED = "excluded"
    LIMIT = "limit"


class Row(NamedTuple):
    """One item that moves, and what has to be true of it when it does.

    Attributes:
        id: The subscription.
        item: Its item.
        old: The price it is on, by its place among the prices.
        new: The price it moves to.
        quantity: How many, which stays; None if the usage is metered.
        status: Of the subscription.
        invoiced: The customer pays invoices, rather than being charged.
        canceling: It ends at the end of the period, or at a date.
    """

    id: str
    item: str
    old: int
    new: int
    quantity: int | None
    status: str
    invoiced: bool = False
    canceling: bool = False


@frozen
class Money:
    """What moves of one sort change, before discounts and taxes.

    Attributes:
        old: The price, by its place.
        new: The price they move to.
        currency: Of the subscriptions.
        subscriptions: How many.
        quantity: How many they have, all together.
        before: What they pay each old period, in minor units; empty if the price does not say it.
        after: What they pay each new period.
    """

    old: int
    new: int
    currency: str
    subscriptions: int
    quantity: int
    before: str = ""
    after: str = ""


class Note(enum.StrEnum):
    """What a reviewer should know of all moves."""

    OTHER_PRODUCT = "other-product"
    """The new price is of another product."""
    OTHER_METER = "other-meter"
    """The new price is charged by another meter."""
    TAX_BEHAVIOR = "tax-behavior"
    """Taxes are included in one of the prices, and not in the other."""
    CYCLE = "cycle"
    """A new billing period begins at once, and is charged."""


@frozen
class Cohort:
    """Whom a person asked for.

    Attributes:
        statuses: Of their subscriptions.
        created_before: In seconds since 1970; 0 for no bound.
        currency: Of their subscriptions; empty for any.
        metadata: Keys of metadata whose values were asked for; the values are in no file.
        excluded: How many subscriptions were left out by their ids.
        limit: Only so many of the oldest; 0 for all.
        sample: Only so many, chosen evenly; 0 for all.
    """

    statuses: tuple[str, ...]
    created_before: int = 0
    currency: str = ""
    metadata: tuple[str, ...] = ()
    excluded: int = 0
    limit: int = 0
    sample: int = 0


@frozen
class Moves:
    """The moves of one file.

    Attributes:
        engine_version: Version of the engine that made it.
        environment: Environment name.
        embedded: That is the embedded emulator.
        account_id: The account of the key; empty if Stripe does not return it.
        livemode: Real money; None if Stripe does not return it.
        type: Resource type of the prices.
        account: Connected account that they are on; empty for the key's own.
        prices: The prices that are left, and the one that is moved to.
        proration: What happens to the money of the period that has begun.
        new_cycle: Moves after which a new billing period begins were allowed.
        cohort: Whom the person asked for; None in a list that undoes moves.
        undoes: The moves that this undoes; empty if it undoes none.
        money: What changes, by prices and currency.
        notes: What a reviewer should know.
        left_out: How many were not asked for, by the reason.
        rows: What moves, in order.
        skipped: Subscriptions that cannot be moved, and why, in order.
        server: Address of the server, in no file; empty for the embedded emulator and for Stripe.
    """

    engine_version: str
    environment: str
    embedded: bool
    account_id: str
    livemode: bool | None
    type: str
    account: str = ""
    prices: tuple[PriceFacts, ...]
    proration: Proration
    new_cycle: bool = False
    cohort: Cohort | None = None
    undoes: str = ""
    money: tuple[Money, ...] = ()
    notes: tuple[Note, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    skipped: tuple[tuple[str, Skip], ...] = ()
    server: str = ""

    @property
    def targets(self) -> tuple[int, ...]:
        """The prices that are moved to, by their places."""
        return tuple(sorted({row.new for row in self.rows}))

    @property
    def sources(self) -> tuple[int, ...]:
        """The prices that are left, by their places."""
        return tuple(sorted({row.old for row in self.rows}))


def counts(rows: Iterable[Row]) -> dict[tuple[int, int], tuple[int, int]]:
    """How many subscriptions move, with how many they have, by old and new price."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for row in rows:
        number, quantity = found.get((row.old, row.new), (0, 0))
        found[row.old, row.new] = (number + 1, quantity + (row.quantity or 0))
    return found
