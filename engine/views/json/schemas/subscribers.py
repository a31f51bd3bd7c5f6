"""Schemas of the documents about the subscribers of a price."""

from __future__ import annotations

from engine.plan.subscribers.moves import Note, Proration, Skip
from engine.plan.subscribers.outcome import Became
from engine.plan.subscribers.subscriber import Mark
from engine.views.json.schemas.build import (
    COUNT,
    FLAG,
    TEXT,
    about,
    array,
    by_name,
    maybe,
    record,
    words,
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

_MOVED_PRICE = record(
    {
        "id": TEXT,
        "stack": maybe(TEXT),
        "address": maybe(TEXT),
        "currency": TEXT,
        "unit_amount": about("Of one; null if that depends on the quantity.", maybe(TEXT)),
        "interval": TEXT,
        "interval_count": COUNT,
        "metered": FLAG,
    }
)
_MONEY = record(
    {
        "from": TEXT,
        "to": TEXT,
        "currency": TEXT,
        "subscriptions": COUNT,
        "quantity": COUNT,
        "before": about("What they pay each old period.", _MINOR),
        "after": about("What they pay each new period.", _MINOR),
    }
)
MOVE = record(
    {
        "id": about("The subscription.", TEXT),
        "item": TEXT,
        "from": TEXT,
        "to": TEXT,
        "quantity": about("Stays as it is; null if the usage is metered.", maybe(COUNT)),
        "status": TEXT,
        "invoiced": FLAG,
        "canceling": FLAG,
    }
)
_COHORT = record(
    {
        "statuses": array(TEXT),
        "created_before": about("In seconds since 1970.", maybe(COUNT)),
        "currency": maybe(TEXT),
        "metadata": about("The keys that were asked for.", array(TEXT)),
        "excluded": COUNT,
        "limit": maybe(COUNT),
        "sample": maybe(COUNT),
    }
)
MOVES = record(
    {
        "environment": TEXT,
        "account": ACCOUNT,
        "connected_account": maybe(TEXT),
        "prices": array(_MOVED_PRICE),
        "proration": words(Proration),
        "cohort": about("Null in a plan that undoes moves.", maybe(_COHORT)),
        "undoes": about("The moves that it undoes.", maybe(TEXT)),
        "money": array(_MONEY),
        "notes": array(words(Note)),
        "moves": array(MOVE),
        "skipped": array(record({"id": TEXT, "why": words(Skip)})),
        "left_out": about("How many were not asked for, by the reason.", by_name(COUNT)),
    }
)
MOVED = record(
    {
        "environment": TEXT,
        "account": ACCOUNT,
        "name": about("The name by which the moves are known.", TEXT),
        "summary": record({one.value: COUNT for one in Became}),
        "moves": array(
            record(
                {
                    "id": about("The subscription.", TEXT),
                    "item": TEXT,
                    "became": words(Became),
                    "why": maybe(TEXT),
                    "by_earlier_run": FLAG,
                }
            )
        ),
        "unsure": about(
            "Subscriptions that the moves which these undo may have moved, and that are not among "
            "them: an answer of Stripe was lost.",
            array(TEXT),
        ),
        "interrupted": FLAG,
        "requests": COUNT,
        "writes": COUNT,
    }
)
