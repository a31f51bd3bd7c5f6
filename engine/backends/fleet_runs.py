"""The unfinished applies of fleets, as files of this machine that are never committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.backends.gitignore import private_folder
from engine.backends.state.run_locks import writing
from engine.durable_files import PRIVATE_FILE, write_durably
from engine.errors import StateError
from engine.ports.fleet.record import FleetRecord, RecordChangedError
from engine.records import TEXT, Record, ShapeError, list_of, map_of

_RECORD = Record(
    FleetRecord,
    codecs={
        "stacks": list_of(TEXT),
        "options": list_of(TEXT),
        "groups": map_of(list_of(TEXT)),
        "left": map_of(TEXT),
    },
)


class FileFleetRuns:
    """Keeps `.engine/fleets/NAME.json`."""

    place = "on this machine"

    def __init__(self, private: Path) -> None:
        """Args: private: folder that is never committed."""
        self._private = private

    def read(self, fleet: str) -> FleetRecord | None:
        """Read the file of a fleet."""
        path = self._path(fleet)
        try:
            return record_in(json.loads(path.read_bytes()), fleet, str(path))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise untrusted(str(path), str(error)) from error

    def swap(self, fleet: str, record: FleetRecord | None, *, expected: FleetRecord | None) -> None:
        """Write or remove the file of a fleet, as the only writer of its folder."""
        path = self._path(fleet)
        try:
            private_folder(self._private, "fleets")
            with writing(path.parent):
                if self.read(fleet) != expected:
                    raise RecordChangedError(fleet)
                if record is None:
                    path.unlink(missing_ok=True)
                else:
                    write_durably(path, json.dumps(written(record)).encode(), mode=PRIVATE_FILE)
        except OSError as error:
            raise StateError(
                f"{path} cannot be written",
                cause=error.strerror,
                hint="make room, or make the folder writable, and run the command again",
            ) from error

    def _path(self, fleet: str) -> Path:
        return self._private / "fleets" / f"{fleet}.json"


def written(record: FleetRecord) -> dict[str, Any]:
    """A record as a JSON object."""
    return _RECORD.write(record)


def record_in(document: Any, fleet: str, path: str) -> FleetRecord:
    """The record of a fleet in a JSON document.

    Args:
        document: The document.
        fleet: The fleet that it has to be of.
        path: Where it is, for messages.

    Raises:
        StateError: if it is not what this engine wrote.
    """
    try:
        found = _RECORD.read(document)
    except ShapeError as error:
        raise untrusted(path, str(error)) from error
    if found.fleet != fleet or not set(found.left.values()) <= found.groups.keys():
        raise untrusted(path, "It is of another fleet, or not whole.")
    return found


def untrusted(path: str, why: str) -> StateError:
    """Error for a record that is not what this engine wrote."""
    return StateError(
        f"{path}, what is left of an apply on a fleet, cannot be used",
        cause=why,
        hint=f"remove {path} and apply the fleet again: what is done stays done",
    )
