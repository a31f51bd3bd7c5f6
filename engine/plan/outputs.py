"""How a stack's outputs change, and the form in which state keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.plan.compare.normalize import SEALED, is_sealed, seal
from engine.plan.decide.references import KnownValues
from engine.plan.model import OutputChange
from engine.stack.model import OutputDeclaration
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.secret import fingerprint
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
            found.append(OutputChange(name=name, before=was, sensitive=is_sealed(was)))
            continue
        value = resolve(declared.value, known)
        after = kept_output(value, sensitive=declared.sensitive, salt=salt)
        if after != was:
            secret = declared.sensitive or is_sealed(after) or is_sealed(was)
            found.append(OutputChange(name=name, before=was, after=after, sensitive=secret))
    return tuple(found)


def kept_output(value: Any, *, sensitive: bool, salt: str) -> Any:
    """An output as state keeps it: a secret, or anything with one in it, as a fingerprint."""
    if value is UNKNOWN:
        return value
    # Sealed inside first: a fingerprint of the whole has to change with any secret in it.
    kept = seal(value, salt)
    if is_sealed(kept) or not (sensitive or _has_secret(kept)):
        return kept
    return {SEALED: fingerprint(kept, salt)}


def _has_secret(value: Any) -> bool:
    if is_sealed(value):
        return True
    if isinstance(value, Mapping):
        return any(_has_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(_has_secret(inner) for inner in value)
