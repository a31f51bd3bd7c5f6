"""The JSON form of a held lock."""

from __future__ import annotations

import dataclasses
import json

from engine.errors import StateError
from engine.ports.held_locks import HeldLock
from engine.records import Record
from engine.state.advice import Advice

HELD_FORMAT_VERSION = 1
"""The newest format of a held lock that this engine writes and reads."""


_LOCK = Record(HeldLock, skip={"file": "", "store": ""}, lenient=True)


def encode_held(lock: HeldLock) -> bytes:
    """Write a held lock as the bytes of its file."""
    document = {"format_version": HELD_FORMAT_VERSION, **_LOCK.write(lock)}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def decode_held(raw: bytes, *, path: str, environment: str, stack: str, advice: Advice) -> HeldLock:
    """Read a held lock from the bytes of its file.

    Args:
        raw: The bytes.
        path: Of the file, for messages.
        environment: What the file locks by its place.
        stack: The same; empty for the whole environment.
        advice: What people can do about the file.

    Raises:
        StateError: if it cannot be read. It is never taken for no lock at all.
    """
    try:
        return _lock_in(raw, path, (environment, stack))
    except ValueError as error:
        raise StateError(
            f"{path} is a held lock that cannot be read: {error}",
            cause="Until it can, everything that it may lock stays locked.",
            hint=f"bring it back ({advice.restore}), or release it: engine lock "
            f"{environment}{'/' if stack else ''}{stack} --release",
        ) from error


def _lock_in(raw: bytes, path: str, place: tuple[str, str]) -> HeldLock:
    """The held lock of a file.

    Raises:
        ValueError: saying what is wrong with the bytes.
    """
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not whole JSON") from error
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - the caller says it in words
    if document.get("format_version") != HELD_FORMAT_VERSION:
        raise ValueError(f"its format_version is {json.dumps(document.get('format_version'))}")
    lock = _LOCK.read(document)
    for name, text in _LOCK.write(lock).items():
        if not text.isprintable() or not (text or name == "stack"):
            raise ValueError(f"{name!r} is no line of text")
    if (lock.environment, lock.stack) != place:
        raise ValueError(f"it is a lock of {lock.place}")
    return dataclasses.replace(lock, file=path)
