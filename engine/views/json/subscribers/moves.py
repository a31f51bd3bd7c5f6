"""The JSON documents of moves of subscribers to another price."""

from __future__ import annotations

from typing import Any

from engine.plan.subscribers.moves import Cohort, Moves
from engine.plan.subscribers.outcome import Became, MovesReport
from engine.plan.subscribers.price_facts import PriceFacts
from engine.views.json.values import FORMAT_VERSION


def moves_document(moves: Moves) -> dict[str, Any]:
    """Write a plan of moves."""
    prices = moves.prices
    return {
        "format_version": FORMAT_VERSION,
        "environment": moves.environment,
        "account": {"id": moves.account_id or None, "livemode": moves.livemode},
        "connected_account": moves.account or None,
        "prices": [_facts(one) for one in prices],
        "proration": moves.proration.value,
        "cohort": None if moves.cohort is None else _cohort(moves.cohort),
        "undoes": moves.undoes or None,
        "money": [
            {
                "from": prices[one.old].id,
                "to": prices[one.new].id,
                "currency": one.currency,
                "subscriptions": one.subscriptions,
                "quantity": one.quantity,
                "before": one.before or None,
                "after": one.after or None,
            }
            for one in moves.money
        ],
        "notes": [note.value for note in moves.notes],
        "moves": [
            {
                "id": row.id,
                "item": row.item,
                "from": prices[row.old].id,
                "to": prices[row.new].id,
                "quantity": row.quantity,
                "status": row.status,
                "invoiced": row.invoiced,
                "canceling": row.canceling,
            }
            for row in moves.rows
        ],
        "skipped": [{"id": id, "why": why.value} for id, why in moves.skipped],
        "left_out": dict(moves.left_out),
    }


def moved_document(report: MovesReport) -> dict[str, Any]:
    """Write what became of moves."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": report.moves.environment,
        "account": {"id": report.moves.account_id or None, "livemode": report.moves.livemode},
        "name": report.name,
        "summary": {one.value: report.count(one) for one in Became},
        "moves": [
            {
                "id": one.row.id,
                "item": one.row.item,
                "became": one.became.value,
                "why": one.why or None,
                "by_earlier_run": one.earlier,
            }
            for one in report.ended
        ],
        "unsure": list(report.unsure),
        "interrupted": report.interrupted,
        "requests": report.requests,
        "writes": report.writes,
    }


def _facts(price: PriceFacts) -> dict[str, Any]:
    return {
        "id": price.id,
        "stack": price.stack or None,
        "address": price.address or None,
        "currency": price.currency,
        "unit_amount": price.unit or None,
        "interval": price.interval,
        "interval_count": price.interval_count,
        "metered": price.metered,
    }


def _cohort(cohort: Cohort) -> dict[str, Any]:
    return {
        "statuses": list(cohort.statuses),
        "created_before": cohort.created_before or None,
        "currency": cohort.currency or None,
        "metadata": list(cohort.metadata),
        "excluded": cohort.excluded,
        "limit": cohort.limit or None,
        "sample": cohort.sample or None,
    }
