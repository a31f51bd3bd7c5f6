"""The pointer to where the states of an environment are, as JSON, and how it refuses.

The same for every backend.
"""

from __future__ import annotations

import json

from engine.errors import StatesMovedError, UntrustedStateError
from engine.ports.moves import Pointer
from engine.records import Record, check_plain
from engine.state.codec import canonical

_FORMAT = 1
_LONGEST = 4096
_POINTER = Record(Pointer)


def encode_pointer(pointer: Pointer) -> bytes:
    """The bytes of a pointer."""
    return canonical({"format_version": _FORMAT, **_POINTER.write(pointer)})


def decode_pointer(raw: bytes, where: str) -> Pointer:
    """Read a pointer.

    Raises:
        UntrustedStateError: if it is not what an engine wrote. It is never taken for none.
    """
    try:
        document = json.loads(raw[: _LONGEST + 1])
        check_plain(document)
        if document.pop("format_version") == _FORMAT:
            pointer: Pointer = _POINTER.read(document)
            if pointer.address.isprintable() and pointer.address:
                return pointer
        cause = "It is of another format."
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        cause = str(error)
    raise UntrustedStateError(
        where,
        1,
        "the pointer to where the states were moved is not what this engine wrote",
        cause=cause,
        hint="bring it back from its versions or a backup: until then nothing is read or written "
        "here",
    )


def states_moved(environment: str, here: str, pointer: Pointer) -> StatesMovedError:
    """The error for using an environment whose states are elsewhere.

    Args:
        environment: Its name.
        here: The store that was asked, as messages name it.
        pointer: What it says.
    """
    if pointer.arriving:
        return StatesMovedError(
            f"the states of {environment} are being moved from {pointer.address} to {here}, and "
            "that has not ended",
            hint="if no engine state migrate is at work, run the one that was begun again: it "
            f"finishes. Until then nothing in {here} is used; nothing was changed",
        )
    return StatesMovedError(
        f"the states of {environment} were moved from {here} to {_named(pointer.address)}",
        hint=f"{_setting(pointer)} in pyproject.toml, or get the newest commits; nothing was "
        "changed",
    )


def _named(address: str) -> str:
    return "the folder state" if address == "file" else address


def _setting(pointer: Pointer) -> str:
    return f'write state = "{pointer.address}"'
