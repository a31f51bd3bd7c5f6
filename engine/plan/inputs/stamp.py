"""The ownership stamp: the metadata value that names the resource an object belongs to."""

from __future__ import annotations

import re

from engine.address import ADDRESS_PATTERN
from engine.schema.remote import STAMP_PATH, RemoteObject
from engine.values.paths import get_path


def stamp(lineage: str, address: object) -> str:
    """The ownership stamp of a resource."""
    return f"{lineage}:{address}"


def read_stamp(found: RemoteObject) -> tuple[str, str] | None:
    """Lineage and address in the ownership stamp of an object; None if it has none."""
    text = get_path(found, STAMP_PATH)
    lineage, sign, address = text.partition(":") if isinstance(text, str) else ("", "", "")
    if not lineage or not sign or re.fullmatch(ADDRESS_PATTERN, address) is None:
        return None
    return lineage, address
