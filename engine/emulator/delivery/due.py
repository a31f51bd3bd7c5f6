"""Attempts that are to be made: which is next, and which have to wait for another."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterable, Iterator

from engine.emulator.accounts.keys import Caller
from engine.frozen import frozen


@frozen
class Due:
    """One attempt that is to be made.

    Attributes:
        caller: In the account of the event.
        event: Id of the event.
        endpoint: Id of the recipient.
        attempts: How many were made.
    """

    caller: Caller
    event: str
    endpoint: str
    attempts: int = 0

    @property
    def lane(self) -> tuple[str, str]:
        """Of what has the same, one is sent at a time."""
        return self.caller.own.scope, self.endpoint


class DueQueue:
    """Attempts in the order in which they were added, one of each lane at a time.

    What is next is found in as many steps as there are lanes, however many attempts there are.
    Callers see to it that one thread at a time uses it.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._lanes: dict[tuple[str, str], deque[tuple[int, Due]]] = {}
        self._later: list[tuple[float, int, Due]] = []
        self._taken: set[tuple[str, str]] = set()

    def __bool__(self) -> bool:
        """Whether something is queued, and not only for later."""
        return bool(self._lanes)

    def add(self, dues: Iterable[Due]) -> None:
        """Add attempts that may be made now."""
        for due in dues:
            self._lanes.setdefault(due.lane, deque()).append((next(self._numbers), due))

    def add_later(self, due: Due, at: float) -> None:
        """Add an attempt that is not made before a time."""
        heapq.heappush(self._later, (at, next(self._numbers), due))

    def ripen(self, now: float) -> int:
        """Let what had to wait until a time be made.

        Returns:
            How many attempts these are.
        """
        before = len(self._later)
        while self._later and self._later[0][0] <= now:
            self.add((heapq.heappop(self._later)[2],))
        return before - len(self._later)

    @property
    def ripens(self) -> float | None:
        """When the next attempt that has to wait may be made; None if none waits."""
        return self._later[0][0] if self._later else None

    @property
    def is_ready(self) -> bool:
        """Whether an attempt can be taken."""
        return any(lane not in self._taken for lane in self._lanes)

    @property
    def is_idle(self) -> bool:
        """Whether no attempt is being made."""
        return not self._taken

    def take(self) -> Due | None:
        """Take what is next; None if nothing is, or all of it waits for what is being made."""
        free = [lane for lane in self._lanes if lane not in self._taken]
        if not free:
            return None
        lane = min(free, key=lambda one: self._lanes[one][0][0])
        _, due = self._lanes[lane].popleft()
        if not self._lanes[lane]:
            del self._lanes[lane]
        self._taken.add(lane)
        return due

    def done(self, due: Due) -> None:
        """An attempt that was taken has been made."""
        self._taken.discard(due.lane)

    def drain(self) -> Iterator[Due]:
        """Take out everything that was not taken."""
        for lane in self._lanes.values():
            yield from (due for _, due in lane)
        yield from (due for _, _, due in self._later)
        self._lanes.clear()
        self._later.clear()
