"""Moving states into and out of memory; the backend itself is in `memory_backend`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.backends.moving import Moving
from engine.backends.pointer_json import states_moved
from engine.backends.state.lock_errors import already_held
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version
from engine.ports.moves import Pointer, Versions
from engine.state.codec import decode

if TYPE_CHECKING:
    from tests.support.fakes.memory_backend import MemoryBackend


class MemoryMoves(Moving):
    """Pointers in memory; implements `StateMoves`."""

    def __init__(self, backend: MemoryBackend) -> None:
        self._backend = backend
        self._pointers: dict[str, Pointer] = {}
        super().__init__()

    def pointer(self, environment: str) -> Pointer | None:
        """The pointer of an environment."""
        return self._pointers.get(environment)

    def refuse(self, environment: str) -> None:
        """Refuse an environment that has one."""
        pointer = self.pointer(environment)
        if pointer is not None and environment not in self._moving:
            raise states_moved(environment, "memory", pointer)

    def point(self, environment: str, pointer: Pointer | None) -> None:
        """Keep the pointer."""
        kept = self._backend
        self._pointers.pop(environment, None)
        if pointer is None:
            return
        self._pointers[environment] = pointer
        if pointer.arriving:
            return
        for stack in self.kept(environment):
            if kept.holds.of(stack, environment) is not None:
                kept.holds.check(stack, environment)
                kept.states.pop((stack, environment), None)
                kept.imports.pop((stack, environment), None)
        for place in [place for place in kept.held if place[0] == environment]:
            del kept.held[place]

    def kept(self, environment: str) -> tuple[str, ...]:
        """Stacks with a state, a journal or a pending import."""
        kept = self._backend
        places = {*kept.states, *kept.journals, *kept.imports}
        return tuple(sorted(stack for stack, where in places if where == environment))

    def environments(self) -> tuple[str, ...]:
        """Environments of which something is kept."""
        kept = self._backend
        stacks = {where for _, where in (*kept.states, *kept.journals, *kept.imports)}
        held = {where for where, _ in kept.held}
        return tuple(sorted(stacks | held | set(self._pointers)))

    def versions(self, stack: str, environment: str, after: int) -> Iterator[tuple[Version, bytes]]:
        """What was written."""
        found = self._backend.contents.get((stack, environment), [])
        states = {decode(raw, path=stack).serial: raw for raw in found}
        for serial in sorted(states):
            if serial > after:
                resources = decode(states[serial], path=stack).resources
                yield Version(serial=serial, resources=len(resources)), states[serial]

    def receive(self, stack: str, environment: str, raw: bytes, versions: Versions) -> int:
        """Keep a state and its versions."""
        kept = self._backend
        kept.holds.check(stack, environment)
        contents = kept.contents.setdefault((stack, environment), [])
        newest = decode(contents[-1], path=stack).serial if contents else 0
        earlier = [content for _, content in versions(newest) if content != raw]
        contents.extend([*earlier, raw])
        kept.states[stack, environment] = raw
        return len(earlier)

    def keep_held_lock(self, lock: HeldLock) -> None:
        """Keep a held lock as it is."""
        there = self._backend.held.setdefault((lock.environment, lock.stack), lock)
        if there != lock:
            raise already_held(there)
