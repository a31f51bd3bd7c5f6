"""The JSON documents about the subscribers of a price."""

from __future__ import annotations

from typing import Any

from engine.plan.subscribers.amounts import is_metered, rhythm, unit_amount
from engine.plan.subscribers.count import Group, Subscribed, SubscribersReport
from engine.plan.subscribers.subscriber import Mark
from engine.views.json.values import FORMAT_VERSION


def subscribers_document(report: SubscribersReport) -> dict[str, Any]:
    """Write who is on some prices."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": report.environment,
        **({"server": report.server} if report.server else {}),
        "account": {"id": report.account_id or None, "livemode": report.livemode},
        "prices": [_price(one) for one in report.prices],
        "requests": report.requests,
    }


def _price(one: Subscribed) -> dict[str, Any]:
    interval, count = rhythm(one.price)
    unit = unit_amount(one.price, one.price["currency"])
    return {
        "id": one.id,
        "stack": one.stack or None,
        "address": one.address or None,
        "current": one.current,
        "account": one.account or None,
        "active": one.price["active"],
        "currency": one.price["currency"],
        "interval": interval,
        "interval_count": count,
        "metered": is_metered(one.price),
        "unit_amount": None if unit is None else str(unit.value),
        "subscriptions": one.subscriptions,
        "quantity": one.quantity,
        "groups": [_group(group) for group in one.groups],
        "of_them": {mark.value: one.marks.get(mark, 0) for mark in Mark},
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "status": group.status,
        "currency": group.currency,
        "subscriptions": group.subscriptions,
        "quantity": group.quantity,
        "amount": None if group.amount is None else f"{group.amount:f}",
        "monthly": group.monthly,
    }
