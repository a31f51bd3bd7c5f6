"""What a write became whose reply was lost, or was refused by its own first try.

A library repeats a conditional write, and a store that carried out the first try refuses the
second; a connection can end after the store committed. So whatever goes wrong is settled by
reading again: who finds its own write has succeeded, and who finds that nothing changed tries
again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from engine.backends.shared.names import new_write_id
from engine.backends.shared.store import Head, HeadChangedError, NameTakenError, SharedStore
from engine.errors import StoreUnavailableError

_TRIES, _CHANGES = 4, 5


def swap(
    store: SharedStore, environment: str, stack: str, head: Head, *, expected: Head | None
) -> Head:
    """Store a head in place of `expected`, and find out whether that succeeded.

    Raises:
        HeadChangedError: if another head is stored.
        StoreUnavailableError: if the store does not answer; the write may have arrived.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            return store.swap(environment, stack, head, expected=expected)
        except (HeadChangedError, StoreUnavailableError) as error:
            now = store.head(environment, stack)
            if now is not None and now.write_id == head.write_id:
                return now
            if now != expected or not tries_left:
                raise _changed(error, now, expected) from error
            expected = now
    raise AssertionError  # pragma: no cover - the last try returns or raises


def _changed(error: Exception, now: Head | None, expected: Head | None) -> Exception:
    if now == expected:
        return error if isinstance(error, StoreUnavailableError) else HeadChangedError(str(error))
    return HeadChangedError("another head is stored")


def changed(
    store: SharedStore,
    environment: str,
    stack: str,
    fields: Callable[[Head | None], dict[str, object]],
) -> Head:
    """Change a head without its lock: again if another one was faster.

    Args:
        store: The store.
        environment: Whose head.
        stack: Whose head.
        fields: What becomes of the head that is stored now.

    Raises:
        StoreUnavailableError: if the store does not answer, or others are always faster.
    """
    for tries_left in reversed(range(_CHANGES)):
        before = store.head(environment, stack)
        head = renewed(before, new_write_id(), **fields(before))
        try:
            return swap(store, environment, stack, head, expected=before)
        except HeadChangedError as error:
            if not tries_left:
                raise StoreUnavailableError(
                    f"{environment}/{stack} in {store.address} is changed all the time",
                    hint="see who works on it: engine lock",
                ) from error
    raise AssertionError  # pragma: no cover - the last try returns or raises


def create(store: SharedStore, name: str, content: bytes) -> None:
    """Keep a blob under a name of its own, and find out whether that succeeded.

    Raises:
        NameTakenError: if there is another one of that name.
        StoreUnavailableError: if the store does not answer; the write may have arrived.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            store.create(name, content)
        except (NameTakenError, StoreUnavailableError):
            there = store.read(name)
            if there == content:
                return
            if there is not None:
                raise NameTakenError(name) from None
            if not tries_left:
                raise
        else:
            return


def renewed(head: Head | None, write_id: str, **fields: object) -> Head:
    """A head with some fields changed, as a new write."""
    before = Head(write_id="") if head is None else head
    changed: Head = dataclasses.replace(before, write_id=write_id, version="", **fields)  # type: ignore[arg-type]
    return changed
