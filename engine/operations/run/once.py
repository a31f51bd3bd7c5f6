"""Values that are found out once, for all runs that have them in common."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


class Once:
    """Finds out each value when it is first asked for; safe to use from several threads.

    The accounts of a fleet share one: what each of them asks of all states of the project would
    otherwise be read once for each account, so that a plan took the square of their number.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = threading.RLock()
        self._found: dict[str, Any] = {}

    def __call__(self, what: str, find: Callable[[], _T]) -> _T:
        """A value, by its name; `find` is called the first time only."""
        with self._lock:
            if what not in self._found:
                self._found[what] = find()
            return cast("_T", self._found[what])
