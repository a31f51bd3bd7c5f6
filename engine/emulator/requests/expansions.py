"""`expand[]`: which paths a request names, and responses with and without them."""

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
from engine.emulator.wire.messages import is_index
from engine.schema.attribute import Kind

Paths: TypeAlias = tuple[str, ...]


class OtherObjects(Protocol):
    """Gives other objects to a response, each as of now."""

    def found(self, kind: ObjectKind, id: str) -> dict[str, Any] | None:
        """An object by kind and id; None if it is deleted."""

    def remembered(self, kind: ObjectKind, id: str) -> dict[str, Any] | None:
        """A deleted object that is still stored whole; None if it is not."""

    def listed(self, object: str, field: str, id: str) -> list[dict[str, Any]]:
        """Objects whose field holds an id, in the order of their lists."""

    def url(self, document: dict[str, Any], page: SubList, name: str) -> str:
        """Path of a sub-list."""


# D: expansions go four levels deep.
_MOST_LEVELS: Final = 4
_LIST_PREFIX: Final = "data."


def parse_expand(
    given: Any, kind: ObjectKind, *, of_list: bool = False, list_fields: Sequence[str] = ()
) -> Paths:
    """Read and check the `expand` parameter.

    Args:
        given: As decoded from the form; None if it was not sent.
        kind: Type of the response, or of the elements of the list.
        of_list: Paths begin with `data.`.
        list_fields: Fields of the list itself that can be expanded too.

    Returns:
        Paths within the object.

    Raises:
        StripeRefusal: A path that cannot be expanded.
    """
    if given is None:
        return ()
    paths = path_texts(given)
    return tuple(
        path if path in list_fields else _checked(path, kind, of_list=of_list) for path in paths
    )


def path_texts(given: Any) -> list[str]:
    """The paths to expand.

    Raises:
        StripeRefusal: They are not a list of strings.
    """
    if isinstance(given, dict) and all(is_index(key) for key in given):
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
    """Whether every step of a path is a field that is, holds, or can become an object (S)."""
    if not steps:
        return True
    held = _held(shape)
    known = [one for one in held if one.fields]
    if held and not known:
        return True  # its fields are unknown
    inner = next((one.fields[steps[0]] for one in known if steps[0] in one.fields), None)
    if inner is not None:
        return bool(_held(inner)) and _leads_to_an_object(steps[1:], inner)
    # A path goes through a map of objects with a key, or without one.
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


# Paths come from clients, so their number has to be bounded.
@lru_cache(maxsize=1024)
def _linked_in(path: str, kind: ObjectKind) -> tuple[str, str, str]:
    """Split a path after the first object that it leads to; empty if it leads to none.

    Returns:
        The path of the object in the response, what it is, and the rest of the path within it.
    """
    steps = path.split(".")
    for end in range(1, len(steps) + 1):
        for head, object in kind.links.items():
            if head.replace(".*", "").split(".") == steps[:end]:
                return head, object, ".".join(steps[end:])
    return "", "", ""


def expanded_document(
    document: dict[str, Any], kind: ObjectKind, expand: Sequence[str], others: OtherObjects
) -> dict[str, Any]:
    """Make a stored document a response: hide what was not requested, replace ids by objects.

    The document itself is changed.
    """
    _leave_out(document, kind, expand)
    inner: dict[str, list[str]] = {head: [] for head in kind.embedded}
    for path in expand:
        head, _, rest = _linked_in(path, kind)
        if head:
            inner.setdefault(head, []).extend([rest] if rest else [])
    for head, page in kind.sub_lists.items():
        _fill(document, head, page, others, inner.pop(f"{head}.data.*", []))
    for head, paths in inner.items():
        _expand(document, head, kind.links[head], paths, others)
    for name in document.keys() - kind.fields.keys():
        if name.startswith(INTERNAL):
            del document[name]
    if "id" not in kind.fields:
        document.pop("id", None)
    drop_absent(document, kind.response)
    return document


def _leave_out(document: dict[str, Any], kind: ObjectKind, expand: Sequence[str]) -> None:
    """Leave out what was not requested: absent, null or an id, as the type has it."""
    for path in kind.hidden:
        if path not in expand and not any(one.startswith(f"{path}.") for one in expand):
            drop(document, path)
    for path in kind.null_unless_expanded.difference(expand):
        put(document, path, None)
    for path in kind.ids_unless_expanded.difference(expand):
        _put_ids(document, path)


def _put_ids(document: dict[str, Any], path: str) -> None:
    for container, name in list(containers(document, path)):
        held = container.get(name) if isinstance(container, dict) else None
        if isinstance(held, list):
            container[name] = [one["id"] if isinstance(one, dict) else one for one in held]


def _fill(
    document: dict[str, Any], path: str, page: SubList, others: OtherObjects, expand: Sequence[str]
) -> None:
    """Fill a sub-list with its elements, as of now, and set its URL."""
    for container, name in list(containers(document, path)):
        if not isinstance(container, dict) or name not in container:
            continue
        listed = container[name] or {"object": "list", "data": [], "has_more": False}
        if page.field:
            other = kind_of(page.object)
            found = others.listed(page.object, page.field, str(document["id"]))
            listed["data"] = (
                []
                if other is None
                else [expanded_document(one, other, expand, others) for one in found]
            )
        container[name] = {**listed, "url": others.url(document, page, name)}


def _expand(
    document: dict[str, Any], path: str, object: str, expand: Sequence[str], others: OtherObjects
) -> None:
    other = kind_of(object)
    if other is None:
        return
    for container, name in list(containers(document, path)):
        id = container[name] if isinstance(container, list) else container.get(name)
        if isinstance(id, str):
            container[name] = _expanded(id, other, expand, others)


def _expanded(id: str, kind: ObjectKind, expand: Sequence[str], others: OtherObjects) -> Any:
    found = others.found(kind, id) or others.remembered(kind, id)
    if found is None:
        gone = {"id": id, "object": kind.table, "deleted": True}
        return gone if kind.behaviour.expanded_when_deleted else id
    return expanded_document(found, kind, expand, others)
