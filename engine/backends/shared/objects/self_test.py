"""The test that a store passes before states are kept in it.

Many servers that speak S3 accept a conditional write and pass over its condition. Two machines
would both get a lock there, and neither would notice.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import Protocol

from engine.errors import EngineError, StateError

_LONGEST = 64


class RefusedWriteError(Exception):
    """A conditional write that was refused, or may have been."""


class VersionedObjects(Protocol):
    """What is tested."""

    @property
    def address(self) -> str:
        """Where it is, for messages."""
        ...

    def write_version(self, name: str, content: bytes, version: str | None) -> str:
        """Write in place of one version; None if there must be none."""
        ...

    def read_version(self, name: str, largest: int) -> tuple[bytes, str] | None:
        """The content, and its version."""
        ...

    def names(self, prefix: str) -> tuple[str, ...]:
        """The names that begin so."""
        ...

    def remove(self, name: str) -> None:
        """Remove an object."""
        ...


def check_guarantees(store: VersionedObjects) -> None:
    """Try each promise that locks and states rest on, with an object that is then removed.

    Raises:
        StateError: if the store breaks one, which the message names.
        StoreUnavailableError: if it cannot be tried.
    """
    name = f"probes/{uuid.uuid4().hex}"
    try:
        _check(store, name)
    except EngineError:
        with contextlib.suppress(EngineError):  # what was found first is what is reported
            store.remove(name)
        raise
    store.remove(name)
    if store.read_version(name, _LONGEST) is not None:
        raise _lacks(store, "still returns an object that was removed", "reads may be old")


def _check(store: VersionedObjects, name: str) -> None:
    _is_refused(store, name, b"first", None)  # its outcome is read: a repeat may be refused
    first = store.read_version(name, _LONGEST)
    if first is None or first[0] != b"first":
        raise _lacks(store, "does not return what was just written", "reads may be old")
    if first[1] == "{}":
        raise _lacks(store, "gives objects no version", "a head cannot be swapped")
    if not _is_refused(store, name, b"second", None):
        raise _lacks(
            store,
            "accepts a second create of the same object",
            "two machines could both get the lock",
        )
    _is_refused(store, name, b"third", first[1])
    third = store.read_version(name, _LONGEST)
    if third is None or third[0] != b"third" or third[1] == first[1]:
        raise _lacks(
            store, "does not replace an object by its version", "a lock could not be taken"
        )
    if not _is_refused(store, name, b"fourth", first[1]):
        raise _lacks(
            store,
            "accepts a write over a version that was replaced",
            "a run that lost its lock could overwrite the state",
        )
    if store.read_version(name, _LONGEST) != third:
        raise _lacks(store, "stores a write that it refused", "states could be overwritten")
    if name not in store.names("probes/"):
        raise _lacks(store, "does not list what was just written", "journals could be missed")


def _is_refused(store: VersionedObjects, name: str, content: bytes, version: str | None) -> bool:
    try:
        store.write_version(name, content, version)
    except RefusedWriteError:
        return True
    return False


def _lacks(store: VersionedObjects, what: str, so: str) -> StateError:
    return StateError(
        f"{store.address} {what}, so {so}",
        cause="No state was written there.",
        hint="use a store that has conditional writes and consistent reads, such as S3, Google "
        "Cloud Storage, Azure Blob Storage or MinIO (docs/how-to/stores/objects.md)",
    )
