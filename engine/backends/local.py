"""States and journals in the project folder, run locks beside git's files. The filelock caller.

The lock is a kernel lock: it ends with the process that holds it. Its file also says who holds
it, in JSON that begins at offset 1, since Windows locks byte 0 against readers. It lies in the
repository's common git directory, where `git clean` does not reach and all worktrees meet.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from engine.backends import journal
from engine.backends.files import make_folder, private_folder, write_durably
from engine.backends.holder import held, this_run
from engine.errors import StaleStateError, StateError
from engine.state.backend import Holder, JournalFile
from engine.state.codec import decode, encode
from engine.state.model import State

_POLL = 0.05


class LocalBackend:
    """Keeps `state/<environment>/<stack>.json` in the project folder."""

    def __init__(self, states: Path, private: Path, *, engine_version: str) -> None:
        """Args: states: folder of state files; private: folder that is never committed."""
        self._states = states
        self._private = private
        self._version = engine_version

    def path(self, stack: str, environment: str) -> Path:
        """The file of a state."""
        return self._states / environment / f"{stack}.json"

    def _shown(self, path: Path) -> str:
        with contextlib.suppress(ValueError):
            return str(path.relative_to(self._states.parent))
        return str(path)

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a state."""
        found = (self._states / environment).glob("*.json")
        return tuple(sorted(path.stem for path in found if "." not in path.stem))

    def read(self, stack: str, environment: str) -> State | None:
        """Read a state file."""
        path = self.path(stack, environment)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(
                f"{self._shown(path)} cannot be read",
                cause=error.strerror,
                hint="make the file and its folder readable and run the command again; nothing "
                "was changed",
            ) from error
        state = decode(raw, path=self._shown(path))
        if (state.stack, state.environment) != (stack, environment):
            raise StateError(
                f"{self._shown(path)} is the state of {state.environment}/{state.stack}",
                hint="a state file keeps its place: copying one to another name makes duplicates",
            )
        return state

    def write(self, state: State, *, expected: State | None) -> None:
        """Write a state file in place of the one that was read."""
        path = self.path(state.stack, state.environment)
        stored = self.read(state.stack, state.environment)
        if stored != expected:
            raise StaleStateError(
                f"{self._shown(path)} changed while this run was at work",
                cause=f"It was at serial {expected.serial if expected else 'none'}, and is now at "
                f"{stored.serial if stored else 'none'}.",
                hint="another engine or a git command wrote it; run engine plan to see where "
                "things stand. Nothing was overwritten",
            )
        try:
            write_durably(path, encode(state, engine_version=self._version))
        except OSError as error:
            raise self._unwritable(path, error) from error

    def read_journal(self, stack: str, environment: str) -> tuple[bytes, ...] | None:
        """Read the journal that an unfinished run left."""
        path = self._journal_path(stack, environment)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(
                f"{self._shown(path)}, the journal of an unfinished run, cannot be read",
                cause=error.strerror,
                hint="make the file readable and run the command again; nothing was changed",
            ) from error
        return journal.records_in(raw, path=self._shown(path))

    def begin_journal(
        self, stack: str, environment: str, records: Sequence[bytes], *, reserve: int
    ) -> JournalFile:
        """Begin a journal beside the state."""
        path = self._journal_path(stack, environment)
        try:
            return journal.begin(path, records, shown=self._shown(path), reserve=reserve)
        except OSError as error:
            raise self._unwritable(path, error) from error

    def end_journal(self, stack: str, environment: str) -> None:
        """Remove the journal."""
        path = self._journal_path(stack, environment)
        try:
            journal.end(path)
        except OSError as error:
            raise self._unwritable(path, error) from error

    def _journal_path(self, stack: str, environment: str) -> Path:
        return self.path(stack, environment).with_suffix(".journal")

    def check_writable(self, stack: str, environment: str) -> None:
        """Write and remove a file beside the state."""
        path = self.path(stack, environment)
        try:
            make_folder(path.parent)
            probe = path.with_name(f".{path.name}.probe")
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise self._unwritable(path, error) from error

    def _unwritable(self, path: Path, error: OSError) -> StateError:
        return StateError(
            f"{self._shown(path)} cannot be written",
            cause=error.strerror,
            hint="make room, or make the folder writable, and run the command again",
        )

    # ── the run lock ──────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def lock(
        self,
        stack: str,
        environment: str,
        *,
        operation: str,
        timeout: float,
        on_wait: Callable[[Holder | None], None],
    ) -> Iterator[None]:
        """Hold the run lock of a stack."""
        path = self._lock_path(stack, environment)
        holder = this_run(operation)
        lock = FileLock(path, fallback_to_soft=False, thread_local=False)
        try:
            _acquire(lock, path, timeout, on_wait)
        except Timeout as error:
            raise held(stack, environment, read_holder(path)) from error
        except OSError as error:
            raise StateError(
                f"the lock {path} cannot be taken", cause=error.strerror or str(error)
            ) from error
        try:
            _write_holder(path, holder)
            yield
        finally:
            with contextlib.suppress(OSError):
                os.truncate(path, 0)
            lock.release()

    def _lock_path(self, stack: str, environment: str) -> Path:
        common = git_common_dir(self._states)
        try:
            if common is not None and os.access(common, os.W_OK):
                # Worktrees share the directory; the folder inside the work tree tells projects
                # of one repository apart.
                inside = self._states.resolve().relative_to(_work_tree(self._states.resolve()))
                name = hashlib.sha256(str(inside).encode()).hexdigest()[:12]
                folder = common / "engine" / "locks" / name / environment
                folder.mkdir(parents=True, exist_ok=True)
            else:
                folder = private_folder(self._private, "locks", environment)
        except OSError as error:
            raise StateError(
                f"the lock of {environment}/{stack} cannot be made",
                cause=f"{error.filename}: {error.strerror}",
                hint="make the folder writable and run the command again; nothing was changed",
            ) from error
        return folder / f"{stack}.lock"


def _acquire(
    lock: FileLock, path: Path, timeout: float, on_wait: Callable[[Holder | None], None]
) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if timeout <= 0:
            raise
        on_wait(read_holder(path))
        lock.acquire(timeout=timeout, poll_interval=_POLL)


def _write_holder(path: Path, holder: Holder) -> None:
    document = {
        "id": holder.id,
        "operation": holder.operation,
        "who": holder.who,
        "pid": holder.pid,
        "since": holder.since,
    }
    with contextlib.suppress(OSError), path.open("r+b") as file:
        file.truncate(0)
        file.write(b" " + json.dumps(document).encode())


def read_holder(path: Path) -> Holder | None:
    """Who holds a lock, as far as its file says; None if it does not."""
    try:
        document = json.loads(path.read_bytes()[1:])
        return Holder(**document)
    except (OSError, ValueError, TypeError):
        return None


def _work_tree(path: Path) -> Path:
    for folder in (path, *path.parents):
        if (folder / ".git").exists():
            return folder
    return path


def git_common_dir(path: Path) -> Path | None:
    """The git directory that all worktrees around a path share; None outside of git."""
    marker = _work_tree(path.resolve()) / ".git"
    if marker.is_dir():
        return marker
    try:
        text = marker.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    own = (marker.parent / text.removeprefix("gitdir:").strip()).resolve()
    try:
        shared = (own / "commondir").read_text(encoding="utf-8").strip()
    except OSError:
        return own if own.is_dir() else None
    return (own / shared).resolve()
