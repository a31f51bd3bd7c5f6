"""A head as JSON, and the note by which a store is known: small files of stores of objects."""

from __future__ import annotations

import json
from typing import Any

from engine.backends.shared.store import Head
from engine.errors import NewerStateError, UntrustedStateError
from engine.frozen import frozen
from engine.ports.run_locks import LockOwner
from engine.records import Record, ShapeError, check_plain

FORMAT = 1
"""The layout of a store, and the form of its heads."""
LONGEST = 65536
"""Bytes that no such file exceeds."""
_OWNER = Record(LockOwner, skip={"gone": False}, lenient=True)
_HEAD = Record(Head, _OWNER, skip={"version": ""}, required=("epoch", "serial"))


@frozen
class StoreNote:
    """What `store.json` says.

    Attributes:
        tested: Where the store was when it passed the test of its guarantees.
    """

    tested: str


_NOTE = Record(StoreNote)


def encode_head(head: Head) -> bytes:
    """The bytes of a head."""
    return _encoded(_HEAD.write(head))


def decode_head(content: bytes, where: str) -> Head:
    """Read what `encode_head` gave.

    Args:
        content: What the store returned.
        where: What it was, for messages.

    Raises:
        UntrustedStateError: if it is something else; NewerStateError if a newer engine wrote it.
    """
    head: Head = _decoded(content, where, _HEAD)
    return head


def encode_note(note: StoreNote) -> bytes:
    """The bytes of `store.json`."""
    return _encoded(_NOTE.write(note))


def decode_note(content: bytes, where: str) -> StoreNote:
    """Read what `encode_note` gave; it raises what `decode_head` does."""
    note: StoreNote = _decoded(content, where, _NOTE)
    return note


def _encoded(document: dict[str, Any]) -> bytes:
    return json.dumps({"format_version": FORMAT, **document}, sort_keys=True).encode() + b"\n"


def _decoded(content: bytes, where: str, record: Record[Any]) -> Any:
    try:
        if len(content) > LONGEST:
            raise ShapeError((), "it is longer than anything the engine writes there")
        document = json.loads(content)
        check_plain(document)
        form = document.pop("format_version", None) if isinstance(document, dict) else None
        if type(form) is int and form > FORMAT:
            raise NewerStateError(
                where,
                1,
                f"it has format {form}, and this engine reads up to {FORMAT}",
                hint="upgrade the engine: pip install --upgrade stripe-stack-engine",
            )
        if type(form) is not int or form != FORMAT:
            raise ShapeError(("format_version",), "the field 'format_version' is missing or wrong")
        return record.read(document)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ShapeError) else "it is not JSON"
    raise UntrustedStateError(
        where,
        1,
        why,
        hint="restore the earlier version of this object with the tools of the store; the engine "
        "never writes this",
    )
