"""What another tool's state knows of an object and Stripe does not return."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType
from engine.values.paths import Path
from engine.values.secret import Sensitive

# A parameter that makes another object on the way (`product_data`, `default_price_data`): that
# object exists now, and what is imported refers to it.
_MAKES_ANOTHER = "_data"


def arguments_held(kind: ResourceType, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a resource that Stripe takes and never returns, e.g. `connect`.

    Secrets are left out, and so is what has the value of something that was not set: states
    record `false`, `0` and empty texts for it.

    Args:
        kind: Its type here.
        attributes: Its attributes, in Terraform's spelling.
    """
    return _held(kind.root, attributes, ())


def secrets_held(kind: ResourceType, attributes: Mapping[str, Any]) -> dict[Path, Sensitive]:
    """The secrets that only the response to the create held, by their paths.

    What does not have the form of one is left out.
    """
    found: dict[Path, Sensitive] = {}
    for path in kind.creation_only:
        value, attribute = _at(kind.root, attributes, path), kind.root.at(path)
        pattern = attribute.pattern if attribute is not None else ""
        if value and isinstance(value, str) and re.fullmatch(pattern or ".*", value):
            found[path] = Sensitive(value)
    return found


def _held(attribute: Attribute, values: Mapping[str, Any], at: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, child in attribute.fields.items():
        value = _one(child, values.get(name))
        if not child.in_create or not value:
            continue
        if child.write_only and not name.endswith(_MAKES_ANOTHER):
            value = _clean(child, value)
        elif child.kind is Kind.OBJECT and isinstance(value, Mapping) and not child.write_only:
            value = _held(child, value, (*at, name))
        else:
            continue
        if value:
            found[name] = value
    return found


def _clean(attribute: Attribute, value: Any) -> Any:
    """A value without secrets and without what was not set."""
    value = _one(attribute, value)
    if attribute.sensitive or isinstance(value, Sensitive):
        return None
    if attribute.kind is Kind.OBJECT and isinstance(value, Mapping):
        inner = {
            name: _clean(child, value[name])
            for name, child in attribute.fields.items()
            if name in value and child.in_create
        }
        return {name: kept for name, kept in inner.items() if kept}
    return value


def _one(attribute: Attribute, value: Any) -> Any:
    """A value in its own form: Terraform keeps an object as a list of one, a block."""
    if attribute.kind is Kind.OBJECT and isinstance(value, list):
        return value[0] if len(value) == 1 else None
    return value


def _at(root: Attribute, values: Any, path: Path) -> Any:
    attribute: Attribute | None = root
    for part in path:
        attribute = attribute.child(part) if attribute is not None else None
        if attribute is None or not isinstance(values, Mapping):
            return None
        values = _one(attribute, values.get(str(part)))
    return values
