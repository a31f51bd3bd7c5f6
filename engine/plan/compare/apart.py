"""What sets objects apart that have something in common, in a few words for a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.schema.remote import RemoteObject, id_of

_LEFT_OUT = ("id", "object", "livemode", "created", "updated", "secret")
_MOST_FIELDS = 3
_SHOWN = 5
"""Most objects that are described."""


def apart(objects: Sequence[RemoteObject]) -> list[str]:
    """Describe each of some objects by its id and what differs: `we_1 (status 'enabled')`."""
    shown = objects[:_SHOWN]
    names = list(_differing(objects))[:_MOST_FIELDS]
    found = [f"{id_of(entry)}{_in_brackets(_words(entry, names))}" for entry in shown]
    left = len(objects) - len(shown)
    return [*found, f"and {left} more"] if left else found


def _differing(objects: Sequence[RemoteObject]) -> Iterator[str]:
    """Names of the plain fields in which they differ."""
    for name in dict.fromkeys(name for entry in objects for name in entry):
        values = [entry.get(name) for entry in objects]
        plain = all(value is None or isinstance(value, (str, int, float)) for value in values)
        if plain and name not in _LEFT_OUT and any(value != values[0] for value in values):
            yield name


def _words(entry: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if entry.get(name) is not None:
            yield f"{name} {entry[name]!r}"
    made = entry.get("created")
    if type(made) is int:
        yield f"made {dt.datetime.fromtimestamp(made, dt.UTC):%Y-%m-%d %H:%M}"
    elif isinstance(made, str):
        yield f"made {made[:16].replace('T', ' ')}"


def _in_brackets(words: Iterable[str]) -> str:
    text = ", ".join(words)
    return f" ({text})" if text else ""
