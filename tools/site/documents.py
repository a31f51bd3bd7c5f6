"""The JSON documents that commands print, from their schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from engine.views.json.schemas.documents import DOCUMENTS, schema_of

Schema: TypeAlias = Mapping[str, Any]


def documents() -> str:
    """A section for each document; a record that several have is described where it is first."""
    described: dict[str, Schema] = {}
    return "\n\n".join(_section(name, described) for name in DOCUMENTS)


def _section(name: str, described: dict[str, Schema]) -> str:
    """One document, and the records in it that no section before has described."""
    entry, schema = DOCUMENTS[name], schema_of(name)
    printed = ", ".join(f"`engine {command}`" for command in entry.commands)
    by = f" Printed by {printed}, with `--json`." if printed else ""
    anchors = {
        definition: definition
        if described.get(definition, record) == record
        else f"{name}-{definition}"
        for definition, record in schema["$defs"].items()
    }
    parts = [
        f"## {name} {{#{name}}}",
        f"{entry.title}{by} `engine schema {name}` is its schema.",
        "\n".join(_fields(schema, anchors, 0)),
    ]
    for definition, record in schema["$defs"].items():
        anchor = anchors[definition]
        if anchor not in described:
            described[anchor] = record
            parts += [
                f"### {definition} {{#record-{anchor}}}",
                "\n".join(_fields(record, anchors, 0)) or f"{_type(record, anchors)}.",
            ]
    return "\n\n".join(parts)


def _fields(schema: Schema, anchors: Mapping[str, str], depth: int) -> Iterator[str]:
    """A line for each field, and for those of a record in it, deeper."""
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        missing = "" if name in required else ", may be missing"
        about = f". {field['description']}" if "description" in field else ""
        yield f"{'    ' * depth}* `{name}` {_type(field, anchors)}{missing}{about}"
        yield from _fields(_inner(field), anchors, depth + 1)


def _inner(field: Schema) -> Schema:
    """The record that a field, or each element of it, is."""
    for choice in field.get("anyOf", ()):
        if choice.get("type") != "null":
            return _inner(choice)
    for key in ("items", "additionalProperties"):
        if isinstance(field.get(key), Mapping):
            return _inner(field[key])
    return field


def _type(field: Schema, anchors: Mapping[str, str]) -> str:
    """What a value is, in words; a record that has a name is a link to it."""
    for key, words in _WORDS.items():
        if key in field:
            return words(field[key], anchors)
    found: str = field.get("type", "any value")
    return found


def _reference(target: str, anchors: Mapping[str, str]) -> str:
    name = target.rpartition("/")[2]
    return f"[{name}](#record-{anchors[name]})"


_WORDS: Mapping[str, Callable[[Any, Mapping[str, str]], str]] = {
    "$ref": _reference,
    "anyOf": lambda choices, anchors: " or ".join(_type(one, anchors) for one in choices),
    "allOf": lambda parts, anchors: _type(parts[0], anchors),
    "const": lambda value, _: f'`"{value}"`',
    "enum": lambda values, _: "one of " + ", ".join(f"`{value}`" for value in values),
    "items": lambda of, anchors: f"list of {_type(of, anchors)}",
    "additionalProperties": lambda of, anchors: f"object by name of {_type(of, anchors)}",
}
"""By the key of a schema: what it says of a value."""
