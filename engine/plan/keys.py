"""Natural keys: what an object claims, and whether two claims are one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from engine.plan.normal import comparable, is_sealed
from engine.provider.life import NaturalKey
from engine.provider.schema import ResourceType
from engine.values import ABSENT, UNKNOWN, Sensitive, get_path

Claim: TypeAlias = tuple[str, ...]
"""The text of a key's fields, as Stripe compares them."""

_UNTOLD = (None, UNKNOWN, ABSENT, "")


def claim_of(kind: ResourceType, key: NaturalKey, document: Mapping[str, Any]) -> Claim | None:
    """What a declaration or an answer claims with a key; None if that cannot be told."""
    values = [_told(kind, name, document) for name in key.fields]
    if values[0] in _UNTOLD or any(value is UNKNOWN for value in values):
        return None
    return tuple(_text(key, value) for value in values)


def claims_of(
    kind: ResourceType, document: Mapping[str, Any]
) -> Iterator[tuple[NaturalKey, Claim]]:
    """Everything a declaration or an answer claims for itself alone."""
    for key in kind.natural_keys:
        claim = claim_of(kind, key, document) if key.unique else None
        if claim is not None:
            yield key, claim


def _told(kind: ResourceType, dotted: str, document: Mapping[str, Any]) -> Any:
    path = tuple(dotted.split("."))
    value = get_path(document, path)
    attribute = kind.root.at(path)
    if value in _UNTOLD or isinstance(value, Sensitive) or is_sealed(value):
        return None if value is not UNKNOWN else UNKNOWN
    return value if attribute is None else comparable(attribute, value)


def _text(key: NaturalKey, value: Any) -> str:
    text = "" if value is None else str(value)
    return text.lower() if key.fold_case else text
