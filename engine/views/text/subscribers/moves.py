"""A plan of moves as text: what changes for how many, what is skipped and why, the first rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from engine.plan.subscribers.amounts import monthly
from engine.plan.subscribers.count import whole
from engine.plan.subscribers.moves import LeftOut, Money, Moves, Note, Proration, Row, Skip
from engine.plan.subscribers.price_facts import PriceFacts
from engine.views import vocabulary
from engine.views.money import money
from engine.views.plural import counted
from engine.views.style import Style
from engine.views.text.plan import account_line
from engine.views.text.subscribers.who import facts_words

_FIRST = 5
"""Rows and ids that are shown unless all are asked for."""

_PRORATION = {
    Proration.NONE: "the new amount is charged from the next period on, and nothing for this one",
    Proration.CREATE_PRORATIONS: "the difference for the rest of the period is on the next invoice",
    Proration.ALWAYS_INVOICE: "the difference for the rest of the period is invoiced at once, and "
    "charged; where that payment fails, the subscription stays as it is",
}
_NOTES = {
    Note.OTHER_PRODUCT: "The new price is of another product: its name is on invoices, what it "
    "entitles to changes, and a coupon that is limited to the old product does not apply to it.",
    Note.OTHER_METER: "The new price counts another meter: usage that is reported to the old one "
    "is not billed any more.",
    Note.TAX_BEHAVIOR: "Taxes are treated in another way by the new price (tax_behavior), so that "
    "the amount with taxes may change more than is shown here.",
    Note.CYCLE: "A new billing period begins at once, since the interval changes or one of the "
    "prices is free: customers are charged at once, and their renewal date moves.",
}
SKIPS = {
    Skip.MANAGED: "declared by a stack, which would put it back: change it there",
    Skip.SCHEDULED: "in a schedule, whose next phase would set its price again: change that",
    Skip.PENDING: "with an update that waits for a payment",
    Skip.INCOMPLETE: "whose first payment is open",
    Skip.ENDED: "ended",
    Skip.PREBILLED: "billed for later periods already, which a change of the price bills anew",
    Skip.OFFER: "in a trial offer, which says the price after it",
    Skip.PAUSED: "whose collection is paused, so that what is prorated may be void (--proration "
    "none moves them)",
    Skip.ON_TWO_ITEMS: "with several items on the old prices",
    Skip.ITEMS_HIDDEN: "with more items than the list shows",
    Skip.HAS_NEW: "on the new price already, with one of its items",
    Skip.CURRENCY: "in a currency that the new price has no amount for (currency_options)",
    Skip.USAGE: "where one price is metered and the other is not",
    Skip.USAGE_LOST: "by usage, of which that since the period began would not be billed: it is "
    "only in billing_mode flexible, with --proration create_prorations or always_invoice",
    Skip.NEW_CYCLE: "for which a new billing period would begin at once, since the interval "
    "differs or one of the prices is free (--allow-interval-change)",
    Skip.OTHER_ITEMS: "for which a new billing period would begin, with further items",
    Skip.TRIAL: "for which a new billing period would begin, in their trial",
}
"""Why subscriptions are skipped, behind their number."""
LEFT_OUT = {
    LeftOut.STATUS: "in another status",
    LeftOut.CREATED: "made later",
    LeftOut.CURRENCY: "in another currency",
    LeftOut.METADATA: "with other metadata",
    LeftOut.EXCLUDED: "excluded by id",
    LeftOut.LIMIT: "beyond the number that was asked for",
}
"""What was not asked for, behind its number."""


def moves_text(moves: Moves, style: Style, *, verbose: bool = False) -> str:
    """Write a plan of moves.

    Args:
        moves: The plan.
        style: Decoration.
        verbose: Write every row, and the id of everything that is skipped.
    """
    blocks = [account_line(moves, style), *_undoing(moves)]
    blocks += ["\n".join(_price(moves.prices[place], moves, style)) for place in moves.targets]
    blocks += ["\n".join(_money(moves))] if moves.money else []
    if moves.rows:
        blocks.append(f"proration_behavior {moves.proration}: {_PRORATION[moves.proration]}.")
    mark = style.paint("Note:", "yellow", "bold")
    blocks += [f"{mark} {_NOTES[note]}" for note in moves.notes]
    blocks += ["\n".join(_rows(moves, verbose=verbose))] if moves.rows else []
    blocks += ["\n".join(_skipped(moves, verbose=verbose))] if moves.skipped else []
    blocks += ["\n".join(_left_out(moves))] if moves.left_out else []
    blocks.append(style.paint(summary_line(moves), "bold"))
    return "\n\n".join(blocks)


def summary_line(moves: Moves) -> str:
    """Count what a plan of moves does: `Moves: 3 to move, 1 to skip.`."""
    return f"Moves: {len(moves.rows):,} to move, {len(moves.skipped):,} to skip."


def question(moves: Moves, style: Style) -> str:
    """Ask for the number of moves on a live account."""
    number = len(moves.rows)
    live = style.paint("LIVE MODE", "bold", "red")
    return f"This moves {counted(number, 'subscription')} in {live}. Type {number} to go on: "


def _undoing(moves: Moves) -> Iterator[str]:
    if moves.undoes:
        yield f"This undoes {moves.undoes}: those that were moved go back, and no others."


def _price(new: PriceFacts, moves: Moves, style: Style) -> Iterator[str]:
    on = vocabulary.on_account(moves.account)
    yield style.paint(f"To {_name(new)}{on}", "bold") + f", {facts_words(new)}"
    place = moves.prices.index(new)
    for old in sorted({row.old for row in moves.rows if row.new == place}):
        yield f"  from {_name(moves.prices[old])}, {facts_words(moves.prices[old])}"


def _name(price: PriceFacts) -> str:
    return f"{price.address} [{price.id}]" if price.address else price.id


def _money(moves: Moves) -> Iterator[str]:
    for one in moves.money:
        old, new = moves.prices[one.old], moves.prices[one.new]
        quantity = f", quantity {one.quantity:,}" if one.quantity else ""
        who = f"{counted(one.subscriptions, 'subscription')} in {one.currency}{quantity}"
        yield f"  {who}: {_period(one.before, one, old)} -> {_period(one.after, one, new)}"
    yield from _monthly(moves)
    canceling = sum(row.canceling for row in moves.rows)
    if canceling:
        yield f"  of them {canceling:,} to be canceled, at the end of the period or at a date"


def _period(amount: str, one: Money, price: PriceFacts) -> str:
    if not amount:
        return "not known from the price"
    every = price.interval if price.interval_count == 1 else ""
    often = f"a {every}" if every else f"every {price.interval_count} {price.interval}s"
    return f"{money(amount, one.currency)} {often}"


def _monthly(moves: Moves) -> Iterator[str]:
    """What changes each month, by currency, before discounts and taxes."""
    before, after = Counter[str](), Counter[str]()
    for one in moves.money:
        if one.before and one.after:
            before[one.currency] += _each_month(one.before, moves.prices[one.old])
            after[one.currency] += _each_month(one.after, moves.prices[one.new])
    for currency in sorted(before):
        more = after[currency] - before[currency]
        sign = "+" if more > 0 else ""
        yield (
            f"  in all {money(before[currency], currency)} -> {money(after[currency], currency)} a "
            f"month ({sign}{money(more, currency)}), before discounts and taxes"
        )


def _each_month(amount: str, price: PriceFacts) -> int:
    return whole(monthly(Decimal(amount), price.interval, price.interval_count))


def _rows(moves: Moves, *, verbose: bool) -> Iterator[str]:
    shown: Sequence[Row] = moves.rows if verbose else moves.rows[:_FIRST]
    several = len(moves.prices) > 2  # noqa: PLR2004 - the old one and the new one
    for row in shown:
        quantity = "" if row.quantity is None else f", quantity {row.quantity:,}"
        old, new = moves.prices[row.old].id, moves.prices[row.new].id
        ways = f", {old} -> {new}" if several else ""
        yield f"  {row.id}, item {row.item}: {row.status}{quantity}{ways}"
    if len(shown) < len(moves.rows):
        yield f"  and {len(moves.rows) - len(shown):,} more: -v shows all"


def _skipped(moves: Moves, *, verbose: bool) -> Iterator[str]:
    by_reason: dict[Skip, list[str]] = {}
    for id, why in moves.skipped:
        by_reason.setdefault(why, []).append(id)
    yield "Skipped:"
    for why, words in SKIPS.items():
        ids = by_reason.get(why, [])
        if ids:
            shown = ids if verbose else ids[:_FIRST]
            rest = f" and {len(ids) - len(shown):,} more" if len(shown) < len(ids) else ""
            yield f"  {len(ids):,} {words}: {', '.join(shown)}{rest}"


def _left_out(moves: Moves) -> Iterator[str]:
    yield "Not asked for:"
    for why, words in LEFT_OUT.items():
        number = moves.left_out.get(why, 0)
        if number:
            yield f"  {number:,} {words}"
