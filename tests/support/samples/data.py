"""What Stripe's rules demand beyond what the catalog says, from `samples.json`.

Per type a smallest declaration, and per leaf what has to be declared in addition to it.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.stack.checks.rules import CheckContext

NOW = 1_790_000_000
"""What the emulator's clock says; moments in samples lie ahead of it."""


CIRCUMSTANCES = CheckContext(now=NOW)


DATA: Mapping[str, Any] = json.loads(
    (Path(__file__).parent / "samples.json").read_text(encoding="utf-8")
)


KEY = "sk_test_convergence"
"""Whose account the samples are on."""


def said_of_type(object_name: str) -> Mapping[str, Any]:
    """What the data says of a type."""
    found: Mapping[str, Any] = DATA["types"].get(object_name, {})
    return found


def numbered(value: Any, name: str) -> Any:
    """A sample with the declaration's own name in place of `<n>`."""
    if isinstance(value, str):
        return value.replace("<n>", name)
    if isinstance(value, dict):
        return {numbered(key, name): numbered(inner, name) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [numbered(inner, name) for inner in value]
    return value


def override(object_name: str, path: str) -> dict[str, Any]:
    """What the data says of a leaf; of several rows that fit, the later wins."""
    found: dict[str, Any] = {}
    for pattern, said in said_of_type(object_name).get("leaves", {}).items():
        if any(fnmatch.fnmatchcase(path, option) for option in pattern.split(" ")):
            found |= said
    words = path.split(".")
    return dict(_spelt_out(found, words[1] if len(words) > 1 else ""))


def _spelt_out(value: Any, word: str) -> Any:
    """A sample with the second word of the leaf's path in place of `<1>`; capitals for `<UP>`."""
    if isinstance(value, str):
        return value.replace("<1>", word).replace("<UP>", word.upper())
    if isinstance(value, dict):
        return {_spelt_out(key, word): _spelt_out(inner, word) for key, inner in value.items()}
    if isinstance(value, list):
        return [_spelt_out(inner, word) for inner in value]
    return value
