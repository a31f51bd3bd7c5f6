"""What v2 does differently: JSON parameters where null clears, `include`, pages by token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from engine.catalog.model import Shape
from engine.emulator.requests.call import Call
from engine.emulator.requests.expansions import Paths
from engine.emulator.requests.responses import limit_of
from engine.emulator.requests.responses import render as show_object
from engine.emulator.shapes.paths import put
from engine.emulator.storage.repository import Document
from engine.emulator.types.kinds import ObjectKind
from engine.emulator.wire import errors
from engine.emulator.wire.messages import Form
from engine.emulator.wire.tokens import position_of, token_of
from engine.schema.attribute import Kind

_FORMS: Mapping[Kind, tuple[type, str]] = {
    Kind.STRING: (str, "string"),
    Kind.DECIMAL: (str, "string"),
    Kind.INTEGER: (int, "integer"),
    Kind.NUMBER: (float, "number"),
    Kind.BOOLEAN: (bool, "boolean"),
    Kind.LIST: (list, "array"),
    Kind.OBJECT: (dict, "object"),
    Kind.MAP: (dict, "object"),
}
_NOT_FIELDS = frozenset({"include"})


def parse(kind: ObjectKind, operation: str, body: Form) -> tuple[dict[str, Any], Paths]:
    """Check the parameters, and `include`.

    Raises:
        StripeRefusal: An unknown, missing or malformed parameter.
    """
    fields = kind.entry.params(operation)
    given = {name: value for name, value in body.items() if name not in _NOT_FIELDS}
    params = _object(given, fields, "", updating=operation == "update")
    return params, _included(kind, operation, body.get("include"))


def render(call: Call, kind: ObjectKind, document: Document, include: Paths) -> Document:
    """An object as a response: what was not included is null."""
    response = show_object(call, kind, document, ())
    for path in kind.includable:
        if path not in include:
            put(response, path, None)
    return response


def list_page(call: Call, kind: ObjectKind, form: Form, path: str) -> dict[str, Any]:
    """A page of a list, newest first, with the URLs of the next and the previous one.

    Raises:
        StripeRefusal: A malformed parameter, or an invalid token.
    """
    include = _included(kind, "list", form.get("include"))
    unknown = sorted(set(form) - {"limit", "page", "include", *kind.entry.params("list")})
    if unknown:
        raise errors.unknown_field(unknown[0])
    limit = limit_of(_number(form.get("limit")))
    start = _start(form.get("page"))
    found = call.repository.select(kind.table)
    page = found[start : start + limit]

    def address(position: int) -> str | None:
        if not 0 <= position < len(found) or position == start:
            return None
        pairs = [("limit", limit), ("page", token_of(position))]
        return f"{path}?{urlencode([*pairs, *(('include', word) for word in include)])}"

    return {
        "data": [render(call, kind, document, include) for document in page],
        "next_page_url": address(start + limit),
        "previous_page_url": address(max(0, start - limit)),
    }


def _included(kind: ObjectKind, operation: str, given: Any) -> Paths:
    if given is None:
        return ()
    if isinstance(given, dict):
        given = [given[key] for key in sorted(given)]
    words = given if isinstance(given, list) else [given]
    known = kind.includable if operation == "create" else kind.includable - kind.creation_only
    for word in words:
        if word not in known:
            raise errors.invalid_field("include", f"must be one of {', '.join(sorted(known))}")
    return tuple(words)


def _object(
    given: Mapping[str, Any], fields: Mapping[str, Shape], param: str, *, updating: bool
) -> dict[str, Any]:
    for name in given:
        if name not in fields:
            raise errors.unknown_field(_inside(param, name))
    for name, shape in fields.items():
        if shape.required and given.get(name) is None:
            raise errors.missing_field(_inside(param, name))
    return {
        name: _value(value, fields[name], _inside(param, name), updating=updating)
        for name, value in given.items()
    }


def _value(given: Any, shape: Shape, param: str, *, updating: bool) -> Any:
    if given is None:
        # Null clears what may be empty; in a create it has no effect.
        if not updating or not shape.required:
            return None
        raise errors.invalid_field(param, "cannot be null")
    form, name = _FORMS.get(shape.kind, (object, ""))
    whole_number = form is float and isinstance(given, int)
    if not (isinstance(given, form) or whole_number) or (
        isinstance(given, bool) and form is not bool and form is not object
    ):
        raise errors.invalid_field(param, f"must be a {name}")
    if shape.kind is Kind.OBJECT:
        return _object(given, shape.fields, param, updating=updating)
    element = shape.element or Shape(kind=Kind.ANY)
    if shape.kind is Kind.LIST:
        return [
            _value(one, element, f"{param}[{index}]", updating=updating)
            for index, one in enumerate(given)
        ]
    if shape.kind is Kind.MAP:
        return {
            key: _value(one, element, _inside(param, key), updating=updating)
            for key, one in given.items()
        }
    if shape.values and given not in shape.values and not shape.open_values:
        raise errors.invalid_field(param, f"must be {errors.one_of(shape.values)}")
    return given


def _inside(param: str, name: str) -> str:
    return f"{param}.{name}" if param else name


def _number(given: Any) -> int | None:
    if given is None:
        return None
    text = str(given)
    if not text.isdecimal():
        raise errors.invalid_field("limit", "must be a integer")
    return int(text)


def _start(token: Any) -> int:
    start = 0 if token is None else position_of(str(token))
    if start is None:
        raise errors.invalid_field("page", "must be a token of a page")
    return start
