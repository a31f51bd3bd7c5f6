"""`engine subscribers OLD --to NEW -o FILE`: plan the moves of subscribers to another price."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from engine.catalog.loader import type_name
from engine.errors import UsageError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.operations.run.guards import check_usable
from engine.operations.run.session import Session
from engine.operations.show import states
from engine.operations.subscribers.find import Named, named_by, subscribed_type
from engine.operations.subscribers.view import read_prices
from engine.plan.subscribers.amounts import period_amount
from engine.plan.subscribers.judge import Terms, begins_anew, judge, notes_of
from engine.plan.subscribers.moves import Cohort, LeftOut, Money, Moves, Proration, Row, Skip
from engine.plan.subscribers.price_facts import PriceFacts, facts_of
from engine.plan.subscribers.subscriber import Subscriber
from engine.schema.remote import RemoteObject
from engine.state.model import State


@frozen
class Wanted:
    """What a person asked for.

    Attributes:
        old: The prices that are left, as the person named them.
        new: The price that is moved to, as the person named it.
        proration: What happens to the money of the period that has begun.
        new_cycle: Moves after which a new billing period begins are allowed.
        statuses: Statuses of the subscriptions.
        created_before: Only those made before then, in seconds since 1970; 0 for all.
        currency: Only those in this currency; empty for all.
        metadata: Only those with these values.
        excluded: Ids of subscriptions that are left out.
        limit: Only so many of the oldest; 0 for all.
        sample: Only so many, chosen evenly; 0 for all.
    """

    old: str
    new: str
    proration: Proration
    new_cycle: bool
    statuses: tuple[str, ...]
    created_before: int = 0
    currency: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    excluded: Collection[str] = ()
    limit: int = 0
    sample: int = 0

    def cohort(self) -> Cohort:
        """Whom it asks for, without values of metadata, which may be personal data."""
        return Cohort(
            statuses=self.statuses,
            created_before=self.created_before,
            currency=self.currency,
            metadata=tuple(sorted(self.metadata)),
            excluded=len(self.excluded),
            limit=self.limit,
            sample=self.sample,
        )


def plan_moves(context: Context, wanted: Wanted) -> Moves:
    """Read who is on some prices, and plan their moves to another one.

    Args:
        context: The run's ports.
        wanted: What the person asked for.

    Raises:
        UsageError: if there is no such price, or none can be moved to it.
        GuardError: if the key belongs to another account or mode.
        StateError: if a state cannot be trusted.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    environment = context.settings.environment
    check_usable(environment)
    new = _target(context, wanted)
    left = _left(context, wanted, new)
    session = Session(context)
    account = session.check_account()
    ((_, target),) = read_prices(context, session.provider, (new,))
    _check_target(new, target)
    sources = read_prices(context, session.provider, left)
    how = subscribed_type(context.schemas[new.type])
    holder = context.schemas[type_name(how.by)]
    terms = Terms(
        old={one.id: price for one, price in sources if one.account == new.account},
        new=target,
        named=how.named,
        new_cycle=wanted.new_cycle,
        prorated=wanted.proration is not Proration.NONE,
        managed=managed_ids(states(context, ()), holder.name),
    )
    choice = _Choice(wanted, terms)
    for id in terms.old:
        for page in session.provider.pages(holder, {how.named: id}, account=new.account):
            choice.consider(page)
    rows = choice.rows()
    _check_money(wanted, choice)
    return Moves(
        engine_version=context.engine_version,
        environment=environment.name,
        embedded=environment.emulator,
        account_id=account.id,
        livemode=account.livemode,
        type=new.type,
        account=new.account,
        prices=_facts(terms, (*left, new)),
        proration=wanted.proration,
        new_cycle=choice.new_cycle,
        cohort=wanted.cohort(),
        money=choice.money(),
        notes=notes_of(terms, cycle=choice.new_cycle),
        left_out=dict(sorted(choice.left_out.items())),
        rows=rows,
        skipped=tuple(sorted(choice.skipped.items())),
        server=environment.server,
    )


def _facts(terms: Terms, named: Sequence[Named]) -> tuple[PriceFacts, ...]:
    """The prices that are left, then the one that is moved to, which rows name by their places."""
    by_id = {one.id: one for one in named}
    prices = {**terms.old, terms.new["id"]: terms.new}
    return tuple(
        facts_of(price, by_id[id].stack, by_id[id].address) for id, price in prices.items()
    )


def _target(context: Context, wanted: Wanted) -> Named:
    found, *_ = named_by(context, wanted.new)
    if found.address and not found.current and wanted.new != found.id:
        raise UsageError(
            f"{wanted.new} is removed, and {found.id}, which it was, is archived",
            hint="name a price that can be subscribed to",
        )
    return found


def _left(context: Context, wanted: Wanted, new: Named) -> Sequence[Named]:
    """The prices that are left: all that were named but for the new one."""
    old = named_by(context, wanted.old)
    left = [one for one in old if (one.account, one.id) != (new.account, new.id)]
    if not left and wanted.old == wanted.new != new.id:
        raise UsageError(
            f"{wanted.old} has had no price but {new.id}, so that there are no subscribers to move",
            hint="name the price that they are on: engine subscribers PRICE counts them",
        )
    if not left:
        raise UsageError(f"{wanted.old} and {wanted.new} are one price, {new.id}")
    return left


def _check_target(new: Named, price: RemoteObject) -> None:
    """Check that customers can be moved to a price.

    Raises:
        UsageError: if not.
    """
    if not price["active"]:
        raise UsageError(
            f"{new.id} is archived, and Stripe moves no subscription to an archived price",
            hint="name the price that took its place: engine subscribers "
            f"{new.address or new.id} shows which that is",
        )


def managed_ids(known: Sequence[State], type: str) -> frozenset[str]:
    """The ids of the objects of a type that stacks manage."""
    entries = (entry for state in known for entry in state.resources.values())
    return frozenset(entry.id for entry in entries if entry.type == type)


def _check_money(wanted: Wanted, choice: _Choice) -> None:
    """Refuse moves by which customers would pay twice for the same time.

    Raises:
        UsageError: if there are any.
    """
    if choice.new_cycle and wanted.proration is Proration.NONE:
        raise UsageError(
            "a new billing period would begin at once, and --proration none gives nothing back for "
            "the rest of the old one: customers would pay twice for that time",
            hint="write --proration create_prorations or always_invoice, or leave out "
            "--allow-interval-change",
        )


@dataclass(slots=True)
class _Choice:
    """Who moves, while the pages are read."""

    wanted: Wanted
    terms: Terms
    chosen: dict[str, Subscriber] = field(default_factory=dict)
    skipped: dict[str, Skip] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    def consider(self, page: Sequence[RemoteObject]) -> None:
        """Choose subscriptions, or note why not; one that two lists show counts once."""
        for found in page:
            self._consider(found)

    def _consider(self, found: RemoteObject) -> None:
        if found["id"] in self._seen:
            return
        self._seen.add(found["id"])
        reason = self._not_asked_for(found)
        if reason is not None:
            self.left_out[reason] += 1
            return
        judged = judge(found, self.terms)
        if isinstance(judged, Skip):
            self.skipped[found["id"]] = judged
        else:
            self.chosen[judged.id] = judged

    def _not_asked_for(self, found: RemoteObject) -> LeftOut | None:
        wanted, metadata = self.wanted, found.get("metadata") or {}
        if found["id"] in wanted.excluded:
            return LeftOut.EXCLUDED
        if found["status"] not in wanted.statuses:
            return LeftOut.STATUS
        if wanted.created_before and found["created"] >= wanted.created_before:
            return LeftOut.CREATED
        if wanted.currency and found["currency"] != wanted.currency:
            return LeftOut.CURRENCY
        if any(metadata.get(name) != value for name, value in wanted.metadata.items()):
            return LeftOut.METADATA
        return None

    def rows(self) -> tuple[Row, ...]:
        """The rows, in the order of their ids; those beyond a limit are left out."""
        kept = sorted(self.chosen.values(), key=lambda one: (one.created, one.id))
        if self.wanted.limit:
            kept = kept[: self.wanted.limit]
        if self.wanted.sample:
            kept = sorted(kept, key=_by_chance)[: self.wanted.sample]
        beyond = len(self.chosen) - len(kept)
        if beyond:
            self.left_out[LeftOut.LIMIT] += beyond
        self.chosen = {one.id: one for one in sorted(kept, key=lambda one: one.id)}
        places = {id: number for number, id in enumerate(self.terms.old)}
        return tuple(
            Row(
                id=one.id,
                item=one.item,
                old=places[one.on],
                new=len(places),
                quantity=one.quantity,
                status=one.status,
                invoiced=one.invoiced,
                canceling=one.canceling,
            )
            for one in self.chosen.values()
        )

    @property
    def new_cycle(self) -> bool:
        """Whether a new billing period begins for one of them."""
        terms = self.terms
        sorts = {(one.on, one.currency, one.quantity) for one in self.chosen.values()}
        return any(
            begins_anew(terms.old[id], terms.new, currency, quantity)
            for id, currency, quantity in sorts
        )

    def money(self) -> tuple[Money, ...]:
        """What changes, by price and currency."""
        places = {id: number for number, id in enumerate(self.terms.old)}
        sorts: dict[tuple[str, str], list[Subscriber]] = {}
        for one in self.chosen.values():
            sorts.setdefault((one.on, one.currency), []).append(one)
        return tuple(
            Money(
                old=places[id],
                new=len(places),
                currency=currency,
                subscriptions=len(some),
                quantity=sum(one.quantity or 0 for one in some),
                before=_total(self.terms.old[id], some),
                after=_total(self.terms.new, some),
            )
            for (id, currency), some in sorted(sorts.items())
        )


def _total(price: RemoteObject, some: Sequence[Subscriber]) -> str:
    """What some subscribers pay each period; empty if the price does not say it."""
    amounts = [period_amount(price, one.currency, one.quantity) for one in some]
    known = [amount for amount in amounts if amount is not None]
    return f"{sum(known, Decimal(0)):f}" if len(known) == len(amounts) else ""


def _by_chance(one: Subscriber) -> str:
    """An order that has nothing to do with who a subscriber is, the same in each run."""
    return hashlib.sha256(one.id.encode()).hexdigest()
