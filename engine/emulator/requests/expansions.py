"""`expand[]`: which paths a request asks for, and answers with and without them.

What must not live here: reading parameters, or where objects are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Protocol, TypeAlias

from engine.catalog.model import ALTERNATIVES, Shape
from engine.emulator.shapes.derived import SubList
from engine.emulator.shapes.document_builder import drop_absent
from engine.emulator.shapes.paths import containers, drop, put
from engine.emulator.types.kinds import INTERNAL, ObjectKind, kind_of, response_of_object
from engine.emulator.wire import errors
from engine.schema.attribute import Kind

Paths: TypeAlias = tuple[str, ...]


class Store(Protocol):
    """Where answers get other objects from, each as of now."""

    def found(self, kind: ObjectKind, id: str) -> dict[str, Any] | None:
        """An object by kind and id; None if it is gone."""

    def remembered(self, kind: ObjectKind, id: str) -> dict[str, Any] | None:
        """A deleted object that others still hold whole; None if nobody does."""

    def listed(self, object: str, field: str, id: str) -> list[dict[str, Any]]:
        """Objects whose field holds an id, in the order of their lists."""

    def url(self, document: dict[str, Any], page: SubList, name: str) -> str:
        """Path of a sub-list."""


# D: expansions go four levels deep.
_MOST_LEVELS: Final = 4
_LIST_PREFIX: Final = "data."


def read_expand(
    given: Any, kind: ObjectKind, *, of_list: bool = False, beside: Sequence[str] = ()
) -> Paths:
    """Read and check the `expand` parameter.

    Args:
        given: As decoded from the form; None if it was not sent.
        kind: Type of the answer, or of the elements of the list.
        of_list: Paths begin with `data.`.
        beside: Fields of the list itself that can be expanded too.

    Returns:
        Paths within the object.

    Raises:
        StripeRefusal: A path that cannot be expanded.
    """
    if given is None:
        return ()
    paths = _texts(given)
    return tuple(
        path if path in beside else _checked(path, kind, of_list=of_list) for path in paths
    )


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
    if path in kind.hidden or path in kind.null_unless_expanded or path in kind.ids_unless_expanded:
        return True
    return _leads_to_an_object(tuple(path.split(".")), kind.response)


def _leads_to_an_object(steps: tuple[str, ...], shape: Shape) -> bool:
    """Whether every step of a path is a field that is, or holds, or can become an object (S)."""
    if not steps:
        return True
    held = _held(shape)
    known = [one for one in held if one.fields]
    if held and not known:
        return True  # nothing is known of what is in it
    inner = next((one.fields[steps[0]] for one in known if steps[0] in one.fields), None)
    if inner is not None:
        return bool(_held(inner)) and _leads_to_an_object(steps[1:], inner)
    # The entries of a map of objects are walked through by their keys, or without them.
    through_a_key = shape.kind is Kind.MAP and any(
        set(steps[1:2]) & set(one.fields) for one in known
    )
    return through_a_key and _leads_to_an_object(steps[1:], shape)


def _held(shape: Shape) -> list[Shape]:
    """The objects that a field is, holds, or can become."""
    if shape.element is not None:
        return _held(shape.element)
    if shape.fields or not shape.reference:
        return [shape] if shape.kind is Kind.OBJECT else []
    return [response_of_object(name) for name in shape.reference.split(ALTERNATIVES)]


# Paths come from clients, so there may be any number of them.
@lru_cache(maxsize=1024)
def _linked_in(path: str, kind: ObjectKind) -> tuple[str, str, str]:
    """Split a path behind the object that it leads to first; empty if it leads to none.

    Returns:
        The path of the object in the answer, what it is, and the rest of the path within it.
    """
    steps = path.split(".")
    for end in range(1, len(steps) + 1):
        for head, object in kind.links.items():
            if head.replace(".*", "").split(".") == steps[:end]:
                return head, object, ".".join(steps[end:])
    return "", "", ""


def shown(
    document: dict[str, Any], kind: ObjectKind, expand: Sequence[str], store: Store
) -> dict[str, Any]:
    """Make a stored document an answer: hide what was not asked for, put objects for ids.

    The document itself is changed.
    """
    _leave_out(document, kind, expand)
    inner: dict[str, list[str]] = {head: [] for head in kind.embedded}
    for path in expand:
        head, _, rest = _linked_in(path, kind)
        if head:
            inner.setdefault(head, []).extend([rest] if rest else [])
    for head, page in kind.sub_lists.items():
        _fill(document, head, page, store, inner.pop(f"{head}.data.*", []))
    for head, paths in inner.items():
        _expand(document, head, kind.links[head], paths, store)
    for name in document.keys() - kind.fields.keys():
        if name.startswith(INTERNAL):
            del document[name]
    if "id" not in kind.fields:
        document.pop("id", None)
    drop_absent(document, kind.response)
    return document


def _leave_out(document: dict[str, Any], kind: ObjectKind, expand: Sequence[str]) -> None:
    """Leave out what was not asked for, in the way of each type."""
    for path in kind.hidden:
        if path not in expand and not any(one.startswith(f"{path}.") for one in expand):
            drop(document, path)
    for path in kind.null_unless_expanded.difference(expand):
        put(document, path, None)
    for path in kind.ids_unless_expanded.difference(expand):
        _tell_ids(document, path)


def _tell_ids(document: dict[str, Any], path: str) -> None:
    for holder, name in list(containers(document, path)):
        held = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(held, list):
            holder[name] = [one["id"] if isinstance(one, dict) else one for one in held]


def _fill(
    document: dict[str, Any], path: str, page: SubList, store: Store, expand: Sequence[str]
) -> None:
    """Put the elements of a sub-list in, as of now, and say where the rest would be."""
    for holder, name in list(containers(document, path)):
        if not isinstance(holder, dict) or name not in holder:
            continue
        listed = holder[name] or {"object": "list", "data": [], "has_more": False}
        if page.field:
            other = kind_of(page.object)
            found = store.listed(page.object, page.field, str(document["id"]))
            listed["data"] = (
                [] if other is None else [shown(one, other, expand, store) for one in found]
            )
        holder[name] = {**listed, "url": store.url(document, page, name)}


def _expand(
    document: dict[str, Any], path: str, object: str, expand: Sequence[str], store: Store
) -> None:
    other = kind_of(object)
    if other is None:
        return
    for holder, name in list(containers(document, path)):
        id = holder[name] if isinstance(holder, list) else holder.get(name)
        if isinstance(id, str):
            holder[name] = _expanded(id, other, expand, store)


def _expanded(id: str, kind: ObjectKind, expand: Sequence[str], store: Store) -> Any:
    found = store.found(kind, id) or store.remembered(kind, id)
    if found is None:
        gone = {"id": id, "object": kind.table, "deleted": True}
        return gone if kind.behaviour.expanded_when_deleted else id
    return shown(found, kind, expand, store)
