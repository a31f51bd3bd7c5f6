"""How each version of a state was written: a chain of entries, which the head begins."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

from engine.backends.shared.store import SharedStore
from engine.errors import UntrustedStateError
from engine.frozen import frozen
from engine.ports.history import Version
from engine.ports.run_locks import LockOwner
from engine.records import Record, check_plain
from engine.state.codec import canonical
from engine.state.model import State

_FORMAT = 1


@frozen
class Entry:
    """How one version was written.

    Attributes:
        serial: Its serial.
        state: Name of its blob.
        resources: How many resources it has.
        since: When, UTC, ISO 8601 to the second. For people: nothing is decided by it.
        who: `user@host`; empty if it was written without a lock.
        operation: What for.
        url: Address of the CI run; empty outside of CI.
        previous: Name of the entry before it; empty for the first.
    """

    serial: int
    state: str
    resources: int
    since: str
    who: str = ""
    operation: str = ""
    url: str = ""
    previous: str = ""

    @classmethod
    def of(cls, state: State, owner: LockOwner | None, blob: str, previous: str) -> Entry:
        """The entry of a state that a run writes now."""
        return cls(
            serial=state.serial,
            state=blob,
            resources=len(state.resources),
            since=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            who=owner.who if owner is not None else "",
            operation=owner.operation if owner is not None else "",
            url=owner.url if owner is not None else "",
            previous=previous,
        )

    def version(self, address: str) -> Version:
        """What people see of it."""
        return Version(
            serial=self.serial,
            who=self.who,
            since=self.since,
            operation=self.operation,
            url=self.url,
            resources=self.resources,
            place=f"{address}/{self.state}",
        )


_ENTRY = Record(Entry, required=("serial", "resources"))


def encode_entry(entry: Entry) -> bytes:
    """The bytes of an entry."""
    return canonical({"format_version": _FORMAT, **_ENTRY.write(entry)})


def decode_entry(raw: bytes, path: str) -> Entry:
    """Read an entry.

    Raises:
        UntrustedStateError: if it is not what this engine wrote.
    """
    try:
        document = json.loads(raw)
        check_plain(document)
        if document.pop("format_version") == _FORMAT:
            return _ENTRY.read(document)
        cause = "It is of another format."
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        cause = str(error)
    raise UntrustedStateError(
        path,
        1,
        "an entry of the history is not what this engine wrote",
        cause=cause,
        hint="bring the object back from its versions or a backup; the state itself is whole",
    )


def entries(store: SharedStore, name: str) -> Iterator[Entry]:
    """An entry, and those before it, the newest first."""
    passed: set[str] = set()
    while name and name not in passed:
        passed.add(name)
        raw = store.read(name)
        if raw is None:
            return  # an earlier part of the history was removed by a rule of the store
        entry = decode_entry(raw, f"{store.address}/{name}")
        yield entry
        name = entry.previous
