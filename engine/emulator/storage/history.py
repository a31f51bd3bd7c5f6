"""Every object that requests made, for tests that check what must never happen.

What must not live here: what was asked (see `log`), and the objects themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.emulator.accounts.keys import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedObject:
    """One object that a request made.

    Attributes:
        object: Object name in the catalogue.
        id: Its id.
        params: Typed parameters it was made from; of one made inside another, its own.
        caller: Who sent the request.
        key: Idempotency key of the request; empty without one.
        request_id: Stripe's id of the request.
        alive: Whether it was there when the history was read; what is archived is.
    """

    object: str
    id: str
    params: dict[str, Any]
    caller: Caller
    key: str = ""
    request_id: str = ""
    alive: bool = True


class History:
    """The objects made by the requests of one emulator, oldest first; none is ever left out.

    What was undone because its request failed is not in it, nor what a replay told again, nor
    what was seeded.
    """

    def __init__(self, is_alive: Callable[[CreatedObject], bool]) -> None:
        self._made: list[CreatedObject] = []
        self._is_alive = is_alive

    def add(self, made: Iterable[CreatedObject], *, key: str, request_id: str) -> None:
        """Write down what one request made."""
        self._made += [replace(one, key=key, request_id=request_id) for one in made]

    def clear(self) -> None:
        """Forget all of them."""
        self._made.clear()

    def __iter__(self) -> Iterator[CreatedObject]:
        for one in tuple(self._made):
            yield replace(one, alive=self._is_alive(one))

    def __len__(self) -> int:
        return len(self._made)
