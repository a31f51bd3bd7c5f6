"""From an object to the declaration that a person would write for it.

What is left out: what Stripe computes or generates, what is null or empty, and what has the value
that Stripe fills in where a create leaves it out. A create from the declaration makes an equal
object, and the plan of an imported object is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

from engine.frozen import frozen
from engine.plan.compare.normalize import comparable, is_held_by_twin, is_nothing, presentable
from engine.plan.compare.response import read
from engine.plan.translate.untold import Untold, hides_a_secret, is_secret, is_told, untold_of
from engine.schema.attribute import Attribute, Kind, walk
from engine.schema.remote import STAMP_PATH, RemoteObject
from engine.schema.resource_type import ResourceType
from engine.schema.rules import RuleKind
from engine.values.markers import ABSENT
from engine.values.paths import ANY_PART, Path, get_path, parse_path
from engine.values.templates import escaped
from engine.values.tree import without

Refer: TypeAlias = Callable[[str, str], str | None]
"""Returns the text of a reference, given the object name that an id names and the id; None to
write the id itself."""

IsLive: TypeAlias = Callable[[str, str], bool]
"""Returns whether an object is live, given its object name and its id."""


_NOW = "now"
"""The word for the moment of a request."""

_NOTHING: tuple[Any, ...] = (None, "", [], {})


@frozen
class Written:
    """An object as a declaration.

    Attributes:
        arguments: Stripe's parameters, without what Stripe filled in or computed.
        untold: What it may have been made with and does not tell.
    """

    arguments: Mapping[str, Any]
    untold: tuple[Untold, ...]


def written(
    kind: ResourceType,
    actual: RemoteObject,
    refer: Refer,
    is_live: IsLive | None = None,
    now: float = 0.0,
) -> Written:
    """The declaration of an object, such that a plan of it changes nothing.

    Args:
        kind: Its resource type.
        actual: The object, everything expandable expanded.
        refer: What is written for the ids of other objects.
        is_live: Whether another object is live. Where Stripe accepts live ones only, the id of an
            archived one is written: a reference to what is declared as archived is not valid.
        now: What the clock says. A moment that was `now` at some time is written so.
    """
    moment = max(now, actual.get("created") or 0) if not kind.is_v2 else now
    writer = _Writer(refer, is_live or _always, _live_only(kind), moment)
    arguments = writer.object(kind.root, without(actual, [STAMP_PATH]), ())
    return Written(arguments=arguments, untold=untold_of(kind, arguments, actual))


def _live_only(kind: ResourceType) -> frozenset[str]:
    """The references, by dotted path, that may name no object declared as archived."""
    return frozenset(
        path.removesuffix(".active")
        for rule in kind.rules
        if rule.kind is RuleKind.FORBIDS and rule.value is False and not rule.when
        for path in rule.fields
        if path.removesuffix(".active") in rule.follow
    )


def written_value(attribute: Attribute, value: Any, outer: Any, refer: Refer) -> Any:
    """One field of a response as a declaration would have it.

    Args:
        attribute: The field.
        value: As returned, in the words of the parameter.
        outer: The object that it is a field of.
        refer: What is written for the ids of other objects.
    """
    writer = _Writer(refer, _always, frozenset(), 0.0)
    return writer.value(attribute, value, outer if isinstance(outer, Mapping) else {}, ())


def _always(_: str, __: str) -> bool:
    return True


class _Writer:
    """One walk over a response."""

    __slots__ = ("_is_live", "_live_only", "_now", "_refer")

    def __init__(
        self, refer: Refer, is_live: IsLive, live_only: frozenset[str], now: float
    ) -> None:
        self._refer = refer
        self._is_live = is_live
        self._live_only = live_only
        self._now = now

    def object(self, attribute: Attribute, outer: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """The fields of an object that are not as Stripe fills them in, with what they need.

        Args:
            attribute: The object's.
            outer: The object in the response.
            path: Where it is, with `*` for every element.
        """
        if _holds_back(attribute, outer):
            return {}
        inline = [name for name in _made(attribute) if _is_archived(outer.get(name))]
        found: dict[str, Any] = {}
        is_filled = True
        for name, child in attribute.fields.items():
            if child.makes in inline:
                value, by_itself = self.object(child, outer[child.makes], (*path, name)), False
            elif name in inline:
                continue
            else:
                value, by_itself = self._field(attribute, name, outer, path)
            if value not in _NOTHING:
                found[name] = value
                is_filled = is_filled and by_itself
        return {} if is_filled else found

    def _field(
        self, attribute: Attribute, name: str, outer: Mapping[str, Any], path: Path
    ) -> tuple[Any, bool]:
        """What is declared of a field, and whether Stripe fills that in by itself."""
        child = attribute.fields[name]
        if child.implied is not ABSENT:
            return child.implied, False
        if not child.declarable or is_held_by_twin(child, name, outer):
            return None, True
        returned = read(child, name, outer) if is_told(child, outer.get(name)) else None
        by_itself = _fills_in(attribute, child, returned, outer, is_element=ANY_PART in path)
        if by_itself and not child.required:
            return None, True
        value = self.value(child, returned, outer, (*path, name))
        return (_least(child, returned) if value == {} and child.required else value), by_itself

    def value(self, attribute: Attribute, value: Any, outer: Mapping[str, Any], path: Path) -> Any:
        """A field as a declaration would have it."""
        if isinstance(value, Mapping) and attribute.kind is Kind.OBJECT:
            return self.object(attribute, value, path)
        if isinstance(value, Mapping) and attribute.kind is Kind.MAP:
            return self._map(attribute, value, outer, path)
        if isinstance(value, list) and attribute.element is not None:
            element, path = attribute.element, (*path, ANY_PART)
            if element.kind is Kind.OBJECT:
                # An update names an element by its handle, which Stripe gave it.
                known = (without(entry, [(attribute.handle,)]) for entry in value)
                return [self.object(element, entry, path) for entry in known]
            entries = (self.value(element, entry, {}, path) for entry in value)
            return [entry for entry in entries if entry is not None]
        return self._scalar(attribute, value, path)

    def _map(
        self, attribute: Attribute, value: Mapping[str, Any], outer: Mapping[str, Any], path: Path
    ) -> dict[str, Any]:
        element = attribute.element or Attribute(kind=Kind.ANY)
        # The object's own currency is among them, with what the object itself has.
        own = [outer[name] for name in outer if name.endswith("currency")]
        entries = {
            key: self.value(element, inner, value, (*path, ANY_PART))
            for key, inner in value.items()
            if not (attribute.currency_keys and key in own) and "${" not in key
        }
        return {key: entry for key, entry in entries.items() if entry not in _NOTHING}

    def _scalar(self, attribute: Attribute, value: Any, path: Path) -> Any:
        for word, returned in attribute.words.items():
            if value == returned and type(value) is type(returned):
                return word
        if attribute.required and _NOW in attribute.words and 0 < (value or 0) <= self._now:
            return _NOW  # a create takes no other moment of the past
        if attribute.kind is Kind.STRING:
            return self._text(attribute, value, path)
        if attribute.kind in (Kind.NUMBER, Kind.INTEGER):
            return presentable(comparable(attribute, value))
        return escaped(value)

    def _text(self, attribute: Attribute, value: Any, path: Path) -> Any:
        archived = _is_archived(value)
        if isinstance(value, Mapping):  # an expanded object where an id is declared
            value = value.get("id")
        if attribute.values and not attribute.open_values and value not in attribute.values:
            return None  # what no request takes
        if not attribute.reference or not value:
            return escaped(value)
        if ".".join(map(str, path)) in self._live_only and (
            archived or not self._is_live(attribute.reference, value)
        ):
            return escaped(value)
        return self._refer(attribute.reference, value) or escaped(value)


@cache
def _made(attribute: Attribute) -> tuple[str, ...]:
    """The fields of an object that may hold what was made for it alone."""
    return tuple(child.makes for child in attribute.fields.values() if child.makes)


def _holds_back(attribute: Attribute, outer: Mapping[str, Any]) -> bool:
    """Whether nothing of an object can be declared: a secret would have to be, or be chosen."""
    return any(
        (child.required and is_secret(child))
        or (attribute.chooser and hides_a_secret(child, outer.get(name)))
        for name, child in _with_secrets(attribute)
    )


@cache
def _with_secrets(attribute: Attribute) -> tuple[tuple[str, Attribute], ...]:
    """The fields of an object that are secrets, or hold some."""
    return tuple(
        (name, child)
        for name, child in attribute.fields.items()
        if is_secret(child) or any(is_secret(below) for _, below in walk(child))
    )


def _is_archived(value: Any) -> bool:
    """Whether a field holds a whole object that is archived."""
    return isinstance(value, Mapping) and value.get("active") is False


def _least(attribute: Attribute, returned: Any) -> Any:
    """The first leaf of an object that has to be declared, though Stripe fills in all of it."""
    if attribute.kind is not Kind.OBJECT:
        return returned
    for name, child in attribute.fields.items():
        inner = read(child, name, returned)
        if child.declarable and is_told(child, None) and not isinstance(inner, list):
            value = _least(child, inner)
            if value not in _NOTHING:
                return {name: value}
    return {}


def _fills_in(
    attribute: Attribute,
    child: Attribute,
    value: Any,
    outer: Mapping[str, Any],
    *,
    is_element: bool,
) -> bool:
    """Whether Stripe fills in the value of a field where a create leaves it out.

    Args:
        attribute: The object that holds it.
        child: The field.
        value: What Stripe has.
        outer: The object in the response.
        is_element: It is in an element of a list, where an amount of zero is an amount.
    """
    if is_element and child.money and value == 0:
        return False
    if child.generated and value is not None:
        return re.fullmatch(child.generated, str(value)) is not None
    if child.follows_from:
        other = attribute.fields.get(child.follows_from)
        shown = (
            outer.get(child.follows_from)
            if other is None
            else read(other, child.follows_from, outer)
        )
        if shown:
            return True
    if child.copied and value == get_path(outer, _indexed(child.copied)):
        return True
    if child.kind in (Kind.OBJECT, Kind.MAP):
        return False  # what is filled in within it is left out there
    return is_nothing(child, comparable(child, value))


def _indexed(dotted: str) -> Path:
    return tuple(int(part) if part.isdigit() else part for part in parse_path(dotted))
