"""Encode and decode the entry of a type: the form of the files in `engine/catalog/data`.

A shape is a string, or an object of one member::

    "integer"                      an integer
    "string?~"                     a string; a response may hold null (?), '' clears it (~)
    "string<40"                    a string of at most 40 characters
    "string$"                      the code of a currency
    {"string": ["day", "week"]}    an enum; {"string+": [...]} if the SDK allows further words
    {"integer": ["inf"]}           an integer, or the word
    {"string": "product"}          the id of a product
    {"object": {"amount!": ...}}   an object; ! marks a field its parent cannot be without
    {"list": ...}, {"map": ...}    of the shape within
    "#recurring"                   the shape of that name in the file's `shapes`

Where one member is not enough (an id that is also an enum, a value of several forms) the object
has a `kind` and names the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from engine.catalog.model import Entry, Operation, Shape
from engine.schema.attribute import Kind

_COMPOUND = (Kind.OBJECT, Kind.LIST, Kind.MAP)


def encode_shape(shape: Shape) -> Any:
    """Write a shape, everything in place; `required` is its parent's to write."""
    spelled = (
        shape.kind.value
        + ("?" if shape.nullable else "")
        + ("~" if shape.emptyable else "")
        + ("+" if shape.open_values else "")
        + ("$" if shape.currency else "")
        + (f"<{shape.max_length}" if shape.max_length else "")
    )
    parts: dict[str, Any] = {}
    if shape.fields:
        parts["fields"] = encode_fields(shape.fields)
    if shape.element is not None:
        parts["element"] = encode_shape(shape.element)
    if shape.values or shape.literals:
        parts["words"] = list(shape.values or shape.literals)
    if shape.reference:
        parts["reference"] = shape.reference
    if not parts:
        return spelled
    if len(parts) == 1 and (shape.kind in _COMPOUND or "fields" not in parts):
        return {spelled: next(iter(parts.values()))}
    return {"kind": spelled, **parts}


def encode_fields(fields: Mapping[str, Shape]) -> dict[str, Any]:
    """Write the fields of an object, sorted."""
    return {
        f"{name}!" if shape.required else name: encode_shape(shape)
        for name, shape in sorted(fields.items())
    }


def encode_operation(operation: Operation) -> dict[str, Any]:
    """Write a call."""
    written: dict[str, Any] = {"method": operation.method, "path": operation.path}
    if operation.base != "api":
        written["base"] = operation.base
    if operation.returns:
        written["returns"] = operation.returns
    if operation.params is not None:
        written["params"] = encode_fields(operation.params.fields)
    return written


class EntryReader:
    """Reads one file; shapes it shares are read once and stay shared."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._written = written
        self._shared: dict[str, Shape] = {}

    def entry(self) -> Entry:
        """Read the whole entry."""
        operations = {
            name: self._operation(written) for name, written in self._written["operations"].items()
        }
        return Entry(
            object=self._written["object"],
            service=self._written["service"],
            operations=operations,
            response=self._object(self._written["response"]),
            summary=self._written["summary"],
        )

    def outline(self) -> Entry:
        """Read the entry without parameters, and of the response only its object name."""
        calls: Mapping[str, Mapping[str, Any]] = self._written["operations"]
        response: Mapping[str, Any] = self._written["response"]
        named = {name: shape for name, shape in response.items() if name.rstrip("!") == "object"}
        return Entry(
            object=self._written["object"],
            service=self._written["service"],
            operations={
                name: self._operation({**written, "params": None})
                for name, written in calls.items()
            },
            response=self._object(named),
            summary=self._written["summary"],
        )

    def _operation(self, written: Mapping[str, Any]) -> Operation:
        params = written.get("params")
        return Operation(
            method=written["method"],
            path=written["path"],
            params=None if params is None else self._object(params),
            base=written.get("base", "api"),
            returns=written.get("returns", ""),
        )

    def _object(self, fields: Mapping[str, Any]) -> Shape:
        return Shape(kind=Kind.OBJECT, fields=self._fields(fields))

    def _fields(self, written: Mapping[str, Any]) -> dict[str, Shape]:
        return {
            name.removesuffix("!"): self._shape(shape, required=name.endswith("!"))
            for name, shape in written.items()
        }

    def _shape(self, written: Any, *, required: bool = False) -> Shape:
        if isinstance(written, str):
            if written.startswith("#"):
                return self._named(written[1:], required=required)
            return _bare(written, required=required)
        if "kind" in written:
            parts = {name: part for name, part in written.items() if name != "kind"}
            return self._composed(written["kind"], parts, required=required)
        ((spelled, part),) = written.items()
        return self._composed(spelled, {_part_name(spelled, part): part}, required=required)

    def _composed(self, spelled: str, parts: Mapping[str, Any], *, required: bool) -> Shape:
        read: dict[str, Any] = dict(parts)
        if "fields" in read:
            read["fields"] = self._fields(read["fields"])
        if "element" in read:
            read["element"] = self._shape(read["element"])
        return _build(spelled, read, required=required)

    def _named(self, name: str, *, required: bool) -> Shape:
        # Whether it is required depends on the parent, so each form is kept once.
        key = f"{name}!" if required else name
        if key not in self._shared:
            self._shared[key] = self._shape(self._written["shapes"][name], required=required)
        return self._shared[key]


def kind_of(spelled: str) -> Kind:
    """The kind of a shape as it is spelled, its marks left out."""
    return Kind(spelled.partition("<")[0].rstrip("?~+$"))


def _part_name(spelled: str, part: Any) -> str:
    kind = kind_of(spelled)
    if isinstance(part, list):
        return "words"
    if kind in (Kind.LIST, Kind.MAP):
        return "element"
    return "reference" if isinstance(part, str) else "fields"


@cache
def _bare(spelled: str, *, required: bool) -> Shape:
    """A shape without parts. The few spellings there are come thousands of times."""
    return Shape(
        kind=kind_of(spelled),
        required=required,
        nullable="?" in spelled,
        emptyable="~" in spelled,
        open_values="+" in spelled,
        currency="$" in spelled,
        max_length=int(spelled.partition("<")[2] or 0),
    )


def _build(spelled: str, parts: Mapping[str, Any], *, required: bool) -> Shape:
    bare = _bare(spelled, required=required)
    words = tuple(parts.get("words", ()))
    given = {name: part for name, part in parts.items() if name != "words"}
    return replace(
        bare,
        values=words if bare.kind is Kind.STRING else (),
        literals=words if bare.kind is not Kind.STRING else (),
        **given,
    )
