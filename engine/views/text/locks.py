"""Locks as text."""

from __future__ import annotations

from collections.abc import Sequence

from engine.ports.held_locks import HeldLock
from engine.ports.run_locks import RunLock
from engine.redaction import redact


def locks_text(held: Sequence[HeldLock], runs: Sequence[RunLock]) -> str:
    """List all locks, one per line."""
    lines = [
        f"{lock} (lock {lock.id}, held until engine lock {lock.place} --release)" for lock in held
    ]
    lines += [f"{run.environment}/{run.stack} is locked by {run.owner}" for run in runs]
    return redact("\n".join(lines)) if lines else "Nothing is locked."
