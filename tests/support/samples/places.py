"""Places in declarations: making room for a leaf, and taking it out."""

from __future__ import annotations

import copy
from typing import Any

from engine.schema.attribute import Attribute, Kind
from engine.values.markers import ABSENT
from tests.support.samples.data import DATA
from tests.support.samples.values import fill, key_of


def place_in(root: Attribute, args: dict[str, Any], path: str, name: str) -> tuple[Any, ...]:
    """Make room for a leaf, with what its holders require, and say where it goes."""
    node: Attribute = root
    holder: Any = args
    where: list[Any] = []
    parts = path.split(".")
    for depth, part in enumerate(parts):
        key: Any = part
        if part == "*" and node.kind is Kind.LIST:
            key = 0
        elif part == "*":
            key = next(iter(holder), None) or DATA["map_keys"].get(where[-1]) or key_of(node)
        where.append(key)
        child = node.child(key)
        if child is None:
            raise LookupError(f"{path} leads nowhere")
        if depth == len(parts) - 1:
            return tuple(where)
        missing = not holder if isinstance(holder, list) else holder.get(key) is None
        if missing:
            value: Any = [] if child.kind is Kind.LIST else {}
            if isinstance(holder, list):
                holder.append(value)
            else:
                holder[key] = value
        if child.kind is Kind.OBJECT:
            fill(child, holder[key], tuple(parts[: depth + 1]), name)
        holder, node = holder[key], child
    raise LookupError(path)


def put(root: Attribute, args: dict[str, Any], dotted: str, value: Any, name: str) -> None:
    """Write a value under a dotted path; null takes away what is there."""
    if value is None:
        holder: Any = args
        *above, last = dotted.split(".")
        for part in above:
            holder = holder.get(part, {})
        holder.pop(last, None)
        return
    where = place_in(root, args, dotted, name)
    args.update(with_value(args, where, value))


def with_value(args: dict[str, Any], where: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy of a declaration with a value at a place."""
    found = copy.deepcopy(args)
    holder: Any = found
    for part in where[:-1]:
        holder = holder[part]
    if isinstance(holder, list) and where[-1] == len(holder):
        holder.append(value)
    else:
        holder[where[-1]] = value
    return found


def cut_out(
    args: dict[str, Any], base: dict[str, Any], where: tuple[Any, ...]
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """A declaration without a place nor the blocks that are empty then, and the place gone."""
    found = copy.deepcopy(args)
    for length in range(len(where), 0, -1):
        holder = reach(found, where[: length - 1])
        holder.pop(where[length - 1])
        if holder or reach(base, where[: length - 1]) is not ABSENT:
            return found, where[:length]
    return found, ()


def reach(value: Any, where: tuple[Any, ...]) -> Any:
    """What is at a place; ABSENT if nothing."""
    for part in where:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value
