"""Values that are made once: what `@frozen` gives a class."""

from __future__ import annotations

from dataclasses import field, replace

import pytest

from engine.frozen import frozen


@frozen
class _Point:
    x: int
    y: int = 0
    note: str = field(default="", compare=False, repr=False)


@frozen
class _Line:
    x: int


@frozen(eq=False)
class _Dot:
    x: dict[str, int]


def test_equal_fields_are_equal_values() -> None:
    """Values are equal, and one key of a dictionary, if their compared fields are equal."""
    assert _Point(x=1) == _Point(x=1, note="seen")
    assert _Point(x=1) != _Point(x=2)
    assert {_Point(x=1): "a"}[_Point(x=1, note="seen")] == "a"


def test_another_class_is_never_equal() -> None:
    """Equal fields of two classes are two things."""
    others: list[object] = [_Point(x=1), 1]
    assert _Line(x=1) not in others


def test_identity() -> None:
    """Without equality each value is itself alone, and can be a key whatever it holds."""
    one, other = _Dot(x={}), _Dot(x={})
    assert one != other
    assert len({one, other, one}) == 2


def test_it_is_a_dataclass() -> None:
    """Copies with other fields are made as of any dataclass, and its text names the fields."""
    assert replace(_Point(x=1, y=2), x=3) == _Point(x=3, y=2)
    assert repr(_Point(x=1, note="seen")) == "_Point(x=1, y=0)"


def test_arguments_are_named_and_fields_fixed() -> None:
    """A value is made with the names of its fields, and gets no other ones."""
    with pytest.raises(TypeError):
        _Point(1)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        _Point(x=1).z = 2  # type: ignore[attr-defined]


@frozen(kw_only=False)
class _Place:
    file: str
    line: int

    def __repr__(self) -> str:
        return f"{self.file}:{self.line}"


def test_arguments_by_position() -> None:
    """A class may take its arguments by position, and keeps a text of its own."""
    assert repr(_Place("a.py", 1)) == "a.py:1"
    assert _Place("a.py", 1) == _Place(file="a.py", line=1)
