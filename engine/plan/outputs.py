"""How a stack's outputs change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.plan.decide.references import KnownValues
from engine.plan.model import OutputChange
from engine.plan.translate.recorded import kept_output
from engine.stack.model import OutputDeclaration
from engine.values.markers import ABSENT
from engine.values.secret import Sealed
from engine.values.templates import resolve


def output_changes(
    wanted: Mapping[str, OutputDeclaration],
    before: Mapping[str, Any],
    known: KnownValues,
    salt: str,
) -> tuple[OutputChange, ...]:
    """Compare the outputs a stack states with those that state holds, by name."""
    found: list[OutputChange] = []
    for name in sorted({*wanted, *before}):
        was = before.get(name, ABSENT)
        declared = wanted.get(name)
        if declared is None:
            found.append(OutputChange(name=name, before=was, sensitive=isinstance(was, Sealed)))
            continue
        value = resolve(declared.value, known)
        after = kept_output(value, sensitive=declared.sensitive, salt=salt)
        if after != was:
            secret = declared.sensitive or isinstance(after, Sealed) or isinstance(was, Sealed)
            found.append(OutputChange(name=name, before=was, after=after, sensitive=secret))
    return tuple(found)
