"""What references stand for while a plan is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.plan.normal import read
from engine.provider.schema import Schemas
from engine.values import UNKNOWN, AttributeTarget, OutputTarget, Target, get_path


class Known:
    """Attributes of the resources decided so far, asked by reference.

    A resource is decided once: as it is, as it will be, or not before the apply.
    """

    __slots__ = ("_attributes", "_outputs", "_schemas")

    def __init__(self, schemas: Schemas, outputs: Mapping[OutputTarget, Any]) -> None:
        self._schemas = schemas
        self._outputs = outputs
        self._attributes: dict[str, Mapping[str, Any]] = {}

    def decide(self, address: str, attributes: Mapping[str, Any]) -> None:
        """Say what is known of a resource; what is not in `attributes` is UNKNOWN."""
        self._attributes[address] = attributes

    def __call__(self, target: Target) -> Any:
        """The value a reference stands for, UNKNOWN if only an apply can tell."""
        if isinstance(target, OutputTarget):
            return self._outputs.get(target, UNKNOWN)
        return self._attribute(target)

    def _attribute(self, target: AttributeTarget) -> Any:
        attributes = self._attributes.get(str(target.address))
        kind = self._schemas.get(target.address.type)
        if attributes is None or kind is None:
            return UNKNOWN
        first, *rest = target.attribute.split(".")
        field = kind.root.fields.get(first)
        if first in attributes:
            return get_path(attributes[first], tuple(rest), UNKNOWN) if rest else attributes[first]
        if field is not None and field.source:
            found = read(field, first, attributes)
            return UNKNOWN if found is None else found
        return UNKNOWN
