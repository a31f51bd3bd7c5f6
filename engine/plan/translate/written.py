"""From an object to the declaration that a person would write for it.

What is left out: what Stripe computes or generates, what is null or empty, and what has the value
that Stripe fills in where a create leaves it out. A create from the declaration makes an equal
object, and the plan of an imported object is empty.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from engine.frozen import frozen
from engine.plan.compare.normalize import comparable, is_held_by_twin, is_nothing, presentable
from engine.plan.compare.response import read
from engine.schema.attribute import Attribute, Kind
from engine.schema.remote import STAMP_PATH, RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT
from engine.values.paths import Path, dotted
from engine.values.templates import escaped
from engine.values.tree import without

Refer: TypeAlias = Callable[[str, str], str | None]
"""Returns the text of a reference, given the object name that an id names and the id; None to
write the id itself."""


@frozen
class Untold:
    """A parameter that Stripe takes and does not return.

    Attributes:
        path: Where it is declared.
        needed: A declaration is not valid without it, so that something has to stand there.
        secret: It is sensitive.
        stand_in: What can stand there: valid, and no value that anybody chose.
    """

    path: Path
    needed: bool
    secret: bool
    stand_in: Any = None


@frozen
class Written:
    """An object as a declaration.

    Attributes:
        arguments: Stripe's parameters, without what Stripe filled in or computed.
        untold: What it may have been made with and does not tell.
    """

    arguments: Mapping[str, Any]
    untold: tuple[Untold, ...]


def written(kind: ResourceType, actual: RemoteObject, refer: Refer) -> Written:
    """The declaration of an object, such that a plan of it changes nothing.

    Args:
        kind: Its resource type.
        actual: The object, everything expandable expanded.
        refer: What is written for the ids of other objects.
    """
    arguments = _Writer(refer).object(kind.root, without(actual, [STAMP_PATH]))
    return Written(arguments=arguments, untold=tuple(_untold(kind, arguments)))


def written_value(attribute: Attribute, value: Any, outer: Any, refer: Refer) -> Any:
    """One field of a response as a declaration would have it.

    Args:
        attribute: The field.
        value: As returned, in the words of the parameter.
        outer: The object that it is a field of.
        refer: What is written for the ids of other objects.
    """
    return _Writer(refer).value(attribute, value, outer if isinstance(outer, Mapping) else {})


class _Writer:
    """One walk over a response."""

    __slots__ = ("_refer",)

    def __init__(self, refer: Refer) -> None:
        self._refer = refer

    def object(self, attribute: Attribute, outer: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of an object that are not as Stripe fills them in, with what they need."""
        found: dict[str, Any] = {}
        told = False
        for name, child in attribute.fields.items():
            if child.implied is not ABSENT:
                found[name], told = child.implied, True
            if not _is_told(child) or is_held_by_twin(child, name, outer):
                continue
            value = self.value(child, read(child, name, outer), outer)
            filled = _is_filled(child, value)
            if filled and not child.required:
                continue
            if value not in (None, "", [], {}):
                found[name] = value
                told = told or not filled
        return found if told else {}

    def value(self, attribute: Attribute, value: Any, outer: Mapping[str, Any]) -> Any:
        """A field as a declaration would have it."""
        if isinstance(value, Mapping) and attribute.kind is Kind.OBJECT:
            return self.object(attribute, value)
        if isinstance(value, Mapping) and attribute.kind is Kind.MAP:
            return self._map(attribute, value, outer)
        if isinstance(value, list) and attribute.element is not None:
            return [self._element(attribute, entry) for entry in value]
        return self._scalar(attribute, value)

    def _map(
        self, attribute: Attribute, value: Mapping[str, Any], outer: Mapping[str, Any]
    ) -> dict[str, Any]:
        element = attribute.element or Attribute(kind=Kind.ANY)
        # The object's own currency is among them, with what the object itself has.
        own = outer.get("currency") if attribute.currency_keys else None
        entries = {
            key: self.value(element, inner, value)
            for key, inner in value.items()
            if key != own and "${" not in key
        }
        return {key: entry for key, entry in entries.items() if entry not in (None, "", [], {})}

    def _element(self, attribute: Attribute, entry: Any) -> Any:
        element = attribute.element or Attribute(kind=Kind.ANY)
        if isinstance(entry, Mapping) and element.kind is Kind.OBJECT:
            # An update names it by its handle, which Stripe gave it.
            return self.object(element, without(entry, [(attribute.handle,)]))
        return self.value(element, entry, {})

    def _scalar(self, attribute: Attribute, value: Any) -> Any:
        for word, returned in attribute.words.items():
            if value == returned and type(value) is type(returned):
                return word
        if value is None:
            return None
        if attribute.kind is Kind.STRING and isinstance(value, Mapping):
            value = value.get("id")
        if attribute.reference and isinstance(value, str):
            return self._refer(attribute.reference, value) or escaped(value)
        if attribute.kind in (Kind.NUMBER, Kind.INTEGER):
            return presentable(comparable(attribute, value))
        return escaped(value)


def _is_told(attribute: Attribute) -> bool:
    """Whether a response shows what a declaration would say."""
    return attribute.declarable and not (attribute.write_only or attribute.sensitive)


def _is_filled(attribute: Attribute, value: Any) -> bool:
    """Whether Stripe has a value that a create without it leads to as well."""
    if value == 0 and attribute.money:
        return False  # an amount of nothing is an amount
    if attribute.generated and isinstance(value, str):
        return re.fullmatch(attribute.generated, value) is not None
    return is_nothing(attribute, comparable(attribute, value) if _is_leaf(value) else value)


def _is_leaf(value: Any) -> bool:
    return isinstance(value, (str, int, float, Decimal))


def _untold(kind: ResourceType, arguments: Mapping[str, Any]) -> Iterator[Untold]:
    """What a create takes and a response does not show, where the declaration could have it."""

    def below(attribute: Attribute, value: Mapping[str, Any], path: Path) -> Iterator[Untold]:
        for name, child in attribute.fields.items():
            where = (*path, name)
            if child.in_create and not _is_told(child) and child.implied is ABSENT:
                yield Untold(
                    path=where,
                    needed=child.required,
                    secret=child.sensitive,
                    stand_in=_stand_in(kind, where, child),
                )
            elif isinstance(inner := value.get(name), Mapping):
                yield from below(child, inner, where)

    yield from below(kind.root, arguments, ())


def _stand_in(kind: ResourceType, path: Path, attribute: Attribute) -> Any:
    """A valid value, if the declaration needs one."""
    if not attribute.required:
        return None
    example = kind.examples.get(dotted(path))
    if example is not None:
        return copy.deepcopy(example)
    if attribute.kind is Kind.OBJECT:
        return {
            name: _stand_in(kind, (*path, name), child) for name, child in attribute.needed.items()
        }
    if attribute.values or attribute.words:
        return next(iter((*attribute.values, *attribute.words)))
    return _STAND_INS.get(attribute.kind, "unknown")


_STAND_INS: Mapping[Kind, Any] = {Kind.INTEGER: 1, Kind.NUMBER: 1, Kind.BOOLEAN: False}
