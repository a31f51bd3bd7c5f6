"""Held locks as files in the folder of states, committed with them and so on every machine.

`<environment>/<stack>.lock.json` locks one stack, `<environment>.lock.json` a whole environment,
and so `<fleet>/<account>.lock.json` all stacks of an account of a fleet.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from engine.backends.state.git_advice import git_advice
from engine.backends.state.held_lock_json import decode_held, encode_held
from engine.backends.state.lock_errors import already_held, not_held
from engine.backends.state.lock_owner import new_held_lock
from engine.backends.state.run_locks import writing
from engine.durable_files import make_folder, read_file, sync_folder, write_durably
from engine.errors import StateError
from engine.ports.held_locks import HeldLock

_ENDING = ".lock.json"


class HeldLockFiles:
    """The held locks of the states in one folder."""

    def __init__(self, states: Path) -> None:
        """Args: states: folder of state files."""
        self._states = states

    def all(self, environment: str) -> tuple[HeldLock, ...]:
        """The held locks; see `engine.ports.held_locks.HeldLocks.held_locks`."""
        found = [self._read_listed(*place) for place in sorted(self._places(environment))]
        return tuple(sorted(found, key=lambda lock: (lock.environment, lock.stack)))

    def put(self, environment: str, stack: str, reason: str) -> HeldLock:
        """Write a held lock's file."""
        path = self._path(environment, stack)
        lock = new_held_lock(environment, stack, reason, file=self._shown(path))
        try:
            make_folder(path.parent)
            with writing(path.parent):
                if path.exists():
                    raise already_held(self._read(environment, stack))
                write_durably(path, encode_held(lock))
        except OSError as error:
            raise self._refused(path, "written", error) from error
        return lock

    def keep(self, lock: HeldLock) -> None:
        """Write the file of a lock that another store held."""
        path = self._path(lock.environment, lock.stack)
        try:
            make_folder(path.parent)
            with writing(path.parent):
                if not path.exists():
                    write_durably(path, encode_held(lock))
                elif (there := self._read(lock.environment, lock.stack)) != lock:
                    raise already_held(there)
        except OSError as error:
            raise self._refused(path, "written", error) from error

    def drop(self, environment: str, stack: str) -> str:
        """Delete a held lock's file, whatever is in it, and return its path, for people."""
        path = self._path(environment, stack)
        try:
            path.unlink()
            sync_folder(path.parent)
        except (FileNotFoundError, NotADirectoryError):
            raise not_held(environment, stack) from None
        except OSError as error:
            raise self._refused(path, "removed", error) from error
        return self._shown(path)

    def _places(self, environment: str) -> Iterator[tuple[str, str]]:
        if environment:  # those of a large fleet are many folders
            if self._path(environment, "").exists():
                yield environment, ""
            for path in (self._states / environment).glob(f"*{_ENDING}"):
                yield environment, path.name.removesuffix(_ENDING)
            return
        for path in self._states.glob(f"*{_ENDING}"):
            yield path.name.removesuffix(_ENDING), ""
        for path in (*self._states.glob(f"*/*{_ENDING}"), *self._states.glob(f"*/*/*{_ENDING}")):
            folder = path.parent.relative_to(self._states).as_posix()
            yield folder, path.name.removesuffix(_ENDING)

    def _path(self, environment: str, stack: str) -> Path:
        folder = self._states / environment if stack else self._states
        return folder / f"{stack or environment}{_ENDING}"

    def _read_listed(self, environment: str, stack: str) -> HeldLock:
        """Read the lock of a stack, or of the account of a fleet whose file is called the same."""
        try:
            return self._read(environment, stack)
        except StateError:
            with contextlib.suppress(StateError):
                if stack and "/" not in environment:
                    return self._read(f"{environment}/{stack}", "")
            raise

    def _read(self, environment: str, stack: str) -> HeldLock:
        path = self._path(environment, stack)
        try:
            raw = read_file(path)
        except OSError as error:
            raise self._refused(path, "read", error) from error
        shown = self._shown(path)
        return decode_held(
            raw, path=shown, environment=environment, stack=stack, advice=git_advice(shown)
        )

    def _shown(self, path: Path) -> str:
        with contextlib.suppress(ValueError):
            return str(path.relative_to(self._states.parent))
        return str(path)

    def _refused(self, path: Path, what: str, error: OSError) -> StateError:
        return StateError(
            f"{self._shown(path)} cannot be {what}",
            cause=error.strerror,
            hint="make the file and its folder accessible and run the command again; nothing was "
            "changed",
        )
