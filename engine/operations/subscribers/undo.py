"""The moves that bring back those that were moved."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal

from engine.operations.subscribers.recheck import Look
from engine.plan.subscribers.moves import Money, Moves, Row


def undo_of(
    moves: Moves, name: str, moved: Sequence[Row], earlier: Moves | None, look: Look
) -> Moves | None:
    """The moves back; None if nothing was moved.

    Args:
        moves: What was applied.
        name: The name by which it is known.
        moved: The moves that were carried out.
        earlier: The moves back that earlier runs of the same file wrote; None if none did.
        look: Knows the currencies and the amounts.
    """
    wanted = {row.id for row in moved}
    wanted |= {row.id for row in earlier.rows} if earlier is not None else set()
    there = [row for row in moves.rows if row.id in wanted]
    if not there:
        return None
    return dataclasses.replace(
        moves,
        cohort=None,
        undoes=name,
        money=_money(there, look),
        left_out={},
        rows=tuple(row._replace(old=row.new, new=row.old) for row in there),
        skipped=(),
    )


def _money(rows: Sequence[Row], look: Look) -> tuple[Money, ...]:
    """What changes by the moves back, by prices and currency."""
    found: dict[tuple[int, int, str], Money] = {}
    for row in rows:
        currency, after, before = look.amounts(row)
        key = (row.new, row.old, currency)
        known = found.get(key) or Money(
            old=row.new,
            new=row.old,
            currency=currency,
            subscriptions=0,
            quantity=0,
            before="0",
            after="0",
        )
        found[key] = dataclasses.replace(
            known,
            subscriptions=known.subscriptions + 1,
            quantity=known.quantity + (row.quantity or 0),
            before=_sum(known.before, before),
            after=_sum(known.after, after),
        )
    return tuple(money for _, money in sorted(found.items()))


def _sum(known: str, more: Decimal | None) -> str:
    """An amount with another one; empty once one of them is not known."""
    return f"{Decimal(known) + more:f}" if known and more is not None else ""
