"""Walks over nested values."""

from __future__ import annotations

from types import MappingProxyType

from engine.values.markers import ABSENT, UNKNOWN
from engine.values.secret import Sensitive
from engine.values.tree import (
    any_scalar,
    children,
    leaves,
    map_scalars,
    overlaid,
    replaced,
    scalars,
    without,
)


def test_each_scalar_is_changed() -> None:
    """In mappings and sequences of any kind; what is given stays as it is."""
    given = MappingProxyType({"a": [1, (2, {"b": 3})], "c": {}, "d": []})
    negative = map_scalars(given, lambda scalar: -scalar)
    assert negative == {"a": [-1, [-2, {"b": -3}]], "c": {}, "d": []}
    assert given["a"] == [1, (2, {"b": 3})]
    assert map_scalars(1, str) == "1"


def test_nulls_in_mappings_can_be_left_out() -> None:
    """A list keeps its length."""
    assert map_scalars({"a": None, "b": [None, 1]}, str, nulls=False) == {"b": ["None", "1"]}


def test_scalars_come_in_reading_order() -> None:
    """Each with its path; what is empty has none, and a secret is not opened."""
    secret = Sensitive({"a": "b"})
    value = {"a": [1, {"b": None}], "c": {}, "d": (), "e": secret}
    assert list(scalars(value)) == [
        (("a", 0), 1),
        (("a", 1, "b"), None),
        (("e",), secret),
    ]
    assert any_scalar(value, lambda scalar: scalar is secret)
    assert not any_scalar(value, lambda scalar: scalar == "b")


def test_children_are_one_level_down() -> None:
    """Keys of mappings, indexes of sequences."""
    assert list(children({"a": [1], "b": 2})) == [("a", [1]), ("b", 2)]
    assert list(children(("x", "y"))) == [(0, "x"), (1, "y")]
    assert not list(children("text"))


def test_leaves_keep_lists_of_scalars_whole() -> None:
    """Lists of objects are walked, lists of words are leaves, and so is nothing."""
    value = {"a": {"b": 1, "c": []}, "d": ["x"], "e": [{"f": 2}], "g": {}}
    assert list(leaves(value)) == [
        (("a", "b"), 1),
        (("a", "c"), []),
        (("d",), ["x"]),
        (("e", 0, "f"), 2),
        (("g",), {}),
    ]


def test_parts_are_replaced_by_what_is_in_their_place() -> None:
    """As far as both have the same shape."""
    value = {"a": UNKNOWN, "b": {"c": [UNKNOWN, 1], "d": [UNKNOWN]}, "e": UNKNOWN}
    other = {"a": 1, "b": {"c": (2, 3), "d": [4, 5]}}

    def known(part: object, there: object) -> object:
        return there if part is UNKNOWN else ABSENT

    assert overlaid(value, other, known) == {
        "a": 1,
        "b": {"c": [2, 1], "d": [UNKNOWN]},
        "e": UNKNOWN,
    }


def test_places_are_left_out() -> None:
    """The document that is given stays as it is."""
    given = {"a": {"b": 1, "c": 2}, "d": 3, "e": "text"}
    assert without(given, [("a", "b"), ("d",), ("e", "x"), ("y", "z")]) == {
        "a": {"c": 2},
        "e": "text",
    }
    assert given["a"] == {"b": 1, "c": 2}


def test_what_is_at_a_path_is_changed() -> None:
    """Every part where the path has `*`; the document that is given stays as it is."""
    given = {"a": [{"b": 1}, {"b": 2}, {"c": 3}], "d": None}
    assert replaced(given, ("a", "*", "b"), str) == {
        "a": [{"b": "1"}, {"b": "2"}, {"c": 3}],
        "d": None,
    }
    assert replaced(given, ("a", 1), lambda _: "x")["a"] == [{"b": 1}, "x", {"c": 3}]
    assert replaced(given, ("d", "e"), str) == given
