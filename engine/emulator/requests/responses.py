"""Objects as responses hold them, as of now: expanded, with their sub-lists, in pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.emulator.params.older_forms import THEN
from engine.emulator.requests.call import Call
from engine.emulator.requests.expansions import Paths, expanded_document
from engine.emulator.shapes.derived import SubList
from engine.emulator.storage.repository import Condition, Document
from engine.emulator.types.kinds import ObjectKind, has_part
from engine.emulator.wire import errors

_DEFAULT_LIMIT = 10
_MOST = 100
_COMPARISONS = ("gt", "gte", "lt", "lte")


class _ObjectsNow:
    """Other objects, for a response, as of the call."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def found(self, kind: ObjectKind, id: str) -> Document | None:
        """An object by kind and id; None if it is deleted."""
        document = self._call.named(kind.object, id)
        if document is not None:
            kind.behaviour.showing(self._call, document)
        return document

    def remembered(self, kind: ObjectKind, id: str) -> Document | None:
        """A deleted object that is still stored whole; None if it is not."""
        document = self._call.repository.get(kind.table, id)
        if document is None or document.pop("deleted", None) is None or "livemode" not in document:
            return None
        kind.behaviour.showing(self._call, document)
        return document

    def listed(self, object: str, field: str, id: str) -> list[Document]:
        """Objects whose field holds an id, in the order of their lists."""
        kind = self._call.kind(object)
        found = self._call.find(object, field, id)[:_DEFAULT_LIMIT]
        for document in found:
            kind.behaviour.showing(self._call, document)
        return found[::-1] if kind.behaviour.lists_oldest_first else found

    def url(self, document: Document, page: SubList, name: str) -> str:
        """Path of a sub-list."""
        own = self._call.kind(document["object"])
        inside = f"{own.entry.collection}/{document['id']}/{name}"
        if not page.field or has_part(own.object, name):
            return inside
        collection = self._call.kind(page.object).entry.collection
        return f"{collection}?{page.field}={document['id']}"


def alive(documents: list[Document]) -> list[Document]:
    """Those that were not deleted."""
    return [one for one in documents if one.get("deleted") is not True]


def render(call: Call, kind: ObjectKind, document: Document, expand: Paths) -> Document:
    """An object as a response."""
    kind.behaviour.showing(call, document)
    return expanded_document(document, kind, expand, _ObjectsNow(call))


def kept_then(call: Call, object: str, id: str) -> Mapping[str, Any]:
    """What an object keeps for older API versions."""
    found = call.get(object, id)
    return {} if found is None else found.get(THEN, {})


def page_of(
    call: Call, kind: ObjectKind, params: Mapping[str, Any], expand: Paths, parent: str
) -> tuple[list[Document], bool]:
    """A page of a list.

    Returns:
        The objects, newest first, and whether there are more in the direction asked for.

    Raises:
        StripeRefusal: A cursor or a filter names nothing.
    """
    _require_named(call, kind, params)
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        raise errors.both_cursors()
    _require_no_cursor(params)
    limit = limit_of(params.get("limit"))
    wanted = {**kind.behaviour.filter_defaults, **params}
    behaviour = kind.behaviour
    passing = {name: wanted.pop(name) for name in behaviour.computed_filters if name in wanted}
    custom_filters = {
        name: wanted[name] for name in behaviour.custom_filters if wanted.get(name) is not None
    }
    backwards = behaviour.lists_oldest_first
    if backwards:
        after, before = before, after
    found = call.repository.select(
        kind.table,
        _conditions(kind, wanted, parent),
        older_than=_position(call, kind, after, "starting_after"),
        newer_than=_position(call, kind, before, "ending_before"),
        limit=-1 if passing or behaviour.custom_filters or backwards else limit + 1,
    )
    found = [
        one
        for one in alive(found)
        if _is_now(call, kind, one, passing)
        and behaviour.matches_filters(call, custom_filters, one)
    ]
    if backwards:
        found.reverse()
        after, before = before, after
    has_more = len(found) > limit
    # Backwards, the surplus object is the newest.
    page = found[-limit:] if before is not None else found[:limit]
    return [render(call, kind, document, expand) for document in page], has_more


def page_of_held(held: list[Document], params: Mapping[str, Any]) -> tuple[list[Document], bool]:
    """A page of what an object holds, in its order.

    Raises:
        StripeRefusal: A cursor names nothing, or both cursors were sent.
    """
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        raise errors.both_cursors()
    limit = limit_of(params.get("limit"))
    ids = [one["id"] for one in held]
    for cursor, param in ((after, "starting_after"), (before, "ending_before")):
        if cursor is not None and cursor not in ids:
            raise errors.resource_missing("line item", cursor, param=param)
    if before is not None:
        found = held[: ids.index(before)]
        return found[-limit:], len(found) > limit
    found = held if after is None else held[ids.index(after) + 1 :]
    return found[:limit], len(found) > limit


def limit_of(given: int | None) -> int:
    """The number of objects on a page.

    Raises:
        StripeRefusal: It is negative.
    """
    if given is None:
        return _DEFAULT_LIMIT
    if given < 0:
        raise errors.too_small("limit", 1, given)
    # L: 0 acts as 1, and 101 as 100.
    return max(1, min(given, _MOST))


def _position(call: Call, kind: ObjectKind, cursor: str | None, param: str) -> int | None:
    if cursor is None:
        return None
    found = call.repository.position(kind.table, cursor)
    if found is None:
        call.require(kind.object, cursor, param=param)
    return found


def _require_no_cursor(params: Mapping[str, Any]) -> None:
    """Refuse a cursor together with ids (D; L for the text)."""
    for cursor in ("starting_after", "ending_before"):
        if params.get("ids") and params.get(cursor) is not None:
            raise errors.exclusive(("ids", cursor))


def _require_named(call: Call, kind: ObjectKind, params: Mapping[str, Any]) -> None:
    """Refuse a filter by an object that does not exist (R)."""
    for name, path in kind.filters.items():
        if path in kind.references and isinstance(params.get(name), str):
            call.require(kind.references[path], params[name], param=name)


def _is_now(call: Call, kind: ObjectKind, document: Document, wanted: Mapping[str, Any]) -> bool:
    if wanted:
        kind.behaviour.showing(call, document)
    return all(document[name] == value for name, value in wanted.items())


def _conditions(kind: ObjectKind, wanted: Mapping[str, Any], parent: str) -> list[Condition]:
    conditions = [Condition(kind.parent_field, "eq", parent)] if kind.parent else []
    behaviour = kind.behaviour
    for name, value in wanted.items():
        path = kind.filters.get(name)
        if path is None or value is None or name in behaviour.custom_filters:
            continue
        words = behaviour.filter_values.get(name, {})
        meant = words.get(value, value) if words else value
        conditions += _matching(path, meant, folded=name in behaviour.filters_ignoring_case)
    return conditions


def _matching(path: str, value: Any, *, folded: bool) -> list[Condition]:
    if isinstance(value, dict):
        if set(value) <= set(_COMPARISONS):
            return [Condition(path, operator, bound) for operator, bound in value.items()]
        return [
            condition
            for name, inner in value.items()
            for condition in _matching(f"{path}.{name}", inner, folded=folded)
        ]
    if isinstance(value, list):
        return [Condition(path, "in", value, folded)]
    return [Condition(path, "eq", value, folded)]
