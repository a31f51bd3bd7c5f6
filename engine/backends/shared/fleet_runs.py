"""The unfinished applies of fleets in a shared store, so that any machine can go on with them.

A record is the blob with the highest number of its fleet. To create the next number is to swap it:
of two who do so one is refused. The blob with the highest number is never removed, so that numbers
only grow; it may say that nothing is unfinished.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable

from engine.backends.fleet_runs import record_in, untrusted, written
from engine.backends.shared import settle
from engine.backends.shared.names import fleet_record_name, fleet_record_names, new_write_id
from engine.backends.shared.store import NameTakenError, SharedStore
from engine.errors import StateError
from engine.ports.fleet.record import FleetRecord, RecordChangedError

_READS = 5


class SharedFleetRuns:
    """Keeps `fleets/NAME/00000007.json`."""

    def __init__(self, store: Callable[[], SharedStore]) -> None:
        """Args: store: gives the store."""
        self._open = store

    @property
    def place(self) -> str:
        """The address of the store."""
        return f"in {self._open().address}"

    def read(self, fleet: str) -> FleetRecord | None:
        """The record with the highest number."""
        return self._newest(fleet)[1]

    def swap(self, fleet: str, record: FleetRecord | None, *, expected: FleetRecord | None) -> None:
        """Create the next number, and remove those before it."""
        store = self._open()
        number, found = self._newest(fleet)
        if found != expected:
            raise RecordChangedError(fleet)
        name = fleet_record_name(fleet, number + 1)
        try:
            settle.create(store, name, _content(record))
        except NameTakenError as error:
            raise RecordChangedError(fleet) from error
        *earlier, newest = fleet_record_names(store, fleet).values()
        if newest != name:
            # Others were faster: they created this number and a further one, and removed this one,
            # so that it was free.
            earlier = [name]
        with contextlib.suppress(StateError):  # they are only in the way
            for one in earlier:
                store.remove(one)
        if newest != name:
            raise RecordChangedError(fleet)

    def _newest(self, fleet: str) -> tuple[int, FleetRecord | None]:
        """The highest number, and its record."""
        store = self._open()
        for _ in range(_READS):
            names = fleet_record_names(store, fleet)
            if not names:
                return 0, None
            number, name = list(names.items())[-1]
            raw = store.read(name)
            if raw is not None:  # else it was replaced meanwhile
                return number, _record(raw, fleet, f"{store.address}/{name}")
        raise StateError(
            f"what is left of an apply on fleet {fleet!r} changes all the time in {store.address}",
            hint="see who works on the fleet: engine lock",
        )


def _content(record: FleetRecord | None) -> bytes:
    """The bytes of a blob: no two of them are equal, so that a writer knows its own."""
    kept = None if record is None else written(record)
    return json.dumps({"write_id": new_write_id(), "record": kept}).encode()


def _record(raw: bytes, fleet: str, path: str) -> FleetRecord | None:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise untrusted(path, str(error)) from error
    if not isinstance(document, dict) or document.keys() != {"write_id", "record"}:
        raise untrusted(path, "It is not what this engine wrote.")
    kept = document["record"]
    return None if kept is None else record_in(kept, fleet, path)
