"""What the five operations do, for every type alike.

What must not live here: anything about one type, the wire, or idempotency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.emulator import errors
from engine.emulator.bounds import check_bounds
from engine.emulator.call import Call
from engine.emulator.expansions import Paths, read_expand, shown
from engine.emulator.kinds import ObjectKind
from engine.emulator.routes import Match
from engine.emulator.tables import Condition, Document
from engine.emulator.wire import Form

_DEFAULT_LIMIT = 10
_MOST = 100
_COMPARISONS = ("gt", "gte", "lt", "lte")


def perform(call: Call, match: Match, form: Form) -> dict[str, Any]:
    """Run the operation a route leads to.

    Raises:
        StripeRefusal: It is refused; `call.begun` tells whether execution had begun.
    """
    return _OPERATIONS[match.operation](call, match, form)


def _create(call: Call, match: Match, form: Form) -> dict[str, Any]:
    kind = match.kind
    params, expand = _read(match, form)
    call.check_create(kind, params)
    document = call.create(kind, params)
    told = kind.behaviour.told_once(call, document)
    return {**_shown(call, kind, document, expand), **told}


def _retrieve(call: Call, match: Match, form: Form) -> dict[str, Any]:
    _, expand = _read(match, form)
    document = _required(call, match)
    return _shown(call, match.kind, document, expand)


def _update(call: Call, match: Match, form: Form) -> dict[str, Any]:
    kind = match.kind
    params, expand = _read(match, form)
    check_bounds(params, kind.limits, kind.row.references)
    kind.behaviour.check_update(call, params)
    call.begun = True
    document = call.update(kind, _required(call, match), params)
    return _shown(call, kind, document, expand)


def _delete(call: Call, match: Match, form: Form) -> dict[str, Any]:
    kind = match.kind
    kind.reading.read(form, kind.entry.params("delete"))
    call.begun = True
    document = _required(call, match)
    kind.behaviour.deleting(call, document)
    call.tables.remove(kind.object, document["id"])
    return {"id": document["id"], "object": kind.object, "deleted": True}


def _list(call: Call, match: Match, form: Form) -> dict[str, Any]:
    kind = match.kind
    params, expand = _read(match, form, of_list=True)
    _require_named(call, kind, params)
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        raise errors.both_cursors()
    limit = _limit(params.get("limit"))
    wanted = {**kind.behaviour.list_defaults, **params}
    passing = {name: wanted.pop(name) for name in kind.behaviour.volatile if name in wanted}
    found = call.tables.select(
        kind.object,
        _conditions(kind, wanted),
        older_than=_position(call, kind, after, "starting_after"),
        newer_than=_position(call, kind, before, "ending_before"),
        limit=-1 if passing else limit + 1,
    )
    if passing:
        found = [one for one in found if _is_now(call, kind, one, passing)]
    has_more = len(found) > limit
    # Backwards, what is too much is the newest.
    page = found[-limit:] if before is not None else found[:limit]
    return {
        "object": "list",
        "data": [_shown(call, kind, document, expand) for document in page],
        "has_more": has_more,
        "url": match.path,
    }


_OPERATIONS: Mapping[str, Callable[[Call, Match, Form], dict[str, Any]]] = {
    "create": _create,
    "retrieve": _retrieve,
    "update": _update,
    "delete": _delete,
    "list": _list,
}


def _read(match: Match, form: Form, *, of_list: bool = False) -> tuple[dict[str, Any], Paths]:
    given = {name: value for name, value in form.items() if name != "expand"}
    params = match.kind.reading.read(given, match.kind.entry.params(match.operation))
    return params, read_expand(form.get("expand"), match.kind, of_list=of_list)


def _required(call: Call, match: Match) -> Document:
    kind = match.kind
    return call.require(kind.object, match.id, param=kind.id_param, in_path=True)


def _shown(call: Call, kind: ObjectKind, document: Document, expand: Paths) -> dict[str, Any]:
    def find(other: ObjectKind, id: str) -> Document | None:
        found = call.tables.get(other.object, id)
        if found is not None:
            other.behaviour.shown(call, found)
        return found

    kind.behaviour.shown(call, document)
    return shown(document, kind, expand, find)


def _limit(given: int | None) -> int:
    if given is None:
        return _DEFAULT_LIMIT
    if given < 0:
        raise errors.too_small("limit", 1, given)
    # L: 0 acts as 1, and 101 as 100.
    return max(1, min(given, _MOST))


def _position(call: Call, kind: ObjectKind, cursor: str | None, param: str) -> int | None:
    if cursor is None:
        return None
    found = call.tables.position(kind.object, cursor)
    if found is None:
        call.require(kind.object, cursor, param=param)
    return found


def _require_named(call: Call, kind: ObjectKind, params: Mapping[str, Any]) -> None:
    """Refuse a filter by an object that is not there (R)."""
    for name, path in kind.filters.items():
        if path in kind.references and isinstance(params.get(name), str):
            call.require(kind.references[path], params[name], param=name)


def _is_now(call: Call, kind: ObjectKind, document: Document, wanted: Mapping[str, Any]) -> bool:
    kind.behaviour.shown(call, document)
    return all(document[name] == value for name, value in wanted.items())


def _conditions(kind: ObjectKind, wanted: Mapping[str, Any]) -> list[Condition]:
    conditions: list[Condition] = []
    for name, value in wanted.items():
        path = kind.filters.get(name)
        if path is not None and value is not None:
            conditions += _matching(path, value, folded=name in kind.behaviour.filter_folded)
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
