"""Who is on a price as text: a block for each price, and a line for each state and currency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from engine.plan.amounts import Amount
from engine.plan.subscribers.count import Group, Subscribed, SubscribersReport
from engine.plan.subscribers.price_facts import PriceFacts, facts_of
from engine.plan.subscribers.subscriber import Mark
from engine.views import vocabulary
from engine.views.money import amount_words, money
from engine.views.plural import counted
from engine.views.style import Style
from engine.views.text.plan import account_line, requests_line

MARKS = {
    Mark.SCHEDULED: "in a schedule",
    Mark.PENDING: "with an update that waits for a payment",
    Mark.PAUSED: "paused",
    Mark.CANCELING: "to be canceled",
    Mark.INVOICED: "paid by invoice",
    Mark.SEVERAL: "with further items",
    Mark.DISCOUNTED: "with a discount",
}
"""What is particular about subscriptions, behind their number."""


def subscribers_text(report: SubscribersReport, style: Style) -> str:
    """Write who is on some prices."""
    blocks = [account_line(report, style)]
    blocks += ["\n".join(_block(one, style)) for one in report.prices]
    blocks.append("\n".join(_conclusion(report)))
    return "\n\n".join(blocks)


def facts_words(price: PriceFacts) -> str:
    """What a price costs: `$29.00 a month`, or how that is decided."""
    interval, count = price.interval, price.interval_count
    if price.unit and not price.metered:
        value = Decimal(price.unit)
        unit = Amount(
            path=(), value=value, currency=price.currency, interval=interval, interval_count=count
        )
        return amount_words(unit)
    every = f"every {interval}" if count == 1 else f"every {count} {interval}s"
    how = "by usage" if price.metered else "by tiers" if price.tiered else "as the customer chooses"
    return f"{price.currency.upper()} {how}, {every}"


def _block(one: Subscribed, style: Style) -> Iterator[str]:
    head = one.address or one.id
    yield style.paint(head, "bold") + (f" [{one.id}]" if one.address else "")
    words = [facts_words(facts_of(one.price))]
    if one.address and not one.current:
        words.append(f"which stack {one.stack} had before")
    if not one.price["active"]:
        words.append("archived")
    yield f"    {', '.join(words)}{vocabulary.on_account(one.account)}"
    if not one.groups:
        yield "    no subscribers"
        return
    yield f"    {_number(one)}"
    yield from _table(one.groups)
    particular = [
        f"{one.marks[mark]:,} {words}" for mark, words in MARKS.items() if one.marks.get(mark)
    ]
    if particular:
        yield f"    of them {', '.join(particular)}"


def _number(one: Subscribed) -> str:
    quantity = f", quantity {one.quantity:,}" if one.quantity else ""
    return f"{counted(one.subscriptions, 'subscription')}{quantity}"


def _table(groups: Sequence[Group]) -> Iterator[str]:
    rows = [
        (
            group.status,
            group.currency,
            f"{group.subscriptions:,}",
            "" if group.monthly is None else f"{money(group.monthly, group.currency)} a month",
        )
        for group in groups
    ]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for status, currency, number, amount in rows:
        names = f"{status:<{wide[0]}}  {currency:<{wide[1]}}"
        yield f"      {names}  {number:>{wide[2]}}  {amount:>{wide[3]}}".rstrip()


def _conclusion(report: SubscribersReport) -> Iterator[str]:
    total = sum(one.subscriptions for one in report.prices)
    sums = Counter[str]()
    for one in report.prices:
        for group in one.groups:
            sums[group.currency] += group.monthly or 0
    text = f"Subscribers: {counted(total, 'subscription')}"
    amounts = [money(amount, currency) for currency, amount in sorted(sums.items()) if amount]
    if amounts:
        text += f", {', '.join(amounts)} a month before discounts and taxes"
    yield f"{text}. {requests_line(report.requests)}"
