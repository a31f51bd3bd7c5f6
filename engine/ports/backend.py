"""All that one adapter keeps for a project, in one name for the code that needs several ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.frozen import frozen
from engine.ports.held_locks import HeldLocks
from engine.ports.history import StateHistory
from engine.ports.journal import JournalStore, PendingImports
from engine.ports.moves import StateMoves
from engine.ports.run_locks import RunLocks
from engine.ports.state_store import StateStore


class StateBackend(
    StateStore, StateHistory, JournalStore, PendingImports, RunLocks, HeldLocks, Protocol
):
    """States and their history, journals, pending imports and locks, kept together.

    A write to the state store and the run lock of its stack depend on each other, so one adapter
    keeps them all.
    """

    @property
    def moves(self) -> StateMoves:
        """Moves its states to another backend."""
        ...


@frozen(kw_only=False)
class Store:
    """One place where environments of a project keep their states.

    Attributes:
        environments: The environments.
        open: Opens what keeps them, the same one at each call. It raises `EngineError` if it cannot
            be opened here.
    """

    environments: tuple[str, ...]
    open: Callable[[], StateBackend]
