"""What a rebuild of a state and a check of a state file found, as records."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import Problem
from engine.state.model import State


class MatchedBy(enum.StrEnum):
    """How an object was known for the one that a stack declares."""

    STAMP = "ownership stamp"
    KEY = "natural key"
    REFERENCE = "reference of what was found"
    FILE = "id in the earlier file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A state that was made again.

    Attributes:
        state: The state as written.
        traces: How the object of each declared resource was known, by address.
        missing: Declared resources of which no object was found; the next apply makes them.
        taken: Of those, the ids of objects that have their key and are somebody else's, or several.
        undeclared: Resources of this stack that it declares no more; the next apply removes them.
        unread: Types that were not looked through for such, each with the reason.
        aside: Where what was stored before is now; empty if nothing was.
    """

    state: State
    traces: Mapping[str, MatchedBy]
    missing: tuple[str, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    undeclared: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    aside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found in one state file.

    Attributes:
        file: Its path, as messages name it.
        environment: The environment whose place it is in.
        stack: The stack whose place it is in.
        resources: How many resources it has; 0 if that cannot be told.
        problems: What is wrong with it, in line order.
    """

    file: str
    environment: str
    stack: str
    resources: int
    problems: tuple[Problem, ...]
