"""Every object that requests made, for tests that check what must never happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from engine.emulator.accounts.keys import Caller
from engine.frozen import frozen


@frozen
class CreatedObject:
    """One object that a request made.

    Attributes:
        object: Object name in the catalog.
        id: Its id.
        params: Typed parameters it was made from; for an object made inside another one's
            parameters, its own part of them.
        caller: Who sent the request.
        key: Idempotency key of the request; empty without one.
        request_id: Stripe's id of the request.
        alive: Whether it existed when the history was read; archived objects do.
    """

    object: str
    id: str
    params: dict[str, Any]
    caller: Caller
    key: str = ""
    request_id: str = ""
    alive: bool = True

    @property
    def account(self) -> str:
        """Id of the connected account that it is in; empty for the key's own."""
        return self.caller.connected


class History:
    """The objects made by the requests of one emulator, all of them, oldest first.

    It has no objects of failed requests, which were undone, no replays and no seeded objects.
    """

    def __init__(self, is_alive: Callable[[CreatedObject], bool]) -> None:
        self._made: list[CreatedObject] = []
        self._is_alive = is_alive

    def add(self, made: Iterable[CreatedObject], *, key: str, request_id: str) -> None:
        """Add the objects that one request made."""
        self._made += [replace(one, key=key, request_id=request_id) for one in made]

    def clear(self) -> None:
        """Remove all of them."""
        self._made.clear()

    def __iter__(self) -> Iterator[CreatedObject]:
        for one in tuple(self._made):
            yield replace(one, alive=self._is_alive(one))

    def __len__(self) -> int:
        return len(self._made)
