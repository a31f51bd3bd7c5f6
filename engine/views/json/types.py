"""What can be declared, as JSON documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.schema.attribute import Attribute, walk
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.paths import ANY_PART, Path, parse_path
from engine.views.example import example_of
from engine.views.json.values import FORMAT_VERSION, known

if TYPE_CHECKING:
    from engine.catalog.help.fields import FieldHelp


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
        "fields": [_field(path, field) for path, field in walk(kind.root)],
    }


def field_document(help: FieldHelp) -> dict[str, Any]:
    """Write one field as a JSON document."""
    attribute = help.attribute
    return {
        "format_version": FORMAT_VERSION,
        "type": help.kind.name,
        "field": _field(help.path, attribute),
        "meaning": help.meaning or None,
        "sdk_version": help.sdk_version or None,
        "words": [known(word) for word in attribute.words],
        "currency": _currency(attribute),
        "limits": {
            "min_length": attribute.min_length or None,
            "max_length": attribute.max_length or None,
            "least": attribute.least,
            "above": attribute.above,
            "most": attribute.most,
            "pattern": attribute.pattern or None,
        },
        "replaces": {
            "always": attribute.immutable,
            "from": [known(value) for value in attribute.frozen],
            "because_of": _dotted(help.fixed_by) or None,
        },
        "left_out": help.left_out.value,
        "rules": [
            {"kind": rule.kind.value, "message": rule.message, "live_only": rule.live}
            for rule in help.rules
        ],
        "instead": help.instead or None,
    }


def _field(path: Path, field: Attribute) -> dict[str, Any]:
    return {
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


def _currency(attribute: Attribute) -> dict[str, Any] | None:
    """Of an amount in minor units, where its currency is: in a field, or in the key of a map."""
    if not attribute.money:
        return None
    field = None if attribute.money == ANY_PART else _dotted(parse_path(attribute.money))
    return {"field": field, "twin": attribute.twin or None}


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
