"""How a stack's outputs change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.plan.compare.normalize import Normalizer
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
    normal: Normalizer,
) -> tuple[OutputChange, ...]:
    """Compare the outputs that a stack declares with those that state holds, by name."""
    changes: list[OutputChange] = []
    for name in sorted({*wanted, *before}):
        was = before.get(name, ABSENT)
        declared = wanted.get(name)
        if declared is None:
            changes.append(OutputChange(name=name, before=was, sensitive=isinstance(was, Sealed)))
            continue
        value = resolve(declared.value, known)
        after = kept_output(normal, value, sensitive=declared.sensitive)
        if after != was:
            secret = declared.sensitive or isinstance(after, Sealed) or isinstance(was, Sealed)
            changes.append(OutputChange(name=name, before=was, after=after, sensitive=secret))
    return tuple(changes)
