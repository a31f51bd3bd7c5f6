"""The declarations that take one leaf through its life."""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.catalog import loader
from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType
from engine.stack.checks.fields import check_arguments, check_references
from engine.stack.checks.findings import Finding
from engine.stack.checks.followed_references import blurred, completed
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.targets import AttributeTarget, Target
from tests.support.samples.data import CIRCUMSTANCES, DATA, numbered, override, said_of_type
from tests.support.samples.places import cut_out, place_in, put, reach, with_value
from tests.support.samples.values import base_of, spelt, values_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One leaf of one type, with the declarations that take it through its life.

    Attributes:
        object: Object name of the type.
        path: The leaf as the catalog spells it, `tiers.*.up_to`.
        name: Logical name of the declaration.
        first: Arguments that hold one value.
        second: The same with another value.
        rest: The same without the leaf; None where it has to be there.
        changed: Schema paths that the plan names when `second` takes the place of `first`.
        renewed: Natural keys that a new object needs to have anew.
        cut: Schema path of what `rest` lacks; empty where it lacks more than one thing.
        replaces: Whether the change makes a new object.
        beside: What this leaf alone has to have beside it: object name, logical name, arguments.
    """

    object: str
    path: str
    name: str
    first: dict[str, Any]
    second: dict[str, Any]
    rest: dict[str, Any] | None
    changed: frozenset[str]
    renewed: frozenset[str]
    cut: str
    replaces: bool
    beside: tuple[tuple[str, str, dict[str, Any]], ...] = ()

    @property
    def said(self) -> Mapping[str, dict[str, Any]]:
        """Arguments by the phase of the leaf's life."""
        rest = self.second if self.rest is None else self.rest
        return {"declared": self.first, "changed": self.second, "taken out": rest}

    @property
    def address(self) -> str:
        """Text of the address."""
        return f"{loader.type_name(self.object)}.{self.name}"


class Chooser(Protocol):
    """Chooses a value for a leaf."""

    def __call__(
        self, attribute: Attribute, pair: tuple[Any, Any], *, free: bool
    ) -> tuple[Any, int]:
        """A value, and which of the leaf's two samples needs the same beside it.

        Args:
            attribute: The leaf.
            pair: Its two samples.
            free: Nothing but the attribute says what is valid.
        """


def grown(
    object_name: str,
    arguments: Mapping[str, Any],
    path: str,
    name: str,
    choose: Chooser,
) -> tuple[dict[str, Any], tuple[tuple[str, str, dict[str, Any]], ...]]:
    """A declaration with one leaf more, or with another value of it.

    Args:
        object_name: Object name of the type.
        arguments: What the declaration says so far; untouched.
        path: The leaf as the catalog spells it.
        name: Logical name of the declaration.
        choose: Gives a value, and which of the two samples needs the same beside it.

    Returns:
        The arguments, and what the leaf has to have beside it: object name, logical name,
        arguments.

    Raises:
        LookupError: if the data says too little to make some.
    """
    kind = loader.by_object(object_name)
    attribute = kind.root.at(tuple(path.split(".")))
    assert attribute is not None
    said = numbered(override(object_name, path), name)
    found = copy.deepcopy(dict(arguments))
    for dotted, value in said.get("with", {}).items():
        put(kind.root, found, dotted, value, name)
    pair = said.get("values") or values_of(attribute, tuple(path.split(".")), name)
    free = "values" not in said and not any(
        fnmatch.fnmatchcase(path, one) or fnmatch.fnmatchcase(f"{path}.*", one)
        for one in DATA["names"]
    )
    value, which = choose(attribute, (pair[0], pair[1]), free=free)
    found = with_value(found, place_in(kind.root, found, path, name), value)
    for dotted, needed in said.get("second", {}).items() if which else ():
        put(kind.root, found, dotted, needed, name)
    beside = said.get("beside", ())
    return found, tuple((one["object"], one["name"], one["arguments"]) for one in beside)


def case_of(kind: ResourceType, path: str, attribute: Attribute, number: int) -> Case:
    """One leaf's declarations.

    Raises:
        LookupError: if the data says too little to make some.
    """
    name = f"n{number}"
    said = numbered(override(kind.object, path), name)
    args = base_of(kind.object, name)
    base = copy.deepcopy(args)
    for dotted, value in said.get("with", {}).items():
        put(kind.root, args, dotted, value, name)
    one, two = said.get("values") or values_of(attribute, tuple(path.split(".")), name)
    where = place_in(kind.root, args, path, name)
    first = with_value(args, where, one)
    second = with_value(args, where, two)
    for dotted, value in said.get("second", {}).items():
        put(kind.root, second, dotted, value, name)
    changed = set() if one == two else {f"{path}.*" if attribute.kind is Kind.MAP else path}
    changed |= {*said.get("second", {}), *said.get("along", ())}
    replaces = one != two and _replaces(kind.root, where, attribute, one)
    renewed = _kept_keys(kind, path, second) if attribute.immutable else frozenset()
    if replaces:
        _renew(second, renewed, second)
    for arguments in (first, second):
        for finding in _findings(kind, arguments):
            raise LookupError(f"{finding.message} {finding.hint} in {arguments}")
    # What a removal is tried on is the last value that was applied.
    rest, cut = _rest(kind, second, base, where)
    if rest is not None:
        _renew(rest, renewed, second)
    return Case(
        object=kind.object,
        path=path,
        name=name,
        first=first,
        second=second,
        rest=rest,
        changed=frozenset(changed),
        renewed=renewed,
        cut=cut,
        replaces=replaces,
        beside=tuple(
            (entry["object"], entry["name"], entry["arguments"]) for entry in said.get("beside", ())
        ),
    )


def _kept_keys(kind: ResourceType, path: str, arguments: Mapping[str, Any]) -> frozenset[str]:
    """Keys that an object keeps although it has ended, so that the next needs others."""
    return frozenset(
        key.attribute
        for key in kind.life.natural_keys
        if key.unique and key.kept_by_removed and not key.transfer
        if key.attribute != path and isinstance(arguments.get(key.attribute), str)
    )


def _renew(arguments: dict[str, Any], names: frozenset[str], last: dict[str, Any]) -> None:
    for name in names:
        arguments[name] = f"{last[name]}x"


def _replaces(root: Attribute, where: tuple[Any, ...], attribute: Attribute, one: Any) -> bool:
    above = [root.at(where[:length]) for length in range(1, len(where))]
    return (
        attribute.immutable
        or (one in attribute.frozen if not isinstance(one, dict) else False)
        or any(node is not None and node.add_only for node in above)
    )


def _is_valid(kind: ResourceType, arguments: Mapping[str, Any]) -> bool:
    return not any(True for _ in _findings(kind, arguments))


def _findings(kind: ResourceType, arguments: Mapping[str, Any]) -> Iterator[Finding]:
    yield from check_arguments(kind, arguments, CIRCUMSTANCES)
    yield from check_references(kind, arguments, CIRCUMSTANCES, _declared)


def _declared(target: Target) -> Any:
    """What the samples say of what a reference names."""
    if not isinstance(target, AttributeTarget) or target.attribute != "id":
        return UNKNOWN
    named = loader.resource_type(target.address.type)
    found = completed(named.root, base_of(named.object, target.address.name))
    for ignored in said_of_type(named.object).get("ignored_beside", ()):
        found = blurred(found, (ignored,))
    return found


def _rest(
    kind: ResourceType, args: dict[str, Any], base: dict[str, Any], where: tuple[Any, ...]
) -> tuple[dict[str, Any] | None, str]:
    """The declaration without a leaf, or without the smallest block around it that can go."""
    for length in range(len(where), 0, -1):
        if isinstance(where[length - 1], int):
            continue  # not an element: the list that it is in
        rest, gone = cut_out(args, base, where[:length])
        if _is_valid(kind, rest):
            return rest, spelt(kind.root, gone)
    apart = said_of_type(kind.object).get("apart", ())
    same = all(base.get(name) == args.get(name) for name in apart)
    if same and reach(base, where) is ABSENT and _is_valid(kind, base):
        return copy.deepcopy(base), ""
    return None, ""
