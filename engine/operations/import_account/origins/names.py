"""Logical names for what other tools name with characters that are not taken here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from engine.operations.import_account.origins.origin import Entry

_OTHER = re.compile(r"[^a-z0-9_]+")


def logical_names(entries: Iterable[tuple[str, Entry]]) -> dict[str, str]:
    """A logical name for each entry, unique within its type, by its address in the other tool.

    `stripe_price.pro` stays `pro`; what is in a module or one of several instances has their names
    too: `billing-pro`, `plan-month`, `plan-0`. A name that needs no change is never given to
    another entry.

    Args:
        entries: The type here and the entry.
    """
    pairs = list(entries)
    found: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    # Those first that need no change.
    for type, entry in sorted(pairs, key=lambda pair: not _is_kept(pair[1])):
        name = plain = _plain("-".join(entry.name)) or type.removeprefix("stripe_")
        number = 1
        while (type, name) in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add((type, name))
        found[entry.address] = name
    return found


def _is_kept(entry: Entry) -> bool:
    return len(entry.name) == 1 and _plain(entry.name[0]) == entry.name[0]


def _plain(name: str) -> str:
    """A name in the letters that logical names have."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    parts = (part.strip("_") for part in _OTHER.split(ascii_only.lower()))
    joined = "-".join(part for part in parts if part)
    # Terraform allows hyphens, and underscores at the end: such a name is kept as it is.
    kept = name.lower()
    return kept if re.fullmatch(r"[a-z0-9][a-z0-9_-]*", kept) else joined
