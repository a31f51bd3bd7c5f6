"""Removing the blobs of a swap that was lost, where it is certain that no head names them.

A swap that was refused, or whose reply was lost, may have been stored and followed by others: then
the history names its blobs. And one that the store has not seen yet may still arrive, as long as
the head is the one that it expects. Whatever is not certain is left: a blob too many harms nothing.
A run that lost its lock removes nothing either, since it writes nothing more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TypeAlias

from engine.backends.shared.history import decode_entry
from engine.backends.shared.store import Head, SharedStore
from engine.errors import LockLostError, StateError

_ENTRIES = 20
"""How many entries of the history are read to find out whether one of them is one's own."""


Tries: TypeAlias = list[tuple[Head | None, tuple[str, ...]]]
"""Swaps of one head: the head that each expects, and the blobs that were kept for it."""


@contextlib.contextmanager
def sweeping(store: SharedStore, environment: str, stack: str) -> Iterator[Tries]:
    """Remove the blobs of the swaps that were lost in the block, which notes each of them."""
    tries: Tries = []
    try:
        yield tries
    except LockLostError:
        raise
    except StateError:
        _sweep(store, (environment, stack), tries)
        raise
    _sweep(store, (environment, stack), tries[:-1])  # the last one was not lost


def _sweep(store: SharedStore, place: tuple[str, str], tries: Tries) -> None:
    with contextlib.suppress(StateError):
        now = store.head(*place) if tries else None
        for before, names in tries:
            if _is_lost(store, now, before, names):
                for name in names:
                    store.remove(name)


def _is_lost(
    store: SharedStore, now: Head | None, before: Head | None, names: tuple[str, ...]
) -> bool:
    """Whether a swap can neither have been stored nor still be."""
    if now is None or now == before or (before is not None and now.version == before.version):
        return False  # the write may still arrive, or a person deleted the head
    if now.state in names:
        return False
    ours = set(names)
    for name in _chain(store, now.entry):
        if name in ours:
            return False
        if name == (before.entry if before is not None else ""):
            return True
    return False


def _chain(store: SharedStore, name: str) -> Iterator[str]:
    """The names of an entry and of those before it, and an empty one at their end."""
    for _ in range(_ENTRIES):
        yield name
        raw = store.read(name) if name else None
        if raw is None:
            return
        name = decode_entry(raw, f"{store.address}/{name}").previous
