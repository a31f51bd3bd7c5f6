"""Leaves that name objects: addresses after ids, and the fields by which people know an object."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.plan.compare.field_changes import currency_of
from engine.plan.model import FieldChange
from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType
from engine.values.markers import UNKNOWN
from engine.values.paths import Path, dotted
from engine.values.templates import targets_in
from engine.values.tree import leaves
from engine.views.fields import Leaf, show

_TELLING = 4
"""Leaves of an object that goes; more would hide the objects among their fields."""
_DEEPEST = 2
"""Keys of a path down to such a leaf."""
_NEEDED = 2
"""The rank of what a create needs; keys and amounts are before it."""


# ── ids and what they name ────────────────────────────────────────────────────────────────


def with_names(
    line: Leaf, entry: FieldChange, root: Attribute | None, sources: Any, names: Mapping[str, str]
) -> Leaf:
    """A leaf with the addresses of the ids in it, and the references that it waits for.

    Args:
        line: The leaf.
        entry: The change that it shows.
        root: The fields of the type; None if it is not known.
        sources: What is to be sent of the whole object, references unresolved.
        names: Addresses by id.
    """
    plain = dotted(entry.path)
    if root is not None and line.name.startswith(plain):
        name = _named_path(entry.path, root, names) + line.name.removeprefix(plain)
        line = dataclasses.replace(line, name=name)
    written = written_at(sources, entry.path, names)
    if line.more:
        attribute = root.at(entry.path) if root is not None else None
        refers = attribute is not None and attribute.element and attribute.element.reference
        return _with_named_entries(line, entry, written, names) if refers else line
    if str(UNKNOWN.value) not in line.text:
        return line
    waits = ", ".join(dict.fromkeys(str(target) for target in targets_in(written)))
    return dataclasses.replace(line, text=f"{line.text}  # {waits}") if waits else line


def written_at(sources: Any, path: Path, names: Mapping[str, str]) -> Any:
    """What is to be sent at a path, where elements of lists may be named by an id.

    Args:
        sources: What is to be sent, references unresolved.
        path: Keys and indexes; of a list, also the id that one of its elements refers to.
        names: Addresses by id.
    """
    value = sources
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list):
            value = _element(value, part, names)
        else:
            return None
    return value


def _element(elements: list[Any], part: str | int, names: Mapping[str, str]) -> Any:
    if isinstance(part, int):
        return elements[part] if part < len(elements) else None
    meant = {part, f"${{{names.get(part, part)}.id}}"}
    for element in elements:
        if isinstance(element, Mapping) and meant.intersection(
            str(value) for value in element.values() if isinstance(value, str)
        ):
            return element
    return None


def _named_path(path: Path, root: Attribute, names: Mapping[str, str]) -> str:
    """A dotted path; an element that is known by an id has the address in brackets."""
    text = ""
    for length, part in enumerate(path):
        holder = root.at(path[:length])
        element = holder is not None and holder.kind is Kind.LIST
        address = names.get(part) if element and isinstance(part, str) else None
        if address or isinstance(part, int):
            text += f"[{address or part}]"
        else:
            text += f"{'.' if text else ''}{part}"
    return text


def _with_named_entries(
    line: Leaf, entry: FieldChange, written: Any, names: Mapping[str, str]
) -> Leaf:
    """The change of a list of ids, each entry with the address of its object."""
    ids = {show(known): address for known, address in names.items()}
    waits = iter(_waits(entry.after, written, names))
    entries = []
    for sign, text in line.more:
        address = next(waits, "") if text == str(UNKNOWN.value) else ids.get(text, "")
        entries.append((sign, f"{text}  # {address}" if address else text))
    return dataclasses.replace(line, more=tuple(entries))


def _waits(after: Any, written: Any, names: Mapping[str, str]) -> list[str]:
    """What the unknown entries of a list wait for: references that have no value yet."""
    known = {f"{names[value]}.id" for value in after if value in names}
    waits = [str(target) for target in targets_in(written) if str(target) not in known]
    return waits if len(waits) == sum(value is UNKNOWN for value in after) else []


def leaves_that_tell(
    kind: ResourceType, values: Mapping[str, Any], *, closely: bool = False
) -> Iterator[Leaf]:
    """What a person knows a removed object by: its amount, its code, its address.

    Keys come first, then amounts, then what a create needs, then other plain values, those of the
    object itself before those that are nested.

    Args:
        kind: Its type.
        values: The object.
        closely: Only keys, amounts and what a create needs.
    """
    keys = {field for key in kind.life.natural_keys for field in key.fields}
    ranked: list[tuple[int, Path, Any, Attribute]] = []
    for path, value in leaves(values):
        attribute = _plain(kind, path, value)
        if attribute is not None:
            ranked.append((_rank(path, attribute, keys), path, value, attribute))
    for rank, path, value, attribute in sorted(ranked, key=lambda entry: entry[0])[:_TELLING]:
        if rank <= _NEEDED or not closely:
            yield Leaf("-", dotted(path), show(value, currency_of(attribute, path, values, {})))


def _rank(path: Path, attribute: Attribute, keys: Collection[str]) -> int:
    if dotted(path) in keys:
        return 0
    if attribute.money:
        return 1
    return _NEEDED if attribute.required and len(path) == 1 else _NEEDED + len(path)


def _plain(kind: ResourceType, path: Path, value: Any) -> Attribute | None:
    """The attribute of a leaf that a person may know the object by; None if it is none."""
    attribute = kind.root.at(path)
    if attribute is None or not attribute.declarable or attribute.sensitive:
        return None
    if len(path) > _DEEPEST:
        return None
    if attribute.reference or isinstance(value, bool) or value in (None, ""):
        return None
    if not isinstance(value, (str, int, float)):
        return None
    first = kind.root.child(path[0])
    return None if first is None or first.kind is Kind.MAP else attribute
