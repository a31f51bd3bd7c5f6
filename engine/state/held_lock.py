"""Held locks: committed files that keep every apply away until somebody releases them.

What must not live here: where the files are (`engine.backends`), and run locks, which end with
their process.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from engine.errors import StateError

HELD_FORMAT_VERSION = 1
"""The newest format of a held lock that this engine writes and reads."""
_TEXTS = ("id", "environment", "stack", "who", "since", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLock:
    """A lock that somebody put on a stack, or on a whole environment.

    Attributes:
        id: Random id of this lock.
        environment: Environment name.
        stack: Stack name; empty for every stack of the environment.
        who: `user@host`.
        since: UTC, ISO 8601 to the second.
        reason: Why, in a person's words; one line.
        file: Path that has to reach the other machines, for people; empty if there is none.
    """

    id: str
    environment: str
    stack: str
    who: str
    since: str
    reason: str
    file: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """What it locks, as people type it: `live/portals`, or `live` for all of it."""
        return f"{self.environment}/{self.stack}" if self.stack else self.environment

    def covers(self, environment: str, stack: str) -> bool:
        """Whether it keeps applies away from a stack."""
        return environment == self.environment and self.stack in ("", stack)

    def __str__(self) -> str:
        return f"{self.place} is locked by {self.who} since {self.since}: {self.reason}"


def encode_held(lock: HeldLock) -> bytes:
    """Write a held lock as the bytes of its file."""
    document = {
        "format_version": HELD_FORMAT_VERSION,
        **{name: getattr(lock, name) for name in _TEXTS},
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def decode_held(raw: bytes, *, path: str, environment: str, stack: str) -> HeldLock:
    """Read a held lock from the bytes of its file.

    Args:
        raw: The bytes.
        path: Of the file, for messages.
        environment: What the file's place says it locks.
        stack: The same; empty for the whole environment.

    Raises:
        StateError: if it does not say who holds what. It is never taken for no lock at all.
    """
    place = (environment, stack)
    document = _document(raw, path, place)
    if document.get("format_version") != HELD_FORMAT_VERSION:
        version = json.dumps(document.get("format_version"))
        raise _unreadable(path, f"its format_version is {version}", place)
    for name in _TEXTS:
        value = document.get(name)
        if not isinstance(value, str) or not value.isprintable() or not (value or name == "stack"):
            raise _unreadable(path, f"{name!r} is missing or is no line of text", place)
    lock = HeldLock(**{name: document[name] for name in _TEXTS}, file=path)
    if (lock.environment, lock.stack) != place:
        raise _unreadable(path, f"it is a lock of {lock.place}", place)
    return lock


def _document(raw: bytes, path: str, place: tuple[str, str]) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, "it is not whole JSON", place) from error
    if not isinstance(document, dict):
        raise _unreadable(path, "it is not a JSON object", place)
    return document


def _unreadable(path: str, why: str, place: tuple[str, str]) -> StateError:
    environment, stack = place
    return StateError(
        f"{path} is a held lock that cannot be read: {why}",
        cause="Until it can, everything that it may lock stays locked.",
        hint=f"bring it back (git checkout -- {path}), or release it: engine lock "
        f"{environment}{'/' if stack else ''}{stack} --release",
    )
