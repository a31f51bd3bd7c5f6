"""What Stripe has and the emulator does not: money above all, and what needs other people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from engine.catalog import loader

AREAS: Final[Mapping[str, tuple[str, ...]]] = {
    "payments": (
        "payment_intents",
        "setup_intents",
        "setup_attempts",
        "charges",
        "refunds",
        "disputes",
        "mandates",
        "sources",
        "tokens",
        "payment_methods",
        "payment_records",
        "payment_attempt_records",
        "confirmation_tokens",
        "reviews",
        "three_d_secure",
        "radar/early_fraud_warnings",
        "radar/payment_evaluations",
        "customers/{}/sources",
        "customers/{}/payment_methods",
        "customers/{}/cards",
        "customers/{}/bank_accounts",
        "apple_pay",
    ),
    "invoices and proration": (
        "invoices",
        "invoiceitems",
        "invoice_payments",
        "invoice_rendering_templates",
        "credit_notes",
        "quotes/{}/computed_upfront_line_items",
    ),
    "balances, transfers and payouts": (
        "balance",
        "balance_transactions",
        "payouts",
        "transfers",
        "topups",
        "application_fees",
        "exchange_rates",
        "billing/credit_balance_summary",
        "billing/credit_balance_transactions",
        "customers/{}/balance_transactions",
        "customers/{}/cash_balance",
        "customers/{}/cash_balance_transactions",
        "customers/{}/funding_instructions",
        "reserve",
    ),
    "checkout sessions": ("checkout",),
    "sessions of customers and accounts": (
        "billing_portal/sessions",
        "customer_sessions",
        "account_sessions",
        "account_links",
        "accounts/{}/login_links",
        "ephemeral_keys",
        "link_account_sessions",
        "terminal/connection_tokens",
        "terminal/onboarding_links",
    ),
    "usage": (
        "billing/meter_events",
        "billing/meter_event_adjustments",
        "billing/meters/{}/event_summaries",
        "billing/meter_event_session",
        "billing/meter_event_stream",
    ),
    "entitlements of customers": ("entitlements/active_entitlements",),
    "tax calculations": ("tax/calculations", "tax/transactions", "tax/associations", "tax_codes"),
    "payments with issued cards": ("issuing",),
    "money in financial accounts": ("treasury", "money_management", "core/vault"),
    "checks of identity": ("identity",),
    "bank connections": ("financial_connections", "linked_accounts"),
    "reports": ("reporting", "sigma"),
    "card readers at work": ("terminal",),
    "test helpers": ("test_helpers",),
    "orders of carbon removal": ("climate",),
    "crypto": ("crypto",),
    "forwarded requests": ("forwarding",),
    "countries": ("country_specs",),
    "capabilities of accounts": ("accounts/{}/capabilities",),
    "accounts of v2": ("core/accounts", "core/account_tokens", "core/account_links"),
    "installed apps": ("apps/installs",),
}
"""What is not emulated, in words, by the beginnings of paths below `/v1/`."""
_OTHER: Final = "this part of Stripe"
_PLACEHOLDER: Final = re.compile(r"\{\w*\}")


def not_emulated(method: str, path: str, *, kept: bool) -> str:
    """What a request is about that Stripe has, in words; empty if Stripe has no such operation.

    Args:
        method: Upper case.
        path: Without the query.
        kept: The path is that of an object which the emulator keeps.
    """
    known = any(one.fullmatch(path) for one in _paths().get(method.lower(), ()))
    if kept and not known:
        return ""
    other = _OTHER if known else ""
    return next((area for area, begins in _areas() if begins.fullmatch(path)), other)


@cache
def _areas() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (area, _pattern(f"/v[12]/{begin}", "(/.*)?"))
        for area, begins in AREAS.items()
        for begin in sorted(begins, key=len, reverse=True)
    )


@cache
def _paths() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """The paths of all operations that the SDK has, by method."""
    found: dict[str, set[str]] = {}
    for name in loader.object_names():
        for operation in loader.entry(name).operations.values():
            found.setdefault(operation.method, set()).add(operation.path)
    return {method: tuple(map(_pattern, sorted(paths))) for method, paths in found.items()}


def _pattern(path: str, end: str = "") -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub("[^/]+", path) + end)
