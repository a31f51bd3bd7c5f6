"""The names of blobs in a shared store."""

from __future__ import annotations

import re
import secrets

from engine.backends.shared.store import SharedStore

ALL_STACKS = "_all"
"""In place of a stack's name, for a held lock on a whole environment; no stack has that name."""


def new_write_id() -> str:
    """A random id, in the name of each blob and in each head."""
    return secrets.token_hex(8)


def state_name(environment: str, stack: str, serial: int, write_id: str) -> str:
    """A version of a state."""
    return f"states/{environment}/{stack}/{serial:08d}-{write_id}.json"


def entry_name(environment: str, stack: str, serial: int, write_id: str) -> str:
    """How a version of a state was written."""
    return f"history/{environment}/{stack}/{serial:08d}-{write_id}.json"


def journal_prefix(environment: str, stack: str, id: str) -> str:
    """What the names of a journal's chunks begin with."""
    return f"journals/{environment}/{stack}/{id}/"


def chunk_name(prefix: str, number: int) -> str:
    """A chunk of a journal, from 1."""
    return f"{prefix}{number:06d}"


def held_name(environment: str, stack: str) -> str:
    """A held lock."""
    return f"held/{environment}/{stack or ALL_STACKS}.json"


def import_name(environment: str, stack: str) -> str:
    """A pending import."""
    return f"imports/{environment}/{stack}.json"


def beat_name(environment: str, stack: str) -> str:
    """The sign of life of a lock's owner."""
    return f"beats/{environment}/{stack}"


def moved_name(environment: str) -> str:
    """The pointer to where the states of an environment were moved."""
    return f"moved/{environment}.json"


def fleet_record_name(fleet: str, number: int) -> str:
    """A record of what is left of an apply on a fleet."""
    return f"fleets/{fleet}/{number:08d}.json"


def fleet_record_names(store: SharedStore, fleet: str) -> dict[int, str]:
    """The records of a fleet by their numbers, in their order."""
    found = {}
    for name in store.names(f"fleets/{fleet}/"):
        match = re.fullmatch(rf"fleets/{re.escape(fleet)}/([0-9]{{8}})\.json", name)
        if match is not None:
            found[int(match[1])] = name
    return found
