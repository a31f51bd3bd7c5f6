"""`engine subscribers PRICE`: count who is on a price, page by page."""

from __future__ import annotations

from collections.abc import Sequence

from engine.catalog.loader import type_name
from engine.errors import UsageError
from engine.operations.run.context import Context
from engine.operations.run.guards import check_usable
from engine.operations.run.session import Session
from engine.operations.subscribers.find import Named, named_by, subscribed_type
from engine.plan.subscribers.amounts import rhythm
from engine.plan.subscribers.count import Subscribed, SubscribersReport, Tally
from engine.plan.subscribers.subscriber import subscribers_in
from engine.ports.provider import Provider
from engine.schema.remote import RemoteObject


def subscribers_of(context: Context, word: str) -> SubscribersReport:
    """Count who is on a price, and on those that its resource had before.

    Args:
        context: The run's ports.
        word: What the person named, as in `named_by`.

    Raises:
        UsageError: if there is no such price.
        GuardError: if the key belongs to another account or mode.
        StateError: if a state cannot be trusted.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    environment = context.settings.environment
    check_usable(environment)
    named = named_by(context, word)
    session = Session(context)
    account = session.check_account()
    prices = read_prices(context, session.provider, named)
    counted = tuple(_counted(context, session.provider, *one) for one in prices)
    return SubscribersReport(
        environment=environment.name,
        embedded=environment.emulator,
        server=environment.server,
        account_id=account.id,
        livemode=account.livemode,
        prices=counted,
        requests=session.requests,
    )


def read_prices(
    context: Context, provider: Provider, named: Sequence[Named]
) -> Sequence[tuple[Named, RemoteObject]]:
    """Read prices; of what a resource had before, those that can have subscribers.

    Raises:
        UsageError: if none of them exists and is one of subscriptions.
    """
    found: list[tuple[Named, RemoteObject]] = []
    for one in named:
        price = provider.read(context.schemas[one.type], one.id, account=one.account)
        if price is not None and rhythm(price)[0]:
            found.append((one, price))
        elif len(named) == 1 and price is not None:
            raise UsageError(f"{one.id} is paid once, so that it has no subscribers")
    if not found:
        names = ", ".join(one.id for one in named)
        raise UsageError(
            f"{names}: there is no such price for subscriptions on this account",
            hint="the key decides which account and mode that is; -e chooses the environment",
        )
    return found


def _counted(context: Context, provider: Provider, one: Named, price: RemoteObject) -> Subscribed:
    how = subscribed_type(context.schemas[one.type])
    holder = context.schemas[type_name(how.by)]
    tally = Tally(price)
    for page in provider.pages(holder, {how.named: one.id}, account=one.account):
        for found in page:
            for item in subscribers_in(found, how.named, (one.id,)):
                tally.add(item)
    return Subscribed(
        id=one.id,
        stack=one.stack,
        address=one.address,
        current=one.current,
        account=one.account,
        price=price,
        groups=tally.groups(),
        marks=dict(tally.marks),
    )
