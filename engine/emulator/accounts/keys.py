"""API keys: whose they are, and in which account and mode a request acts."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from functools import lru_cache

from engine.emulator.wire import errors
from engine.frozen import frozen

_KEY = re.compile(r"(?P<kind>sk|rk)_(?P<mode>test|live)_(?P<secret>[A-Za-z0-9_]+)")
_SHOWN_TAIL = 4
_MOST_STARS = 32
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ACCOUNT_LENGTH = 16
_APPLICATION_LENGTH = 32


@frozen
class Caller:
    """Who sends a request.

    Attributes:
        account: Id of the account that it acts in.
        livemode: Whether the key is a live one.
        restricted: Whether the key is a restricted one.
        shown: The key as Stripe prints it, with stars for the secret.
        platform: Id of the key's own account where it acts in a connected one; else empty.
    """

    account: str
    livemode: bool
    restricted: bool
    shown: str
    platform: str = ""

    @property
    def mode(self) -> str:
        """`live` or `test`."""
        return "live" if self.livemode else "test"

    @property
    def other_mode(self) -> Caller:
        """The same with a key of the other mode."""
        return replace(self, livemode=not self.livemode)

    @property
    def connected(self) -> str:
        """Id of the connected account that it acts in; empty in the key's own."""
        return self.account if self.platform else ""

    @property
    def own(self) -> Caller:
        """The same in the key's own account."""
        return replace(self, account=self.platform, platform="") if self.platform else self

    def within(self, connected: str) -> Caller:
        """The same in an account that is connected to the key's own."""
        own = self.own
        return replace(own, account=connected, platform=own.account)

    @property
    def scope(self) -> str:
        """Names the objects and idempotency keys that it sees: those of one account in one mode."""
        above = f"{self.platform}/" if self.platform else ""
        return f"{above}{self.account}/{self.mode}"


def caller_of(authorization: str | None) -> Caller:
    """Find out who calls, from the value of the `Authorization` header.

    Raises:
        StripeRefusal: 401, without a key or with one that is not Stripe's.
    """
    key = _key_in(authorization or "")
    if not key:
        raise errors.missing_key()
    return _caller(key)


def _key_in(authorization: str) -> str:
    scheme, _, credentials = authorization.strip().partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials, validate=True).decode()
        # Non-ASCII text raises a plain `ValueError`; the other errors are subclasses.
        except ValueError:
            return ""
        return decoded.partition(":")[0]
    return ""


@lru_cache(maxsize=256)
def _caller(key: str) -> Caller:
    match = _KEY.fullmatch(key)
    if match is None:
        raise errors.invalid_key(redacted(key))
    return Caller(
        account=account_id(match["secret"]),
        livemode=match["mode"] == "live",
        restricted=match["kind"] == "rk",
        shown=f"{match['kind']}_{match['mode']}_***",
    )


def account_id(secret: str) -> str:
    """The account that keys with this secret part belong to; the same in both modes."""
    return "acct_1" + _spelled(secret, _ACCOUNT_LENGTH - 1)


def application_id(platform: str) -> str:
    """The Connect application of an account, which marks what it makes in connected ones."""
    return "ca_" + _spelled(platform, _APPLICATION_LENGTH)


def _spelled(text: str, length: int) -> str:
    """Letters and digits that follow from a text."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    letters = ""
    while len(letters) < length:
        number, digit = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[digit]
    return letters


def redacted(key: str) -> str:
    """Print a key as Stripe does in errors: its prefix, stars, its last four characters."""
    known = re.match(r"[a-z]{2}_(test|live)_", key)
    head = known[0] if known else key[: min(_SHOWN_TAIL, len(key) // 4)]
    tail = key[-_SHOWN_TAIL:] if len(key) >= len(head) + 2 * _SHOWN_TAIL else ""
    stars = min(len(key) - len(head) - len(tail), _MOST_STARS)
    return f"{head}{'*' * stars}{tail}"
