"""States, journals and locks as files in the project folder."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.address import is_environment_name, is_logical_name
from engine.backends.gitignore import TRANSIENTS, exposed_folders, ignore
from engine.backends.state import journal
from engine.backends.state.active_locks import ActiveLocks
from engine.backends.state.git_advice import git_advice
from engine.backends.state.held_lock_files import HeldLockFiles
from engine.backends.state.moves import FileMoves
from engine.backends.state.no_history import NoHistory
from engine.backends.state.run_locks import FileRunLocks, check_locks, writing
from engine.backends.state.write_check import check_succession
from engine.durable_files import (
    PRIVATE_FILE,
    folders_in,
    free_path,
    make_folder,
    read_file,
    sweep,
    sync_folder,
    write_durably,
)
from engine.errors import Problem, StateError, UsageError
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version, VersionContents
from engine.ports.journal import JournalFile
from engine.ports.run_locks import Hold, LockOwner, RunLock, Watching, watch_silently
from engine.state.advice import Advice
from engine.state.codec import decode, encode
from engine.state.model import State
from engine.state.moved import moved_to
from engine.state.pending_import import PendingImport, decode_import, encode_import

_IMPORT = ".import"


class FileBackend:
    """Keeps `state/<environment>/<stack>.json` in the project folder."""

    def __init__(
        self,
        states: Path,
        private: Path,
        *,
        engine_version: str,
        open_history: Callable[[], VersionContents] = NoHistory,
    ) -> None:
        """Args: states: folder of state files; private: folder that is never committed."""
        self._open_history, self._states, self._private = open_history, states, private
        self._version = engine_version
        self._locks = FileRunLocks(states)
        self._held = HeldLockFiles(states)
        self._holds = ActiveLocks()
        self.moves = FileMoves(states, engine_version, self._holds, self._held, open_history)
        self._seen: dict[tuple[str, str], tuple[bytes, State]] = {}
        self._unsure: dict[tuple[str, str], bytes] = {}

    def path(self, stack: str, environment: str) -> Path:
        """The file of a state; both names become part of it."""
        for name, fits in ((stack, is_logical_name), (environment, is_environment_name)):
            if not fits(name):
                raise UsageError(
                    f"{name!r} is no name of a stack or an environment",
                    hint="names are [a-z0-9][a-z0-9_-]*",
                )
        return self._states / environment / f"{stack}.json"

    def _shown(self, path: Path) -> str:
        with contextlib.suppress(ValueError):
            return str(path.relative_to(self._states.parent))
        return str(path)

    @property
    def address(self) -> str:
        """The folder of the states, from the project folder."""
        return f"{self._shown(self._states)}/"

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a state."""
        self.moves.refuse(environment)
        return self._names(environment, ".json")

    def _names(self, environment: str, ending: str) -> tuple[str, ...]:
        names = (path.stem for path in (self._states / environment).glob(f"*{ending}"))
        return tuple(sorted(filter(is_logical_name, names)))

    def environments(self) -> tuple[str, ...]:
        """Names of the environments that have a folder for states, unless they were moved."""
        outer = folders_in(self._states)
        inner = (f"{one}/{name}" for one in outer for name in folders_in(self._states / one))
        named = filter(is_environment_name, (*outer, *inner))
        return tuple(sorted(name for name in named if not self.moves.is_moved(name)))

    def place(self, stack: str, environment: str) -> str:
        """The path of a state, from the project folder."""
        return self._shown(self.path(stack, environment))

    def stored(self, stack: str, environment: str) -> bytes | None:
        """The bytes of a state file."""
        path = self.path(stack, environment)
        if path.is_symlink():
            raise StateError(
                f"{self._shown(path)} is a link",
                cause="The first write would replace it by a file that others do not see.",
                hint="link the folder it is in, not the file; nothing was changed",
            )
        raw = self._read(path)
        self.moves.refuse(environment, raw or b"")
        return None if raw is None or moved_to(raw) else raw

    def read(self, stack: str, environment: str) -> State | None:
        """Read a state file."""
        raw = self.stored(stack, environment)
        if raw is None:
            return None
        place = self.place(stack, environment)
        state = decode(raw, path=place, advice=git_advice(place))
        if (state.stack, state.environment) != (stack, environment):
            raise StateError(
                f"{place} is the state of {state.environment}/{state.stack}",
                hint="a state file keeps its place: copying one to another name makes duplicates",
            )
        self._seen[stack, environment] = _hash(raw), state
        return state

    def write(self, state: State, *, expected: State | None) -> None:
        """Write a state file in place of the one that was read."""
        with self._writing(state.stack, state.environment):
            stored = self._stored_now(state.stack, state.environment, expected)
            place = self.place(state.stack, state.environment)
            check_succession(place, state, expected=expected, stored=stored)
            self._put(state)

    @contextlib.contextmanager
    def _writing(self, stack: str, environment: str) -> Iterator[None]:
        """Be the only writer of a folder, after a check of the run's own lock."""
        path = self.path(stack, environment)
        self.moves.refuse(environment)
        try:
            make_folder(path.parent)
            with writing(path.parent):
                self._holds.check(stack, environment)
                yield
        except OSError as error:
            raise self._unwritable(path, error) from error

    def _stored_now(self, stack: str, environment: str, expected: State | None) -> State | None:
        """The stored state; bytes that were read or written before are not decoded again."""
        raw = self.stored(stack, environment)
        if raw is None:
            return None
        found, place = _hash(raw), (stack, environment)
        if found == self._unsure.get(place):
            return expected
        known, state = self._seen.get(place, (b"", None))
        return state if found == known else self.read(stack, environment)

    def _put(self, state: State) -> None:
        path, place = self.path(state.stack, state.environment), (state.stack, state.environment)
        raw = encode(state, engine_version=self._version)
        self._hide_transients()
        try:
            write_durably(path, raw)
        except OSError as error:
            # It may have failed after the rename: then the next try reads its own bytes.
            self._unsure[place] = _hash(raw)
            raise self._unwritable(path, error) from error
        sweep(path)
        written = dataclasses.replace(state, engine_version=self._version)
        self._seen[place] = _hash(raw), written
        self._unsure.pop(place, None)

    def remove(self, state: State) -> None:
        """Remove a state file."""
        with self._writing(state.stack, state.environment):
            stored = self._stored_now(state.stack, state.environment, state)
            place = self.place(state.stack, state.environment)
            check_succession(place, state, expected=state, stored=stored)
            path = self.path(state.stack, state.environment)
            path.unlink()
            sync_folder(path.parent)
            self._seen.pop((state.stack, state.environment), None)

    def restore(self, state: State) -> str:
        """Write a state file; the old one is kept as `<name>.replaced`, a journal too."""
        with self._writing(state.stack, state.environment):
            aside = self._put_aside(self.path(state.stack, state.environment))
            self._put(state)
            left = self._journal_path(state.stack, state.environment)
            with contextlib.suppress(
                OSError
            ):  # one that stays is refused later: it does not fit the state
                left.rename(free_path(left.with_name(f"{left.name}.replaced")))
        return aside

    def _put_aside(self, path: Path) -> str:
        """Copy a state file and return the copy's path; empty if there is no file."""
        if not path.exists():
            return ""
        kept = free_path(path.with_name(f"{path.name}.replaced"))
        try:
            write_durably(kept, path.read_bytes())
        except OSError as error:
            raise self._unwritable(kept, error) from error
        return self._shown(kept)

    def read_journal(self, stack: str, environment: str) -> tuple[bytes, ...] | None:
        """Read the journal that an unfinished run left."""
        path = self._journal_path(stack, environment)
        raw = self._read(path, ", the journal of an unfinished run,")
        return None if raw is None else journal.records_in(raw, path=self._shown(path))

    def begin_journal(
        self, stack: str, environment: str, records: Sequence[bytes], *, reserve: int
    ) -> JournalFile:
        """Begin a journal in the folder of the state."""
        path = self._journal_path(stack, environment)
        self._hide_transients()
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

    def history(self, stack: str, environment: str, *, limit: int) -> tuple[Version, ...]:
        """The versions that were committed."""
        self.moves.refuse(environment)
        return self._open_history().history(stack, environment, limit=limit)

    def version(self, stack: str, environment: str, serial: int) -> State | None:
        """A version that was committed."""
        self.moves.refuse(environment)
        return self._open_history().version(stack, environment, serial)

    # ── pending imports ───────────────────────────────────────────────────────────────────

    def pending_imports(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks with a pending import."""
        self.moves.refuse(environment)
        return self._names(environment, _IMPORT)

    def begin_import(self, pending: PendingImport) -> None:
        """Write a pending import next to where its state will be."""
        path = self._import_path(pending.state.stack, pending.state.environment)
        with self._writing(pending.state.stack, pending.state.environment):
            self._hide_transients()
            write_durably(path, encode_import(pending), mode=PRIVATE_FILE)

    def read_import(self, stack: str, environment: str) -> PendingImport | None:
        """Read a pending import."""
        path = self._import_path(stack, environment)
        raw = self._read(path, ", an import that was interrupted,")
        return None if raw is None else decode_import(raw, path=self._shown(path))

    def end_import(self, stack: str, environment: str) -> None:
        """Remove a pending import."""
        path = self._import_path(stack, environment)
        with self._writing(stack, environment):
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def _read(self, path: Path, what: str = "") -> bytes | None:
        """The bytes of a file; None if there is none.

        Raises:
            StateError: if it cannot be read.
        """
        try:
            return read_file(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(
                f"{self._shown(path)}{what} cannot be read",
                cause=error.strerror,
                hint="make the file and its folder readable and run the command again; nothing "
                "was changed",
            ) from error

    def _import_path(self, stack: str, environment: str) -> Path:
        path = self.path(stack, environment).with_suffix(_IMPORT)
        self.moves.refuse(environment)
        return path

    def _journal_path(self, stack: str, environment: str) -> Path:
        path = self.path(stack, environment).with_suffix(".journal")
        self.moves.refuse(environment)
        return path

    def _hide_transients(self) -> None:
        with contextlib.suppress(OSError):
            ignore(self._states, TRANSIENTS)

    def advice(self, place: str) -> Advice:
        """What people can do about a file that they keep in git."""
        return git_advice(place)

    def how_to_share(self, what: str) -> str:
        """States and held locks are committed."""
        return f"Commit {what}"

    def exposed(self) -> tuple[Problem, ...]:
        """Folders whose ignore file does not keep private files out of git."""
        return tuple(exposed_folders(self._states, self._private, self._shown))

    def check_writable(self, stack: str, environment: str) -> None:
        """Write and remove a file in the folder of the state."""
        path = self.path(stack, environment)
        try:
            make_folder(path.parent)
            probe = path.with_name(f".{path.name}.probe.tmp")
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise self._unwritable(path, error) from error

    def check_works(self, environment: str) -> None:
        """Write, lock and remove a file in the folder of the states, or where it will be made."""
        self.moves.refuse(environment)
        folder = self._states / environment
        try:
            check_locks(folder)
        except OSError as error:
            raise self._unwritable(folder, error) from error

    def _unwritable(self, path: Path, error: OSError) -> StateError:
        return StateError(
            f"{self._shown(path)} cannot be written",
            cause=error.strerror,
            hint="make room, or make the folder writable, and run the command again",
        )

    # ── locks ─────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def lock(
        self,
        stack: str,
        environment: str,
        *,
        operation: str,
        timeout: float,
        on_wait: Callable[[LockOwner | None], None],
        claim: str = "",
    ) -> Iterator[Hold]:
        """Hold the run lock of a stack."""
        del claim  # the lock ends with its process
        with (
            self._locks.hold(
                stack, environment, operation=operation, timeout=timeout, on_wait=on_wait
            ) as hold,
            self._holds.taken(stack, environment, hold),
        ):
            self.moves.refuse(environment)
            yield hold

    def run_locks(self) -> tuple[RunLock, ...]:
        """The run locks that name an owner."""
        return self._locks.all()

    def unlock(self, id: str, *, force: bool, on_watch: Watching = watch_silently) -> RunLock:
        """Take a run lock from its owner."""
        del on_watch  # whether its process is there, the system says at once
        return self._locks.unlock(id, force=force)

    def held_locks(self, environment: str = "") -> tuple[HeldLock, ...]:
        """The held locks of an environment, or of all of them."""
        if environment:
            self.moves.refuse(environment)
        return self._held.all(environment)

    def put_held_lock(self, environment: str, stack: str, *, reason: str) -> HeldLock:
        """Lock a stack until the lock is released."""
        self.moves.refuse(environment)
        return self._held.put(environment, stack, reason)

    def drop_held_lock(self, environment: str, stack: str) -> str:
        """Release a held lock."""
        self.moves.refuse(environment)
        return self._held.drop(environment, stack)


def _hash(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()
