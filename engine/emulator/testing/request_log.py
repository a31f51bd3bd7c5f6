"""The log of requests and their outcome, for tests to read. API keys are never in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.frozen import frozen

_MOST = 20_000


@frozen
class LogEntry:
    """One request.

    Attributes:
        method: Upper case.
        path: Without the query.
        params: As decoded from query and form.
        key: Idempotency key; empty without one.
        status: HTTP status; None if the connection broke.
        replayed: The response is that of an earlier request with the same key.
        request_id: Stripe's id of the request.
        account: Id of the connected account it acted in; empty for the key's own.
    """

    method: str
    path: str
    params: dict[str, Any]
    key: str
    status: int | None
    replayed: bool
    request_id: str
    account: str = ""


@dataclass(slots=True)
class RequestLog:
    """The latest requests of one emulator, oldest first."""

    _entries: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=_MOST))

    def add(self, entry: LogEntry) -> None:
        """Add a request."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Remove all of them."""
        self._entries.clear()

    def writes(self) -> list[LogEntry]:
        """Those that may have changed something."""
        return [entry for entry in self if entry.method != "GET"]

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> LogEntry:
        return self._entries[index]
