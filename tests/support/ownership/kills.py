"""Runs that end in the middle, as if the machine had been switched off."""

from __future__ import annotations

import functools
from typing import Any, cast

from engine.ports.backend import StateBackend
from engine.ports.provider import Provider

_SENDS = ("create", "update", "call", "delete")
_STORES = ("write", "remove", "begin_journal", "end_journal")


class KilledError(BaseException):
    """The end of the process; no handler of the engine catches it."""


class Fuse:
    """Counts what a run does to Stripe and to the store, and ends the run at a chosen point.

    From that point on nothing works, so that no handler can put anything in order.
    """

    def __init__(self, at: int = 0) -> None:
        """Args: at: number of the point, from 1; 0 for a run that is not ended."""
        self.at = at
        self.points = 0
        self._files: list[_File] = []

    def point(self) -> None:
        """Count; end the run if its time has come."""
        self.points += 1
        if self.at and self.points >= self.at:
            raise KilledError

    def around_provider(self, inner: Provider) -> Provider:
        """The same provider, with a point before and after each request that writes."""
        return cast("Provider", _Around(inner, _SENDS, self))

    def around_backend(self, inner: StateBackend) -> StateBackend:
        """The same store, with a point before and after each change."""
        return cast("StateBackend", _Around(inner, _STORES, self))

    def opened(self, found: Any) -> Any:
        """Remember what the end of a process would close."""
        if not hasattr(found, "close"):
            return found
        file = _File(found)
        self._files.append(file)
        return file

    def close(self) -> None:
        """Close what the run left open."""
        for file in self._files:
            file.close()


class _Around:
    def __init__(self, inner: Any, names: tuple[str, ...], fuse: Fuse) -> None:
        self._inner, self._names, self._fuse = inner, names, fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._names:
            return found

        @functools.wraps(found)
        def wrapped(*args: Any, **options: Any) -> Any:
            self._fuse.point()
            answer = self._fuse.opened(found(*args, **options))
            self._fuse.point()
            return answer

        return wrapped


class _File:
    def __init__(self, inner: Any) -> None:
        self._inner, self._closed = inner, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._inner.close()
