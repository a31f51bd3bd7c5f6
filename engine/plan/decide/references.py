"""The values that references name while a plan is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.frozen import frozen
from engine.plan.compare.response import referred_value
from engine.plan.decide.decision import Decision
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import FieldReason
from engine.plan.translate.recorded import with_returned_once
from engine.schema.remote import id_of
from engine.schema.resource_type import Schemas
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import dotted
from engine.values.secret import Sealed, Sensitive
from engine.values.targets import AttributeTarget, Elsewhere, OutputTarget, Target
from engine.values.tree import any_scalar


@frozen(kw_only=False)
class ExpectedResource:
    """What is known of one resource before the apply.

    Attributes:
        attributes: Its attributes, UNKNOWN where they are known after the apply only.
        whole: They are a complete response: a field that is not among them is null.
        exists: Its object exists, so that no apply creates it.
        declared: What is declared of it; a secret there is a secret in the attributes too.
        managed: It is a resource, and no object that is only looked up.
    """

    attributes: Mapping[str, Any]
    whole: bool = True
    exists: bool = True
    declared: Mapping[str, Any] = field(default_factory=dict)
    managed: bool = True


class KnownValues:
    """Attributes of the resources decided so far, asked by reference.

    A resource is decided once: as it is, as it will be, or not before the apply.
    """

    __slots__ = ("_outputs", "_resources", "_schemas", "_secrets")

    def __init__(
        self,
        schemas: Schemas,
        outputs: Mapping[Elsewhere, Any],
        secrets: Mapping[AttributeTarget, str] | None = None,
    ) -> None:
        self._schemas = schemas
        self._outputs = outputs
        self._secrets = secrets or {}
        self._resources: dict[str, ExpectedResource] = {}

    def learn(self, address: str, expected: ExpectedResource) -> None:
        """Record what is known of a resource."""
        self._resources[address] = expected

    def __call__(self, target: Target) -> Any:
        """The value that a reference names, UNKNOWN if it is known after the apply only."""
        if isinstance(target, OutputTarget):
            return self._outputs.get(target, UNKNOWN)
        return self._attribute(target)

    def why_lost(self, target: Target) -> str:
        """Say why a reference names a secret that is not known, and how to supply it.

        Stripe returns it once, when the object is created, and it was not kept here then.

        Returns:
            The sentences; empty if the reference names something else, or the secret is known.
        """
        if isinstance(target, OutputTarget):
            return ""
        expected = self._resources.get(target.address)
        if expected is None or not expected.exists:
            return ""
        once = target.path in self._schemas[target.address.type].creation_only
        if not once or self._attribute(target) is not UNKNOWN:
            return ""
        if not expected.managed:
            return (
                f"Stripe returns {dotted(target.path)} only in the response that creates the "
                f"object, and {id_of(expected.attributes)} is only looked up. Pass the secret as a "
                "variable, or declare the object and import it with --secret-from-stdin"
            )
        supply = supply_secret(target.address, id_of(expected.attributes))
        return (
            f"Stripe returns {target} only in the response that creates the object, and this "
            f"object was not created from here. {supply}; or "
            f"--replace {target.address} creates a new one, whose secret is kept"
        )

    def _attribute(self, target: AttributeTarget) -> Any:
        expected = self._resources.get(target.address)
        kind = self._schemas.get(target.address.type)
        if expected is None or kind is None:
            return UNKNOWN
        path = target.path
        value = referred_value(
            kind, expected.attributes, path, expected.declared, whole=expected.whole
        )
        secret = self._secrets.get(target) if isinstance(value, Sealed) else None
        return value if secret is None else Sensitive(secret)


def known_before(inputs: PlanInputs) -> KnownValues:
    """What is known before anything is decided: outputs, kept secrets, objects looked up."""
    observed = inputs.observed
    known = KnownValues(inputs.schemas, observed.outputs, observed.secrets)
    for address, found in observed.lookups.items():
        known.learn(address, ExpectedResource(found, managed=False))
    return known


def supply_secret(address: str, id: str) -> str:
    """How a person supplies a secret that Stripe does not return any more."""
    return f"The Dashboard shows it: engine import {address} {id} --secret-from-stdin takes it"


def expected_after(decision: Decision, *, refreshed: bool) -> ExpectedResource:
    """What is known of a resource before the apply, as it will be after the apply.

    Args:
        decision: What happens to it.
        refreshed: Its object was read from Stripe, not taken from the state.
    """
    if decision.makes:
        chosen = decision.kind.chosen_id
        made = {
            name: value
            for name, value in _certain(decision).items()
            if value is not UNKNOWN and (name != "id" or chosen)
        }
        return ExpectedResource(made, whole=False, exists=False, declared=decision.wanted)
    prior = decision.prior.attributes if decision.prior is not None else {}
    attributes: dict[str, Any]
    attributes = {name: value for name, value in prior.items() if isinstance(value, Sealed)}
    actual = decision.actual or {}
    attributes |= {name: value for name, value in actual.items() if name not in attributes or value}
    for name, value in _changed(decision).items():
        attributes[decision.kind.root.fields[name].source.split(".")[0] or name] = UNKNOWN
        attributes[name] = value
    kept = with_returned_once(decision.kind, attributes, prior)
    return ExpectedResource(kept, whole=refreshed, declared=decision.wanted)


def _changed(decision: Decision) -> dict[str, Any]:
    """The fields that an update changes, UNKNOWN where only its response has the value."""
    certain = _certain(decision) if decision.fields else {}
    changed: dict[str, Any] = {}
    for change in decision.fields:
        name = str(change.path[0])
        if change.reason is FieldReason.STAYS:
            continue
        if len(change.path) > 1 or isinstance(certain.get(name), Mapping):
            changed[name] = UNKNOWN  # Stripe may fill in what is not declared in it
        elif change.reason in (FieldReason.CLEARED, FieldReason.GOES):
            changed[name] = None if change.after is ABSENT else change.after
        else:
            changed[name] = certain.get(name, UNKNOWN)
    return changed


def _certain(decision: Decision) -> dict[str, Any]:
    """The declared fields, UNKNOWN where part of one is not known yet; without secrets."""
    return {
        name: value if is_certain(value) else UNKNOWN
        for name, value in decision.wanted.items()
        if value is not None and not isinstance(value, Sensitive)
    }


def is_certain(value: Any) -> bool:
    """Whether no part of a value is UNKNOWN."""
    return not any_scalar(value, lambda scalar: scalar is UNKNOWN)
