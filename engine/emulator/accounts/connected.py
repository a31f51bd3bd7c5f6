"""Connected accounts: the one that a request's headers name, and refusals about them."""

from __future__ import annotations

from typing import Final

from engine.emulator.accounts.keys import Caller
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.messages import Headers

ACCOUNT: Final = "account"
"""Object name of connected accounts, which are objects of their platform."""
# D: the second does what the first does, and reaches further accounts.
_HEADERS: Final = ("Stripe-Account", "Stripe-Context")


def acting(caller: Caller, headers: Headers) -> Caller:
    """The caller in the account that the headers name, which need not exist.

    D: a context is a path of ids that begins below the key's own account. A path that begins with
    the own account is what a key of an organization sends. An empty header names an account like
    any other that does not exist (R).

    Raises:
        StripeRefusal: They name two accounts.
    """
    named = {_named(caller, headers[name]) for name in _HEADERS if name in headers}
    if len(named) > 1:
        raise two_accounts()
    return named.pop() if named else caller


def _named(caller: Caller, path: str) -> Caller:
    if path == caller.account:
        return caller
    return caller.within(path.removeprefix(f"{caller.account}/"))


def foreign_account(caller: Caller, account: str) -> StripeRefusal:
    """An account that does not exist, or is not connected to the key's own (L)."""
    return StripeRefusal(
        f"The provided key '{caller.shown}' does not have access to account '{account}' (or that "
        "account does not exist). Application access may have been revoked.",
        status=403,
        code="account_invalid",
    )


def two_accounts() -> StripeRefusal:
    """Headers that name two accounts; the text is ours (?)."""
    return StripeRefusal(
        "The `Stripe-Account` and `Stripe-Context` headers name different accounts. Send one of "
        "them."
    )


def no_platform() -> StripeRefusal:
    """A connected account that asks for another account (R; D for the code)."""
    return StripeRefusal(
        "Only Stripe Connect platforms can work with other accounts. If you specified a client_id "
        "parameter, make sure it's correct. If you need to setup a Stripe Connect platform, you "
        "can do so at https://dashboard.stripe.com/account/applications/settings.",
        status=403,
        code="platform_account_required",
    )
