"""Which element of one list is which of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.plan.compare.normalize import comparable
from engine.plan.compare.response import read
from engine.schema.attribute import Attribute
from engine.values.markers import UNKNOWN


def aligned(
    attribute: Attribute, wanted: Sequence[Any], have: Sequence[Any]
) -> tuple[list[int | None], list[int]]:
    """Align two lists of objects: by the key that the type names, and what is left by position.

    No element stays without a partner while another one is free. An element whose key changed, or
    is not known yet, is paired with the one at its position: `[a, b, c]` and `[a, c]` pair the
    first and the third, `[a, x, c]` and `[a, b, c]` pair `x` with `b`.

    Args:
        attribute: The list.
        wanted: Elements that look for a partner.
        have: Elements that can be one.

    Returns:
        For each of `wanted` the index in `have`, None if it has no partner; and the indexes in
        `have` that are left.
    """
    left = list(range(len(have)))
    found: list[int | None] = [None] * len(wanted)
    keys = [key_of(attribute, entry) for entry in have]
    for place, entry in enumerate(wanted):
        key = key_of(attribute, entry)
        match = next((index for index in left if key and keys[index] == key), None)
        if match is not None:
            found[place] = match
            left.remove(match)
    for place, match in enumerate(found):
        if match is None and left:
            found[place] = left.pop(0)
    return found, left


def key_of(attribute: Attribute, entry: Any) -> str:
    """What distinguishes an element of a list from the others; empty if it is not known."""
    field = attribute.element.fields.get(attribute.key) if attribute.element is not None else None
    if field is None:
        return ""
    key = comparable(field, read(field, attribute.key, entry))
    return "" if key in (None, UNKNOWN) else str(key)
