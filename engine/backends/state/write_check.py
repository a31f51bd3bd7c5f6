"""Whether one state may replace another; the same for every backend."""

from __future__ import annotations

from engine.errors import StaleStateError, StateError
from engine.state.model import State


def check_succession(
    place: str, state: State, *, expected: State | None, stored: State | None
) -> None:
    """Refuse to replace a state that the writer did not expect, or that is not an earlier one.

    Args:
        place: Where the state is, for messages.
        state: What is to be written.
        expected: What the writer expects to be stored.
        stored: What is stored.

    Raises:
        StaleStateError: if something else is stored than expected.
        StateError: if the state is of another lineage than what is stored, or of a lower serial.
    """
    if stored != expected:
        raise StaleStateError(
            f"{place} changed while this run was at work",
            cause=f"It was at serial {expected.serial if expected else 'none'}, and is now at "
            f"{stored.serial if stored else 'none'}.",
            hint="another run, or a person, wrote it; run engine plan to see what there is now. "
            "Nothing was overwritten",
        )
    if stored is None:
        return
    if state.lineage != stored.lineage:
        raise StateError(
            f"{place} is of lineage {stored.lineage}, and a state of lineage {state.lineage} is "
            "no successor of it",
            hint="two states of one stack that began apart manage different objects; nothing was "
            "overwritten",
        )
    if state.serial < stored.serial:
        raise StateError(
            f"{place} is at serial {stored.serial}, and a state of serial {state.serial} is older",
            hint="run engine plan to see what there is now. Nothing was overwritten",
        )
