"""One environment's side of a resource: a tree of all that can be set, without what is its own.

References are text, so that they are equal where they name the same resource. Secrets, keys, the
ownership stamp and ids that Stripe made are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from engine.frozen import frozen
from engine.plan.compare.last_seen import seen_leaves
from engine.plan.compare.match_elements import key_of
from engine.plan.compare.normalize import Normalizer
from engine.plan.compare.response import hidden
from engine.plan.environments.names import Names
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.schema.remote import STAMP_KEY, RemoteObject
from engine.schema.resource_type import ResourceType
from engine.state.model import ResourceState
from engine.values.markers import ABSENT
from engine.values.paths import Path, get_path, parse_path
from engine.values.secret import Sealed, is_secret
from engine.values.templates import targets_in
from engine.values.tree import any_scalar, scalars, without

_NORMAL = Normalizer("")
_NESTED = (Kind.OBJECT, Kind.MAP)


@frozen
class Side:
    """A resource in one environment.

    Attributes:
        kind: Its type.
        stack: Its stack.
        entry: What the state records.
        actual: The object; None if Stripe was not read.
        names: What the ids of the environment name.
        other: What the state of the other environment declares of it: what is a secret there is
            one here too.
    """

    kind: ResourceType
    stack: str
    entry: ResourceState
    actual: RemoteObject | None
    names: Names
    other: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> Mapping[str, Any]:
        """The object, or what the state keeps of it."""
        return self.recorded if self.actual is None else self.actual

    @property
    def recorded(self) -> Mapping[str, Any]:
        """What the last apply saw of the declared fields."""
        return seen_leaves(_NORMAL, self.kind, self.entry)

    def tree(self) -> dict[str, Any]:
        """All that can be set, in its one normal form, references as text."""
        return self._tree(self.document)

    def unseen(self) -> dict[str, Any]:
        """What was declared of fields that no response holds."""
        return self._unseen(self.kind.root, self.entry.declared)

    def is_as_applied(self, path: Path) -> bool:
        """Whether a leaf is as the last apply left it."""
        seen, now = (
            get_path(self._tree(document), path, ABSENT)
            for document in (self.recorded, self.document)
        )
        return bool(seen == now)

    def is_unknown(self, path: Path, value: Any) -> bool:
        """Whether a leaf is the id of an object of no stack, or ids of such, and none declares it.

        Args:
            path: Of the leaf.
            value: What is there.
        """
        attribute = self.kind.root.at(path)
        if attribute is not None and isinstance(value, list):
            attribute = attribute.element
        ids = value if isinstance(value, list) else [value]
        if attribute is None or not all(isinstance(id, str) for id in ids):
            return False
        written = {leaf for _, leaf in scalars(self.entry.declared) if isinstance(leaf, str)}
        return all(
            (attribute.reference, id) in self.names.unknown and id not in written for id in ids
        )

    def declares(self, path: Path) -> bool:
        """Whether the last apply declared a leaf; in a list, in any of its elements."""
        places: list[Any] = [self.entry.declared]
        attribute: Attribute | None = self.kind.root
        for part in path:
            names = {part}
            is_list = attribute is not None and attribute.kind is Kind.LIST
            attribute = None if attribute is None else attribute.child(part)
            if attribute is not None and attribute.twin and not is_list:
                names.add(attribute.twin)
            below: list[Any] = []
            for place in places:
                if isinstance(place, Mapping):
                    below += [place[name] for name in names if name in place]
                elif is_list and place:
                    below += place
                else:
                    return True  # a reference, a secret, a list without elements
            places = below
        return bool(places)

    def _tree(self, document: Mapping[str, Any]) -> dict[str, Any]:
        declared = self.entry.declared
        shown = hidden(self.kind.root, document, declared)
        shown = hidden(self.kind.root, shown, self.other)
        if is_secret(shown):
            return {}
        found = _NORMAL.comparable(self.kind.root, shown)
        found = self._object(self.kind.root, found, declared)
        return without(found, self._own())

    def _unseen(self, attribute: Attribute, declared: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, child, inner in attribute.parts(declared):
            entry: Any = ABSENT
            if child.write_only:
                normal = inner if any(targets_in(inner)) else _NORMAL.comparable(child, inner)
                entry = self._value(child, normal, inner)
            elif isinstance(inner, Mapping):
                entry = self._unseen(child, inner) or ABSENT
            elif isinstance(inner, list) and child.element is not None:
                elements = [_mapping(element) for element in inner]
                parts = [self._unseen(child.element, element) for element in elements]
                entry = parts if any(parts) else ABSENT
            if entry is not ABSENT:
                found[name] = entry
        return found

    def _own(self) -> Iterable[Path]:
        """What Stripe chose for this object alone."""
        life = self.kind.life
        keys = [parse_path(key.attribute) for key in life.natural_keys if key.unique]
        yield from (path for path in [("id",), *keys] if not self.declares(path))
        yield from ((one.at,) for one in life.companions if one.by in self.entry.declared)

    def _value(self, attribute: Attribute, value: Any, declared: Any) -> Any:
        """A normal form with references as text; ABSENT for what is left out."""
        if value is None or isinstance(value, Sealed):
            return ABSENT
        if attribute.resolved and isinstance(declared, str) and declared in attribute.words:
            return declared
        if isinstance(value, Mapping) and attribute.kind in _NESTED:
            return self._object(attribute, value, declared)
        if isinstance(value, list):
            return self._list(attribute, value)
        return self._text(attribute, value) if isinstance(value, str) else value

    def _text(self, attribute: Attribute, value: str) -> str:
        if attribute.reference:
            found = self.names.reference(attribute.reference, value, self.stack)
            if found is not None:
                return found
        return self.names.text(value, self.stack)

    def _object(
        self, attribute: Attribute, value: Mapping[str, Any], declared: Any
    ) -> dict[str, Any]:
        below = _mapping(declared)
        found: dict[str, Any] = {}
        for name, inner in value.items():
            is_map = attribute.kind is Kind.MAP
            if is_map and name not in below and self._is_ours(attribute, name):
                continue
            child = attribute.child(name) or _ANYTHING
            entry = self._value(child, inner, below.get(name))
            if entry is not ABSENT:
                found[_one_spelling(child, name, value)] = entry
        return found

    def _is_ours(self, attribute: Attribute, name: str) -> bool:
        """Whether a key of a map is the ownership stamp, or repeats the object's own amount."""
        currency = self.document.get("currency") if attribute.currency_keys else None
        return name in (STAMP_KEY, currency)

    def _list(self, attribute: Attribute, value: list[Any]) -> Any:
        """A list: keyed if elements align by a field of theirs, sorted if its order is nothing."""
        if any_scalar(value, lambda leaf: isinstance(leaf, Sealed)):
            return ABSENT
        element = attribute.element or _ANYTHING
        entries = [self._value(element, entry, None) for entry in value]
        if attribute.handle:
            entries = [_without(entry, attribute.handle) for entry in entries]
        keys = [key_of(attribute, entry) for entry in entries] if attribute.key else []
        same = all(self._is_key(attribute, element, key) for key in keys)
        if keys and same and len(set(keys)) == len(keys):
            return dict(zip(keys, entries, strict=True))
        return sorted(entries, key=str) if attribute.order is ListOrder.SET else entries

    def _is_key(self, attribute: Attribute, element: Attribute, key: str) -> bool:
        """Whether a key means the same in another account: it is no id that names nothing known."""
        reference = (element.child(attribute.key) or _ANYTHING).reference
        return bool(key) and (reference, key) not in self.names.unknown


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _one_spelling(attribute: Attribute, name: str, outer: Mapping[str, Any]) -> str:
    """The name of a field; of an amount in two spellings that of the whole number."""
    alone = attribute.twin and attribute.kind is Kind.DECIMAL and attribute.twin not in outer
    return attribute.twin if alone else name


_ANYTHING = Attribute(kind=Kind.ANY)


def _without(entry: Any, name: str) -> Any:
    return without(entry, [(name,)]) if isinstance(entry, Mapping) else entry
