"""The text of the catalog's files.

Each parameter, field and shared shape has a line of its own, and they are sorted, so that a new
release of the SDK reads as a diff.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.catalog.codec import encode_fields, encode_operation
from engine.catalog.generator.sdk import API_VERSION, SDK_VERSION
from engine.catalog.model import Entry, Shape
from engine.catalog.rows import Row
from engine.schema.attribute import Kind

INDEX, MANAGED = "index.json", "managed.json"
# Below this many characters a repeated shape costs less than its name.
_WORTH_SHARING = 48


def catalog_files(entries: Iterable[Entry], description_version: str) -> dict[str, str]:
    """Text of every file under `engine/catalog/data`, by file name.

    Args:
        entries: Of all types.
        description_version: API version of Stripe's description that was laid over them.
    """
    listed = list(entries)
    files = {f"{entry.object}.json": _entry_text(entry) for entry in listed}
    index = {
        "api_version": API_VERSION,
        "description_version": description_version,
        "objects": {
            entry.object: {"collection": entry.collection, "service": entry.service}
            for entry in listed
        },
        "parts": _parts(listed),
        "sdk_version": SDK_VERSION,
    }
    files[INDEX] = _lines(index, depth=2) + "\n"
    return files


def _parts(entries: Iterable[Entry]) -> dict[str, str]:
    """Of each object that only responses of others describe, one of these others."""
    listed = {entry.object: set(_described(entry.response)) for entry in entries}
    return {
        name: next(holder for holder in sorted(listed) if name in listed[holder])
        for name in set().union(*listed.values()) - set(listed)
    }


def _described(shape: Shape) -> Iterator[str]:
    for inner in (*shape.fields.values(), *([shape.element] if shape.element else [])):
        if inner.kind is Kind.OBJECT and inner.fields and inner.reference:
            yield inner.reference
        yield from _described(inner)


def managed_text(areas: Mapping[str, Mapping[str, Row]]) -> str:
    """Text of the file that says which types have a row, in which area, and of which class."""
    managed = {
        object_name: {"area": area, "face": row.face}
        for area, rows in areas.items()
        for object_name, row in rows.items()
    }
    return _lines(managed, depth=1) + "\n"


def _entry_text(entry: Entry) -> str:
    written: dict[str, Any] = {
        "object": entry.object,
        "operations": {
            name: encode_operation(operation)
            for name, operation in sorted(entry.operations.items())
        },
        "response": encode_fields(entry.response.fields),
        "service": entry.service,
        "summary": entry.summary,
    }
    return _lines(_Sharing(written).shared(), depth=2) + "\n"


class _Sharing:
    """Moves shapes that occur more than once in a file to `shapes`, under a name of a field's."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._written = written
        self._uses: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._shapes: dict[str, Any] = {}

    def shared(self) -> dict[str, Any]:
        """The same file with names in place of what repeats."""
        for fields in self._roots():
            for shape in fields.values():
                self._count(shape)
        operations = {
            name: self._with_params(operation)
            for name, operation in self._written["operations"].items()
        }
        response = self._fields(self._written["response"])
        shapes = dict(sorted(self._shapes.items()))
        return {
            **self._written,
            "operations": operations,
            "response": response,
            **({"shapes": shapes} if shapes else {}),
        }

    def _roots(self) -> list[Mapping[str, Any]]:
        params = [one.get("params", {}) for one in self._written["operations"].values()]
        return [*params, self._written["response"]]

    def _count(self, shape: Any) -> None:
        if not isinstance(shape, dict):
            return
        key = _compact(shape)
        self._uses[key] += 1
        if self._uses[key] == 1:
            for inner in _children(shape):
                self._count(inner)

    def _with_params(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        if "params" not in operation:
            return dict(operation)
        return {**operation, "params": self._fields(operation["params"])}

    def _fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._shape(name.rstrip("!"), shape) for name, shape in fields.items()}

    def _shape(self, field: str, shape: Any) -> Any:
        if not isinstance(shape, dict):
            return shape
        key = _compact(shape)
        if self._uses[key] == 1 or len(key) < _WORTH_SHARING:
            return self._rewritten(field, shape)
        if key not in self._names:
            name, number = field, 1
            while name in self._names.values():
                number += 1
                name = f"{field}-{number}"
            self._names[key] = name
            self._shapes[name] = self._rewritten(field, shape)
        return f"#{self._names[key]}"

    def _rewritten(self, field: str, shape: Mapping[str, Any]) -> dict[str, Any]:
        return {
            member: (
                self._fields(part)
                if isinstance(part, dict) and _holds_fields(member)
                else self._shape(field, part)
            )
            for member, part in shape.items()
        }


def _holds_fields(member: str) -> bool:
    return member == "fields" or member.rstrip("?~+") == "object"


def _children(shape: Mapping[str, Any]) -> list[Any]:
    inner: list[Any] = []
    for member, part in shape.items():
        if isinstance(part, dict):
            inner.extend(part.values() if _holds_fields(member) else [part])
    return inner


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def _lines(value: Any, depth: int, indent: str = "") -> str:
    """JSON with a line a member down to a depth, two more for calls, and the rest on its line."""
    if depth == 0 or not isinstance(value, dict) or not value:
        return _compact(value)
    inner = indent + " "
    members = [
        f"{inner}{json.dumps(name)}:{_lines(part, depth + _extra(name, indent) - 1, inner)}"
        for name, part in sorted(value.items())
    ]
    return "{\n" + ",\n".join(members) + "\n" + indent + "}"


def _extra(name: str, indent: str) -> int:
    return 2 if name == "operations" and not indent else 0
