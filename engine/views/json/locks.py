"""Locks as JSON documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.ports.held_locks import HeldLock
from engine.ports.run_locks import RunLock
from engine.views.json.values import FORMAT_VERSION


def locks_document(held: Sequence[HeldLock], runs: Sequence[RunLock]) -> dict[str, Any]:
    """Write every lock as a JSON document."""
    return {
        "format_version": FORMAT_VERSION,
        "held": [held_document(lock) for lock in held],
        "runs": [run_document(run) for run in runs],
    }


def held_document(lock: HeldLock) -> dict[str, Any]:
    """Write a held lock as a JSON object."""
    return {
        "id": lock.id,
        "environment": lock.environment,
        "stack": lock.stack or None,
        "who": lock.who,
        "since": lock.since,
        "reason": lock.reason,
        "file": lock.file or None,
        "store": lock.store or None,
    }


def run_document(run: RunLock) -> dict[str, Any]:
    """Write a run lock as a JSON object."""
    owner = run.owner
    return {
        "id": owner.id,
        "environment": run.environment,
        "stack": run.stack,
        "operation": owner.operation,
        "who": owner.who,
        "pid": owner.pid,
        "since": owner.since,
        "url": owner.url or None,
        "gone": owner.gone,
        "store": run.store or None,
    }
