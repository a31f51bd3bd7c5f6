"""Every event of the types that are kept, against the types of events that Stripe publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.types.verbs import ORDINARY
from tests.unit.emulator.test_every_type import SAMPLES, Account

WITHOUT: Mapping[str, str] = {
    "billing.alert.triggered": "usage",
    "issuing_personalization_design.activated": "what an issuer decides",
    "issuing_personalization_design.deactivated": "what an issuer decides",
    "issuing_personalization_design.rejected": "what an issuer decides",
    "price.deleted": "prices are deleted as plans",
    "customer.subscription.pending_update_applied": "payments",
    "customer.subscription.pending_update_expired": "payments",
    "customer.subscription.trial_will_end": "time that passes",
    "subscription_schedule.aborted": "payments",
    "subscription_schedule.completed": "time that passes",
    "subscription_schedule.expiring": "time that passes",
    "terminal.reader.action_failed": "card readers at work",
    "terminal.reader.action_succeeded": "card readers at work",
    "terminal.reader.action_updated": "card readers at work",
    "customer.tax_id.updated": "what a tax office answers",
    "test_helpers.test_clock.advancing": "time that passes: a clock arrives at once",
    "test_helpers.test_clock.internal_failure": "what does not fail",
    "treasury.financial_account.features_status_updated": "what a bank decides",
}
"""Published types that the emulator never has, and what they are about."""


SEQUENCES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "billing.meter": (("deactivate", "reactivate"),),
    "quote": (("finalize_quote", "accept"), ("cancel",)),
    "subscription": (("pause", "resume"), ("cancel",)),
}
"""Operations that need others before them."""
UPDATES: Mapping[str, Mapping[str, Any]] = {
    "balance_settings": {"payments": {"payouts": {"statement_descriptor": "SHOP"}}},
    "billing.meter": {"display_name": "Other"},
    "tax.settings": {"defaults": {"tax_behavior": "inclusive"}},
}
PARAMS: Mapping[str, Mapping[str, Any]] = {"advance": {"frozen_time": 1_900_000_000}}
WITH_EVENTS = tuple(name for name in loader.managed() if loader.event_types(name))


def emitted(account: Account) -> set[str]:
    """The types of all events."""
    page = account.send("GET", "/v1/events", {"limit": 100}).document
    assert not page["has_more"]
    return {event["type"] for event in page["data"]}


def updated(account: Account, name: str) -> None:
    """Change an object of a type."""
    usual = SAMPLES[name].get("update") or {"metadata": {"changed": "yes"}}
    params = UPDATES.get(name, usual)
    if "update" in loader.entry(name).operations:
        answer = account.call(name, "update", account.filled(params))
        assert answer.status == 200, answer.body


@pytest.mark.parametrize("name", WITH_EVENTS)
def test_every_published_event_of_a_type(emulator: Emulator, name: str) -> None:
    """S: each happens when a request does what it is about, unless its row says why it cannot."""
    found: set[str] = set()
    verbs = set(loader.entry(name).operations) - ORDINARY - {"search"}
    for sequence in SEQUENCES.get(name, tuple((verb,) for verb in sorted(verbs))):
        emulator.reset()
        account = Account(emulator)
        account.make(name)
        for verb in sequence:
            account.call(name, verb, PARAMS.get(verb))
        found |= emitted(account)
    emulator.reset()
    account = Account(emulator)
    account.make(name)
    updated(account, name)
    if "delete" in loader.entry(name).operations:
        assert account.call(name, "delete").status == 200
    found |= emitted(account)
    published = set(loader.event_types(name))
    assert published - found == published & WITHOUT.keys()


def test_nothing_is_called_impossible_that_happens() -> None:
    """Each row is of a published type of something that is kept."""
    assert WITHOUT.keys() <= {type for name in WITH_EVENTS for type in loader.event_types(name)}
