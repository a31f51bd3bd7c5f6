"""Run locks beside the states, and who writes a folder of states. The only filelock caller.

The lock is a kernel lock: it ends with the process that holds it. Its file also says who holds
it, in JSON that begins at offset 1, since Windows locks byte 0 against readers. It lies in the
folder of the states themselves, `<environment>/.locks/<stack>.lock`: whoever sees the same states,
through a link, a mount or another checkout, meets the same lock, whatever else they see or not.

Deleting the file of a lock lets a second run in; so a holder asks, before each write, whether the
file at the path is still the one it holds, with its own id in it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.backends.files import make_folder, write_at
from engine.backends.gitignore import EVERYTHING, ignore
from engine.backends.state.lock_owner import held, is_gone, lost, no_such_run, still_there, this_run
from engine.errors import StateError
from engine.ports.run_locks import Holder, RunLock

_FOLDER = ".locks"
"""In the folder of an environment's states; git is told to pass over all of it."""
_POLL = 0.05
_LONGEST_RECORD = 65536
_PATIENCE = 200
"""Polls that a write waits for another write to the same folder, which takes milliseconds."""
_FIELDS = {
    field.name: int if field.name == "pid" else str
    for field in dataclasses.fields(Holder)
    if field.name != "gone"
}


class FileHold:
    """A run lock while it is held."""

    def __init__(self, path: Path, stack: str, environment: str, operation: str) -> None:
        self.holder = this_run(operation)
        self._path = path
        self._place = (stack, environment)
        self._fd: int | None = None
        self._identity: tuple[int, int] | None = None

    def taken(self, fd: int) -> None:
        """Say who holds the lock in its file, the moment it is had."""
        record = {name: getattr(self.holder, name) for name in _FIELDS}
        os.ftruncate(fd, 0)
        write_at(fd, b" " + json.dumps(record).encode(), 0)
        found = os.fstat(fd)
        self._fd, self._identity = fd, (found.st_dev, found.st_ino)

    def check(self) -> None:
        """Make sure that the file at the path is the one that is held."""
        try:
            there = self._path.stat(follow_symlinks=False)
            record = None if self._fd is None else _decoded(os.pread(self._fd, _LONGEST_RECORD, 0))
        except OSError as error:
            raise lost(*self._place) from error
        same = (there.st_dev, there.st_ino) == self._identity
        if not same or record is None or record.id != self.holder.id:
            raise lost(*self._place)

    def leave(self) -> None:
        """Take the name off the file, which may no longer be the one at the path."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(fd, 0)


class RunLocks:
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
        on_wait: Callable[[Holder | None], None],
    ) -> Iterator[FileHold]:
        """Hold the run lock of a stack; see `engine.ports.state_store.StateBackend.lock`."""
        from filelock import FileLock, Timeout  # noqa: PLC0415 - only who locks pays for it

        path = self._path(stack, environment)
        hold = FileHold(path, stack, environment, operation)
        lock = FileLock(path, fallback_to_soft=False, thread_local=False, on_acquired=hold.taken)
        watch = _Watch(path, on_wait)
        try:
            if timeout <= 0:
                lock.acquire(blocking=False)
            else:
                lock.acquire(timeout=timeout, poll_interval=_POLL, cancel_check=watch.blocked)
        except Timeout as error:
            raise held(stack, environment, read_holder(path)) from error
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
            hold.leave()
            lock.release()

    def all(self) -> tuple[RunLock, ...]:
        """The run locks that name a holder."""
        return tuple(lock for _, lock in self._found())

    def unlock(self, id: str, *, force: bool) -> RunLock:
        """Take a run lock from its holder; see `engine.ports.state_store.StateBackend.unlock`."""
        from filelock import FileLock, Timeout  # noqa: PLC0415 - only who locks pays for it

        found = {lock.holder.id: (path, lock) for path, lock in self._found()}
        if id not in found:
            raise no_such_run(id, found)
        path, lock = found[id]
        probe = FileLock(path, fallback_to_soft=False, thread_local=False)
        try:
            with probe.acquire(blocking=False):
                _forget(path, id)
        except Timeout as error:
            now = read_holder(path)
            if now is None or now.id != id:  # it ended meanwhile, and another one came
                raise no_such_run(id, ()) from error
            if not force:
                raise still_there(lock.stack, lock.environment, lock.holder) from error
            # Whoever waits takes the lock on a new file; its holder finds that out by `check`.
            path.unlink(missing_ok=True)
        return lock

    def _found(self) -> Iterator[tuple[Path, RunLock]]:
        for path in sorted(self._states.glob(f"*/{_FOLDER}/*.lock")):
            holder = read_holder(path)
            if holder is not None:
                environment = path.parents[1].name
                lock = RunLock(environment=environment, stack=path.stem, holder=holder)
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
                hint="make the folder of the states writable and run the command again; nothing "
                "was changed",
            ) from error
        return folder / f"{stack}.lock"


class _Watch:
    """Tells who holds a lock while somebody waits for it."""

    def __init__(self, path: Path, on_wait: Callable[[Holder | None], None]) -> None:
        self._path = path
        self._on_wait = on_wait
        self._told: str | None = None
        self._nameless = 0

    def blocked(self) -> bool:
        """Look again; called after each attempt that was in vain, and never ends the wait."""
        holder = read_holder(self._path)
        if holder is not None and not holder.gone:
            self._nameless = 0
            if holder.id != self._told:
                self._tell(holder)
            return False
        # The next holder may be about to write its name; twice in a row, it is not.
        self._nameless += 1
        if self._nameless > 1 and self._told is None:
            self._tell(holder)
        return False

    def _tell(self, holder: Holder | None) -> None:
        self._told = holder.id if holder is not None else ""
        self._on_wait(holder)


@contextlib.contextmanager
def writing(folder: Path, *, patience: int = _PATIENCE) -> Iterator[None]:
    """Be the only one that writes into a folder of states.

    The check of what is there and the rename that replaces it are then one step, also for a run
    whose lock was taken away between the two. The folder itself is locked: nothing has to be
    made for it, and nobody deletes it without deleting the states.

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
    from filelock import lock_descriptor  # noqa: PLC0415 - only who writes pays for it

    try:
        return lock_descriptor(folder, blocking=False)
    except OSError:
        # NFS locks no folders. What is compared before the rename is guard enough there.
        return True


def read_holder(path: Path) -> Holder | None:
    """Who holds a lock, as far as its file says; None if it does not."""
    try:
        with path.open("rb") as file:
            holder = _decoded(file.read(_LONGEST_RECORD))
    except OSError:
        return None
    if holder is not None and is_gone(holder):
        return dataclasses.replace(holder, gone=True)
    return holder


def _decoded(raw: bytes) -> Holder | None:
    try:
        document = json.loads(raw[1:])
        given = {name: document[name] for name in _FIELDS if name in document}
        holder = Holder(**given)
    except (ValueError, TypeError, RecursionError):
        return None
    fits = all(type(getattr(holder, name)) is kind for name, kind in _FIELDS.items())
    return holder if fits else None


def _forget(path: Path, id: str) -> None:
    """Take the name of a holder that is gone off its file; the caller holds the lock."""
    holder = read_holder(path)
    if holder is not None and holder.id == id:
        os.truncate(path, 0)
