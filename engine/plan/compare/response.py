"""Reading a response in the words of the parameters: aliases and twins undone, secrets wrapped."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType
from engine.values.markers import UNKNOWN, Marker
from engine.values.paths import Path, get_path, parse_path, reach
from engine.values.secret import Sealed, Sensitive, holds_secret, is_secret
from engine.values.tree import map_scalars

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def read(attribute: Attribute, name: str, outer: Any) -> Any:
    """A field of a response in the words of the parameter: aliases and twins undone."""
    if not isinstance(outer, Mapping):
        return None
    if not attribute.source:
        found = outer.get(name)
        return outer.get(attribute.twin) if found is None and attribute.twin else found
    found = get_path(outer, parse_path(attribute.source))
    if found is None:  # state keeps it under the parameter's own name
        return outer.get(name)
    try:
        return attribute.source_words.get(found, found)
    except TypeError:
        return found


def read_attribute(
    root: Attribute,
    attributes: Mapping[str, Any],
    path: Path,
    missing: Any,
    declared: Mapping[str, Any] = _NOTHING,
) -> Any:
    """The value that a reference to an attribute names, in the words of the parameter.

    Args:
        root: The type's fields.
        attributes: A response, or what state keeps of one.
        path: Path of the attribute.
        missing: What to return for an attribute that the response does not hold; null is held.
        declared: What is declared of the object: a secret there is a secret here.
    """
    found = returned_field(root, attributes, path, missing)
    node = root.at(path)
    # Where an id is declared, a response may hold the object.
    if node is not None and node.reference and isinstance(found, Mapping):
        found = found.get("id", found)
    if found is missing or found is None or isinstance(found, (Marker, Sealed)):
        return found
    heads = (path[:length] for length in range(1, len(path) + 1))
    if any(is_secret(get_path(declared, head)) for head in heads) or any(
        above.sensitive for _, above in root.along(path)
    ):
        return Sensitive(found)
    return found if node is None else hidden(node, found, get_path(declared, path))


def referred_value(
    kind: ResourceType,
    attributes: Mapping[str, Any],
    path: Path,
    declared: Mapping[str, Any] = _NOTHING,
    *,
    whole: bool = False,
) -> Any:
    """The value that a reference names, UNKNOWN if the attributes do not hold it.

    What is null within it is left out, as it is in state: the value is one, wherever it is read.

    Args:
        kind: The type of the object that is referred to.
        attributes: A response, or what state keeps of one.
        path: Path of the attribute.
        declared: As for `read_attribute`.
        whole: They are a complete response: a field that they lack is null. A secret that Stripe
            returns once is never null.
    """
    once = path in kind.creation_only
    missing = None if whole and not once else UNKNOWN
    found = read_attribute(kind.root, attributes, path, missing, declared)
    value = UNKNOWN if once and found is None else found
    return map_scalars(value, lambda leaf: leaf, nulls=False)


def hidden(attribute: Attribute, value: Any, declared: Any) -> Any:
    """A response with what is a secret, by its type or its declaration, wrapped as one.

    Args:
        attribute: What the value looks like.
        value: As returned.
        declared: What is declared there: secrets as such or as fingerprints; None if nothing is.
    """
    if value is None or isinstance(value, (Marker, Sensitive, Sealed)):
        return value
    if attribute.sensitive or is_secret(declared):
        return Sensitive(value)
    fields = declared if isinstance(declared, Mapping) else {}
    if isinstance(value, Mapping) and attribute.kind in (Kind.OBJECT, Kind.MAP):
        children = {name: attribute.child(name) for name in {*value, *fields}}
        # What is returned under another name could be anywhere in it.
        if any(
            name not in value and holds_secret(inner) and not _is_never_returned(children[name])
            for name, inner in fields.items()
        ):
            return Sensitive(value)
        return {
            name: inner if child is None else hidden(child, inner, fields.get(name))
            for name, inner in value.items()
            for child in (children[name],)
        }
    if isinstance(value, list) and attribute.element is not None and not holds_secret(declared):
        return [hidden(attribute.element, inner, None) for inner in value]
    return Sensitive(value) if holds_secret(declared) else value


def _is_never_returned(attribute: Attribute | None) -> bool:
    return attribute is None or attribute.write_only


def returned_field(root: Attribute, attributes: Mapping[str, Any], path: Path, missing: Any) -> Any:
    """What a response, or the state, holds for an attribute, as `read_attribute` reads it."""
    name = str(path[0])
    field = root.fields.get(name)
    if name in attributes or field is None or not field.source:
        return reach(attributes, path, missing)
    head = attributes.get(parse_path(field.source)[0], missing)
    if head is missing or head is UNKNOWN:
        return head
    return reach(read(field, name, attributes), path[1:], missing)
