"""What the operations do for every type: the five ordinary ones, searches and verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from engine.catalog.model import Shape
from engine.emulator.params.bounds import check_bounds
from engine.emulator.params.older_forms import (
    OlderForm,
    applicable,
    expand_now,
    param_then,
    params_now,
    show_then,
    take_gone,
)
from engine.emulator.requests import v2
from engine.emulator.requests.call import Call
from engine.emulator.requests.expansions import Paths, parse_expand, path_texts
from engine.emulator.requests.request_context import RequestContext
from engine.emulator.requests.responses import kept_then, page_of, page_of_held, render
from engine.emulator.requests.search import TOTAL_COUNT, result_of
from engine.emulator.shapes.paths import copied, put
from engine.emulator.storage.repository import Document
from engine.emulator.types.kinds import older_forms
from engine.emulator.types.routes import Match
from engine.emulator.types.verbs import LIST_INSIDE, apply_verb, done
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.messages import Form
from engine.schema.attribute import Kind


def perform(call: Call, match: Match, context: RequestContext) -> dict[str, Any]:
    """Run the operation of a route, in the forms of the API version that is asked for.

    Raises:
        StripeRefusal: It is refused; `call.begun` says whether execution had begun.
    """
    call.asked = version = context.asked_version
    run = _OPERATIONS.get(match.operation, _call)
    older = applicable(match.kind.behaviour.older_forms, version)
    form = _form_now(call, match, context.form, older)
    try:
        response = run(call, match, form)
    except StripeRefusal as refusal:
        for one in older:
            refusal.param = param_then(refusal.param, one)
        raise
    forms = older_forms(version)
    if forms:
        show_then(response, forms, partial(kept_then, call))
    return response


def _form_now(call: Call, match: Match, form: Form, older: Sequence[OlderForm]) -> Form:
    """What was sent, as it is sent now; `call.gone` holds what is sent no longer."""
    for one in older:
        if one.gone and match.operation == _CREATE:
            form = copied(form)
            call.gone.update(take_gone(form, one))
        if match.operation in _WRITING:
            form = params_now(form, one, creating=match.operation == _CREATE)
        sent = path_texts(form.get("expand", []))
        expand = expand_now(sent, one, of_list=match.operation in _LISTING)
        if expand:
            form = {**form, "expand": expand}
    return form


def _create(call: Call, match: Match, form: Form) -> dict[str, Any]:
    kind = match.kind
    params, expand = _parse(match, form)
    call.check_create(kind, params)
    call.require_parent(kind, match.parent)
    document = call.create(kind.object, params, match.parent)
    further = kind.behaviour.creation_only(call, document)
    response = _render(call, match, document, expand)
    for path, value in further.items():
        if not kind.is_v2 or path in expand:
            put(response, path, value)
    return response


def _retrieve(call: Call, match: Match, form: Form) -> dict[str, Any]:
    _, expand = _parse(match, form)
    gone = _tombstone(call, match)
    return gone or _render(call, match, _required(call, match), expand)


def _update(call: Call, match: Match, form: Form) -> dict[str, Any]:
    kind = match.kind
    params, expand = _parse(match, form)
    check_bounds(params, kind.entry.params(match.operation), kind.limits, kind.row)
    kind.behaviour.check_update(call, params)
    call.begun = True
    document = call.update(kind.object, _required(call, match), params)
    return _render(call, match, document, expand)


def _delete(call: Call, match: Match, form: Form) -> dict[str, Any]:
    kind = match.kind
    kind.parser.parse(form, kind.entry.params("delete"))
    call.begun = True
    document = _required(call, match)
    call.changed(kind, "deleted", document, document)
    kind.behaviour.deleting(call, document)
    gone = {"id": document["id"], "object": kind.table, "deleted": True}
    gone.update({name: document[name] for name in kind.behaviour.kept_when_deleted})
    if kind.behaviour.leaves_tombstone:
        call.repository.replace(kind.table, gone)
    else:
        call.repository.remove(kind.table, document["id"])
    if kind.is_v2:
        return {"id": document["id"], "object": kind.table}
    return gone


def _list(call: Call, match: Match, form: Form) -> dict[str, Any]:
    kind = match.kind
    call.require_parent(kind, match.parent)
    if kind.is_v2:
        return v2.list_page(call, kind, form, match.path)
    params, expand = _parse(match, form, of_list=True)
    page, has_more = page_of(call, kind, params, expand, match.parent)
    return {"object": "list", "data": page, "has_more": has_more, "url": match.path}


def _list_inside(call: Call, match: Match, form: Form) -> dict[str, Any]:
    """List what an object holds: in its order, or as the list of objects that are of a type."""
    linked = match.kind.sub_lists[match.inside]
    given = {name: value for name, value in form.items() if name != "expand"}
    holder = _required(call, match)
    if linked.object:
        other = call.kind(linked.object)
        expand = parse_expand(form.get("expand"), other, of_list=True)
        params = other.parser.parse(given, {**other.entry.params("list"), **_PAGING})
        if linked.field in other.filters:
            wanted = {**params, linked.field: match.id}
            page, has_more = page_of(call, other, wanted, expand, "")
        else:
            found = call.find(linked.object, linked.field, match.id)
            shown = [render(call, other, one, expand) for one in found]
            page, has_more = page_of_held(shown, params)
    else:
        params = match.kind.parser.parse(given, _PAGING)
        within = [f"{match.inside}.{path}" for path in path_texts(form.get("expand", []))]
        paths = parse_expand(within, match.kind)
        held = _render(call, match, holder, (match.inside, *paths))[match.inside]
        page, has_more = page_of_held(held["data"], params)
    return {"object": "list", "data": page, "has_more": has_more, "url": match.path}


def _search(call: Call, match: Match, form: Form) -> dict[str, Any]:
    params, expand = _parse(match, form, of_list=True, list_fields=(TOTAL_COUNT,))
    return result_of(call, match.kind, params, expand, match.path)


def _call(call: Call, match: Match, form: Form) -> dict[str, Any]:
    """Run a verb."""
    kind, verb = match.kind, match.operation
    params, expand = _parse(match, form)
    check_bounds(params, kind.entry.params(match.operation), kind.limits, kind.row)
    call.begun = True
    behaviour = kind.behaviour
    document = _required(call, match) if match.id else behaviour.find_target(call, verb, params)
    before = copied(document)
    behaviour.calling(call, verb, params, document)
    apply_verb(kind, verb, document, call.now)
    if document != before:
        call.touch(kind, document)
        call.repository.replace(kind.table, document)
        said = done(kind.entry.operations[verb].method, verb)
        call.changed(kind, behaviour.event_words.get(verb, said), before, document)
    response = behaviour.called(call, verb, document)
    return dict(response) if response is not None else _render(call, match, document, expand)


_CREATE: Final = "create"
_WRITING: Final = (_CREATE, "update")
_LISTING: Final = ("list", "search")
_PAGING: Final = {
    "limit": Shape(kind=Kind.INTEGER),
    "starting_after": Shape(kind=Kind.STRING),
    "ending_before": Shape(kind=Kind.STRING),
}
_OPERATIONS: Mapping[str, Callable[[Call, Match, Form], dict[str, Any]]] = {
    "create": _create,
    "retrieve": _retrieve,
    "update": _update,
    "delete": _delete,
    "list": _list,
    "search": _search,
    LIST_INSIDE: _list_inside,
}


def _parse(
    match: Match, form: Form, *, of_list: bool = False, list_fields: Sequence[str] = ()
) -> tuple[dict[str, Any], Paths]:
    """Parameters, and what the response holds in addition to the usual: expanded, or included."""
    kind = match.kind
    if kind.is_v2:
        return v2.parse(kind, match.operation, form)
    given = {name: value for name, value in form.items() if name != "expand"}
    params = kind.parser.parse(given, kind.entry.params(match.operation))
    return params, parse_expand(form.get("expand"), kind, of_list=of_list, list_fields=list_fields)


def _required(call: Call, match: Match) -> Document:
    kind = match.kind
    call.require_parent(kind, match.parent)
    if kind.singleton:
        return call.only_one(kind.object, match.parent)
    return call.require(
        kind.object, match.id, param=kind.id_param, in_path=True, parent=match.parent
    )


def _tombstone(call: Call, match: Match) -> Document | None:
    """The tombstone of a deleted object, for types that leave one."""
    if not match.kind.behaviour.leaves_tombstone:
        return None
    found = call.repository.get(match.kind.table, match.id)
    return found if found is not None and found.get("deleted") is True else None


def _render(call: Call, match: Match, document: Document, expand: Paths) -> dict[str, Any]:
    if match.kind.is_v2:
        return v2.render(call, match.kind, document, expand)
    return render(call, match.kind, document, expand)
