"""Natural keys: what an object claims, and whether two claims are one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from engine.frozen import frozen
from engine.plan.compare.normalize import comparable
from engine.schema.lifecycle import CaseCounts, NaturalKey
from engine.schema.resource_type import ResourceType
from engine.stack.model import Declaration
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import ANY_PART, Path, get_path, parse_path
from engine.values.secret import is_secret
from engine.values.targets import AttributeTarget
from engine.values.templates import targets_in

T = TypeVar("T")
_NOT_KNOWN = "?"
_NONE = (None, UNKNOWN, ABSENT, "")


@frozen(kw_only=False)
class Claim:
    """What an object holds with a natural key, as Stripe compares it.

    Attributes:
        texts: The key's fields, a reference that is not known yet as it is written.
        scope: The fields that the key is unique within, `?` for one that is not known yet; empty
            texts if it is unique among all objects.
    """

    texts: tuple[str, ...]
    scope: tuple[str, ...] = ()

    def clashes(self, other: Claim) -> bool:
        """Whether Stripe lets only one of two objects hold it."""
        if self.texts != other.texts:
            return False
        unscoped = not any(self.scope) or not any(other.scope)
        return unscoped or (self.scope == other.scope and _NOT_KNOWN not in self.scope)


def claim_of(kind: ResourceType, key: NaturalKey, document: Mapping[str, Any]) -> Claim | None:
    """What a declaration or an object claims with a key; None if that is not known."""
    first = _value(kind, key.attribute, document)
    if first in _NONE:
        return None
    values = [first, *(_or_neutral(kind, name, document) for name in key.with_fields)]
    if UNKNOWN in values:
        return None
    scope = [_value(kind, name, document) for name in key.scoped_by]
    return Claim(
        tuple(_text(key, value) for value in values),
        tuple(_NOT_KNOWN if value is UNKNOWN else _text(key, value) for value in scope),
    )


def has_key(kind: ResourceType, document: Mapping[str, Any]) -> bool:
    """Whether a declaration or an object has any natural key."""
    return any(claim_of(kind, key, document) is not None for key in kind.life.natural_keys)


def claims_of(
    kind: ResourceType, document: Mapping[str, Any]
) -> Iterator[tuple[NaturalKey, Claim]]:
    """Everything that a declaration or an object claims for itself alone."""
    for key in kind.life.natural_keys:
        claim = claim_of(kind, key, document) if key.unique else None
        if claim is not None:
            yield key, claim


def describe_key(key: NaturalKey, document: Mapping[str, Any]) -> str:
    """Name a key with its values in a declaration: `country 'DE', type 'standard'`."""
    found: list[str] = []
    for name in key.fields:
        for path, value in _every(document, parse_path(name)):
            if isinstance(value, (str, int)):
                found.append(f"{name if ANY_PART not in name else path[-1]} {value!r}")
    return ", ".join(found)


def cased(
    kind: ResourceType, declaration: Declaration, declarations: Mapping[str, Declaration]
) -> ResourceType:
    """The type of a declaration, its keys sensitive to case where what it refers to demands that.

    Args:
        kind: The type.
        declaration: A resource of it.
        declarations: What the stack declares, by address.
    """
    if all(key.case_counts is None for key in kind.life.natural_keys):
        return kind
    keys = tuple(
        dataclasses.replace(key, fold_case=False)
        if key.case_counts is not None and _counts(key.case_counts, declaration, declarations)
        else key
        for key in kind.life.natural_keys
    )
    return dataclasses.replace(kind, life=dataclasses.replace(kind.life, natural_keys=keys))


def _counts(
    rule: CaseCounts, declaration: Declaration, declarations: Mapping[str, Declaration]
) -> bool:
    for target in targets_in(declaration.arguments.get(rule.via)):
        named = target.address if isinstance(target, AttributeTarget) else ""
        if named in declarations:
            return declarations[named].arguments.get(rule.field) in rule.words
    return False


class Claimed(Generic[T]):
    """What declarations claim, to find those that claim the same."""

    def __init__(self) -> None:
        self._claims: dict[tuple[object, ...], list[tuple[Claim, T]]] = {}

    def add(
        self, kind: ResourceType, account: str, wanted: Mapping[str, Any], who: T
    ) -> Iterator[tuple[NaturalKey, T]]:
        """Record what a declaration claims, and yield who claimed the same before it.

        Args:
            kind: Its type.
            account: The connected account that its object is on.
            wanted: Its arguments.
            who: What it is remembered as.
        """
        for key, claim in claims_of(kind, wanted):
            if not key.kept_by_removed and _is_declared_ended(kind, wanted):
                continue
            place = (kind.name, account, key.fields, claim.texts)
            others = self._claims.setdefault(place, [])
            first = next((other for theirs, other in others if claim.clashes(theirs)), None)
            others.append((claim, who))
            if first is not None:
                yield key, first


def _is_declared_ended(kind: ResourceType, wanted: Mapping[str, Any]) -> bool:
    """Whether an object is declared archived or disabled."""
    live = kind.life.revival.live if kind.life.revival is not None else {}
    return any(wanted.get(name, value) != value for name, value in live.items())


def _value(kind: ResourceType, dotted: str, document: Mapping[str, Any]) -> Any:
    """What is at a path, in one form; a list of it where several are."""
    if "*" not in dotted:
        path = parse_path(dotted)
        return _one(kind, path, get_path(document, path))
    found = [_one(kind, path, value) for path, value in _every(document, parse_path(dotted))]
    return UNKNOWN if UNKNOWN in found else [value for value in found if value is not None]


def _or_neutral(kind: ResourceType, dotted: str, document: Mapping[str, Any]) -> Any:
    """What is at a path, or what it means that nothing is there."""
    value = _value(kind, dotted, document)
    attribute = kind.root.at(parse_path(dotted)) if value is None else None
    return value if attribute is None or attribute.neutral is ABSENT else attribute.neutral


def _every(document: Any, path: Path, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """What is at a path; `*` means every entry of a mapping."""
    if not path or document is UNKNOWN:
        yield (*above, *path), document
    elif isinstance(document, Mapping):
        for name in document if path[0] == ANY_PART else path[:1]:
            yield from _every(document.get(name), path[1:], (*above, name))


def _one(kind: ResourceType, path: Path, value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    if value in _NONE or is_secret(value):
        return None
    attribute = kind.root.at(path)
    return value if attribute is None else comparable(attribute, value)


def _text(key: NaturalKey, value: Any) -> str:
    text = "" if value is None or value == [] else str(value)
    return text.lower() if key.fold_case else text
