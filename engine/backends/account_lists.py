"""Lists of a fleet's accounts that people and programs write: TOML, JSON, or a line for each."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.backends.programs import run_program
from engine.errors import SettingsError
from engine.redaction import hide

TIMEOUT = 120.0
"""Seconds that a program may take to list the accounts."""
_MOST = 64 * 2**20
_MOST_SHOWN = 500
_TABLES = "account"


def rows_in_file(path: Path, shown: str, fleet: str) -> Sequence[Any]:
    """The rows of a file: `.toml` with [[account]] tables, `.json`, else a line for each account.

    Raises:
        SettingsError: if it cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"the accounts of fleet {fleet!r} cannot be read from {shown}",
            cause=error.strerror,
            hint=f"write the file, or correct accounts in [tool.engine.fleets.{fleet}]",
        ) from error
    return _rows(raw, f"{shown}, the accounts of fleet {fleet!r},", toml=path.suffix == ".toml")


def rows_of_program(
    words: Sequence[str], root: Path, fleet: str, *, timeout: float = TIMEOUT
) -> Sequence[Any]:
    """The rows that a program writes to its standard output: JSON, or a line for each account.

    It is run in the project folder, without a shell and without a terminal.

    Raises:
        SettingsError: if it fails, takes too long, or writes something else.
    """
    wanted = str(root.resolve() / words[0]) if os.sep in words[0] else words[0]
    found = shutil.which(wanted)
    if found is None:
        raise SettingsError(
            f"the program that lists the accounts of fleet {fleet!r}, {words[0]}, cannot be run",
            cause="There is no such program, or it cannot be executed.",
            hint=f"install it, or correct accounts in [tool.engine.fleets.{fleet}]",
        )
    try:
        done = run_program(
            [found, *words[1:]], root, timeout=timeout, most=_MOST, most_errors=_MOST_SHOWN
        )
    except OSError as error:
        raise SettingsError(f"{words[0]} could not be run", cause=error.strerror) from None
    if done.code is None and len(done.output) <= _MOST:
        raise SettingsError(
            f"{words[0]}, which lists the accounts of fleet {fleet!r}, did not end within "
            f"{timeout:g} seconds",
            cause=_said(done.errors),
            hint="run it alone to see what it waits for",
        )
    if done.code:
        raise SettingsError(
            f"{words[0]}, which lists the accounts of fleet {fleet!r}, ended with {done.code}",
            cause=_said(done.errors),
            hint="run it alone and correct it",
        )
    return _rows(done.output, f"what {words[0]} wrote, the accounts of fleet {fleet!r},")


def _said(errors: bytes) -> str | None:
    return str(hide(errors.decode("utf-8", "replace").strip())) or None


def _rows(raw: bytes, what: str, *, toml: bool = False) -> Sequence[Any]:
    if len(raw) > _MOST:
        raise SettingsError(f"{what} has more than {_MOST:,} bytes")
    try:
        text = raw.decode("utf-8-sig")
        document = tomllib.loads(text).get(_TABLES) if toml else _document(text)
    except (ValueError, RecursionError) as error:
        form = "TOML" if toml else "JSON"
        raise SettingsError(f"{what} is no {form} in UTF-8", cause=str(error)) from error
    if not isinstance(document, list):
        form = "[[account]] tables" if toml else "a list of accounts"
        raise SettingsError(f"{what} does not hold {form}")
    return document


def _document(text: str) -> Any:
    """JSON if it begins like it, else lines."""
    if text.lstrip()[:1] in ("[", "{"):
        return json.loads(text)
    bare = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in bare if line]
