"""The fleets of a project as records: who their accounts are, and what is stored of each."""

from __future__ import annotations

from collections.abc import Mapping

from engine.frozen import frozen
from engine.ports.fleet.members import Member
from engine.ports.held_locks import HeldLock
from engine.ports.overview import StackState
from engine.settings.fleets import Fleet


@frozen
class ListedMember:
    """One account of a fleet.

    Attributes:
        member: The account.
        environment: The environment of its states.
        states: What is stored of its stacks, by name.
        key_is_set: The variable of its own key has a value; None if it has no key of its own.
        former: It is not in the fleet any more, and has states.
        held: A lock that a person put on all of its stacks; None if there is none.
    """

    member: Member
    environment: str
    states: Mapping[str, StackState]
    key_is_set: bool | None = None
    former: bool = False
    held: HeldLock | None = None


@frozen
class ListedFleet:
    """One fleet.

    Attributes:
        fleet: Its settings.
        members: Its accounts in its order, then former ones; None if they were not asked for.
        held: A lock that a person put on the fleet, or on its environment; None if there is none.
    """

    fleet: Fleet
    members: tuple[ListedMember, ...] | None = None
    held: HeldLock | None = None
