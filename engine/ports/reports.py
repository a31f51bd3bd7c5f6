"""What a rebuild of a state and a check of a state file found, as records."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field

from engine.errors import Problem
from engine.frozen import frozen
from engine.state.model import State


class MatchedBy(enum.StrEnum):
    """How the object of a declared resource was found."""

    STAMP = "ownership stamp"
    KEY = "natural key"
    REFERENCE = "reference of what was found"
    FILE = "id in the earlier file"


@frozen
class Rebuilt:
    """A state that was made again.

    Attributes:
        state: The state as written.
        traces: How the object of each declared resource was found, by address.
        missing: Declared resources without an object; the next apply creates them.
        taken: Ids of objects that have the key of a missing resource and are not its, or several.
        undeclared: Resources that the stack does not declare now; the next apply removes them.
        unread: Types that could not be searched for those, each with the reason.
        aside: Where the old state is now; empty if there was none.
    """

    state: State
    traces: Mapping[str, MatchedBy]
    missing: tuple[str, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    undeclared: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    aside: str = ""


@frozen
class Verified:
    """The result of the checks of one state file.

    Attributes:
        file: Its path, as messages name it.
        environment: The environment whose place it is in.
        stack: The stack whose place it is in.
        resources: How many resources it has; 0 if that is unknown.
        problems: What is wrong with it, in line order.
    """

    file: str
    environment: str
    stack: str
    resources: int
    problems: tuple[Problem, ...]
