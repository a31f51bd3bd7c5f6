"""The unfinished applies of fleets, as files of this machine that are never committed."""

from __future__ import annotations

import json
from pathlib import Path

from engine.backends.gitignore import private_folder
from engine.durable_files import PRIVATE_FILE, write_durably
from engine.errors import StateError
from engine.ports.fleet.record import FleetRecord
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

    def __init__(self, private: Path) -> None:
        """Args: private: folder that is never committed."""
        self._private = private

    def read(self, fleet: str) -> FleetRecord | None:
        """Read the file of a fleet."""
        path = self._path(fleet)
        try:
            found = _RECORD.read(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError, ShapeError) as error:
            raise _untrusted(path, str(error)) from error
        if found.fleet != fleet or not set(found.left.values()) <= found.groups.keys():
            raise _untrusted(path, "It is of another fleet, or not whole.")
        return found

    def write(self, record: FleetRecord) -> None:
        """Write the file of a fleet."""
        path = self._path(record.fleet)
        try:
            private_folder(self._private, "fleets")
            write_durably(path, json.dumps(_RECORD.write(record)).encode(), mode=PRIVATE_FILE)
        except OSError as error:
            raise StateError(
                f"{path} cannot be written",
                cause=error.strerror,
                hint="make room, or make the folder writable, and run the command again",
            ) from error

    def remove(self, fleet: str) -> None:
        """Remove the file of a fleet."""
        self._path(fleet).unlink(missing_ok=True)

    def _path(self, fleet: str) -> Path:
        return self._private / "fleets" / f"{fleet}.json"


def _untrusted(path: Path, why: str) -> StateError:
    return StateError(
        f"{path}, what is left of an apply on a fleet, cannot be used",
        cause=why,
        hint=f"remove {path} and apply the fleet again: what is done stays done",
    )
