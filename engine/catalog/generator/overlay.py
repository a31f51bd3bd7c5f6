"""What Stripe's description knows and the SDK's types do not, laid over the SDK's entries.

How long a text may be, which texts are currencies, and whether a field of a response is null or
absent where there is nothing. The SDK is the newer of the two: which fields there are, what a
request needs, and which words an enum has is for the SDK to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, Self

from engine.catalog import loader
from engine.catalog.generator.description import Description
from engine.catalog.model import Entry, Operation, Shape
from engine.schema.attribute import Kind


class Known(Protocol):
    """What is known of one place in a request or a response."""

    @property
    def nullable(self) -> bool:
        """Whether null may be here."""

    @property
    def max_length(self) -> int:
        """Longest text that is taken here; 0 if it is not limited."""

    @property
    def currency(self) -> bool:
        """Whether a text here is a currency's code."""

    def requires(self, name: str) -> bool:
        """Whether an object here always has a field."""

    def field(self, name: str) -> Self | None:
        """The place of a field; None if nothing is known of it."""

    def element(self) -> Self | None:
        """The place of an element; None if nothing is known of it."""


class Source(Protocol):
    """Where facts come from."""

    @property
    def version(self) -> str:
        """The API version that they describe."""

    def params(self, entry: Entry, verb: str) -> Known | None:
        """What is known of the parameters of an operation; None if nothing is."""

    def response(self, entry: Entry) -> Known | None:
        """What is known of the response; None if nothing is."""


@dataclass(frozen=True, slots=True)
class Published:
    """Facts from the description itself.

    Attributes:
        description: The description.
    """

    description: Description

    @property
    def version(self) -> str:
        """The API version that it describes."""
        return self.description.version

    def params(self, entry: Entry, verb: str) -> Known | None:
        """What it says of the parameters of an operation."""
        operation = entry.operations[verb]
        return self.description.params(operation.method, operation.path)

    def response(self, entry: Entry) -> Known | None:
        """What it says of the response that holds one object."""
        verb = "retrieve" if "retrieve" in entry.operations else "create"
        operation = entry.operations[verb]
        return self.description.response(operation.method, operation.path)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A place in the shipped catalog."""

    shape: Shape

    @property
    def nullable(self) -> bool:
        return self.shape.nullable

    @property
    def max_length(self) -> int:
        return self.shape.max_length

    @property
    def currency(self) -> bool:
        return self.shape.currency

    def requires(self, name: str) -> bool:
        return self.shape.fields[name].required

    def field(self, name: str) -> _Kept | None:
        return _Kept(self.shape.fields[name]) if name in self.shape.fields else None

    def element(self) -> _Kept | None:
        return _Kept(self.shape.element) if self.shape.element is not None else None


class Shipped:
    """Facts as an earlier generation has written them into the catalog."""

    @property
    def version(self) -> str:
        """The API version that they describe."""
        return loader.description_version()

    def params(self, entry: Entry, verb: str) -> Known | None:
        """What was known of the parameters of an operation."""
        found = self._entry(entry)
        params = None if found is None else found.operations.get(verb, _NONE).params
        return None if params is None else _Kept(params)

    def response(self, entry: Entry) -> Known | None:
        """What was known of the response."""
        found = self._entry(entry)
        return None if found is None else _Kept(found.response)

    def _entry(self, entry: Entry) -> Entry | None:
        return loader.entry(entry.object) if entry.object in loader.object_names() else None


_NONE = Operation(method="", path="")
_ANYTHING = Shape(kind=Kind.ANY)


def laid(entries: Iterable[Entry], source: Source) -> Iterator[Entry]:
    """Lay what a source knows over the SDK's entries."""
    for entry in entries:
        response = _response(entry.response, source.response(entry))
        operations = {
            verb: _operation(operation, source.params(entry, verb), response)
            for verb, operation in entry.operations.items()
        }
        yield replace(entry, operations=operations, response=response)


def _operation(operation: Operation, known: Known | None, response: Shape) -> Operation:
    if operation.params is None:
        return operation
    return replace(operation, params=_as_returned(_params(operation.params, known), response))


def _as_returned(shape: Shape, response: Shape) -> Shape:
    """A parameter that is a currency, or one of some words, where the response's field is."""
    fields = {
        name: _as_returned(inner, response.fields.get(name, _ANYTHING))
        for name, inner in shape.fields.items()
    }
    element = shape.element
    if element is not None:
        element = _as_returned(element, response.element or _ANYTHING)
    if shape.kind is not Kind.STRING:
        return replace(shape, fields=fields, element=element)
    worded = bool(response.values) and not shape.values
    return replace(
        shape,
        currency=shape.currency or response.currency,
        values=response.values if worded else shape.values,
        open_values=worded or shape.open_values,
        max_length=0 if worded else shape.max_length,
    )


def _params(shape: Shape, known: Known | None) -> Shape:
    """A parameter with its longest length, and whether it is a currency."""
    if known is None:
        return shape
    fields = {name: _params(inner, known.field(name)) for name, inner in shape.fields.items()}
    element = None if shape.element is None else _params(shape.element, known.element())
    text = shape.kind is Kind.STRING
    return replace(
        shape,
        fields=fields,
        element=element,
        # The length of an enum's words says nothing.
        max_length=known.max_length if text and not shape.values else 0,
        currency=known.currency and text,
    )


def _response(shape: Shape, known: Known | None) -> Shape:
    """A part of a response whose fields are held to be required, null or absent."""
    if known is None:
        return shape
    fields = {name: _response_field(name, inner, known) for name, inner in shape.fields.items()}
    element = None if shape.element is None else _response(shape.element, known.element())
    currency = known.currency and shape.kind is Kind.STRING
    return replace(shape, fields=fields, element=element, currency=currency)


def _response_field(name: str, shape: Shape, known: Known) -> Shape:
    inner = known.field(name)
    if inner is None:
        return shape
    required = known.requires(name)
    return replace(_response(shape, inner), required=required, nullable=inner.nullable)
