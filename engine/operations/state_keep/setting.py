"""Where pyproject.toml says in which store the states of an environment are kept."""

from __future__ import annotations

import contextlib
import re
import tomllib
from pathlib import Path
from typing import Any

from engine.ports.moves import StateSetting

_TABLE = re.compile(r"\s*\[(?!\[)\s*(.+?)\s*\]\s*(?:#.*)?")
_STATE = re.compile(r"\s*(?:state|\"state\"|'state')\s*=")


def state_setting(root: Path, environment: str, value: str) -> StateSetting:
    """The line that has to name a store.

    Args:
        root: The project folder.
        environment: The environment whose states are kept there.
        value: What the setting has to say.
    """
    given, own = configured(root, environment)
    table = f"tool.engine.environments.{environment}"
    wanted = table if own else "tool.engine"
    line = _line(_text(root), wanted) if given else 0
    # Other environments may keep their states where [tool.engine] says: it is not to be changed.
    return StateSetting(
        table=f"[{table}]",
        line=line if own else 0,
        value=value,
        right=(given or "file") == value,
    )


def configured(root: Path, environment: str) -> tuple[str, bool]:
    """What the setting says now, and whether it is the environment's own; empty if it is not set.

    The settings hold the address itself where this names a variable.
    """
    document: Any = {}
    with contextlib.suppress(tomllib.TOMLDecodeError):
        document = tomllib.loads(_text(root))
    table = document.get("tool", {}).get("engine", {})
    entry = table.get("environments", {}).get(environment, {})
    if "state" in entry:
        return str(entry["state"]), True
    return str(table.get("state", "")), False


def _text(root: Path) -> str:
    with contextlib.suppress(OSError):
        return (root / "pyproject.toml").read_text(encoding="utf-8")
    return ""


def _line(text: str, wanted: str) -> int:
    """The line of `state` in a table; 0 if it is not written as a line of its own."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        match = _TABLE.fullmatch(line)
        if match is not None:
            table = match[1].replace('"', "").replace("'", "").replace(" ", "")
        elif table == wanted and _STATE.match(line):
            return number
    return 0
