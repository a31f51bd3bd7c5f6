"""An object as Stripe returned it, and how it is addressed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

from engine.schema.calls import Composite
from engine.values.paths import get_path, parse_path

RemoteObject: TypeAlias = Mapping[str, Any]
"""One object as Stripe returned it, JSON values only."""


STAMP_KEY = "engine"
"""Metadata key of the ownership stamp."""
STAMP_PATH = ("metadata", STAMP_KEY)
"""Where an object carries it."""


ADDRESSED = "@id"
"""Key of a response under which a provider puts how the object is addressed, if not by `id`.

A child is addressed with its parent (`prod_1/feat_2`), a singleton by its type, an object without
a path of its own by the fields that name it.
"""


def id_of(found: RemoteObject) -> str:
    """How an object is addressed: what state keeps, and what reads, updates and removals take."""
    return str(found.get(ADDRESSED) or found.get("id", ""))


def composite_id(composite: Composite, found: Mapping[str, Any]) -> str:
    """The fields that name an object without a path of its own, as one id."""
    pairs = [(path, get_path(found, parse_path(path))) for path in composite.fields]
    return urlencode([(path, value) for path, value in pairs if value is not None])
