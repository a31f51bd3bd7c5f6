"""Run reads concurrently; the rate limiter, not the number of threads, sets the speed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_AT_ONCE = 8
_Result = TypeVar("_Result")


def at_once(reads: Sequence[Callable[[], _Result]]) -> list[_Result]:
    """Run reads and return their results in the same order.

    Raises:
        Exception: what the first read that failed raised.
    """
    if len(reads) <= 1:
        return [read() for read in reads]
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(reads))) as pool:
        return list(pool.map(lambda read: read(), reads))
