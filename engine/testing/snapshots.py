"""A plan as a text that is the same in each run and on each machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.api import Plan

_ID = re.compile(r"\b((?:[a-z]+_)+)([A-Za-z0-9]{8,})\b")
"""A prefix and the rest of an id of Stripe's."""
_NO_PREFIX = "id_"
"""Of the number of an id that has no prefix, as that of a coupon."""


def snapshot_of(plan: Plan, *, verbose: bool = False) -> str:
    """A plan as `engine plan` writes it, with a number in the place of each random id.

    It is a `str`, for `assert snapshot_of(plan) == snapshot` with syrupy, with inline-snapshot, or
    with a text in the test. An object has one number wherever it is named. Ids that a stack chooses
    stay.

    Args:
        plan: The plan.
        verbose: Every field.
    """
    chosen = frozenset(_chosen(plan))
    ids = {plan.account, *(change.id for change in plan.resources.values())} - chosen - {""}
    numbers: dict[str, str] = {}
    counts: dict[str, int] = {}

    def mask(match: re.Match[str]) -> str:
        found, prefix = match[0], match[1] or _NO_PREFIX
        if found in chosen or (found not in ids and not _is_random(match[2] or "")):
            return found
        if found not in numbers:
            counts[prefix] = counts.get(prefix, 0) + 1
            numbers[found] = f"{prefix}{counts[prefix]}"
        return numbers[found]

    # Without a prefix it may be a word as any other, which is an id only in brackets or quotes.
    bare = sorted(re.escape(id) for id in ids if not _ID.fullmatch(id))
    every = "|".join([_ID.pattern, *(rf"(?<=[\[\"]){id}(?=[\]\"])" for id in bare)])
    return re.sub(every, mask, plan.text(verbose=verbose))


def _chosen(plan: Plan) -> Iterator[str]:
    """The ids that stacks choose, or chose when they were applied."""
    for change in plan.resources.values():
        for declared in (change.before, change.after):
            if isinstance(id := declared.get("id"), str):
                yield id


def _is_random(text: str) -> bool:
    """Whether what follows a prefix is nothing that a person writes: all kinds of letters."""
    kinds = (str.isdigit, str.isupper, str.islower)
    return len(text) >= 14 and all(any(map(kind, text)) for kind in kinds)  # noqa: PLR2004 - as ids
