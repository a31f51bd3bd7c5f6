"""Walks over nested values."""

from __future__ import annotations

from types import MappingProxyType

from engine.values.tree import map_leaves


def test_each_leaf_is_changed() -> None:
    """In mappings and sequences of any kind; what is given stays as it is."""
    given = MappingProxyType({"a": [1, (2, {"b": 3})], "c": {}, "d": []})
    assert map_leaves(given, lambda leaf: -leaf) == {"a": [-1, [-2, {"b": -3}]], "c": {}, "d": []}
    assert given["a"] == [1, (2, {"b": 3})]
    assert map_leaves(1, str) == "1"
