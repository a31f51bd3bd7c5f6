"""A plan as a text that is the same in each run and on each machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import Plan

_ID = re.compile(r"\b((?:[a-z]+_)+)([A-Za-z0-9]{8,})\b")
"""What is between a prefix and the end of an id of Stripe's."""


def snapshot_of(plan: Plan, *, verbose: bool = False) -> str:
    """A plan as `engine plan` writes it, with a number in the place of each random id.

    It is a `str`, for `assert snapshot_of(plan) == snapshot` with syrupy, with inline-snapshot, or
    with a text in the test. An object has one number wherever it is named. Ids that a stack chooses
    stay.

    Args:
        plan: The plan.
        verbose: Every field.
    """
    ids = set(_ids(plan))
    numbers: dict[str, str] = {}
    counts: dict[str, int] = {}

    def mask(match: re.Match[str]) -> str:
        found, prefix = match[0], match[1]
        if found not in ids and not _is_random(match[2]):
            return found
        if found not in numbers:
            counts[prefix] = counts.get(prefix, 0) + 1
            numbers[found] = f"{prefix}{counts[prefix]}"
        return numbers[found]

    return _ID.sub(mask, plan.text(verbose=verbose))


def _ids(plan: Plan) -> Iterator[str]:
    yield plan.account
    for change in plan.resources.values():
        declared = set(_texts(change.after))
        if change.id not in declared:  # a stack chose it
            yield change.id


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _is_random(text: str) -> bool:
    """Whether what follows a prefix is nothing that a person writes: all kinds of letters."""
    kinds = (str.isdigit, str.isupper, str.islower)
    return len(text) >= 14 and all(any(map(kind, text)) for kind in kinds)  # noqa: PLR2004 - as ids
