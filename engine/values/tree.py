"""Walks over nested values: mappings and sequences, whose other parts are their leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def map_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """A nested value with each leaf changed; tuples become lists."""
    if isinstance(value, Mapping):
        return {key: map_leaves(inner, change) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [map_leaves(inner, change) for inner in value]
    return change(value)
