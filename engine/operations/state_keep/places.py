"""The two stores of a migration, and what of one stack moves from one to the other."""

from __future__ import annotations

import dataclasses

from engine.errors import StateError, UntrustedStateError
from engine.frozen import frozen
from engine.plan.subscribers.file import is_moves_name
from engine.ports.backend import StateBackend
from engine.ports.moves import MigratingStack
from engine.state.codec import decode
from engine.state.model import State


@frozen
class Place:
    """One of the two stores.

    Attributes:
        setting: What the setting `state` says of it.
        backend: What keeps states there.
    """

    setting: str
    backend: StateBackend

    @property
    def name(self) -> str:
        """How messages name it."""
        return "the folder state" if self.setting == "file" else self.setting


def what_moves(source: Place, target: Place, stack: str, environment: str) -> MigratingStack:
    """What moves of one stack, or of what is kept under a name like one.

    Raises:
        StateError: if it must not.
    """
    if is_moves_name(stack):
        return _record_of_moves(source, target, stack, environment)
    for place in (source, target):
        if place.backend.read_journal(stack, environment):
            raise StateError(
                f"an unfinished run of {environment}/{stack} left a journal in {place.name}",
                hint=f"run engine plan {stack} -e {environment} first: it recovers what that "
                "run did; nothing was moved",
            )
    pending = source.backend.read_import(stack, environment)
    other = target.backend.read_import(stack, environment)
    if other is not None and other != pending:
        raise StateError(
            f"an import of {environment}/{stack} was interrupted in {target.name}",
            hint=f"finish it there first, with engine plan {stack} -e {environment}",
        )
    raw = source.backend.stored(stack, environment)
    row = MigratingStack(stack=stack, pending_import=pending is not None)
    if raw is None:
        return row
    state = decoded(source, stack, environment, raw)
    replaced = _replaced(source, target, state, raw)
    return dataclasses.replace(
        row,
        serial=state.serial,
        lineage=state.lineage,
        resources=len(state.resources),
        there=replaced is not None and replaced.serial == state.serial,
        replaces=replaced.serial if replaced and replaced.serial < state.serial else 0,
    )


def _record_of_moves(source: Place, target: Place, name: str, environment: str) -> MigratingStack:
    """What moves of a plan of moves that was not carried out whole: the record of what was done.

    Raises:
        StateError: if the new place has another record of the same plan.
    """
    here, there = (_record(place, name, environment) for place in (source, target))
    if there != here[: len(there)]:
        raise StateError(
            f"the plan of moves {name} was applied with the states in both places, so that "
            f"{source.name} and {target.name} have different records of it",
            hint=f"engine apply FILE -e {environment}, with the file of that plan, carries out the "
            f"rest and ends the record in {source.name}; nothing was moved",
        )
    return MigratingStack(stack=name, moves_record=True)


def _record(place: Place, name: str, environment: str) -> tuple[bytes, ...]:
    try:
        return place.backend.read_journal(name, environment) or ()
    except UntrustedStateError as error:
        raise StateError(
            f"what was done of the plan of moves {name} cannot be read: {error.file} is damaged",
            cause=error.why,
            hint="engine apply FILE, with the file of that plan, says what to do about it; nothing "
            "was moved",
        ) from error


def _replaced(source: Place, target: Place, state: State, raw: bytes) -> State | None:
    """The state in the new place, which has to be an earlier one, or the same.

    Raises:
        StateError: if it is not.
    """
    place = (state.stack, state.environment)
    stored = target.backend.stored(*place)
    if stored is None:
        return None
    there = decoded(target, *place, stored)
    if there.lineage != state.lineage:
        why = f"of lineage {there.lineage}, and that in {source.name} of {state.lineage}"
    elif there.serial > state.serial:
        why = f"at serial {there.serial}, and that in {source.name} at {state.serial}"
    elif there.serial == state.serial and stored != raw:
        why = f"at serial {there.serial} with other content than in {source.name}"
    else:
        return there
    raise StateError(
        f"the state of {state.environment}/{state.stack} in {target.name} is {why}",
        cause="Both places have been used, so that each may know objects that the other does not.",
        hint=f"see both with engine state pull {state.stack}, and keep the right one; nothing "
        "was moved",
    )


def decoded(place: Place, stack: str, environment: str, raw: bytes) -> State:
    """The state in some bytes, which has to be that of its place.

    Raises:
        StateError: if it cannot be trusted.
    """
    where = place.backend.place(stack, environment)
    state = decode(raw, path=where, advice=place.backend.advice(where))
    if (state.stack, state.environment) != (stack, environment):
        raise StateError(
            f"{where} is the state of {state.environment}/{state.stack}",
            hint="engine state verify says what is wrong; nothing was moved",
        )
    return state
