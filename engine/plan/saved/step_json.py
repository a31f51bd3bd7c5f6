"""Steps and their values as JSON: what journals and plan files hold of them.

Secrets are not in there: a sensitive value is written as its fingerprint, and filled in again by
`completed` where the stack still declares the value that has this fingerprint.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from engine.plan.model import Change, Step, StepKind
from engine.records import Codec, Record, ShapeError, WrongValueError
from engine.schema.lifecycle import Removal
from engine.schema.resource_type import Schemas
from engine.state.state_json import RESOURCE
from engine.values.markers import Marker
from engine.values.secret import Sealed, Sensitive
from engine.values.tree import any_scalar, map_scalars

_MARKER, _DECIMAL, _PAIRS = "$marker", "$decimal", "$pairs"


def value_document(value: Any, salt: str) -> Any:
    """A value as JSON holds it.

    Args:
        value: Nested dicts, lists and scalars, markers and sensitive values among them.
        salt: For fingerprints of secrets.
    """
    if isinstance(value, (Sensitive, Sealed, Marker, Decimal)):
        return _tagged(value, salt)
    if isinstance(value, Mapping):
        if any(str(key).startswith("$") for key in value):
            return {_PAIRS: [[key, value_document(inner, salt)] for key, inner in value.items()]}
        return {key: value_document(inner, salt) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [value_document(inner, salt) for inner in value]
    return str.__str__(value) if isinstance(value, str) else value


def _tagged(value: Sensitive | Sealed | Marker | Decimal, salt: str) -> Any:
    if isinstance(value, Sensitive):
        value = Sealed.of(value.value, salt)
    if isinstance(value, Sealed):
        return value.to_json()
    return {_MARKER: value.name} if isinstance(value, Marker) else {_DECIMAL: str(value)}


def value_of(document: Any) -> Any:
    """Read what `value_document` wrote; secrets stay fingerprints."""
    if isinstance(document, list):
        return [value_of(inner) for inner in document]
    if not isinstance(document, dict):
        return document
    for tag, read in _TAGS.items():
        if tag in document:
            return read(document[tag])
    sealed = Sealed.from_json(document)
    if sealed is not None:
        return sealed
    pairs = document[_PAIRS] if _PAIRS in document else document.items()
    return {key: value_of(inner) for key, inner in pairs}


_TAGS: Mapping[str, Callable[[Any], Any]] = {_MARKER: Marker.__getitem__, _DECIMAL: Decimal}


def has_sealed(value: Any) -> bool:
    """Whether a value holds a secret of which only the fingerprint is known."""
    return any_scalar(value, lambda scalar: isinstance(scalar, Sealed))


def with_secrets(value: Any, secrets: Mapping[str, Any]) -> Any:
    """A value that was read, with the secrets that are known in place of their fingerprints.

    Args:
        value: A value as `value_of` returns it.
        secrets: Known secrets by fingerprint; one that is not known stays a fingerprint.
    """

    def known(scalar: Any) -> Any:
        if isinstance(scalar, Sealed) and scalar.fingerprint in secrets:
            return Sensitive(secrets[scalar.fingerprint])
        return scalar

    return map_scalars(value, known)


def _value_of(document: Any) -> Any:
    try:
        return value_of(document)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise WrongValueError(document) from error


VALUE = Codec(value_document, _value_of)
REMOVAL = Record(
    Removal, values=VALUE, skip={"unless": None, "unless_leaf": None, "fallback": False}
)
_STEP = Record(Step, REMOVAL, RESOURCE, values=VALUE)


def _write_step(step: Step, salt: str) -> Any:
    # The attributes that state will keep come with the response. Until then they are left out: they
    # may hold what was a secret of another object before the plan.
    if step.record is not None and step.kind is not StepKind.RECORD:
        step = dataclasses.replace(step, record=dataclasses.replace(step.record, attributes={}))
    return _STEP.write(step, salt)


STEP = Codec(_write_step, _STEP.read)


def completed(step: Step, schemas: Schemas, secrets: Mapping[str, Any]) -> Step:
    """A step that was read, with what is not written of it: secrets, and all of its removal.

    Args:
        step: The step; its secrets are fingerprints.
        schemas: Resource types by name.
        secrets: Known secrets by fingerprint; one that is not known stays a fingerprint.

    Raises:
        ShapeError: if its type is not known.
    """
    step = with_own_removal(step, schemas)
    return dataclasses.replace(step, params=with_secrets(step.params, secrets))


_Removing = TypeVar("_Removing", Step, Change)


def with_own_removal(entry: _Removing, schemas: Schemas) -> _Removing:
    """A step or change that was read, with the removal of its type that is written alike.

    The type knows more of it than what is written: what rules it out, and what follows a refusal.

    Raises:
        ShapeError: if the type is not known.
    """
    if entry.type not in schemas:
        raise ShapeError((), f"there is no resource type {entry.type!r}")
    if entry.removal is None:
        return entry
    written = REMOVAL.write(entry.removal)
    ways = (way for way in schemas[entry.type].life.removals if REMOVAL.write(way) == written)
    return dataclasses.replace(entry, removal=next(ways, entry.removal))
