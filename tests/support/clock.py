"""A clock that tests move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Seconds = TypeVar("Seconds", int, float)


@dataclass
class Clock(Generic[Seconds]):
    """A clock that stops until a test moves it.

    Attributes:
        now: What it shows.
    """

    now: Seconds

    def __call__(self) -> Seconds:
        """What it shows."""
        return self.now
