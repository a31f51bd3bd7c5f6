"""What commands on states did and found: a move, a rebuild, a check of a file; as records."""

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
    FORMER_STAMP = "ownership stamp of the stack that it came from"
    KEY = "natural key"
    REFERENCE = "reference of what was found"
    FILE = "id in the earlier file"
    LIKENESS = "fields, which no other object has"


@frozen
class LeftAlone:
    """An object with the stamp of a rebuilt stack that may be another stack's by now.

    Attributes:
        address: The resource in its stamp.
        id: Stripe's id.
        stack: The stack whose it may be.
    """

    address: str
    id: str
    stack: str


@frozen
class Rebuilt:
    """A state that was made again.

    Attributes:
        state: The state as written.
        traces: How the object of each declared resource was found, by address.
        missing: Declared resources without an object; the next apply creates them.
        taken: Objects that fit a missing resource and are not known to be its, or several.
        undeclared: Resources that the stack does not declare now; the next apply removes them.
        left: Objects with the stack's stamp that are not recorded: they may be another stack's.
        unread: Types that could not be searched for those, each with the reason.
        aside: Where the old state is now; empty if there was none.
    """

    state: State
    traces: Mapping[str, MatchedBy]
    missing: tuple[str, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    undeclared: tuple[str, ...] = ()
    left: tuple[LeftAlone, ...] = ()
    unread: tuple[str, ...] = ()
    aside: str = ""


@frozen
class MovedResource:
    """One resource that moved to another stack.

    Attributes:
        type: Its resource type.
        id: Its object.
        account: Connected account that it is on; empty for the key's own.
        old: The address it had.
        new: The address it has.
        stamped: Its stamp needs no change; False if that is still the old stack's.
        secret: Where its secret, which Stripe returned once, is now; empty if it has none.
        secret_left: Where that is still, under the old name, since it cannot be read here.
        sent_again: A secret that it declares cannot be compared with the one that was sent.
    """

    type: str
    id: str
    account: str
    old: str
    new: str
    stamped: bool = False
    secret: str = ""
    secret_left: str = ""
    sent_again: bool = False


@frozen
class Moved:
    """Resources that moved from one stack to another.

    Attributes:
        environment: The environment.
        giver: The stack that had them.
        receiver: The stack that has them.
        resources: The resources that moved now, in address order.
        already: Addresses, in the receiver, of those that an earlier run of the command had moved.
        ended: The giver has no state any more.
        renamed: The giver's state itself got the receiver's name: its stamps stay valid.
    """

    environment: str
    giver: str
    receiver: str
    resources: tuple[MovedResource, ...] = ()
    already: tuple[str, ...] = ()
    ended: bool = False
    renamed: bool = False


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
