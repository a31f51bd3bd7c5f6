"""A state file as lines that people compare: one for each leaf, none for what only follows.

It asks nothing of the catalog and trusts nothing: any JSON object can be shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from engine.values.paths import dotted
from engine.values.tree import leaves

_HEAD = ("environment", "stack", "account", "lineage", "serial", "engine_version", "merged")
_PARTS = ("declared", "attributes")
_LEFT_OUT = ("digest", "applied", "format_version", "api_version", *_HEAD)
_BY_ADDRESS = ("resources", "removed")


def readable(document: Mapping[str, Any]) -> str:
    """The lines of a state file.

    A leaf of a resource that Stripe returned as it was declared is one line, so that a change of it
    is one, too.
    """
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    for name in _HEAD:
        if name in document:
            yield from _leaves(name, document[name])
    for name in sorted(document):
        if name in _BY_ADDRESS and isinstance(document[name], Mapping):
            for address, entry in sorted(document[name].items()):
                yield ""
                yield from _entry(address if name == "resources" else f"{name} {address}", entry)
        elif name not in _LEFT_OUT:
            yield ""
            yield from _leaves(name, document[name])


def _entry(address: str, entry: Any) -> Iterator[str]:
    if not isinstance(entry, Mapping):
        yield f"{address} = {_text(entry)}"
        return
    yield f"{address} [{entry.get('id', '')}]"
    declared, returned = (
        {path: value for path, value in leaves(entry.get(part)) if path} for part in _PARTS
    )
    for path in sorted({*declared, *returned}, key=dotted):
        name = f"  {dotted(path)}"
        if path in declared and path in returned and declared[path] == returned[path]:
            yield f"{name} = {_text(returned[path])}"
            continue
        if path in declared:
            yield f"{name} = {_text(declared[path])}  (declared)"
        if path in returned:
            yield f"{name} = {_text(returned[path])}  (returned)"
    for name in sorted(entry):
        if name not in (*_PARTS, "id", "type"):
            yield from _leaves(f"  {name}", entry[name])


def _leaves(name: str, value: Any) -> Iterator[str]:
    for path, leaf in leaves(value):
        place = ".".join(filter(None, (name, dotted(path))))
        yield f"{place} = {_text(leaf)}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
