"""`engine fleet`: who the accounts of a fleet are, and what is stored of each."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from engine.errors import StateError
from engine.operations.run.context import Context
from engine.ports.fleet.listing import ListedFleet, ListedMember
from engine.ports.fleet.members import Member, environment_of
from engine.ports.held_locks import HeldLock
from engine.ports.overview import StackState
from engine.settings.fleets import Fleet

_AT_ONCE = 16
"""Accounts whose states are read at once: those in a store take some requests each."""


def list_fleet(
    context: Context, fleet: Fleet, members: Sequence[Member], former: Collection[str]
) -> ListedFleet:
    """List the accounts of a fleet. Their states are read, and nothing is asked of Stripe.

    Args:
        context: The ports of the fleet's environment.
        fleet: The fleet.
        members: Its accounts.
        former: Names of accounts that are not in it any more, and have states.
    """
    stored, held = frozenset(context.environments()), context.backend.held_locks()

    def listed(member: Member) -> ListedMember:
        place = environment_of(fleet.name, member.name)
        names = context.backend.stacks(place) if place in stored else ()
        return ListedMember(
            member=member,
            environment=place,
            states={name: _state(context, place, name, held) for name in names},
            key_is_set=bool(os.environ.get(member.key, "").strip()) if member.key else None,
            former=member.name in former,
            held=_lock(held, place),
        )

    everyone = (*members, *(Member(name=name) for name in sorted(former)))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return ListedFleet(
            fleet=fleet,
            members=tuple(pool.map(listed, everyone)),
            held=_lock(held, fleet.name) or _lock(held, fleet.environment),
        )


def _lock(held: Sequence[HeldLock], environment: str) -> HeldLock | None:
    """The lock on all stacks of an environment."""
    return next((one for one in held if one.environment == environment and not one.stack), None)


def _state(context: Context, place: str, name: str, held: Sequence[HeldLock]) -> StackState:
    lock = next((one for one in held if (one.environment, one.stack) == (place, name)), None)
    try:
        state = context.backend.read(name, place)
        unfinished = bool(context.backend.read_journal(name, place))
    except StateError as error:
        return StackState(environment=place, held=lock, problem=error.message)
    found = StackState(environment=place, held=lock, unfinished=unfinished)
    return found if state is None else found.of(state)
