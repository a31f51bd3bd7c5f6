"""State files and journals in the project folder, with the locks that go with them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.backends import journal
from engine.backends.files import make_folder, write_durably
from engine.backends.held import HeldFiles
from engine.backends.holds import Holds
from engine.backends.locks import RunLocks, writing
from engine.errors import StaleStateError, StateError
from engine.state.backend import Hold, Holder, JournalFile, RunLock
from engine.state.codec import decode, encode
from engine.state.held import HeldLock
from engine.state.model import State


class LocalBackend:
    """Keeps `state/<environment>/<stack>.json` in the project folder."""

    def __init__(self, states: Path, private: Path, *, engine_version: str) -> None:
        """Args: states: folder of state files; private: folder that is never committed."""
        self._states = states
        self._version = engine_version
        self._locks = RunLocks(states, private)
        self._held = HeldFiles(states)
        self._holds = Holds()

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
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with writing(path.parent):
                self._check(state, path, expected)
                write_durably(path, encode(state, engine_version=self._version))
        except OSError as error:
            raise self._unwritable(path, error) from error

    def _check(self, state: State, path: Path, expected: State | None) -> None:
        """Refuse to write over what this run does not know, or without its lock."""
        self._holds.check(state.stack, state.environment)
        stored = self.read(state.stack, state.environment)
        if stored != expected:
            raise StaleStateError(
                f"{self._shown(path)} changed while this run was at work",
                cause=f"It was at serial {expected.serial if expected else 'none'}, and is now at "
                f"{stored.serial if stored else 'none'}.",
                hint="another engine or a git command wrote it; run engine plan to see where "
                "things stand. Nothing was overwritten",
            )

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

    # ── locks ─────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def lock(
        self,
        stack: str,
        environment: str,
        *,
        operation: str,
        timeout: float,
        on_wait: Callable[[Holder | None], None],
    ) -> Iterator[Hold]:
        """Hold the run lock of a stack."""
        with (
            self._locks.hold(
                stack, environment, operation=operation, timeout=timeout, on_wait=on_wait
            ) as hold,
            self._holds.given(stack, environment, hold),
        ):
            yield hold

    def run_locks(self) -> tuple[RunLock, ...]:
        """The run locks that name a holder."""
        return self._locks.all()

    def unlock(self, id: str, *, force: bool) -> RunLock:
        """Take a run lock from its holder."""
        return self._locks.unlock(id, force=force)

    def held_locks(self, environment: str = "") -> tuple[HeldLock, ...]:
        """The held locks of an environment, or of all of them."""
        return self._held.all(environment)

    def put_held_lock(self, environment: str, stack: str, *, reason: str) -> HeldLock:
        """Hold a lock until somebody releases it."""
        return self._held.put(environment, stack, reason)

    def drop_held_lock(self, environment: str, stack: str) -> str:
        """Release a held lock."""
        return self._held.drop(environment, stack)
