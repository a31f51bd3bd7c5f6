"""What an object is in a few words, from what its type says of itself: `25 % off for 3 months`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from engine.plan.amounts import amount_at, said_by
from engine.redaction import HIDDEN
from engine.schema.attribute import Attribute, Kind
from engine.schema.naming import Words
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, get_path, parse_path
from engine.values.secret import is_secret
from engine.values.tree import is_nested
from engine.views.brief.names import short
from engine.views.money import amount_alone, amount_words
from engine.views.plural import counted

_FIELD = re.compile(r"\{([\w.]+)(?::([^}]+))?\}")
_EVERY = ["*"]
_ALONE = "alone"
_SHOWN = 2
"""Elements of a list that a phrase describes."""


def phrase(kind: ResourceType, values: Mapping[str, Any], *, lists: bool = False) -> str:
    """Say what an object is; empty if its type does not say how, or it has none of the fields.

    Args:
        kind: Its type.
        values: The object.
        lists: Say how many elements its lists have, and what the first of them are.
    """
    text = _joined(
        _part(kind, words, (), values)
        for words in kind.naming.phrase
        if lists or not _counts(kind, words.text)
    )
    for where in kind.naming.parts if lists else ():
        elements = get_path(values, _path(where))
        if isinstance(elements, (list, tuple)) and elements:
            shown = [part_phrase(kind, (*_path(where), at), values) for at in range(len(elements))]
            more = ", …" if len(shown) > _SHOWN else ""
            text += f" ({', '.join(shown[:_SHOWN])}{more})"
    return text


def part_phrase(kind: ResourceType, where: Path, values: Mapping[str, Any]) -> str:
    """Say what an element of a list is; empty if its type does not say how."""
    parts = kind.naming.parts.get(".".join(map(str, where[:-1])), ())
    return _joined(_part(kind, words, where, values) for words in parts)


@functools.cache
def fields_of(kind: ResourceType) -> tuple[Path, ...]:
    """The paths of all fields that the phrase of a type is about, its lists left out."""
    return tuple(
        path
        for words in kind.naming.phrase
        if not _counts(kind, words.text)
        for where in (*(at for _, at, _ in _fields(words.text)), *map(_path, words.when))
        for path in said_by(kind.root, where)
    )


def _joined(parts: Iterable[str]) -> str:
    text = ""
    for part in filter(None, parts):
        text += part if part.startswith(",") or not text else f" {part}"
    return text.removeprefix(", ")


# What rows say is the same for every object of a type.
@functools.cache
def _counts(kind: ResourceType, text: str) -> bool:
    """Whether words count the elements of a list."""
    found = (kind.root.at(path) for _, path, _ in _fields(text))
    return any(one is not None and one.kind is Kind.LIST for one in found)


@functools.cache
def _fields(text: str) -> tuple[tuple[str, Path, str], ...]:
    """The fields in the text of words: as they are written, their paths and nouns."""
    return tuple((match[0], _path(match[1]), match[2] or "") for match in _FIELD.finditer(text))


def _part(kind: ResourceType, words: Words, where: Path, values: Mapping[str, Any]) -> str:
    if not all(
        _has(kind.root, (*where, *_path(at)), values, one) for at, one in words.when.items()
    ):
        return ""
    values_of: dict[str, str] = {}
    for written, at, noun in _fields(words.text):
        amount = amount_at(kind.root, (*where, *at), values)
        if amount is None:
            value = _value(kind.root, (*where, *at), values, noun)
        elif not amount.value and words.zero:
            return words.zero
        else:
            value = amount_alone(amount) if noun == _ALONE else amount_words(amount)
        if not value:
            return ""
        values_of[written] = value
    return _FIELD.sub(lambda match: values_of[match[0]], words.text)


def _has(root: Attribute, path: Path, values: Mapping[str, Any], wanted: Any) -> bool:
    """Whether an object has a value, or nothing where nothing means that value."""
    found, attribute = get_path(values, path), root.at(path)
    if attribute is not None and found is None:
        found = attribute.neutral
    elif attribute is not None and isinstance(found, str):
        found = attribute.words.get(found, found)
    return bool(found == wanted) or (wanted is None and found is ABSENT)


def _value(root: Attribute, path: Path, values: Mapping[str, Any], noun: str) -> str:
    value = get_path(values, path)
    attribute = root.at(path)
    if value in (None, "", ABSENT) or attribute is None:
        return ""
    if attribute.sensitive or is_secret(value):
        return HIDDEN
    if isinstance(value, (list, tuple)) and noun:
        return f"all {noun}s" if list(value) == _EVERY else counted(len(value), noun)
    if is_nested(value) or value in attribute.words:
        return ""
    text = str(UNKNOWN.value) if value is UNKNOWN else short(str(value)).removesuffix(".0")
    if not noun or noun == _ALONE:
        return text
    return f"{text} {noun}{'' if text == '1' else 's'}"


@functools.cache
def _path(where: str) -> Path:
    return tuple(int(part) if part.isdigit() else part for part in parse_path(where))
