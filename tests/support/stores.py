"""The shared stores that there are, each as what opens clients of one that is empty."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

import pytest

from engine.backends.shared.objects.store import ObjectStore, Patience
from engine.backends.shared.store import SharedStore
from tests.support.fakes.memory_store import MemoryStore, Shelf
from tests.support.object_servers import fresh_bucket
from tests.support.postgres_server import fresh_stores, newer_tables, pgbouncer

Opened: TypeAlias = Callable[[], SharedStore]
"""Gives another client of the same store at each call, as on another machine."""


@contextmanager
def _memory() -> Iterator[Opened]:
    shelf = Shelf()
    yield lambda: MemoryStore(shelf)


@contextmanager
def _postgres() -> Iterator[Opened]:
    yield fresh_stores()


@contextmanager
def _pooled() -> Iterator[Opened]:
    yield fresh_stores(pgbouncer)


@contextmanager
def _bucket(kind: str) -> Iterator[Opened]:
    address, login = fresh_bucket(kind)
    patience = Patience(repeats=0)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in login.items():
            patch.setenv(name, value)
        yield lambda: ObjectStore(address, patience=patience)


STORES: dict[str, Callable[[], AbstractContextManager[Opened]]] = {
    "memory": _memory,
    "postgresql": _postgres,
    "pgbouncer": _pooled,
    "s3": functools.partial(_bucket, "s3"),
    "gcs": functools.partial(_bucket, "gcs"),
    "azure": functools.partial(_bucket, "azure"),
}
"""By name: what makes an empty store for one test, or skips it with the reason."""


def make_newer(store: SharedStore) -> None:
    """Note in a store that a newer engine made it."""
    store.put("store.json", b'{"format_version": 1000}')


NEWER: dict[str, Callable[[SharedStore], None]] = {
    "postgresql": newer_tables,
    "pgbouncer": newer_tables,
}
"""What does so for a store that notes its layout elsewhere."""
