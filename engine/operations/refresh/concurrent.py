"""Several questions at once: the pace says how fast, not the number of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_AT_ONCE = 8
_Answer = TypeVar("_Answer")


def at_once(questions: Sequence[Callable[[], _Answer]]) -> list[_Answer]:
    """Ask, and return the answers in the order of the questions.

    Raises:
        Exception: what the first question that failed raised.
    """
    if len(questions) <= 1:
        return [question() for question in questions]
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(questions))) as pool:
        return list(pool.map(lambda question: question(), questions))
