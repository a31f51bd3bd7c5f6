"""Schemas of the documents about the subscribers of a price."""

from __future__ import annotations

from engine.plan.subscribers.subscriber import Mark
from engine.views.json.schemas.build import (
    COUNT,
    FLAG,
    TEXT,
    about,
    array,
    maybe,
    record,
)
from engine.views.json.schemas.shared import ACCOUNT

_MINOR = about(
    "In minor units, before discounts and taxes; null if the price does not say it.",
    maybe(TEXT),
)
_GROUP = record(
    {
        "status": TEXT,
        "currency": TEXT,
        "subscriptions": COUNT,
        "quantity": COUNT,
        "amount": about("What they pay each period.", _MINOR),
        "monthly": about("The same each month, in whole minor units.", maybe(COUNT)),
    }
)
_PRICE = record(
    {
        "id": TEXT,
        "stack": maybe(TEXT),
        "address": maybe(TEXT),
        "current": about("It is the price that the resource has now.", FLAG),
        "account": about("Connected account it is on; null for the key's own.", maybe(TEXT)),
        "active": FLAG,
        "currency": TEXT,
        "interval": TEXT,
        "interval_count": COUNT,
        "metered": FLAG,
        "unit_amount": about("Of one; null if that depends on the quantity.", maybe(TEXT)),
        "subscriptions": COUNT,
        "quantity": COUNT,
        "groups": array(_GROUP),
        "of_them": about(
            "How many have what is particular.", record({mark.value: COUNT for mark in Mark})
        ),
    }
)
SUBSCRIBERS = record(
    {"environment": TEXT, "account": ACCOUNT, "prices": array(_PRICE), "requests": COUNT},
    optional={"server": TEXT},
)
