"""What the installed engine says that it needs, compared with what is installed.

The metadata of the engine is the only place where its requirements are written down.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata

from engine.frozen import frozen

DISTRIBUTION = "stripe-stack-engine"
_LINE = re.compile(
    r"(?P<name>[\w.-]+)(?:\[[^]]*\])?\s*(?P<range>[^;]*)"
    r"(?:;.*extra == [\"'](?P<extra>[\w-]+)[\"'])?"
)
_CONDITION = re.compile(r"(>=|<=|==|!=|<|>)\s*([\d.]+)\s*$")
_COMPARE: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


@frozen
class Requirement:
    """A package that is needed.

    Attributes:
        name: Its name.
        range: The versions that fit, `>=16,<17`; empty for any.
        extra: The extra that needs it; empty if all of the engine does.
        version: What is installed; empty if it is not.
    """

    name: str
    range: str
    extra: str
    version: str

    @property
    def fits(self) -> bool:
        """Whether what is installed is among the versions that fit."""
        return is_in_range(self.version, self.range)


def requirements() -> tuple[Requirement, ...]:
    """What the engine needs; nothing if it is not installed as a package."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return ()
    return tuple(_read(lines))


def _read(lines: list[str]) -> Iterator[Requirement]:
    for line in lines:
        found = _LINE.match(line)
        if found is not None:
            yield Requirement(
                name=found["name"],
                range=found["range"].strip(),
                extra=found["extra"] or "",
                version=installed(found["name"]),
            )


def installed(name: str) -> str:
    """The installed version of a package; empty if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def is_in_range(version: str, range: str) -> bool:
    """Whether a version is among those that a range allows.

    A condition that is not one of comparison counts as met.
    """
    return all(
        _COMPARE[found[1]](*_aligned(version, found[2]))
        for condition in range.split(",")
        if (found := _CONDITION.match(condition.strip()))
    )


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, up to its first part that is none: `16.1.0b2` is 16, 1, 0."""
    parts = (re.match(r"\d+", part) for part in version.split("."))
    return tuple(int(part[0]) for part in itertools.takewhile(bool, parts) if part)


def _aligned(first: str, second: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of two versions, as many of each: `16` is `16.0.0`."""
    left, right = numbers(first), numbers(second)
    length = max(len(left), len(right))
    return left + (0,) * (length - len(left)), right + (0,) * (length - len(right))
