"""What can be declared, as JSON documents."""

from __future__ import annotations

from typing import Any

from engine.schema.attribute import walk
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.paths import Path
from engine.views.example import example_of
from engine.views.json.values import FORMAT_VERSION, known


def types_document(schemas: Schemas, others: int) -> dict[str, Any]:
    """Write the list of types as a JSON document."""
    return {
        "format_version": FORMAT_VERSION,
        "types": [_type_document(schemas[name]) for name in sorted(schemas)],
        "other_objects": others,
    }


def type_document(kind: ResourceType, schemas: Schemas) -> dict[str, Any]:
    """Write one type as a JSON document."""
    return {
        "format_version": FORMAT_VERSION,
        **_type_document(kind),
        "example": example_of(kind, schemas),
        "fields": [
            {
                "path": _dotted(path),
                "kind": field.kind.value,
                "required": field.required,
                "declarable": field.declarable,
                "immutable": field.immutable,
                "clearable": field.clearable,
                "write_only": field.write_only,
                "sensitive": field.sensitive,
                "values": list(field.values),
                "open_values": field.open_values,
                "reference": field.reference or None,
                "default": known(field.neutral),
            }
            for path, field in walk(kind.root)
        ],
    }


def _type_document(kind: ResourceType) -> dict[str, Any]:
    return {
        "type": kind.name,
        "object": kind.object,
        "title": kind.title,
        "class": kind.face,
        "removals": [
            {"verb": removal.verb.value, "note": removal.note or None}
            for removal in kind.life.removals
        ],
        "loses": kind.life.loses or None,
        "natural_keys": [key.attribute for key in kind.life.natural_keys],
        "lookup": list(kind.criteria),
        "metadata": kind.has_metadata,
    }


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path).replace(".*", "[*]")
