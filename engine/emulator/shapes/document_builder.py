"""Whole documents from parameters: filling them in, and merging updates.

A stored document holds every field of the response's shape, null without a value; a response leaves
out the fields that Stripe leaves out then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.catalog.model import Shape
from engine.emulator.shapes.derived import is_page
from engine.emulator.shapes.paths import copied
from engine.schema.attribute import Kind

_NOTHING: Mapping[Kind, Any] = {
    Kind.LIST: [],
    Kind.MAP: {},
    Kind.BOOLEAN: False,
    Kind.INTEGER: 0,
    Kind.NUMBER: 0.0,
    Kind.STRING: "",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class DocumentBuilder:
    """Builds the documents of one type.

    Attributes:
        shape: Of the whole response.
        defaults: Values of fields that were not sent, by dotted path.
        words: The response's value for literals of requests, by dotted path.
        omitted: Dotted paths that requests take and responses leave out.
    """

    shape: Shape
    defaults: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    omitted: frozenset[str] = frozenset()

    def build(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Build the document of a new object."""
        document: dict[str, Any] = copied(self._bare)
        for name in params:
            shape = self.shape.fields.get(name)
            if shape is not None:
                document[name] = self._field(shape, params, name, name)
        return document

    @cached_property
    def _bare(self) -> dict[str, Any]:
        """The document of an object without parameters."""
        return self._object(self.shape, {}, "")

    def merge(self, document: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
        """Merge an update into a copy of a document: objects leaf by leaf, lists as a whole."""
        result: dict[str, Any] = copied(document)
        self._merge(self.shape, result, params, "")
        return result

    def build_field(self, path: str, given: Any) -> Any:
        """Complete the value of one field, a dotted path with `*` for elements."""
        shape = self.shape
        for step in path.split("."):
            following = shape.element if step == "*" else shape.fields[step]
            if following is None:
                raise KeyError(path)
            shape = following
        return self._complete(shape, given, path)

    def _field(self, shape: Shape, params: Mapping[str, Any], name: str, path: str) -> Any:
        given = params.get(name)
        # A cleared list is empty, whatever the default is.
        if given is None and name in params and shape.kind is Kind.LIST and shape.required:
            return []
        return self._complete(shape, given, path)

    def _complete(self, shape: Shape, given: Any, path: str) -> Any:
        if given is None or path in self.omitted:
            return self._default(shape, path)
        if isinstance(given, Mapping):
            return self._nested(shape, given, path)
        if isinstance(given, list):
            return self._listed(shape, given, path)
        if shape.kind is Kind.OBJECT and not shape.reference:
            # The type's behaviour sets what is sent in one form and returned in another.
            return self._default(shape, path)
        return self.words.get(path, {}).get(given, given)

    def _nested(self, shape: Shape, given: Mapping[str, Any], path: str) -> Any:
        if shape.kind is Kind.OBJECT:
            return self._object(shape, given, path)
        if shape.kind is Kind.MAP and shape.element is not None:
            element = shape.element
            return {
                key: self._complete(element, one, f"{path}.*")
                for key, one in given.items()
                if one is not None
            }
        return given if shape.kind in (Kind.MAP, Kind.ANY) else self._default(shape, path)

    def _listed(self, shape: Shape, given: list[Any], path: str) -> Any:
        if is_page(shape):
            # A list that was sent is returned as a page.
            return self._object(shape, {"data": given}, path)
        if shape.element is None:
            return given
        return [self._complete(shape.element, one, f"{path}.*") for one in given]

    def _object(self, shape: Shape, given: Mapping[str, Any], path: str) -> dict[str, Any]:
        return {
            name: self._field(inner, given, name, f"{path}.{name}" if path else name)
            for name, inner in shape.fields.items()
        }

    def _default(self, shape: Shape, path: str) -> Any:
        if path in self.defaults:
            return copied(self.defaults[path])
        if path == "metadata":
            return {}
        if shape.nullable or not shape.required:
            return None
        if shape.kind is Kind.OBJECT:
            return self._object(shape, {}, path)
        if shape.values:
            return shape.values[0]
        return copied(_NOTHING.get(shape.kind))

    def _merge(
        self, shape: Shape, document: dict[str, Any], changes: Mapping[str, Any], path: str
    ) -> None:
        for name, change in changes.items():
            inner = shape.fields.get(name)
            if inner is None:
                continue
            place = f"{path}.{name}" if path else name
            held = document.get(name)
            if isinstance(change, Mapping) and isinstance(held, dict):
                if inner.kind is Kind.MAP:
                    self._merge_map(inner, held, change, place)
                else:
                    self._merge(inner, held, change, place)
            else:
                document[name] = self._field(inner, changes, name, place)

    def _merge_map(
        self, shape: Shape, document: dict[str, Any], changes: Mapping[str, Any], path: str
    ) -> None:
        element = shape.element or Shape(kind=Kind.ANY)
        for key, change in changes.items():
            held = document.get(key)
            if change is None:
                document.pop(key, None)
            elif isinstance(change, Mapping) and isinstance(held, dict):
                self._merge(element, held, change, f"{path}.*")
            else:
                document[key] = self._complete(element, change, f"{path}.*")


def drop_absent(document: Any, shape: Shape) -> None:
    """Remove from a response the fields without a value that Stripe leaves out rather than null."""
    if isinstance(document, list):
        entries: Iterable[Any] = document
    elif not isinstance(document, dict):
        return
    elif shape.kind is Kind.MAP:
        entries = document.values()
    else:
        for name, inner in shape.fields.items():
            if name in document:
                if document[name] is None and not inner.nullable and not inner.required:
                    del document[name]
                else:
                    drop_absent(document[name], inner)
        return
    if shape.element is not None:
        for inner in entries:
            drop_absent(inner, shape.element)
