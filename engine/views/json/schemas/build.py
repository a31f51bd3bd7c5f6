"""The few forms of JSON Schema that the documents need.

A schema is a nested dict. A `Named` part of one becomes a definition of the document that it is
used in, so that each form is written down once.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema: TypeAlias = Mapping[str, Any]


class Named(NamedTuple):
    """A part that has a name of its own.

    Attributes:
        name: Under which the definition is.
        schema: The schema.
    """

    name: str
    schema: Schema


TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ANY: Schema = {}
"""Any JSON value: what a field of Stripe holds."""
TREE: Schema = {"type": "object"}
"""An object with whatever keys a type of Stripe has."""


def record(fields: Mapping[str, Any], *, optional: Mapping[str, Any] | None = None) -> Schema:
    """An object with fields that are always there, and others that may be.

    Further keys may be added by a later engine, so a reader lets them pass.
    """
    return {
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": list(fields),
    }


def extended(base: Schema, fields: Mapping[str, Any]) -> Schema:
    """A record with further fields that are always there."""
    return {
        **base,
        "properties": {**base["properties"], **fields},
        "required": [*base["required"], *fields],
    }


def array(of: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": of}


def by_name(of: Any) -> Schema:
    """An object whose keys are names."""
    return {"type": "object", "additionalProperties": of}


def words(of: type[enum.StrEnum], *more: str) -> Schema:
    """One of the words of an enum."""
    return {"type": "string", "enum": [*(str(word.value) for word in of), *more]}


def maybe(of: Any) -> Schema:
    """What may be null."""
    return {"anyOf": [of, {"type": "null"}]}


def about(text: str, of: Any) -> Schema:
    """A schema with a sentence on what it is."""
    if isinstance(of, Named):
        return {"description": text, "allOf": [of]}
    return {"description": text, **of}


def document(name: str, title: str, version: str, of: Schema) -> dict[str, Any]:
    """The whole schema of one document.

    Args:
        name: Its name, which is in its `$id` with the version.
        title: What the document is, in a sentence.
        version: Value of its `format_version`.
        of: The record; `format_version` is added to it.
    """
    definitions: dict[str, Any] = {}
    first = {"format_version": {"const": version}}
    body = {**of, "properties": {**first, **of["properties"]}}
    body["required"] = ["format_version", *of["required"]]
    resolved = _resolved(body, definitions)
    return {
        "$schema": DIALECT,
        "$id": f"urn:engine:json:{name}:{version}",
        "title": title,
        **resolved,
        "$defs": {key: definitions[key] for key in sorted(definitions)},
    }


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema in which named parts are references to definitions."""
    if isinstance(schema, Named):
        if schema.name not in definitions:
            definitions[schema.name] = {}  # it may refer to itself
            definitions[schema.name] = _resolved(schema.schema, definitions)
        return {"$ref": f"#/$defs/{schema.name}"}
    if isinstance(schema, Mapping):
        return {key: _resolved(inner, definitions) for key, inner in schema.items()}
    if isinstance(schema, list):
        return [_resolved(inner, definitions) for inner in schema]
    return schema
