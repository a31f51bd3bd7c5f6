"""One finding for one mistake: what a loop repeats is reported once, with its count."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable

from engine.address import ADDRESS_PATTERN
from engine.errors import Problem

_HEAD = re.compile(ADDRESS_PATTERN)
_CALLED = re.compile(r" \(from [^)]*\)$")
_VARYING = re.compile(rf"{ADDRESS_PATTERN}|'[^']*'|\"[^\"]*\"|\d+")
_STOPPED = ("exception", "syntax-error")
"""Findings that end the evaluation of a module: one in a shared module stops every stack."""


def merged(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Join the findings of one line that differ only in what a loop varies.

    That is the resource, values in quotation marks and numbers. Two findings about one resource
    are two mistakes and stay apart, and so are two lines that call one function with arguments of
    their own; but what stops a shared module is one mistake, whichever stack came to it.

    Example: fifty coupons of a loop whose duration is 'onec' are one finding, of count 50, about
    the first of them.

    Args:
        problems: Findings in the order in which they were made.
    """
    first: dict[tuple[object, ...], Problem] = {}
    repeated: Counter[tuple[object, ...]] = Counter()
    for problem in dict.fromkeys(problems):
        called = _CALLED.search(problem.message)
        kind = (
            problem.file,
            problem.line,
            problem.reference,
            _VARYING.sub("", _CALLED.sub("", problem.message)),
            _VARYING.sub("", problem.hint),
            called[0] if called is not None and problem.reference not in _STOPPED else "",
        )
        about = _HEAD.match(problem.message)
        turn = 0
        if about is not None:
            repeated[kind, about[0]] += 1
            turn = repeated[kind, about[0]]
        found = first.setdefault((*kind, turn), problem)
        if found is not problem:
            first[*kind, turn] = dataclasses.replace(found, count=found.count + 1)
    return tuple(first.values())
