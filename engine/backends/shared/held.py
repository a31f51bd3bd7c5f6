"""Held locks in a shared store: every machine of the team has them at once."""

from __future__ import annotations

import dataclasses

from engine.backends.shared import settle
from engine.backends.shared.names import ALL_STACKS, held_name
from engine.backends.shared.store import NameTakenError, SharedStore
from engine.backends.state.held_lock_json import decode_held, encode_held
from engine.backends.state.lock_errors import already_held, not_held
from engine.backends.state.lock_owner import new_held_lock
from engine.ports.held_locks import HeldLock
from engine.state.advice import GENERAL


def all_held(store: SharedStore, environment: str) -> tuple[HeldLock, ...]:
    """The held locks; see `engine.ports.held_locks.HeldLocks.held_locks`."""
    names = store.names(f"held/{environment}/" if environment else "held/")
    places = (name.removeprefix("held/").removesuffix(".json").rpartition("/") for name in names)
    found = (
        _read(store, where, "" if stack == ALL_STACKS else stack)
        for where, _, stack in places
        if not environment or where == environment
    )
    locks = (lock for lock in found if lock is not None)
    return tuple(sorted(locks, key=lambda lock: (lock.environment, lock.stack)))


def put_held(store: SharedStore, environment: str, stack: str, reason: str) -> HeldLock:
    """Create a held lock.

    Raises:
        LockHeldError: if it is held already.
    """
    lock = new_held_lock(environment, stack, reason)
    try:
        settle.create(store, held_name(environment, stack), encode_held(lock))
    except NameTakenError as error:
        there = _read(store, environment, stack)
        if there is None:  # released meanwhile
            return put_held(store, environment, stack, reason)
        raise already_held(there) from error
    return lock


def keep_held(store: SharedStore, lock: HeldLock) -> None:
    """Create a lock that another store held; see `engine.ports.moves.StateMoves`.

    Raises:
        LockHeldError: if another one is held in its place.
    """
    try:
        settle.create(store, held_name(lock.environment, lock.stack), encode_held(lock))
    except NameTakenError as error:
        there = _read(store, lock.environment, lock.stack)
        if there != lock:
            raise already_held(there or lock) from error


def drop_held(store: SharedStore, environment: str, stack: str) -> None:
    """Remove a held lock, whatever is in it.

    Raises:
        UsageError: if there is none.
    """
    name = held_name(environment, stack)
    if store.read(name) is None:
        raise not_held(environment, stack)
    store.remove(name)


def _read(store: SharedStore, environment: str, stack: str) -> HeldLock | None:
    name = held_name(environment, stack)
    raw = store.read(name)
    if raw is None:
        return None
    path = f"{store.address}/{name}"
    lock = decode_held(raw, path=path, environment=environment, stack=stack, advice=GENERAL)
    return dataclasses.replace(lock, file="")
