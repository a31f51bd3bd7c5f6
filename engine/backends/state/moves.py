"""Moving states into and out of the project folder.

`state/ENV/_moved.json` is the pointer of an environment, committed like the states. `_` begins no
name of a stack.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.address import is_environment_name, is_logical_name
from engine.backends.moving import Moving
from engine.backends.pointer_json import (
    decode_pointer,
    encode_pointer,
    states_moved,
)
from engine.backends.state.active_locks import ActiveLocks
from engine.backends.state.held_lock_files import HeldLockFiles
from engine.backends.state.run_locks import writing
from engine.durable_files import make_folder, read_file, sweep, sync_folder, write_durably
from engine.errors import StateError
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version, VersionContents
from engine.ports.moves import Pointer, Versions
from engine.state.moved import MARKER, encode_moved, moved_to

_KEPT = (".json", ".journal", ".import")


class FileMoves(Moving):
    """Pointers in the folder of states; implements `StateMoves`."""

    def __init__(
        self,
        states: Path,
        engine_version: str,
        holds: ActiveLocks,
        held: HeldLockFiles,
        open_history: Callable[[], VersionContents],
    ) -> None:
        """Args: states: folder of state files; holds: the run locks that this process has."""
        self._states = states
        self._version = engine_version
        self._holds = holds
        self._held = held
        self._open_history = open_history
        super().__init__()

    # ── pointers ──────────────────────────────────────────────────────────────────────────

    def pointer(self, environment: str) -> Pointer | None:
        """What the file of the pointer says."""
        path = self._states / environment / MARKER
        try:
            raw = read_file(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StateError(
                f"{self._shown(path)} cannot be read",
                cause=error.strerror,
                hint="make it readable: it says where the states are; nothing was changed",
            ) from error
        return decode_pointer(raw, self._shown(path))

    def is_moved(self, environment: str) -> bool:
        """Whether there is such a file, whatever is in it."""
        return (self._states / environment / MARKER).exists()

    def refuse(self, environment: str, raw: bytes = b"") -> None:
        """Refuse an environment that has a pointer, unless it is being moved.

        Args:
            environment: Its name.
            raw: The bytes of a state file of it, which may be a pointer, too.

        Raises:
            StatesMovedError: if it has one.
        """
        if environment in self._moving:
            return
        pointer = self.pointer(environment)
        if pointer is None and (address := moved_to(raw)):
            pointer = Pointer(address=address)
        if pointer is not None:
            raise states_moved(environment, "the folder state", pointer)

    def point(self, environment: str, pointer: Pointer | None) -> None:
        """Write the pointer's file; then, if the states went, one in place of each state."""
        folder = self._states / environment
        marker = folder / MARKER
        with self._writing(folder):
            if pointer is None:
                for path in (*filter(_is_placeholder, folder.glob("*.json")), marker):
                    path.unlink(missing_ok=True)
                sync_folder(folder)
                return
            write_durably(marker, encode_pointer(pointer))
        sweep(marker)
        if not pointer.arriving:
            self._clear(environment, pointer)

    def _clear(self, environment: str, pointer: Pointer) -> None:
        folder = self._states / environment
        placeholder = encode_moved(pointer.address, engine_version=self._version)
        for stack in self.kept(environment):
            if self._holds.of(stack, environment) is None:
                continue  # another run wrote it meanwhile
            with self._writing(folder):
                self._holds.check(stack, environment)
                path = folder / f"{stack}.json"
                if path.exists():
                    write_durably(path, placeholder)
                path.with_suffix(".import").unlink(missing_ok=True)
                sync_folder(folder)
            sweep(path)
        for lock in self._held.all(environment):
            self._held.drop(lock.environment, lock.stack)

    # ── what is kept ──────────────────────────────────────────────────────────────────────

    def kept(self, environment: str) -> tuple[str, ...]:
        """Stacks with a file that is no pointer."""
        folder = self._states / environment
        found = {
            path.stem
            for ending in _KEPT
            for path in folder.glob(f"*{ending}")
            if is_logical_name(path.stem) and not (ending == ".json" and _is_placeholder(path))
        }
        return tuple(sorted(found))

    def environments(self) -> tuple[str, ...]:
        """Folders with such a file or a pointer, and those that have a held lock."""
        folders = (*self._states.glob("*"), *self._states.glob("*/*"))
        places = (path.relative_to(self._states).as_posix() for path in folders if path.is_dir())
        named = [place for place in places if is_environment_name(place)]
        found = {
            place for place in named if self.kept(place) or (self._states / place / MARKER).exists()
        }
        return tuple(sorted(found | {lock.environment for lock in self._held.all("")}))

    def versions(self, stack: str, environment: str, after: int) -> Iterator[tuple[Version, bytes]]:
        """The versions that were committed."""
        yield from self._open_history().versions(stack, environment, after)

    # ── what arrives ──────────────────────────────────────────────────────────────────────

    def receive(self, stack: str, environment: str, raw: bytes, versions: Versions) -> int:
        """Write a state file; its versions stay where they are, and further ones are commits."""
        del versions
        folder = self._states / environment
        path = folder / f"{stack}.json"
        with self._writing(folder):
            self._holds.check(stack, environment)
            write_durably(path, raw)
        sweep(path)
        return 0

    def keep_held_lock(self, lock: HeldLock) -> None:
        """Write the file of a held lock."""
        self._held.keep(lock)

    @contextlib.contextmanager
    def _writing(self, folder: Path) -> Iterator[None]:
        try:
            make_folder(folder)
            with writing(folder):
                yield
        except OSError as error:
            raise StateError(
                f"{self._shown(folder)} cannot be written",
                cause=error.strerror,
                hint="make room, or make the folder writable, and run the command again",
            ) from error

    def _shown(self, path: Path) -> str:
        with contextlib.suppress(ValueError):
            return str(path.relative_to(self._states.parent))
        return str(path)


def _is_placeholder(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return bool(moved_to(path.read_bytes()))
    return False
