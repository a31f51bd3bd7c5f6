"""Walks over nested values: mappings and sequences, whose innermost parts are scalars.

A secret, a marker and what is kept of a secret are scalars too: none of these walks opens them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import ANY_PART, Path

# To ask of a scalar, or of a dictionary, whether it is a `Mapping` takes ten times as long as this.
_SCALAR = (str, int, float, type(None))
_MAPPING = (dict, Mapping)


def is_nested(value: Any) -> bool:
    """Whether a value is a mapping or a sequence."""
    return not isinstance(value, _SCALAR) and isinstance(value, (dict, list, tuple, Mapping))


def children(value: Any) -> Iterable[tuple[Any, Any]]:
    """The parts of a mapping or a sequence, each with its key or index; a scalar has none."""
    if isinstance(value, _SCALAR):
        return ()
    if isinstance(value, _MAPPING):
        return value.items()
    return enumerate(value) if isinstance(value, (list, tuple)) else ()


def scalars(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every scalar in a nested value with its path, in reading order."""
    if is_nested(value):
        for key, inner in children(value):
            yield from scalars(inner, (*path, key))
    else:
        yield path, value


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield what plans show on a line each: scalars, lists of scalars and what is empty."""
    nested = isinstance(value, Mapping) and value
    if nested or (isinstance(value, (list, tuple)) and not is_scalar_list(value)):
        for key, inner in children(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def is_scalar_list(value: Any) -> bool:
    """Whether a value is a list without anything nested in it."""
    return isinstance(value, (list, tuple)) and not any(
        isinstance(entry, (Mapping, list, tuple)) for entry in value
    )


def any_scalar(value: Any, test: Callable[[Any], bool]) -> bool:
    """Whether a test holds for any scalar in a nested value."""
    if not is_nested(value):
        return test(value)
    return any(any_scalar(inner, test) for _, inner in children(value))


def map_scalars(value: Any, change: Callable[[Any], Any], *, nulls: bool = True) -> Any:
    """A nested value with each scalar changed; tuples become lists.

    Args:
        value: It stays as it is.
        change: What becomes of one scalar.
        nulls: Whether mappings keep what is null.
    """
    if isinstance(value, _SCALAR):
        return change(value)
    if isinstance(value, _MAPPING):
        return {
            key: map_scalars(inner, change, nulls=nulls)
            for key, inner in value.items()
            if nulls or inner is not None
        }
    if isinstance(value, (list, tuple)):
        return [map_scalars(inner, change, nulls=nulls) for inner in value]
    return change(value)


def overlaid(value: Any, other: Any, choose: Callable[[Any, Any], Any]) -> Any:
    """A nested value with some of its parts replaced, by what another one has in their places.

    Lists are matched by position, if they are as long.

    Args:
        value: It stays as it is.
        other: A value of the same shape, as far as it goes.
        choose: What takes the place of a part, given that part and the other value's; ABSENT to
            look into it.
    """
    chosen = choose(value, other)
    if chosen is not ABSENT:
        return chosen
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        return {
            key: overlaid(inner, other.get(key, ABSENT), choose) for key, inner in value.items()
        }
    if isinstance(value, list) and isinstance(other, (list, tuple)) and len(value) == len(other):
        return [overlaid(*pair, choose) for pair in zip(value, other, strict=True)]
    return value


def without(document: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """A document without what is at some paths."""
    found: dict[Any, Any] = dict(document)
    for path in paths:
        if len(path) == 1:
            found.pop(path[0], None)
        elif isinstance(found.get(path[0]), Mapping):
            found[path[0]] = without(found[path[0]], [path[1:]])
    return found


def replaced(value: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """A nested value with what is at a path changed; `*` in the path means every part.

    Nothing is below null and what is unknown: there it stays as it is.
    """
    if value is None or value is UNKNOWN:
        return value
    if not path:
        return change(value)
    if isinstance(value, Mapping):
        return {
            key: replaced(inner, path[1:], change) if path[0] in (ANY_PART, key) else inner
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [
            replaced(inner, path[1:], change) if path[0] in (ANY_PART, index) else inner
            for index, inner in enumerate(value)
        ]
    return value
