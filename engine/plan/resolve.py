"""What references stand for while a plan is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.plan.decide import Decision
from engine.plan.normal import is_sealed, read
from engine.plan.record import with_told_once
from engine.provider.schema import Schemas
from engine.values import UNKNOWN, AttributeTarget, OutputTarget, Sensitive, Target, get_path


class Known:
    """Attributes of the resources decided so far, asked by reference.

    A resource is decided once: as it is, as it will be, or not before the apply.
    """

    __slots__ = ("_attributes", "_outputs", "_schemas", "_secrets")

    def __init__(
        self,
        schemas: Schemas,
        outputs: Mapping[OutputTarget, Any],
        secrets: Mapping[AttributeTarget, str] | None = None,
    ) -> None:
        self._schemas = schemas
        self._outputs = outputs
        self._secrets = secrets or {}
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
            found = get_path(attributes[first], tuple(rest), UNKNOWN)
            secret = self._secrets.get(target) if is_sealed(found) else None
            return found if secret is None else Sensitive(secret)
        if field is not None and field.source:
            found = read(field, first, attributes)
            return UNKNOWN if found is None else found
        return UNKNOWN


def attributes_after(decision: Decision) -> Mapping[str, Any]:
    """What is known, before the apply, of a resource as it will be after it."""
    wanted = {
        name: value
        for name, value in decision.wanted.items()
        if value is not None and not isinstance(value, Sensitive)
    }
    if decision.makes:
        chosen = decision.kind.chosen_id
        return {
            name: value
            for name, value in wanted.items()
            if _is_certain(value) and (name != "id" or chosen)
        }
    prior = decision.prior.attributes if decision.prior is not None else {}
    found: dict[str, Any] = {name: value for name, value in prior.items() if is_sealed(value)}
    found |= {name: value for name, value in (decision.actual or {}).items() if value is not None}
    for change in decision.change.fields:
        name = str(change.path[0])
        found.pop(name, None)
        found.pop(decision.kind.root.fields[name].source.split(".")[0], None)
        if name in wanted and len(change.path) == 1 and _is_certain(wanted[name]):
            found[name] = wanted[name]
    return with_told_once(decision.kind, found, prior)


def _is_certain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_certain(inner) for inner in value.values())
    if isinstance(value, list):
        return all(_is_certain(inner) for inner in value)
    return value is not UNKNOWN
