"""Whether a request is sent again, after how long, and what a failure tells of the pace.

What must not live here: the sending, and the words for a failure (`refusals`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_REFUSED, _CONFLICT, _TOO_MANY, _SERVER = 400, 409, 429, 500
_LONGEST_WAIT = 30.0
_FIRST_WAIT = 0.5
LONGEST_HOLD = 300.0
"""Seconds that a `Retry-After` is followed at most."""
_PATIENCE, _STEADY = 5, 2
"""How many times as often a request that came too fast is tried; when its waits stop growing."""


@dataclass(slots=True)
class Tries:
    """How often a request was tried again, and whether it may be once more.

    One that came too fast did nothing wrong: it is tried more often.

    Attributes:
        most: How often a request is tried again; one that came too fast, a few times more.
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
            attempt = min(attempt, _STEADY)  # the pace sees to the rest
        most = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT)
        return float(most * self._jitter.uniform(0.5, 1.0))


def may_retry(error: Any) -> bool:
    """Whether the same request, with the same key, may be sent again."""
    if not getattr(error, "passes", True):
        return False  # whoever answered like this does so each time
    status = status_of(error)
    if status is None:
        return True  # no answer; a write carries its idempotency key
    asked = header(error.headers, "Stripe-Should-Retry").lower()
    if asked in ("true", "false"):
        return asked == "true"
    if is_replayed(error):
        return False  # the same answer would come for ever
    return status in (_CONFLICT, _TOO_MANY) or status >= _SERVER


def status_of(error: Any) -> int | None:
    """HTTP status of an answer of Stripe's; None if there was none.

    The SDK raises with a status of success when the body was cut off, or is not Stripe's, and a
    refusal in a form that Stripe has none of is somebody else's: what was asked may have been done
    then, or not, as if no answer had come.
    """
    status: int | None = error.http_status
    if status is None or status < _REFUSED:
        return None
    return None if is_foreign(error) and status < _SERVER else status


def is_foreign(error: Any) -> bool:
    """Whether somebody else answered, as far as the form of an answer tells."""
    return hasattr(error, "passes")


def is_too_fast(error: Any) -> bool:
    """Whether a request was refused for its rate, and not for an object that is locked.

    L: the body of a 429 has had several forms over the years; the status tells.
    """
    code = error.code or getattr(error.error, "code", None)
    return bool(error.http_status == _TOO_MANY and code != "lock_timeout")


def is_replayed(error: Any) -> bool:
    """Whether it is the saved answer to an earlier request with the same idempotency key."""
    return header(error.headers, "Idempotent-Replayed").lower() == "true"


def retry_after(error: Any) -> float | None:
    """Seconds that Stripe asks to wait, as far as they are followed; None if it does not ask."""
    asked = header(error.headers, "Retry-After")
    return min(float(asked), LONGEST_HOLD) if asked.isdecimal() else None


def header(headers: Mapping[str, str] | None, name: str) -> str:
    """A header of the answer, however a proxy spelt its name; empty if it is not there."""
    for given, value in (headers or {}).items():
        if given.lower() == name.lower():
            return str(value).strip()
    return ""
