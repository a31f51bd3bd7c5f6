"""Values in JSON's shapes, with masks over secrets and marks for what is not known.

Each document has `format_version` 1: keys may be added, but never renamed or given another
meaning; a change that breaks a reader raises the version.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.values.markers import UNKNOWN, Marker
from engine.values.secret import is_secret
from engine.values.tree import map_scalars
from engine.views.fields import SENSITIVE

FORMAT_VERSION = "1"


def known(value: Any) -> Any:
    """A value in JSON's shapes: secrets masked; null for what is absent, cleared or unknown."""
    return map_scalars(value, _known)


def _known(scalar: Any) -> Any:
    if is_secret(scalar):
        return SENSITIVE
    if isinstance(scalar, Marker):
        return None
    if isinstance(scalar, Decimal):
        return format(scalar, "f")
    return str.__str__(scalar) if isinstance(scalar, str) else scalar


def unknown(value: Any) -> Any:
    """Where the unknown values are: True in their place, the known ones left out.

    A list keeps its length, with False for elements that are known all through.

    Returns:
        True, a mapping, a list, or False if nothing inside is unknown.
    """
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        marked = {str(key): mark for key, inner in value.items() if (mark := unknown(inner))}
        return marked or False
    if isinstance(value, (list, tuple)):
        marks = [unknown(inner) for inner in value]
        return marks if any(marks) else False
    return False
