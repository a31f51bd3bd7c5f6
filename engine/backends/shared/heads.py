"""The heads of a shared store as a run knows them, and the one way in which they are changed."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from engine.backends.shared import settle
from engine.backends.shared.hold import SharedHold
from engine.backends.shared.store import Head, SharedStore
from engine.backends.state.active_locks import ActiveLocks
from engine.errors import StateError

Fields: TypeAlias = Callable[[Head | None], dict[str, object]]
"""What is to be in a head, made from what is in it."""
_AT_ONCE = 8


class Heads:
    """The heads of one store; safe to use from several threads.

    Of a stack whose run lock it has, a run knows the head. Those of other stacks it reads once,
    after it took its last lock, so that one plan sees them at one time.
    """

    def __init__(
        self,
        open_store: Callable[[], SharedStore],
        holds: ActiveLocks,
        refuse: Callable[[str, Head | None], None],
    ) -> None:
        """Args: holds: the run locks of this process; refuse: raises if the states were moved."""
        self._open = open_store
        self._holds = holds
        self._refuse = refuse
        self._read: dict[tuple[str, str], Head | None] = {}

    def known(self, stack: str, environment: str) -> Head | None:
        """The head of a stack; None if it has none."""
        hold = self._holds.of(stack, environment)
        if isinstance(hold, SharedHold):
            return hold.head
        read, place = self._read, (environment, stack)
        if place in read:
            return read[place]
        head = known_head(self._open(), *place)
        self._refuse(environment, head)
        if self._holds.some:
            read[place] = head
        return head

    def with_state(self, environment: str) -> tuple[str, ...]:
        """The stacks whose head names a state."""
        stacks = self._open().stacks(environment)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            heads = list(pool.map(functools.partial(self.known, environment=environment), stacks))
        if not stacks:
            self._refuse(environment, None)
        found = zip(stacks, heads, strict=True)
        return tuple(stack for stack, head in found if head is not None and head.state)

    @contextlib.contextmanager
    def once(self) -> Iterator[None]:
        """Read the heads of other stacks once, while the block runs with a lock that it took."""
        self._read = {}
        try:
            yield
        finally:
            self._read = {}

    def change(self, stack: str, environment: str, fields: Fields) -> Head:
        """Swap the head of a stack, under the run's lock if it has it.

        Raises:
            LockLostError: if the run had the lock, and another run has it now.
            StoreUnavailableError: if others change it all the time, or the store does not answer.
        """
        hold = self._holds.of(stack, environment)
        if isinstance(hold, SharedHold):
            hold.check()
            return hold.change(**fields(hold.head))
        self._read = {}

        def here(head: Head | None) -> dict[str, object]:
            self._refuse(environment, head)
            return fields(head)

        return settle.changed(self._open(), environment, stack, here)


def known_head(store: SharedStore, environment: str, stack: str) -> Head | None:
    """The head of a stack; None if there never was one.

    Raises:
        StateError: if there is none any more: whatever the state records would be made again.
    """
    head, states = store.head(environment, stack), f"states/{environment}/{stack}/"
    if head is None and store.names(states):
        head = store.head(environment, stack)
        if head is None:
            raise StateError(
                f"{store.address} has states of {environment}/{stack}, and not the head that says "
                "which of them is the newest",
                cause="It was deleted. Without it every object would be made a second time.",
                hint="bring it back, from its versions or a backup; without one, move what is in "
                f"{states} aside and run engine state push {stack} -e {environment} FILE with the "
                "newest of them. Nothing was changed",
            )
    return head
