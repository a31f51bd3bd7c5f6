"""Documents that commands print, held against their schemas.

A shipped schema lets keys pass that it does not know, since a later engine may add some. What this
engine prints has none.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

from engine.views.json.schemas.documents import DOCUMENTS, documents_of, schema_of

_GROUPS = ("state", "emulator", "git")


def strict(schema: Any) -> Any:
    """A schema by which each record has the keys that it names and no others."""
    if isinstance(schema, list):
        return [strict(inner) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    inside = {key: strict(inner) for key, inner in schema.items()}
    return {"additionalProperties": False, **inside} if "properties" in schema else inside


@functools.cache
def validator(name: str) -> Draft202012Validator:
    """The strict validator of a document."""
    return Draft202012Validator(strict(schema_of(name)))


def misfits(name: str, document: Any) -> list[str]:
    """Where a document is not what its schema says."""
    found = validator(name).iter_errors(document)
    return [f"{name}{error.json_path[1:]}: {error.message}" for error in found]


def command_in(words: Sequence[str]) -> str:
    """The command that a command line names; empty if none."""
    known = {command for entry in DOCUMENTS.values() for command in entry.commands}
    for first, second in zip(words, [*words[1:], ""], strict=True):
        command = f"{first} {second}" if first in _GROUPS else first
        if command in known:
            return command
    return ""


def check_printed(words: Sequence[str], out: str) -> None:
    """Fail if a command printed a document that is none of its own."""
    asked = "--json" in words or "--format=json" in words
    if not (asked or ("--format", "json") in itertools.pairwise(words)) or not out.strip():
        return
    document = json.loads(out)
    names = documents_of(command_in(words))
    if document.keys() == {"format_version", "error"}:
        names = ("error",)
    found = {name: misfits(name, document) for name in names}
    assert not all(found.values()), min(found.values(), key=len)
