"""Values in JSON's shapes, with masks over secrets and marks for what is not known.

Every document says `format_version` 1: keys are added, never renamed nor given another meaning;
a change that breaks a reader raises it. What must not live here: any document as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.values.markers import ABSENT, CLEAR, UNKNOWN
from engine.values.secret import is_secret
from engine.views.fields import SENSITIVE

FORMAT_VERSION = "1"


def known(value: Any) -> Any:
    """A value in JSON's shapes: secrets masked; null for what is absent, cleared or unknown."""
    if is_secret(value):
        return SENSITIVE
    if value is UNKNOWN or value is CLEAR or value is ABSENT:
        return None
    if isinstance(value, Mapping):
        return {str(key): known(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [known(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return str.__str__(value) if isinstance(value, str) else value


def unknown(value: Any) -> Any:
    """Where the unknown values are: True in their place, the known ones left out.

    A list keeps its length, with False for elements that are known all through.

    Returns:
        True, a mapping, a list, or False if nothing inside is unknown.
    """
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        found = {str(key): mark for key, inner in value.items() if (mark := unknown(inner))}
        return found or False
    if isinstance(value, (list, tuple)):
        marks = [unknown(inner) for inner in value]
        return marks if any(marks) else False
    return False
