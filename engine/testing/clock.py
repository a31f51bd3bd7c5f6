"""A clock that tests set: the emulator and the engine can have it in common."""

from __future__ import annotations

import datetime as dt
import time


class Clock:
    """Keeps its time until it is set or moved; called, it gives seconds since 1970.

    Attributes:
        now: Seconds since 1970.
    """

    def __init__(self, now: int | dt.datetime | None = None) -> None:
        """Begin at a time.

        Args:
            now: Seconds since 1970, or a time with its zone; the present if not given.
        """
        self.now: int = 0
        self.set(int(time.time()) if now is None else now)

    def __call__(self) -> int:
        """The time, in seconds since 1970."""
        return self.now

    def set(self, now: int | dt.datetime) -> None:
        """Set it to a time: seconds since 1970, or a time with its zone."""
        self.now = int(now.timestamp()) if isinstance(now, dt.datetime) else now

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Move it forward."""
        self.now += int(dt.timedelta(days=days, hours=hours, seconds=seconds).total_seconds())
