"""What takes the place of a state file whose state was moved to another store.

It has a format that no engine reads: one that knows nothing of moves takes it for the state of a
newer engine, refuses it, and shows the sentence in `engine_version`.
"""

from __future__ import annotations

import json

from engine.state.codec import canonical

MARKER = "_moved.json"
"""Next to them: the pointer of the environment. `_` begins no name of a stack."""
_NO_STATE = 1000
_LONGEST = 4096
_FIELDS = frozenset({"engine_version", "format_version", "moved"})


def encode_moved(address: str, *, engine_version: str) -> bytes:
    """The bytes of such a file.

    Args:
        address: Of the other store, as the setting `state` names it.
        engine_version: Version of this engine.
    """
    sentence = f'{engine_version}, and moved: write state = "{address}" in pyproject.toml'
    return canonical({"engine_version": sentence, "format_version": _NO_STATE, "moved": address})


def moved_to(raw: bytes) -> str:
    """The address of the other store; empty if the bytes are a state, or damaged."""
    if len(raw) > _LONGEST or b'"moved"' not in raw:
        return ""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict) or document.keys() != _FIELDS:
        return ""
    address = document["moved"]
    return address if isinstance(address, str) and address.isprintable() else ""
