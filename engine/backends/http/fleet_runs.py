"""The unfinished applies of fleets in a state server, so that any machine can go on with them."""

from __future__ import annotations

import dataclasses
import json

from engine.backends.fleet_runs import record_in, untrusted, written
from engine.backends.http.documents import Index
from engine.backends.http.store import DocumentStore
from engine.ports.fleet.record import FleetRecord, RecordChangedError


class HttpFleetRuns:
    """Keeps records in the index, which one machine at a time changes."""

    def __init__(self, store: DocumentStore) -> None:
        """Args: store: the documents of the server."""
        self._store = store

    @property
    def place(self) -> str:
        """The address of the server."""
        return f"in {self._store.place('')}".rstrip("/")

    def read(self, fleet: str) -> FleetRecord | None:
        """The record in the index."""
        self._store.prepare()
        return self._record(self._store.index(), fleet)

    def swap(self, fleet: str, record: FleetRecord | None, *, expected: FleetRecord | None) -> None:
        """Change the index, if its record is the expected one."""
        self._store.prepare()
        mine = "" if record is None else json.dumps(written(record))
        tried = False

        def change(index: Index) -> Index:
            nonlocal tried
            found = self._record(index, fleet)
            # What was written before may have arrived although the server answered an error.
            if found != expected and not (tried and found == record):
                raise RecordChangedError(fleet)
            tried = True
            others = {name: kept for name, kept in index.fleets.items() if name != fleet}
            return dataclasses.replace(index, fleets={**others, fleet: mine} if mine else others)

        self._store.change_index(change)

    def _record(self, index: Index, fleet: str) -> FleetRecord | None:
        kept, path = index.fleets.get(fleet), self._store.place("engine_index")
        if kept is None:
            return None
        try:
            return record_in(json.loads(kept), fleet, path)
        except (ValueError, RecursionError) as error:
            raise untrusted(path, str(error)) from error
