"""What to declare in the place of a field so that the code agrees with Stripe.

All that agrees already stays as it is declared, references and spelling included, and a list keeps
its order where order means nothing. What Stripe has and the code does not mention is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.plan.compare.match_elements import key_of
from engine.plan.compare.normalize import comparable
from engine.plan.compare.response import read
from engine.plan.translate.written import Refer, written_value
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, get_path


def accepted(
    kind: ResourceType,
    path: Path,
    declared: Mapping[str, Any],
    wanted: Mapping[str, Any],
    actual: RemoteObject,
    refer: Refer,
) -> Any:
    """What to declare at a path; ABSENT for nothing.

    Args:
        kind: The resource type.
        path: Where it is declared, or could be.
        declared: The declaration, references as text.
        wanted: The same with references resolved.
        actual: The object.
        refer: What is written for the ids of other objects.
    """
    attribute, outer, value = kind.root, actual, actual
    for part in path:
        child = attribute.child(part)
        if child is None:
            return ABSENT
        outer, value = value, read(child, str(part), value)
        attribute = child
    sides = (get_path(declared, path, ABSENT), get_path(wanted, path, ABSENT))
    return _Accepter(refer).field(attribute, *sides, value, outer)


class _Accepter:
    """One walk over a declaration, the same with its references resolved, and a response."""

    __slots__ = ("_refer",)

    def __init__(self, refer: Refer) -> None:
        self._refer = refer

    def field(
        self, attribute: Attribute, declared: Any, wanted: Any, actual: Any, outer: Any
    ) -> Any:
        """What to declare of a field."""
        if declared is not ABSENT and wanted is not UNKNOWN:
            if attribute.kind is Kind.LIST and isinstance(wanted, (list, tuple)):
                return self._list(attribute, declared, wanted, actual or [])
            if isinstance(wanted, Mapping) and isinstance(actual, Mapping):
                return self._object(attribute, declared, wanted, actual)
            if _same(attribute, wanted, actual):
                return declared
        found = written_value(attribute, actual, outer, self._refer)
        return ABSENT if found in (None, "", [], {}) else found

    def _object(
        self,
        attribute: Attribute,
        declared: Mapping[str, Any],
        wanted: Mapping[str, Any],
        actual: Mapping[str, Any],
    ) -> Any:
        """Of an object what is declared of it."""
        found: dict[str, Any] = {}
        for name, value in declared.items():
            child = attribute.child(name)
            if child is None or child.write_only:
                found[name] = value
                continue
            inner = self.field(child, value, wanted.get(name), read(child, name, actual), actual)
            if inner is not ABSENT:
                found[name] = inner
        return found or ABSENT

    def _list(
        self, attribute: Attribute, declared: Any, wanted: Sequence[Any], actual: Sequence[Any]
    ) -> Any:
        element = attribute.element or Attribute(kind=Kind.ANY)
        matched = self._matched(attribute, element, declared, wanted, actual)
        by_actual = {match: place for place, match in enumerate(matched) if match is not None}
        order = list(range(len(actual)))
        if attribute.order is not ListOrder.ORDERED or attribute.key:
            kept = [match for match in matched if match is not None]
            order = [*kept, *(place for place in order if place not in by_actual)]
        found = []
        for index in order:
            place = by_actual.get(index)
            if place is None:
                [entry] = written_value(attribute, [actual[index]], {}, self._refer)
                entry = _in_order_of(declared, entry)
            else:
                sides = (declared[place], wanted[place])
                entry = self.field(element, *sides, actual[index], {})
            found.append({} if entry is ABSENT else entry)
        return found or ABSENT

    def _matched(
        self,
        attribute: Attribute,
        element: Attribute,
        declared: Sequence[Any],
        wanted: Sequence[Any],
        actual: Sequence[Any],
    ) -> Sequence[int | None]:
        """For each declared element which of Stripe's it is; None if it is there no longer.

        An element is found by its key, else by being equal. An object whose key changed is the next
        one that is left, as a plan takes it; one without a key in a list whose order counts is the
        one in its place.
        """
        keys = [key_of(attribute, entry) for entry in actual]
        left = list(range(len(actual)))
        matched: list[int | None] = [None] * len(wanted)

        def is_it(place: int, index: int) -> bool:
            if key := key_of(attribute, wanted[place]):
                return key == keys[index]
            same = self.field(element, declared[place], wanted[place], actual[index], {})
            return bool(same == declared[place])

        def is_left(place: int, index: int) -> bool:
            if element.kind is not Kind.OBJECT or attribute.order is ListOrder.SET:
                return False
            return bool(keys[index]) or place == index

        for fits in (is_it, is_left):
            for place, found in enumerate(matched):
                match = next((index for index in left if fits(place, index)), None)
                if found is None and match is not None:
                    matched[place] = match
                    left.remove(match)
        return matched


def _in_order_of(declared: Sequence[Any], entry: Any) -> Any:
    """An element with its fields in the order of those that are declared."""
    names = next((one for one in declared if isinstance(one, Mapping)), None)
    if names is None or not isinstance(entry, Mapping):
        return entry
    return {name: entry[name] for name in (*names, *entry) if name in entry}


def _same(attribute: Attribute, wanted: Any, actual: Any) -> bool:
    return bool(comparable(attribute, wanted) == comparable(attribute, actual))
