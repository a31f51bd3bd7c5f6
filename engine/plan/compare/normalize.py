"""Normal forms: one value, one spelling, whether it was declared, recorded or returned.

Stripe fills in, rewrites and renames; here that is undone, from the type's attributes alone, so
that two values are equal exactly when they mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engine.frozen import frozen
from engine.plan.compare.response import read
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import get_path
from engine.values.secret import Sealed, Sensitive
from engine.values.templates import is_reference, unescaped
from engine.values.tree import map_scalars, overlaid

_BLANKS = "\0 \t\r\n"
"""What Stripe takes off both ends of a text; a text of nothing else is none."""


@frozen(kw_only=False)
class Normalizer:
    """Makes values of one lineage comparable; secrets among them become fingerprints.

    Attributes:
        salt: For the fingerprints: the lineage.
    """

    salt: str

    def sealed(self, value: object) -> Sealed:
        """What is kept of a secret."""
        return Sealed.of(value, self.salt)

    def seal(self, value: Any, *, nulls: bool = False) -> Any:
        """A document fit for state: secrets as fingerprints, decimals as text.

        Args:
            value: The document.
            nulls: Its mappings keep what is null; in a declaration that is not declared.
        """

        def sealed(leaf: Any) -> Any:
            if isinstance(leaf, Sensitive):
                return self.sealed(unescaped(leaf.value))
            if isinstance(leaf, Decimal):
                return format(leaf, "f")
            return str.__str__(leaf) if isinstance(leaf, str) else leaf

        return map_scalars(value, sealed, nulls=nulls)

    def unsealed(self, sealed: Any, written: Any) -> Any:
        """What was sealed, with its secrets as they are written where the same is written now.

        A fingerprint is of what was written, references and all: only the text shows what they
        named.

        Args:
            sealed: What the last apply declared.
            written: What is declared now, references unresolved.
        """

        def same(kept: Any, now: Any) -> Any:
            if not isinstance(now, Sensitive):
                return ABSENT
            return now if kept == self.seal(now) else kept

        return overlaid(sealed, written, same)

    def comparable(self, attribute: Attribute, value: Any) -> Any:
        """A value in its one normal form.

        Args:
            attribute: What the value looks like.
            value: As declared, as returned, or as state holds it.
        """
        if value is UNKNOWN or isinstance(value, Sealed):
            return value
        if isinstance(value, Sensitive):
            return self.sealed(value.value)
        if attribute.kind is Kind.LIST:
            return self._list(attribute, value or ())
        if attribute.kind in (Kind.OBJECT, Kind.MAP):
            return self._object(attribute, value)
        return _comparable_scalar(attribute, value)

    def _list(self, attribute: Attribute, value: Sequence[Any]) -> Any:
        element = attribute.element or Attribute(kind=Kind.ANY)
        entries = [self.comparable(element, entry) for entry in value]
        if attribute.order is ListOrder.SET:
            return sorted(entries, key=lambda entry: (entry is UNKNOWN, str(entry)))
        return entries

    def _object(self, attribute: Attribute, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        found: dict[str, Any] = {}
        for name in value if attribute.kind is Kind.MAP else attribute.fields:
            child = attribute.child(name)
            if child is None or not (child.declarable or attribute.kind is Kind.MAP):
                continue
            if is_held_by_twin(child, name, value):
                continue
            inner = read(child, name, value)
            if inner is None and name not in value:
                continue
            entry = self.comparable(child, inner)
            if entry is not None and not is_nothing(child, entry):
                found[name] = entry
        return found

    def pick(self, attribute: Attribute, declared: Any, actual: Any) -> Any:
        """What state keeps of a response: the declared leaves, in the parameters' words."""
        if isinstance(actual, Sealed):
            return actual
        if isinstance(declared, Sealed):
            return self.sealed(actual) if actual is not None else declared
        if attribute.kind in (Kind.OBJECT, Kind.MAP) and isinstance(declared, Mapping):
            return {
                name: self.pick(child, inner, read(child, name, actual))
                for name, child, inner in attribute.parts(declared)
                if not child.write_only
            }
        if attribute.kind is Kind.LIST and attribute.element is not None:
            entries = declared if isinstance(declared, list) else []
            if any(isinstance(entry, Sealed) for entry in entries):
                return self.sealed(actual)
            names = {name for entry in entries if isinstance(entry, Mapping) for name in entry}
            return [
                _with_handle(
                    attribute,
                    entry,
                    self._kept(attribute.element, _only(attribute.element, names, entry)),
                )
                for entry in _in_order(attribute, actual)
            ]
        return self._kept(attribute, actual)

    def _kept(self, attribute: Attribute, value: Any) -> Any:
        if value is None:
            return None
        found = self.comparable(attribute, value)
        if attribute.kind is Kind.DECIMAL and isinstance(found, Decimal):
            return format(found, "f")
        return presentable(found)


comparable: Final = Normalizer("").comparable
"""The normal form of a value that holds no secret."""


def is_nothing(attribute: Attribute, value: Any) -> bool:
    """Whether a comparable value means the same as having none."""
    return value in (None, "", [], {}) or (
        attribute.neutral is not ABSENT and bool(value == comparable(attribute, attribute.neutral))
    )


def _comparable_scalar(attribute: Attribute, value: Any) -> Any:
    for word, returned in attribute.words.items():
        if value in (returned, word):
            return word
    if isinstance(value, str):
        value = str.strip(value, _BLANKS)
    if value is None or value == "":
        return None if attribute.neutral is ABSENT else attribute.neutral
    if attribute.twin:
        return _number(attribute, value)
    return _SCALARS.get(attribute.kind, _as_is)(attribute, value)


def is_held_by_twin(attribute: Attribute, name: str, outer: Mapping[str, Any]) -> bool:
    """Whether the twin of a field has its value: where both do, the whole number has it."""
    if not attribute.twin or outer.get(attribute.twin) is None:
        return False
    return outer.get(name) is None or attribute.kind is Kind.DECIMAL


def _text(attribute: Attribute, value: Any) -> Any:
    if isinstance(value, Mapping):  # an expanded object where an id was asked for
        value = value.get("id")
    text = str.__str__(value) if isinstance(value, str) else str(value)
    return text.lower() if attribute.fold_case else text


def _integer(_: Attribute, value: Any) -> Any:
    return int(value) if isinstance(value, (str, float)) and not isinstance(value, bool) else value


def _number(_: Attribute, value: Any) -> Any:
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return value


def _as_is(_: Attribute, value: Any) -> Any:
    return value


_SCALARS: Mapping[Kind, Callable[[Attribute, Any], Any]] = {
    Kind.STRING: _text,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.DECIMAL: _number,
}


def presentable(value: Any) -> Any:
    """A comparable value as a JSON document shows it."""

    def shown(leaf: Any) -> Any:
        if not isinstance(leaf, Decimal):
            return leaf
        return int(leaf) if leaf == leaf.to_integral_value() else float(leaf)

    return map_scalars(value, shown)


def document_of(attribute: Attribute, value: Any) -> Any:
    """A comparable tree in the shape people declare: keyed lists are lists again."""
    if isinstance(value, Mapping):
        if attribute.kind is Kind.LIST and attribute.element is not None:
            return [document_of(attribute.element, inner) for inner in value.values()]
        found: dict[str, Any] = {}
        for name, inner in value.items():
            child = attribute.child(name)
            found[name] = presentable(inner) if child is None else document_of(child, inner)
        return found
    if isinstance(value, list) and attribute.element is not None:
        return [document_of(attribute.element, inner) for inner in value]
    return presentable(value)


def applied_leaves(
    attribute: Attribute, declared: Mapping[str, Any], attributes: Any
) -> dict[str, Any]:
    """What the last apply declared, without references to null: they set nothing."""
    found: dict[str, Any] = {}
    for name, value in declared.items():
        child, seen = attribute.child(name), get_path(attributes, (name,))
        if child is None or child.write_only or isinstance(value, Sealed):
            found[name] = value
        elif isinstance(value, Mapping):
            found[name] = applied_leaves(child, value, seen)
        elif seen is not None or not is_reference(value):
            found[name] = value
    return found


def _with_handle(attribute: Attribute, entry: Any, kept: Any) -> Any:
    """An element with the id that an update names it by, for plans without a refresh."""
    handle = get_path(entry, (attribute.handle,))
    return kept if handle is None else {**kept, attribute.handle: handle}


def _only(element: Attribute, names: set[str], entry: Any) -> Any:
    """Of an element only the fields that some element declares."""
    if not isinstance(entry, Mapping) or not names:
        return entry
    found = {name: value for name, value in entry.items() if name in names}
    for name in names.intersection(element.fields):
        if element.fields[name].twin or element.fields[name].source:
            found[name] = read(element.fields[name], name, entry)
    return found


def _in_order(attribute: Attribute, actual: Any) -> Sequence[Any]:
    """A list, sorted where its order means nothing, so that state stays the same."""
    entries = list(actual or ())
    if attribute.order is ListOrder.ORDERED or attribute.element is None:
        return entries
    element = attribute.element
    if attribute.order is ListOrder.KEYED:
        return sorted(entries, key=lambda entry: str(get_path(entry, (attribute.key,))))
    return sorted(entries, key=lambda entry: str(comparable(element, entry)))
