"""Whether a request is sent again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_REFUSED, _CONFLICT, _TOO_MANY, _SERVER = 400, 409, 429, 500
_LONGEST_WAIT = 30.0
_FIRST_WAIT = 0.5
LONGEST_HOLD = 300.0
"""Longest `Retry-After` that is followed, in seconds."""
_PATIENCE, _STEADY = 5, 2
"""Factor for the tries of a request that came too fast; the try at which its waits stop growing."""


@dataclass(slots=True)
class Tries:
    """Counts how often a request was sent again, and decides whether it may be once more.

    A request that came too fast is sent again more often than others.

    Attributes:
        most: How often a request is sent again; one that came too fast, a few times more.
        made: How often it was.
    """

    most: int
    made: int = 0
    _jitter: random.Random = field(default_factory=random.Random)

    def again(self, error: Any) -> bool:
        """Count a failure; whether the same request may be sent once more."""
        most = self.most * _PATIENCE if is_too_fast(error) else self.most
        self.made += 1
        return may_retry(error) and self.made <= most

    def wait(self, error: Any) -> float:
        """Seconds before the next try: what Stripe asks for, or doubling with jitter."""
        attempt = self.made - 1
        asked = retry_after(error)
        if asked is not None:
            return asked
        if is_too_fast(error):
            attempt = min(attempt, _STEADY)  # the rate limiter does the rest
        most = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT)
        return float(most * self._jitter.uniform(0.5, 1.0))


def may_retry(error: Any) -> bool:
    """Whether the same request, with the same key, may be sent again."""
    if not getattr(error, "passes", True):
        return False  # the other side answers like this each time
    status = status_of(error)
    if status is None:
        return True  # no answer; a write carries its idempotency key
    asked = header(error.headers, "Stripe-Should-Retry").lower()
    if asked in ("true", "false"):
        return asked == "true"
    if is_replayed(error):
        return False  # the same answer would come each time
    return status in (_CONFLICT, _TOO_MANY) or status >= _SERVER


def status_of(error: Any) -> int | None:
    """HTTP status of a response of Stripe's; None if there was none.

    The SDK raises with a status of success when the body was cut off or is not Stripe's, and a
    refusal in another form than Stripe's comes from another server. The request may have been
    carried out then, or not, as without a response.
    """
    status: int | None = error.http_status
    if status is None or status < _REFUSED:
        return None
    return None if is_foreign(error) and status < _SERVER else status


def is_foreign(error: Any) -> bool:
    """Whether the form of a response shows that it is not Stripe's."""
    return hasattr(error, "passes")


def is_too_fast(error: Any) -> bool:
    """Whether a request was refused for its rate, and not for an object that is locked.

    L: the body of a 429 has had several forms over the years; the status decides.
    """
    code = error.code or getattr(error.error, "code", None)
    return bool(error.http_status == _TOO_MANY and code != "lock_timeout")


def is_replayed(error: Any) -> bool:
    """Whether it is the saved response to an earlier request with the same idempotency key."""
    return header(error.headers, "Idempotent-Replayed").lower() == "true"


def retry_after(error: Any) -> float | None:
    """Seconds that Stripe asks to wait, up to the longest that is followed; None if it does not."""
    asked = header(error.headers, "Retry-After")
    return min(float(asked), LONGEST_HOLD) if asked.isdecimal() else None


def header(headers: Mapping[str, str] | None, name: str) -> str:
    """A header of the response, in any case of its name; empty if it is missing."""
    for given, value in (headers or {}).items():
        if given.lower() == name.lower():
            return str(value).strip()
    return ""
