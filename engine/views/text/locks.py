"""Locks as text."""

from __future__ import annotations

from collections.abc import Sequence

from engine.ports.run_locks import RunLock
from engine.redaction import redact
from engine.state.held_lock import HeldLock


def locks_text(held: Sequence[HeldLock], runs: Sequence[RunLock]) -> str:
    """List every lock, one a line."""
    lines = [
        f"{lock} (lock {lock.id}, held until engine lock {lock.place} --release)" for lock in held
    ]
    lines += [f"{run.environment}/{run.stack} is locked by {run.owner}" for run in runs]
    return redact("\n".join(lines)) if lines else "Nothing is locked."


def unlocked_text(run: RunLock, *, forced: bool) -> str:
    """Say from which run a lock was taken.

    Args:
        run: The run that had the lock.
        forced: The lock was taken even if the run is still there.
    """
    place = f"{run.environment}/{run.stack}"
    if forced and not run.owner.gone:
        return f"Unlocked {place}: {run.owner} can no longer write."
    return f"Unlocked {place}: the run of {run.owner.who} had ended."
