"""Observers see the requests to all emulators of this process, and the responses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.emulator.wire.messages import Request


class Observer:
    """Sees requests and responses; it changes neither, and may be called from several threads."""

    def received(self, request: Request) -> None:
        """A request arrived."""

    def answered(self, request: Request, status: int, body: bytes) -> None:
        """A request has a response, before a fault may lose it."""


_observers: list[Observer] = []


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Let an observer see what is sent to any emulator of this process."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)


def received(request: Request) -> None:
    """Show all observers a request."""
    for observer in _observers:
        observer.received(request)


def answered(request: Request, status: int, body: bytes) -> None:
    """Show all observers a response."""
    for observer in _observers:
        observer.answered(request, status, body)
