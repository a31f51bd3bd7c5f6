"""Whether answers are what Stripe's published description says that they are.

The description is read as it is, and not through the catalog, so that a wrong fact there cannot
vouch for itself. The SDK is newer: fields and words that only it has are let through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.catalog.generator.description import Description, Schema
from engine.catalog.model import Shape
from engine.emulator.testing.observers import Observer
from engine.emulator.types.kinds import older_forms, response_of_object
from engine.emulator.wire.messages import Request
from engine.schema.attribute import Kind

_TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_ANYTHING = Shape(kind=Kind.ANY)
_ERROR: Schema = {"$ref": "#/components/schemas/error"}
_FIRST_ERROR = 400


class Published:
    """The description, asked about answers.

    Attributes:
        unknown: Calls that the description does not have.
        looked_at: How many answers were looked at.
    """

    def __init__(self, description: Description) -> None:
        """Ask a description."""
        self.unknown: set[str] = set()
        self.looked_at = 0
        self._description = description
        self._forms: dict[int, tuple[Schema, ...]] = {}
        self._calls = [
            (method, re.compile(re.sub(r"\{\}", "[^/]+", path)), answer)
            for method, path, answer in description.responses()
        ]

    def misfits(self, method: str, path: str, status: int, body: bytes) -> list[str]:
        """What an answer has that it should not have, and lacks that it should not lack.

        Args:
            method: Of the request, upper case.
            path: Of the request, without query.
            status: Of the answer.
            body: Of the answer.
        """
        if path.startswith("/v2/"):
            return []
        expected = _ERROR if status >= _FIRST_ERROR else self._expected(method.lower(), path)
        if expected is None:
            self.unknown.add(f"{method} {path}")
            return []
        self.looked_at += 1
        return list(self._misfits(json.loads(body), expected, _ANYTHING, ""))

    def _expected(self, method: str, path: str) -> Schema | None:
        return next(
            (
                answer
                for verb, pattern, answer in self._calls
                if verb == method and pattern.fullmatch(path)
            ),
            None,
        )

    def _misfits(self, value: Any, node: Schema, shape: Shape, where: str) -> Iterator[str]:
        if value is None:
            # The object itself is never null, so what it refers to says nothing here.
            if not node.get("nullable"):
                yield f"{where} is null"
            return
        told: list[str] = []
        forms = self._forms_of(node)
        # A field of another form is not one that the SDK alone knows.
        others = {name for form in forms for name in form.get("properties", ())}
        for form in forms:
            if not _could_be(value, form):
                continue
            told = list(self._against(value, form, shape, where, others))
            if not told:
                return
        yield from told or [f"{where} is {value!r}"]

    def _forms_of(self, node: Schema) -> tuple[Schema, ...]:
        key = id(node)
        if key not in self._forms:
            self._forms[key] = tuple(self._description.forms(node))
        return self._forms[key]

    def _against(
        self, value: Any, form: Schema, shape: Shape, where: str, others: Collection[str]
    ) -> Iterator[str]:
        if isinstance(value, list):
            element = shape.element or _ANYTHING
            for index, inner in enumerate(value):
                yield from self._misfits(inner, form["items"], element, f"{where}[{index}]")
        elif isinstance(value, dict):
            if "properties" in form:
                yield from self._object(value, form, shape, where, others)
            elif isinstance(form.get("additionalProperties"), Mapping):
                element = shape.element or _ANYTHING
                for name, inner in value.items():
                    entries = form["additionalProperties"]
                    yield from self._misfits(inner, entries, element, f"{where}.{name}")
        elif "enum" in form and value not in form["enum"] and value not in shape.values:
            yield f"{where} is {value!r}"

    def _object(
        self,
        value: Mapping[str, Any],
        form: Schema,
        shape: Shape,
        where: str,
        others: Collection[str],
    ) -> Iterator[str]:
        known = form["properties"]
        if not shape.fields:
            shape = response_of_object(str(value.get("object", "")))
        for name in form.get("required", ()):
            if name not in value:
                yield f"{where}.{name} is missing"
        for name, inner in value.items():
            if name in known:
                below = shape.fields.get(name, _ANYTHING)
                yield from self._misfits(inner, known[name], below, f"{where}.{name}")
            elif name in others or name not in shape.fields:
                yield f"{where}.{name} is unknown"


def _could_be(value: Any, form: Schema) -> bool:
    """Whether a value may be of a form, by its type and by what an object calls itself."""
    types = _TYPES.get(form.get("type", ""))
    if types is None or not isinstance(value, types):
        return types is None
    if isinstance(value, bool) and form["type"] != "boolean":
        return False
    if isinstance(value, dict):
        named = form.get("properties", {}).get("object", {}).get("enum", ())
        if named and value.get("object", named[0]) not in named:
            return False
        # What is left of a deleted object is a form of its own.
        return "deleted" not in form.get("required", ()) or value.get("deleted") is True
    return True


@dataclass(slots=True)
class Answers(Observer):
    """What emulators answered and Stripe would not.

    Attributes:
        published: The description; None where the machine does not have it.
        offences: What was found, each with the request.
    """

    published: Published | None
    offences: list[str] = field(default_factory=list)

    def answered(self, request: Request, status: int, body: bytes) -> None:
        """Look at one answer, unless it is in the form of an older version than the described."""
        asked = request.headers.get("stripe-version")
        if self.published is None or (asked and older_forms(asked)):
            return
        found = self.published.misfits(request.method, request.path, status, body)
        self.offences.extend(f"{request.method} {request.path}: {one}" for one in found)

    def drain(self) -> list[str]:
        """What was found since the last time."""
        found, self.offences = self.offences, []
        return found
