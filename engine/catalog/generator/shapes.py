"""From the SDK's types to shapes: TypedDicts of parameters and classes of responses."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, Literal, NotRequired, Required, Union, get_args, get_origin

import typing_extensions
from stripe import ListObject, RequestOptions, StripeObject, _stripe_object
from stripe.v2 import ListObject as ListObjectV2

from engine.catalog.generator.sdk import namespace
from engine.catalog.model import ALTERNATIVES, Shape
from engine.schema.attribute import Kind

_SCALARS: Mapping[Any, Kind] = {
    str: Kind.STRING,
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    Decimal: Kind.DECIMAL,
}
# Older releases have none, such as 15.0, and `engine upgrade` reads those too.
_UNTYPED: Any = getattr(_stripe_object, "UntypedStripeObject", object)
_WRAPPERS = (NotRequired, Required, typing_extensions.NotRequired, typing_extensions.Required)
# Pages of sub-lists are objects that hold a list; None means that.
_HOLDERS: Mapping[Any, Kind | None] = {
    list: Kind.LIST,
    dict: Kind.MAP,
    _UNTYPED: Kind.MAP,
    ListObject: None,
    ListObjectV2: None,
}
_OPTIONS = frozenset(inspect.get_annotations(RequestOptions))
# `deleted` is in the response of DELETE, and typed as a field of the object.
_NOT_FIELDS = frozenset({"OBJECT_NAME", "deleted"})


@dataclass(frozen=True, slots=True)
class ShapeReader:
    """Turns types into shapes.

    Attributes:
        known: Object names that have an entry of their own; other objects are described in the
            responses that hold them.
    """

    known: frozenset[str]

    def parameters(self, params: type) -> Shape:
        """Shape of a TypedDict of parameters, without request options."""
        return self._typed_dict(params, ())

    def response(self, returns: Any) -> Shape:
        """Shape of what a service returns: of one class, or the fields of several together."""
        return _together([self._response_class(given, ()) for given in response_classes(returns)])

    def _shape(self, given: Any, seen: tuple[Any, ...]) -> Shape:
        origin = get_origin(given)
        if origin in _WRAPPERS:
            return self._shape(get_args(given)[0], seen)
        if origin in (Union, types.UnionType) or _is_literal(given):
            return self._union(given, seen)
        if origin in _HOLDERS:
            # The element is the last argument: of a list the only one, of a dict the value's.
            element = self._shape(get_args(given)[-1], seen)
            kind = _HOLDERS[origin]
            return Shape(kind=kind, element=element) if kind is not None else _list_page(element)
        return self._class(given, seen)

    def _class(self, given: Any, seen: tuple[Any, ...]) -> Shape:
        if typing_extensions.is_typeddict(given):
            return self._typed_dict(given, seen)
        if _is_object(given):
            return self._nested_class(given, seen)
        # Uploads and `Any`: anything goes.
        return Shape(kind=_SCALARS.get(given, Kind.ANY))

    def _typed_dict(self, given: type, seen: tuple[Any, ...]) -> Shape:
        if given in seen:
            return Shape(kind=Kind.ANY)
        inherited = RequestOptions in typing_extensions.get_original_bases(given)
        skipped = _OPTIONS if inherited else frozenset[str]()
        own = {
            name: hint
            for name, hint in inspect.get_annotations(given).items()
            if name not in skipped
        }
        hints = _evaluated(own, namespace(given.__module__))
        required = typing.cast("frozenset[str]", given.__required_keys__)  # type: ignore[attr-defined]
        fields = {
            name: replace(self._shape(hint, (*seen, given)), required=name in required)
            for name, hint in hints.items()
        }
        return Shape(kind=Kind.OBJECT, fields=fields)

    def _nested_class(self, given: type[StripeObject], seen: tuple[Any, ...]) -> Shape:
        name = object_name(given)
        if given in seen:
            return Shape(kind=Kind.ANY, reference=name)
        if name in self.known:
            return Shape(kind=Kind.OBJECT, reference=name)
        return replace(self._response_class(given, seen), reference=name)

    def _response_class(self, given: type[StripeObject], seen: tuple[Any, ...]) -> Shape:
        fields: dict[str, Shape] = {}
        for base in reversed(given.__mro__):
            if not issubclass(base, StripeObject) or base is StripeObject:
                continue
            own = {
                name: hint
                for name, hint in inspect.get_annotations(base).items()
                if not name.startswith("_") and name not in _NOT_FIELDS
            }
            classes = {n: inner for n, inner in vars(base).items() if isinstance(inner, type)}
            for name, hint in _evaluated(own, {**namespace(base.__module__), **classes}).items():
                if get_origin(hint) is not ClassVar:
                    shape = self._shape(hint, (*seen, given))
                    fields[name] = replace(shape, required=not shape.nullable)
        return Shape(kind=Kind.OBJECT, fields=fields)

    def _union(self, given: Any, seen: tuple[Any, ...]) -> Shape:
        alternatives = _alternatives(given)
        literals = [word for one in alternatives if _is_literal(one) for word in get_args(one)]
        words = tuple(word for word in literals if isinstance(word, str) and word)
        rest = [one for one in alternatives if not _is_literal(one) and one is not type(None)]
        if len(rest) > 1:
            # The SDK spells maps twice, once as plain dict and once as its own object.
            rest = [one for one in rest if get_origin(one) is not _UNTYPED] or rest[:1]
        if len(rest) > 1 and words:
            # `int | Literal["now"] | str`: the bare string only says that the words are open.
            rest = [one for one in rest if one is not str]
        found = self._either(rest, seen) if rest else Shape(kind=_literal_kind(literals))
        return replace(
            found,
            nullable=type(None) in alternatives,
            emptyable="" in literals,
            values=words if found.kind is Kind.STRING else (),
            open_values=bool(words) and bool(rest) and found.kind is Kind.STRING,
            literals=words if found.kind is not Kind.STRING else (),
        )

    def _either(self, rest: list[Any], seen: tuple[Any, ...]) -> Shape:
        if len(rest) == 1:
            return self._shape(rest[0], seen)
        objects = [object_name(one) for one in rest if _is_object(one)]
        if str in rest and len(objects) == len(rest) - 1:
            # An id that can be expanded.
            return Shape(kind=Kind.STRING, reference=ALTERNATIVES.join(sorted(objects)))
        return _any_of([self._shape(one, seen) for one in rest])


def response_classes(returns: Any) -> list[type[StripeObject]]:
    """The classes among what a service returns."""
    return [given for given in _alternatives(returns) if _is_object(given)]


def object_name(given: Any) -> str:
    """Stripe's name for the objects of a class; empty if they have none."""
    return str(vars(given).get("OBJECT_NAME", ""))


def _evaluated(annotations: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Resolve the names in annotations, which the SDK quotes."""
    holder = type("Holder", (), {"__annotations__": dict(annotations)})
    return typing_extensions.get_type_hints(holder, localns=dict(names), include_extras=True)


def _alternatives(given: Any) -> list[Any]:
    if get_origin(given) in (Union, types.UnionType):
        return [inner for one in get_args(given) for inner in _alternatives(one)]
    return [given]


def _is_literal(given: Any) -> bool:
    return get_origin(given) in (Literal, typing_extensions.Literal)


def _is_object(given: Any) -> bool:
    return isinstance(given, type) and issubclass(given, StripeObject)


def _literal_kind(literals: list[Any]) -> Kind:
    kinds = {_SCALARS[type(word)] for word in literals}
    return kinds.pop() if len(kinds) == 1 else Kind.ANY


def _list_page(element: Shape) -> Shape:
    return Shape(
        kind=Kind.OBJECT,
        fields={
            "data": Shape(kind=Kind.LIST, required=True, element=element),
            "has_more": Shape(kind=Kind.BOOLEAN, required=True),
            "object": Shape(kind=Kind.STRING, required=True, values=("list",)),
            "url": Shape(kind=Kind.STRING, required=True),
        },
    )


def _any_of(shapes: list[Shape]) -> Shape:
    """A value of more than one form: any, with the fields of the forms that are objects."""
    kinds = {shape.kind for shape in shapes}
    joined = _together([shape for shape in shapes if shape.fields])
    element = next((shape.element for shape in shapes if shape.element is not None), None)
    kind = kinds.pop() if len(kinds) == 1 else Kind.ANY
    named = {shape.reference for shape in shapes}
    reference = "" if "" in named else ALTERNATIVES.join(sorted(named))
    return replace(joined, kind=kind, element=element, reference=reference)


def _together(shapes: list[Shape]) -> Shape:
    """An object with the fields of several, required where all of them require it."""
    if len(shapes) == 1:
        return shapes[0]
    fields: dict[str, Shape] = {}
    for shape in shapes:
        for name, inner in shape.fields.items():
            everywhere = all(
                name in other.fields and other.fields[name].required for other in shapes
            )
            fields.setdefault(name, replace(inner, required=everywhere))
    return Shape(kind=Kind.OBJECT, fields=fields)
