"""What references stand for while a plan is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.plan.compare.response import read_attribute
from engine.plan.decide.decision import Decision
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import FieldReason
from engine.plan.translate.recorded import with_told_once
from engine.schema.resource_type import Schemas
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.secret import Sealed, Sensitive
from engine.values.targets import AttributeTarget, OutputTarget, Target
from engine.values.tree import any_scalar


@dataclass(frozen=True, slots=True)
class ExpectedResource:
    """What is known of one resource before the apply.

    Attributes:
        attributes: Its attributes, UNKNOWN where only the apply can tell.
        whole: They are a whole answer: what is not among them is null.
        exists: Its object is there, so that no apply makes it.
        declared: What is declared of it, for what is a secret in it.
    """

    attributes: Mapping[str, Any]
    whole: bool = True
    exists: bool = True
    declared: Mapping[str, Any] = field(default_factory=dict)


class KnownValues:
    """Attributes of the resources decided so far, asked by reference.

    A resource is decided once: as it is, as it will be, or not before the apply.
    """

    __slots__ = ("_outputs", "_schemas", "_secrets", "_standings")

    def __init__(
        self,
        schemas: Schemas,
        outputs: Mapping[OutputTarget, Any],
        secrets: Mapping[AttributeTarget, str] | None = None,
    ) -> None:
        self._schemas = schemas
        self._outputs = outputs
        self._secrets = secrets or {}
        self._standings: dict[str, ExpectedResource] = {}

    def decide(self, address: str, standing: ExpectedResource) -> None:
        """Say what is known of a resource."""
        self._standings[address] = standing

    def __call__(self, target: Target) -> Any:
        """The value a reference stands for, UNKNOWN if only an apply can tell."""
        if isinstance(target, OutputTarget):
            return self._outputs.get(target, UNKNOWN)
        return self._attribute(target)

    def is_lost(self, target: Target) -> bool:
        """Whether a reference names a secret that nobody can tell any more.

        Stripe returns it when it makes the object, and whoever made this one did not keep it here.
        """
        if isinstance(target, OutputTarget):
            return False
        standing = self._standings.get(str(target.address))
        if standing is None or not standing.exists:
            return False
        path = tuple(target.attribute.split("."))
        once = path in self._schemas[target.address.type].creation_only
        return once and self._attribute(target) is UNKNOWN

    def _attribute(self, target: AttributeTarget) -> Any:
        standing = self._standings.get(str(target.address))
        kind = self._schemas.get(target.address.type)
        if standing is None or kind is None:
            return UNKNOWN
        path = tuple(target.attribute.split("."))
        creation_only = path in kind.creation_only
        missing = None if standing.whole and not creation_only else UNKNOWN
        found = read_attribute(kind.root, standing.attributes, path, missing, standing.declared)
        found = UNKNOWN if creation_only and found is None else found
        secret = self._secrets.get(target) if isinstance(found, Sealed) else None
        return found if secret is None else Sensitive(secret)


def known_before(inputs: PlanInputs) -> KnownValues:
    """What is known before anything is decided: outputs, kept secrets, objects looked up."""
    observed = inputs.observed
    known = KnownValues(inputs.schemas, observed.outputs, observed.secrets)
    for address, found in observed.lookups.items():
        known.decide(address, ExpectedResource(found))
    return known


def lost_secret(target: Target) -> str:
    """Say why nobody can tell a secret, and how to get one."""
    address = getattr(target, "address", "")
    return (
        f"Stripe returns {target} only in the answer that creates the object, and this one was "
        f"not created from here. --replace {address} makes a new object, whose secret is kept; "
        "a secret that you know can be put in as a variable"
    )


def expected_after(decision: Decision, *, refreshed: bool) -> ExpectedResource:
    """What is known, before the apply, of a resource as it will be after it.

    Args:
        decision: What happens to it.
        refreshed: Its object was read just now, and not taken from the state.
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
    found: dict[str, Any]
    found = {name: value for name, value in prior.items() if isinstance(value, Sealed)}
    actual = decision.actual or {}
    found |= {name: value for name, value in actual.items() if name not in found or value}
    for name, value in _changed(decision).items():
        found[decision.kind.root.fields[name].source.split(".")[0] or name] = UNKNOWN
        found[name] = value
    told = with_told_once(decision.kind, found, prior)
    return ExpectedResource(told, whole=refreshed, declared=decision.wanted)


def _changed(decision: Decision) -> dict[str, Any]:
    """The fields that an update changes, UNKNOWN where only the answer can tell."""
    certain = _certain(decision)
    found: dict[str, Any] = {}
    for change in decision.fields:
        name = str(change.path[0])
        if change.reason is FieldReason.STAYS:
            continue
        if len(change.path) > 1 or isinstance(certain.get(name), Mapping):
            found[name] = UNKNOWN  # Stripe may fill in what is not declared in it
        elif change.reason in (FieldReason.CLEARED, FieldReason.GOES):
            found[name] = None if change.after is ABSENT else change.after
        else:
            found[name] = certain.get(name, UNKNOWN)
    return found


def _certain(decision: Decision) -> dict[str, Any]:
    """The declared fields that are known whole; a secret is not."""
    return {
        name: value if is_certain(value) else UNKNOWN
        for name, value in decision.wanted.items()
        if value is not None and not isinstance(value, Sensitive)
    }


def is_certain(value: Any) -> bool:
    """Whether nothing in a value waits for the apply."""
    return not any_scalar(value, lambda scalar: scalar is UNKNOWN)
