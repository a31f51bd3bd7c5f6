"""Following references into the declarations they name, for rules that are about both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from engine.schema.attribute import Attribute, Kind
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, parse_path
from engine.values.secret import Sensitive
from engine.values.targets import Target
from engine.values.templates import resolve
from engine.values.tree import replaced

Declared: TypeAlias = Callable[[Target], Any]
"""Returns what a stack declares of the object that a reference names; UNKNOWN if it does not."""


def followed(
    arguments: Mapping[str, Any], paths: Iterable[str], declared: Declared
) -> Mapping[str, Any]:
    """Put what references name in the place of their ids.

    Args:
        arguments: What one declaration says.
        paths: Where the references are; a later one may go on from an earlier one.
        declared: Returns the declaration that a reference names.

    Returns:
        The arguments with a dict, or UNKNOWN, at each of the places that hold a text; the given
        ones are untouched.
    """
    found: Any = arguments
    for path in paths:
        found = replaced(found, parse_path(path), lambda text: _named(text, declared))
    return dict(found)


def _named(text: Any, declared: Declared) -> Any:
    text = text.value if isinstance(text, Sensitive) else text
    found = resolve(text, declared) if isinstance(text, str) else text
    return UNKNOWN if isinstance(found, str) else found


def completed(attribute: Attribute, value: Any) -> Any:
    """A declaration with the neutral values of the fields that it leaves out, where known."""
    if isinstance(value, Mapping) and attribute.kind is Kind.OBJECT:
        said = {
            name: completed(attribute.fields[name], inner) if name in attribute.fields else inner
            for name, inner in value.items()
            if inner is not None
        }
        silent = {
            name: child.neutral
            for name, child in attribute.fields.items()
            if child.neutral not in (ABSENT, None)
        }
        return {**silent, **said}
    if isinstance(value, Mapping) and attribute.element is not None:
        return {key: completed(attribute.element, inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)) and attribute.element is not None:
        return [completed(attribute.element, inner) for inner in value]
    return value


def blurred(value: Any, path: Path) -> Any:
    """A document in which the value at a path is unknown."""
    return replaced(value, path, lambda _: UNKNOWN)
