"""Documents: copies, and dotted paths, whose `*` is every element of a list or entry of a map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def values_at(value: Any, steps: list[str], param: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value at a path, each with its name in brackets."""
    if not steps:
        yield param, value
        return
    step, rest = steps[0], steps[1:]
    if step == "*":
        if isinstance(value, list):
            for index, inner in enumerate(value):
                yield from values_at(inner, rest, f"{param}[{index}]")
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield from values_at(inner, rest, f"{param}[{name}]")
    elif isinstance(value, dict) and step in value:
        yield from values_at(value[step], rest, f"{param}[{step}]" if param else step)


def containers(document: Any, path: str) -> Iterator[tuple[Any, Any]]:
    """Yield the container of each value at a path, with the value's name or index there.

    The last step need not exist. Lists are walked through where a path names a field of their
    elements, as Stripe's own paths do.
    """
    *steps, last = path.split(".")
    for here in _walk(document, steps):
        if last == "*":
            yield from ((here, key) for key in _keys(here))
        elif isinstance(here, list):
            yield from ((inner, last) for inner in here if isinstance(inner, dict))
        elif isinstance(here, dict):
            yield here, last


def _walk(here: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield here
        return
    step, rest = steps[0], steps[1:]
    if step == "*":
        for key in _keys(here):
            yield from _walk(here[key], rest)
    elif isinstance(here, list):
        for inner in here:
            yield from _walk(inner, steps)
    elif isinstance(here, dict) and step in here:
        yield from _walk(here[step], rest)


def _keys(here: Any) -> list[Any]:
    if isinstance(here, list):
        return list(range(len(here)))
    return list(here) if isinstance(here, dict) else []


def drop(document: Any, path: str) -> None:
    """Remove every value at a path."""
    for container, last in list(containers(document, path)):
        if isinstance(container, dict):
            container.pop(last, None)


def put(document: Any, path: str, value: Any) -> None:
    """Set the value at a path in every container that exists."""
    for container, last in list(containers(document, path)):
        container[last] = value


def copied(value: Any) -> Any:
    """A deep copy of a JSON document, faster than `deepcopy`."""
    if isinstance(value, dict):
        return {name: copied(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [copied(inner) for inner in value]
    return value


def get(document: Mapping[str, Any], path: str) -> Any:
    """The value at a path without `*`; None if there is none."""
    here: Any = document
    for step in path.split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    return here
