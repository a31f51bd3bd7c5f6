"""Operations as JSON documents: what the journal of a run and a saved plan hold of them.

Secrets are not in there: a sensitive value is written as its fingerprint and read back as the
value that has this fingerprint, if whoever reads knows it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from engine.address import parse_address
from engine.plan.model import Step, StepKind
from engine.schema.lifecycle import Removal, Verb
from engine.schema.resource_type import ResourceType, Schemas
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


def value_of(document: Any, secrets: Mapping[str, Any]) -> Any:
    """Read what `value_document` wrote.

    Args:
        document: The JSON value.
        secrets: Known secrets by fingerprint; one that is not known stays a fingerprint.
    """
    if isinstance(document, list):
        return [value_of(inner, secrets) for inner in document]
    if not isinstance(document, dict):
        return document
    for tag, read in _TAGS.items():
        if tag in document:
            return read(document[tag])
    sealed = Sealed.from_json(document)
    if sealed is not None:
        return with_secrets(sealed, secrets)
    pairs = document[_PAIRS] if _PAIRS in document else document.items()
    return {key: value_of(inner, secrets) for key, inner in pairs}


_TAGS: Mapping[str, Callable[[Any], Any]] = {_MARKER: Marker.__getitem__, _DECIMAL: Decimal}


def has_sealed(value: Any) -> bool:
    """Whether a value still holds a secret that nobody knew."""
    return any_scalar(value, lambda scalar: isinstance(scalar, Sealed))


def with_secrets(value: Any, secrets: Mapping[str, Any]) -> Any:
    """A value that was read without secrets, with those that are known filled in.

    Args:
        value: What `value_of` gave.
        secrets: Known secrets by fingerprint; one that is not known stays a fingerprint.
    """

    def known(scalar: Any) -> Any:
        if isinstance(scalar, Sealed) and scalar.fingerprint in secrets:
            return Sensitive(secrets[scalar.fingerprint])
        return scalar

    return map_scalars(value, known)


def step_document(step: Step, salt: str) -> dict[str, Any]:
    """An operation as JSON holds it, whatever is empty left out.

    What state is to say of an object that is asked for comes with the answer. Until then it is
    left out: it may tell what was a secret of another object before the plan.

    Args:
        step: The operation.
        salt: For fingerprints of secrets.
    """
    document: dict[str, Any] = {
        "key": step.key,
        "kind": step.kind.value,
        "address": str(step.address),
        "type": step.type,
        "id": step.id,
        "params": value_document(step.params, salt),
        "removal": removal_document(step.removal, salt),
        "call": step.call,
        "record": _record_document(step),
        "after": list(step.after),
        "supersedes": step.supersedes,
        "referred": list(step.referred),
        "account": step.account,
    }
    return {name: value for name, value in document.items() if value}


def _record_document(step: Step) -> dict[str, Any] | None:
    record = step.record
    if record is not None and step.kind is not StepKind.RECORD:
        record = dataclasses.replace(record, attributes={})
    return None if record is None else RESOURCE.write(record)


def step_of(document: Mapping[str, Any], schemas: Schemas, secrets: Mapping[str, Any]) -> Step:
    """Read what `step_document` wrote.

    Args:
        document: The JSON object.
        schemas: Resource types by name.
        secrets: Known secrets by fingerprint.

    Raises:
        KeyError: if a field is missing, or a type is not known.
        ValueError: if a value is not one.
        EngineError: if an address is none.
    """
    record = document.get("record")
    return Step(
        key=document["key"],
        kind=StepKind(document["kind"]),
        address=parse_address(document["address"]),
        type=document["type"],
        id=document.get("id", ""),
        params=value_of(document.get("params", {}), secrets),
        removal=removal_of(document.get("removal"), schemas[document["type"]], secrets),
        call=document.get("call", ""),
        record=None if record is None else RESOURCE.read(record),
        after=tuple(document.get("after", ())),
        supersedes=document.get("supersedes", ""),
        referred=tuple(document.get("referred", ())),
        account=document.get("account", ""),
    )


def removal_document(removal: Removal | None, salt: str) -> Any:
    """A way of removing as JSON holds it; None if nothing is removed."""
    if removal is None:
        return None
    found = {
        "verb": removal.verb.value,
        "params": value_document(removal.params, salt),
        "call": removal.call,
        "note": removal.note,
    }
    return {name: value for name, value in found.items() if value}


def removal_of(document: Any, kind: ResourceType, secrets: Mapping[str, Any]) -> Removal | None:
    """The way of the type that is meant, with all that the type knows of it."""
    if document is None:
        return None
    said = Removal(
        verb=Verb(document["verb"]),
        params=value_of(document.get("params", {}), secrets),
        call=document.get("call", ""),
        note=document.get("note", ""),
    )
    return next((way for way in kind.life.removals if _same_way(way, said)), said)


def _same_way(one: Removal, other: Removal) -> bool:
    return all(
        getattr(one, name) == getattr(other, name) for name in ("verb", "params", "call", "note")
    )
