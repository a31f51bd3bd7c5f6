"""Whether an object that Stripe still answers is there, gone, or done with its work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.paths import get_path, parse_path


def is_gone(kind: ResourceType, actual: RemoteObject, declared: Mapping[str, Any]) -> bool:
    """Whether an object has ended for good, and not in the way its declaration asks for."""
    ending = kind.life.ending
    if ending is None or any(_told(declared, name) is not None for name in ending.explained_by):
        return False
    return _any_matches(ending.leaves, actual)


def is_live(kind: ResourceType, actual: RemoteObject) -> bool:
    """Whether an object that could be archived or disabled is neither, as far as it says."""
    return kind.life.revival is None or all(
        _told(actual, path) in (None, value) for path, value in kind.life.revival.live.items()
    )


def is_past(kind: ResourceType, actual: RemoteObject) -> bool:
    """Whether an object has done its work, so that nothing about it can change any more."""
    return kind.life.ending is not None and _any_matches(kind.life.ending.finished, actual)


def past_leaf(kind: ResourceType, actual: RemoteObject) -> str:
    """What says that an object has done its work, `status is accepted`."""
    leaves = kind.life.ending.finished if kind.life.ending is not None else {}
    return " and ".join(
        f"{path} is {_told(actual, path)}"
        for path, wanted in leaves.items()
        if _matches(_told(actual, path), wanted)
    )


def _any_matches(leaves: Mapping[str, tuple[Any, ...]], actual: RemoteObject) -> bool:
    return any(_matches(_told(actual, path), wanted) for path, wanted in leaves.items())


def _matches(value: Any, wanted: tuple[Any, ...]) -> bool:
    return value is not None and (... in wanted or value in wanted)


def _told(document: Mapping[str, Any], dotted: str) -> Any:
    return get_path(document, parse_path(dotted))


def has_ended(kind: ResourceType, actual: RemoteObject, wanted: Mapping[str, Any]) -> bool:
    """Whether an object is archived or disabled although the declaration does not say so."""
    revival = kind.life.revival
    if revival is None or (revival.params is None and not revival.call):
        return False
    if any(wanted.get(name) is not None for name in revival.params or ()):
        return False
    if any(get_path(actual, parse_path(path)) for path in revival.explained_by):
        return False
    return not is_live(kind, actual)
