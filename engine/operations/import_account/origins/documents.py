"""Reading the file of another tool as JSON, and saying what is wrong with it.

Nothing of what is in the file is ever part of a message: states hold secrets.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import UsageError

_LARGEST = 256 * 1024 * 1024
_ZIP = b"PK\x03\x04"
_STANDARD_INPUT = "-"


def read_file(name: str, path: Path) -> bytes:
    """The content of a file; of the standard input for `-`.

    Args:
        name: The file, as it was given.
        path: Where it is.

    Raises:
        UsageError: if it cannot be read, or is too large to be what is wanted.
    """
    if name == _STANDARD_INPUT:
        content = sys.stdin.buffer.read(_LARGEST + 1)
    else:
        try:
            with path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except IsADirectoryError as error:
            raise UsageError(f"{name} is a folder", hint="name the file in it") from error
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror or error}") from error
    if len(content) > _LARGEST:
        raise UsageError(
            f"{title(name)} is larger than 256 MB", hint="check that it is the file you mean"
        )
    return content


def title(name: str) -> str:
    """What messages call a file."""
    return "the standard input" if name == _STANDARD_INPUT else name


def parse_document(content: bytes, name: str, *, wanted: str, how: str) -> Mapping[str, Any]:
    """A file as a JSON object.

    Args:
        content: The file.
        name: Its name, as it was given.
        wanted: What the file should be, e.g. `a Terraform state`.
        how: How to get such a file, for the hint.

    Raises:
        UsageError: if it is something else.
    """
    what = title(name)
    if not content.strip():
        raise UsageError(f"{what} is empty: it is not {wanted}", hint=how)
    if content.startswith(_ZIP):
        raise UsageError(f"{what} is a saved plan, or another archive, not {wanted}", hint=how)
    try:
        document = json.loads(content)
    except json.JSONDecodeError as error:
        ends = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
        broken = "ends in the middle" if ends else f"is not JSON (line {error.lineno})"
        # Without the cause, which holds the whole text.
        raise UsageError(f"{what} {broken}: it is not {wanted}", hint=how) from None
    except (UnicodeDecodeError, RecursionError):
        raise UsageError(f"{what} is not JSON: it is not {wanted}", hint=how) from None
    if not isinstance(document, dict):
        raise UsageError(f"{what} is not {wanted}: it holds no JSON object", hint=how)
    return document


def as_map(value: Any) -> Mapping[str, Any]:
    """A part of a document that should be an object; what is something else is empty."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """A part of a document that should be a list; what is something else is empty."""
    return value if isinstance(value, list) else []
