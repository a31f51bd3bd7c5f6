"""The values of a fixture file as declarations write them.

The Stripe CLI sends everything as a form, so `"2900"` and 2900 are the same there.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any

from engine.schema.attribute import Attribute, Kind
from engine.values.templates import has_reference

_KEY = re.compile(r"\[([^\]]*)\]")
_BOOLEANS = {"true": True, "false": False}


def unfolded(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with keys as forms have them, `recurring[interval]`, as nested objects."""
    found: dict[str, Any] = {}
    for key, value in params.items():
        head, bracket, _ = key.partition("[")
        parts = [head, *_KEY.findall(key)] if bracket else [key]
        inner = found
        for part in parts[:-1]:
            below = inner.setdefault(part, {})
            inner = below if isinstance(below, dict) else inner
        inner[parts[-1]] = unfolded(value) if isinstance(value, Mapping) else value
    return found


def typed(attribute: Attribute | None, value: Any) -> Any:
    """A value in the kind that a declaration takes.

    Args:
        attribute: What it is given for; None if that is not known.
        value: As the file has it, references as text.
    """
    if attribute is None or value is None:
        return value
    if attribute.kind in (Kind.OBJECT, Kind.MAP) and isinstance(value, Mapping):
        inner = {key: typed(attribute.child(key), part) for key, part in value.items()}
        return {key: part for key, part in inner.items() if part is not None}
    if attribute.kind is Kind.LIST:
        return [typed(attribute.element, part) for part in _listed(value)]
    if isinstance(value, (Mapping, list)):
        return value
    return _scalar(attribute.kind, value)


def _listed(value: Any) -> list[Any]:
    """A list, which forms also write as an object with numbers for keys."""
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _scalar(kind: Kind, value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value)
    if kind in (Kind.STRING, Kind.DECIMAL) or has_reference(text) or text == "":
        return text
    if kind is Kind.BOOLEAN:
        return _BOOLEANS.get(text.lower(), value)
    if kind in (Kind.INTEGER, Kind.NUMBER):
        with contextlib.suppress(ValueError):
            number = float(text)
            return int(number) if number.is_integer() else number
    return value
