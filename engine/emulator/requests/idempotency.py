"""Idempotency keys: the first response to each, and which are in use now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from engine.emulator.requests.request_context import RequestContext
from engine.emulator.storage.repository import FirstResponse, Repository
from engine.emulator.wire.errors import StripeRefusal

# D: a key expires after a day.
KEY_LIFE: Final = 24 * 3600
_LONGEST_KEY: Final = 255
_TYPE: Final = "idempotency_error"


def first_response(
    context: RequestContext, repository: Repository, now: int
) -> FirstResponse | None:
    """The first response to the request's key; None if the key is new or expired.

    Raises:
        StripeRefusal: 400, the key was first used for something else.
    """
    first = repository.first_response(context.key)
    if first is None or now - first.created >= KEY_LIFE:
        return None
    if first.endpoint != context.endpoint:
        own = context.request.path
        raise key_moved(context.key, first.endpoint.partition(" ")[2], own)
    if first.digest != context.digest:
        raise key_reused(context.key)
    return first


def remember(
    context: RequestContext, repository: Repository, outcome: tuple[int, bytes], now: int
) -> None:
    """Keep the first response to the request's key."""
    status, body = outcome
    first = FirstResponse(
        endpoint=context.endpoint,
        digest=context.digest,
        status=status,
        body=body,
        request_id=context.id,
        created=now,
    )
    repository.remember(context.key, first)


class KeysInUse:
    """The keys of requests that are under way in this process."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def alone_with(self, scope: str, key: str) -> Iterator[None]:
        """Reserve a key for one request; an empty key is not reserved.

        Another process waits for the store's write lock, and then replays.

        Raises:
            StripeRefusal: 409, another request with it is under way.
        """
        if not key:
            yield
            return
        using = (scope, key)
        with self._lock:
            if using in self._keys:
                raise key_in_use(key)
            self._keys.add(using)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(using)


def key_reused(key: str) -> StripeRefusal:
    """An idempotency key with other parameters than at first."""
    return StripeRefusal(
        "Keys for idempotent requests can only be used with the same parameters they were first "
        f"used with. Try using a key other than '{key}' if you meant to execute a different "
        "request.",
        type=_TYPE,
    )


def key_moved(key: str, first: str, now: str) -> StripeRefusal:
    """An idempotency key on another endpoint than at first."""
    return StripeRefusal(
        "Keys for idempotent requests can only be used for the same endpoint they were first used "
        f"for ('{first}' vs '{now}'). Try using a key other than '{key}' if you meant to execute "
        "a different request.",
        type=_TYPE,
    )


def key_in_use(key: str) -> StripeRefusal:
    """An idempotency key whose first request is still under way."""
    return StripeRefusal(
        "There is currently another in-progress request using this Idempotent Key (that probably "
        "means you submitted twice, and the other request is still going through): "
        f"{key}. Please try again later.",
        status=409,
        type=_TYPE,
        code="idempotency_key_in_use",
    )


def check_length(key: str) -> None:
    """Refuse a key that is too long.

    Raises:
        StripeRefusal: It is.
    """
    if len(key) > _LONGEST_KEY:
        raise key_too_long(_LONGEST_KEY)


def key_too_long(most: int) -> StripeRefusal:
    """An idempotency key that is too long (D); the text is ours (?)."""
    return StripeRefusal(f"Idempotency keys can be at most {most} characters long.", type=_TYPE)
