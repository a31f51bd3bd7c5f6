"""Whether an object that Stripe still returns is live, gone for good, or no longer changeable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.schema.rules import RuleKind
from engine.values.paths import get_path, parse_path


def is_gone(kind: ResourceType, actual: RemoteObject, declared: Mapping[str, Any]) -> bool:
    """Whether an object has ended for good, and not in the way its declaration asks for."""
    ending = kind.life.ending
    if ending is None or any(_leaf(declared, name) is not None for name in ending.explained_by):
        return False
    return _any_matches(ending.leaves, actual)


def is_live(kind: ResourceType, actual: RemoteObject) -> bool:
    """Whether an object that could be archived or disabled is neither, by its fields."""
    return kind.life.revival is None or all(
        _leaf(actual, path) in (None, value) for path, value in kind.life.revival.live.items()
    )


def is_over(kind: ResourceType, actual: RemoteObject, now: float) -> bool:
    """Whether a moment has passed that a create demands to be ahead.

    An object like this cannot be made again, e.g. a coupon after its `redeem_by`.
    """
    moments = (path for rule in kind.rules if rule.kind is RuleKind.AHEAD for path in rule.fields)
    return any(
        isinstance(moment := _leaf(actual, path), int) and moment < now
        for path in moments
        # What can be declared as `now` can be so again.
        if (attribute := kind.root.at(parse_path(path))) is not None and not attribute.words
    )


def is_past(kind: ResourceType, actual: RemoteObject) -> bool:
    """Whether an object has done its work, so that nothing about it can change any more."""
    return kind.life.ending is not None and _any_matches(kind.life.ending.finished, actual)


def past_leaf(kind: ResourceType, actual: RemoteObject) -> str:
    """The leaf that shows that an object has done its work, `status is accepted`."""
    leaves = kind.life.ending.finished if kind.life.ending is not None else {}
    return " and ".join(
        f"{path} is {_leaf(actual, path)}"
        for path, wanted in leaves.items()
        if _matches(_leaf(actual, path), wanted)
    )


def _any_matches(leaves: Mapping[str, tuple[Any, ...]], actual: RemoteObject) -> bool:
    return any(_matches(_leaf(actual, path), wanted) for path, wanted in leaves.items())


def _matches(value: Any, wanted: tuple[Any, ...]) -> bool:
    return value is not None and (... in wanted or value in wanted)


def _leaf(document: Mapping[str, Any], dotted: str) -> Any:
    return get_path(document, parse_path(dotted))


def has_ended(kind: ResourceType, actual: RemoteObject, wanted: Mapping[str, Any]) -> bool:
    """Whether an object is archived or disabled although it is not declared so."""
    revival = kind.life.revival
    if revival is None or (revival.params is None and not revival.call):
        return False
    if any(wanted.get(name) is not None for name in revival.params or ()):
        return False
    if any(_leaf(actual, path) for path in revival.explained_by):
        return False
    return not is_live(kind, actual)
