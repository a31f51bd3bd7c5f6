"""Which differences of a type concern what stacks declare of it, and whether they break it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.operations.upgrade.compare import Path, differences
from engine.ports.upkeep.upgrade import (
    DeclaredDifference,
    Difference,
    FieldDifference,
    TypeDifference,
)
from engine.schema.attribute import Attribute
from engine.schema.resource_type import ResourceType
from engine.stack.model import Declaration
from engine.values.paths import ANY_PART
from engine.values.templates import has_reference
from engine.values.tree import children

_BREAKING = frozenset({Difference.VANISHES, Difference.KIND, Difference.IMMUTABLE})


@dataclass(slots=True)
class _Use:
    """What stacks declare at one path.

    Attributes:
        values: Address of the resource, and the value there.
    """

    values: list[tuple[Declaration, Any]] = field(default_factory=list)


def type_difference(
    before: ResourceType, after: ResourceType | None, declarations: Iterable[Declaration]
) -> TypeDifference | None:
    """What is different of a type that is declared; None if nothing is.

    Args:
        before: The type.
        after: The same type in the other version; None if there is none.
        declarations: The resources of it.
    """
    if after is None:
        return TypeDifference(type=before.name, vanishes=True)
    uses = _uses(before.root, after.root, declarations)
    declared: list[DeclaredDifference] = []
    others: list[FieldDifference] = []
    for path, found in differences(before.root, after.root).items():
        for one in found:
            concerned = _concerned(path, one, uses)
            if concerned is None:
                others.append(one)
            else:
                declared.append(concerned)
    calls = tuple(_lost(before, after))
    if not (declared or others or calls):
        return None
    return TypeDifference(
        type=before.name, declared=tuple(declared), others=tuple(others), calls=calls
    )


def _lost(before: ResourceType, after: ResourceType) -> Iterator[str]:
    """The calls that there are no more."""
    if before.creatable and not after.creatable:
        yield "create"
    if before.updatable and not after.updatable:
        yield "update"
    yield from sorted(set(before.calls) - set(after.calls))


def _uses(
    before: Attribute, after: Attribute, declarations: Iterable[Declaration]
) -> Mapping[Path, _Use]:
    found: dict[Path, _Use] = {}
    for declaration in declarations:
        for path, value in _values(declaration.arguments, before, after, ()):
            found.setdefault(path, _Use()).values.append((declaration, value))
    return found


def _values(
    value: Any, before: Attribute | None, after: Attribute | None, path: Path
) -> Iterator[tuple[Path, Any]]:
    """The values below a declared value, each with the path of its attribute."""
    yield path, value
    for part, inner in children(value):
        name = part if _is_field(part, before) or _is_field(part, after) else ANY_PART
        old = before.child(part) if before is not None else None
        new = after.child(part) if after is not None else None
        if old is not None or new is not None:
            yield from _values(inner, old, new, (*path, name))


def _is_field(part: str | int, attribute: Attribute | None) -> bool:
    return attribute is not None and part in attribute.fields


def _concerned(
    path: Path, one: FieldDifference, uses: Mapping[Path, _Use]
) -> DeclaredDifference | None:
    """The difference with the declarations that it concerns; None if it concerns none."""
    if one.what is Difference.REQUIRED:
        # It concerns those that have what it belongs to, and leave it out.
        at = [
            declaration
            for declaration, value in uses.get(path[:-1], _Use()).values
            if isinstance(value, Mapping) and path[-1] not in value
        ]
        return _declared(one, at, breaks=True) if at else None
    use = uses.get(path)
    if use is None:
        return None
    if one.what is Difference.WORDS:
        lost = set(one.before.split(", "))
        refused = [declaration for declaration, value in use.values if value in lost]
        return _declared(one, refused or _all(use), breaks=bool(refused))
    if one.what is Difference.LENGTH and one.after:
        long = [
            declaration
            for declaration, value in use.values
            if isinstance(value, str) and not has_reference(value) and len(value) > int(one.after)
        ]
        return _declared(one, long or _all(use), breaks=bool(long))
    return _declared(one, _all(use), breaks=one.what in _BREAKING)


def _all(use: _Use) -> list[Declaration]:
    return [declaration for declaration, _ in use.values]


def _declared(
    one: FieldDifference, declarations: Iterable[Declaration], *, breaks: bool
) -> DeclaredDifference:
    places = {
        str(declaration.address): f"{declaration.location.file}:{declaration.location.line}"
        for declaration in declarations
    }
    return DeclaredDifference(difference=one, breaks=breaks, places=tuple(places.items()))
