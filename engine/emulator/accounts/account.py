"""The account that a key belongs to, which exists from the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine.emulator.accounts.keys import Caller
from engine.emulator.wire import errors

OWN: Final = "/v1/account"
_BY_ID = "/v1/accounts/"
# A day before the creation of any object of the emulator.
_CREATED: Final = 1577836800
_NO_REQUIREMENTS: Final[Mapping[str, Any]] = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}


def is_own_account(method: str, path: str, caller: Caller) -> bool:
    """Whether a request asks for the account of the caller's key."""
    own = not caller.platform
    return own and method == "GET" and path in (OWN, f"{_BY_ID}{caller.account}")


def own_account(caller: Caller) -> dict[str, Any]:
    """The caller's own account.

    Raises:
        StripeRefusal: The key is restricted (L: the text names the account).
    """
    if caller.restricted:
        raise errors.more_permissions(
            caller.shown, caller.account, "Accounts Kyc Basic Read", "accounts_kyc_basic_read"
        )
    return _document(caller)


def _document(caller: Caller) -> dict[str, Any]:
    return {
        "id": caller.account,
        "object": "account",
        "business_profile": {
            "mcc": None,
            "name": "Emulated account",
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": None,
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "US",
        "created": _CREATED,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@example.com",
        "future_requirements": _NO_REQUIREMENTS,
        "metadata": {},
        "payouts_enabled": True,
        "requirements": _NO_REQUIREMENTS,
        "settings": {
            "branding": {
                "icon": None,
                "logo": None,
                "primary_color": None,
                "secondary_color": None,
            },
            "card_payments": {
                "decline_on": {"avs_failure": False, "cvc_failure": False},
                "statement_descriptor_prefix": None,
                "statement_descriptor_prefix_kana": None,
                "statement_descriptor_prefix_kanji": None,
            },
            "dashboard": {"display_name": "Emulated account", "timezone": "Etc/UTC"},
            "payments": {"statement_descriptor": "EMULATED"},
        },
        "tos_acceptance": {"date": _CREATED},
        "type": "standard",
    }
