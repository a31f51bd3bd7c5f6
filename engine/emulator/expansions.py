"""`expand[]`: which paths a request asks for, and answers with and without them.

What must not live here: reading parameters, or where objects are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from engine.emulator import errors
from engine.emulator.kinds import ObjectKind, kinds

Paths: TypeAlias = tuple[str, ...]
Finder: TypeAlias = Callable[[ObjectKind, str], dict[str, Any] | None]
"""Gives an object by kind and id, shown as of now; None if it is gone."""

# D: expansions go four levels deep.
_MOST_LEVELS: Final = 4
_LIST_PREFIX: Final = "data."


def read_expand(given: Any, kind: ObjectKind, *, of_list: bool = False) -> Paths:
    """Read and check the `expand` parameter.

    Args:
        given: As decoded from the form; None if it was not sent.
        kind: Type of the answer, or of the elements of the list.
        of_list: Paths begin with `data.`.

    Returns:
        Paths within the object.

    Raises:
        StripeRefusal: A path that cannot be expanded.
    """
    if given is None:
        return ()
    paths = _texts(given)
    return tuple(_checked(path, kind, of_list=of_list) for path in paths)


def _texts(given: Any) -> list[str]:
    if isinstance(given, dict) and all(key.isdigit() for key in given):
        given = [given[key] for key in sorted(given, key=int)]
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise errors.invalid_value("array", "expand")
    return given


def _checked(path: str, kind: ObjectKind, *, of_list: bool) -> str:
    if len(path.split(".")) > _MOST_LEVELS:
        raise errors.expanded_too_deep(path, _MOST_LEVELS)
    if not of_list:
        if not _expandable(path, kind):
            raise errors.cannot_expand(path)
        return path
    inner = path.removeprefix(_LIST_PREFIX)
    if inner == path:
        meant = _LIST_PREFIX + path if _expandable(path, kind) else ""
        raise errors.cannot_expand(path, meant)
    if not _expandable(inner, kind):
        raise errors.cannot_expand(path)
    return inner


def _expandable(path: str, kind: ObjectKind) -> bool:
    if path in kind.hidden or path in kind.nulled:
        return True
    head, rest = _reference_in(path, kind)
    if not head:
        return False
    return not rest or _expandable(rest, kinds()[kind.references[head]])


def _reference_in(path: str, kind: ObjectKind) -> tuple[str, str]:
    """Split a path behind the id it starts with; empty if it starts with none."""
    steps = path.split(".")
    for end in range(1, len(steps) + 1):
        head = ".".join(steps[:end])
        if head in kind.references:
            return head, ".".join(steps[end:])
    return "", ""


def shown(
    document: dict[str, Any], kind: ObjectKind, expand: Sequence[str], find: Finder
) -> dict[str, Any]:
    """Make a stored document an answer: hide what was not asked for, put objects for ids.

    The document itself is changed.
    """
    for path in kind.hidden:
        if path not in expand:
            _drop(document, path)
    for path in kind.nulled:
        if path not in expand:
            _put(document, path, None)
    inner: dict[str, list[str]] = {}
    for path in expand:
        head, rest = _reference_in(path, kind)
        if head:
            inner.setdefault(head, []).extend([rest] if rest else [])
    for path, paths in inner.items():
        id = _get(document, path)
        if isinstance(id, str):
            other = kinds()[kind.references[path]]
            _put(document, path, _expanded(id, other, paths, find))
    return document


def _expanded(id: str, kind: ObjectKind, expand: Sequence[str], find: Finder) -> dict[str, Any]:
    found = find(kind, id)
    if found is None:
        return {"id": id, "object": kind.object, "deleted": True}
    return shown(found, kind, expand, find)


def _parent(document: Mapping[str, Any], path: str) -> tuple[Any, str]:
    *steps, last = path.split(".")
    here: Any = document
    for step in steps:
        here = here.get(step) if isinstance(here, Mapping) else None
    return here, last


def _get(document: Mapping[str, Any], path: str) -> Any:
    parent, last = _parent(document, path)
    return parent.get(last) if isinstance(parent, Mapping) else None


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    parent, last = _parent(document, path)
    if isinstance(parent, dict):
        parent[last] = value


def _drop(document: dict[str, Any], path: str) -> None:
    parent, last = _parent(document, path)
    if isinstance(parent, dict):
        parent.pop(last, None)
