"""The file of an import that is being written: the module of a stack and its first state.

It is the moment at which the import is decided: before it is there, nothing of the import is, and
once it is there, all of it can be written again.
"""

from __future__ import annotations

import json
from typing import Any

from engine.errors import UntrustedStateError
from engine.frozen import frozen
from engine.records import Record, check_plain
from engine.state.codec import canonical, digest_of
from engine.state.model import State
from engine.state.state_json import STATE, place_without_id

_FORMAT_VERSION = 1


@frozen
class PendingImport:
    """A stack that is being imported.

    Attributes:
        state: Its state.
        module: The text of its module.
    """

    state: State
    module: str


_RECORD = Record(PendingImport, STATE)


def encode_import(pending: PendingImport) -> bytes:
    """Write a pending import as the bytes of its file."""
    document = {"format_version": _FORMAT_VERSION, **_RECORD.write(pending)}
    return canonical({**document, "digest": digest_of(document)})


def decode_import(raw: bytes, *, path: str) -> PendingImport:
    """Read a pending import.

    Args:
        raw: The bytes of its file.
        path: The file, for errors.

    Raises:
        UntrustedStateError: if they are not what this engine wrote.
    """
    try:
        document: Any = json.loads(raw)
        check_plain(document)
        fields = dict(document)
        version, digest = fields.pop("format_version"), fields.pop("digest")
        if version != _FORMAT_VERSION or digest != digest_of({"format_version": version, **fields}):
            raise _damaged(path, "it is not what this engine wrote")
        pending = _RECORD.read(fields)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _damaged(path, "it is not whole") from error
    if place_without_id(pending.state) is not None:
        raise _damaged(path, "it holds an object without an id")
    return pending


def _damaged(path: str, why: str) -> UntrustedStateError:
    return UntrustedStateError(
        path,
        1,
        why,
        cause="It is an import that was interrupted. Nothing is lost without it: an import only "
        "reads the account.",
        hint=f"delete {path}, with the state and the module of that name if they are there, and "
        "run the import again",
    )
