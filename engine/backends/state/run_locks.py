"""Run locks as files in the folder of states, and the lock on that folder for one write.

This is the only caller of filelock. The lock is a kernel lock: it ends with the process that has
it. Its file also names the owner, in JSON that begins at offset 1, since Windows locks byte 0
against readers. It is in the folder of the states, `<environment>/.locks/<stack>.lock`, so that
everyone who reaches the same states, through a link or a mount, uses the same lock.

Deleting the file of a lock lets a second run in; so its owner checks before each write that the
file at the path is still the locked one and has its own id in it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.backends.gitignore import EVERYTHING, ignore
from engine.backends.state.lock_errors import (
    lock_lost,
    locked_by_another,
    no_such_lock,
    still_running,
)
from engine.backends.state.lock_owner import has_ended, this_run
from engine.durable_files import make_folder, write_at
from engine.errors import StateError
from engine.ports.run_locks import LockOwner, RunLock
from engine.records import Record

_FOLDER = ".locks"
"""In the folder of an environment's states; its ignore file keeps all of it from git."""
_POLL = 0.05
_LONGEST_RECORD = 65536
_PROBED = 64 * 1024
"""Bytes that are written to try a folder: a full disk still takes an empty file."""
_PATIENCE = 200
"""Polls that a write waits for another write to the same folder, which takes milliseconds."""
_OWNER = Record(LockOwner, skip={"gone": False}, lenient=True)


class FileHold:
    """A run lock while it is held."""

    def __init__(self, path: Path, stack: str, environment: str, operation: str) -> None:
        self.owner = this_run(operation)
        self._path = path
        self._place = (stack, environment)
        self._fd: int | None = None
        self._identity: tuple[int, int] | None = None

    def write_owner(self, fd: int) -> None:
        """Write the owner into the file of the lock that was just acquired."""
        os.ftruncate(fd, 0)
        write_at(fd, b" " + json.dumps(_OWNER.write(self.owner)).encode(), 0)
        found = os.fstat(fd)
        self._fd, self._identity = fd, (found.st_dev, found.st_ino)

    def check(self) -> None:
        """Check that the file at the path is the locked one."""
        try:
            there = self._path.stat(follow_symlinks=False)
            record = None if self._fd is None else _decoded(os.pread(self._fd, _LONGEST_RECORD, 0))
        except OSError as error:
            raise lock_lost(*self._place) from error
        same = (there.st_dev, there.st_ino) == self._identity
        if not same or record is None or record.id != self.owner.id:
            raise lock_lost(*self._place)

    def clear(self) -> None:
        """Clear the locked file, which may no longer be the one at the path."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(fd, 0)


class FileRunLocks:
    """The run locks of the states in one folder."""

    def __init__(self, states: Path) -> None:
        """Args: states: folder of state files."""
        self._states = states

    @contextlib.contextmanager
    def hold(
        self,
        stack: str,
        environment: str,
        *,
        operation: str,
        timeout: float,
        on_wait: Callable[[LockOwner | None], None],
    ) -> Iterator[FileHold]:
        """Hold the run lock of a stack; see `engine.ports.run_locks.RunLocks.lock`."""
        from filelock import FileLock, Timeout

        path = self._path(stack, environment)
        hold = FileHold(path, stack, environment, operation)
        lock = FileLock(
            path, fallback_to_soft=False, thread_local=False, on_acquired=hold.write_owner
        )
        watch = _Watch(path, on_wait)
        try:
            if timeout <= 0:
                lock.acquire(blocking=False)
            else:
                lock.acquire(timeout=timeout, poll_interval=_POLL, cancel_check=watch.blocked)
        except Timeout as error:
            raise locked_by_another(stack, environment, read_owner(path)) from error
        except OSError as error:
            raise StateError(
                f"the lock {path} cannot be taken",
                cause=error.strerror or str(error),
                hint="make room, or make the file writable, and run the command again; nothing "
                "was changed",
            ) from error
        try:
            yield hold
        finally:
            hold.clear()
            lock.release()

    def all(self) -> tuple[RunLock, ...]:
        """The run locks that name an owner."""
        return tuple(lock for _, lock in self._found())

    def unlock(self, id: str, *, force: bool) -> RunLock:
        """Take a run lock from its owner; see `engine.ports.run_locks.RunLocks.unlock`."""
        from filelock import FileLock, Timeout

        found = {lock.owner.id: (path, lock) for path, lock in self._found()}
        if id not in found:
            raise no_such_lock(id, found)
        path, lock = found[id]
        probe = FileLock(path, fallback_to_soft=False, thread_local=False)
        try:
            with probe.acquire(blocking=False):
                _forget(path, id)
        except Timeout as error:
            now = read_owner(path)
            if now is None or now.id != id:  # it ended meanwhile, and another run has the lock
                raise no_such_lock(id, ()) from error
            if not force:
                raise still_running(lock.stack, lock.environment, lock.owner) from error
            # Runs that wait lock a new file; the owner notices by `check`.
            path.unlink(missing_ok=True)
        return lock

    def _found(self) -> Iterator[tuple[Path, RunLock]]:
        locks = f"{_FOLDER}/*.lock"
        for path in sorted({*self._states.glob(f"*/{locks}"), *self._states.glob(f"*/*/{locks}")}):
            owner = read_owner(path)
            if owner is not None:
                environment = path.parents[1].relative_to(self._states).as_posix()
                lock = RunLock(environment=environment, stack=path.stem, owner=owner)
                yield path, lock

    def _path(self, stack: str, environment: str) -> Path:
        # Not resolved: a link that leads elsewhere later is noticed, like a file that is deleted.
        folder = self._states / environment / _FOLDER
        try:
            make_folder(folder)
            ignore(folder, EVERYTHING)
        except OSError as error:
            raise StateError(
                f"the lock of {environment}/{stack} cannot be made",
                cause=": ".join(filter(None, (error.filename, error.strerror))),
                hint="make room, or make the folder of the states writable, and run the command "
                "again; nothing was changed",
            ) from error
        return folder / f"{stack}.lock"


class _Watch:
    """Reports who owns a lock while this process waits for it."""

    def __init__(self, path: Path, on_wait: Callable[[LockOwner | None], None]) -> None:
        self._path = path
        self._on_wait = on_wait
        self._reported: str | None = None
        self._nameless = 0

    def blocked(self) -> bool:
        """Read the owner again after a failed attempt; never ends the wait."""
        owner = read_owner(self._path)
        if owner is not None and not owner.gone:
            self._nameless = 0
            if owner.id != self._reported:
                self._report(owner)
            return False
        # The next owner may be about to write its name; twice in a row, it is not.
        self._nameless += 1
        if self._nameless > 1 and self._reported is None:
            self._report(owner)
        return False

    def _report(self, owner: LockOwner | None) -> None:
        self._reported = owner.id if owner is not None else ""
        self._on_wait(owner)


@contextlib.contextmanager
def writing(folder: Path, *, patience: int = _PATIENCE) -> Iterator[None]:
    """Be the only writer of a folder of states.

    The check of what is stored and the rename that replaces it are then one step, also for a run
    whose lock was taken away between the two. The folder itself is locked: it needs no file of
    its own, and it cannot be deleted without the states.

    Args:
        folder: Holds the state files.
        patience: Polls to wait for another write.

    Raises:
        StateError: if another write does not end.
        OSError: if the folder cannot be opened.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        for _ in range(patience):
            if _locked(handle):
                break
            time.sleep(_POLL)
        else:
            raise StateError(
                f"another run is in the middle of a write to {folder}, and does not go on",
                hint="see what it is stopped by (ps shows T), and let it go on or end it",
            )
        yield
    finally:
        os.close(handle)


def _locked(folder: int) -> bool:
    from filelock import lock_descriptor

    try:
        return lock_descriptor(folder, blocking=False)
    except OSError:
        # NFS does not lock folders. The comparison before the rename must be enough there.
        return True


def check_locks(folder: Path) -> None:
    """Find out whether files in a folder can be written and locked, and leave none behind.

    Args:
        folder: The folder; one that is not there yet would be made in the nearest one that is.

    Raises:
        StateError: if a lock does not keep a second one away, or cannot be taken at all.
        OSError: if no file can be made, or there is no room for one.
    """
    from filelock import lock_descriptor

    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    with tempfile.NamedTemporaryFile(dir=there, prefix=".probe", suffix=".tmp") as file:
        file.write(bytes(_PROBED))
        file.flush()
        second = os.open(file.name, os.O_RDWR)
        try:
            works = lock_descriptor(file.fileno(), blocking=False)
            works = works and not lock_descriptor(second, blocking=False)
            why = "a second lock of the same file is granted"
        except OSError as error:
            works, why = False, error.strerror or str(error)
        finally:
            os.close(second)
    if not works:
        raise StateError(
            f"the file system of {there} does not lock files",
            cause=why,
            hint="two runs could work on one stack there at once: put the project on another file "
            "system, or keep its states in a store that machines share",
        )


def read_owner(path: Path) -> LockOwner | None:
    """The owner of a lock by its file; None if the file names none."""
    try:
        with path.open("rb") as file:
            owner = _decoded(file.read(_LONGEST_RECORD))
    except OSError:
        return None
    if owner is not None and has_ended(owner):
        return dataclasses.replace(owner, gone=True)
    return owner


def _decoded(raw: bytes) -> LockOwner | None:
    try:
        return _OWNER.read(json.loads(raw[1:]))
    except (ValueError, RecursionError):
        return None


def _forget(path: Path, id: str) -> None:
    """Clear the file of a lock whose owner ended; the caller has the lock."""
    owner = read_owner(path)
    if owner is not None and owner.id == id:
        os.truncate(path, 0)
