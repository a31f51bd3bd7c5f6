"""The steps of a plan that only refreshes the state: nothing is sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from engine.plan.compare.normalize import Normalizer
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Drift, Step, StepKind
from engine.plan.steps.key import StepKey
from engine.plan.translate.recorded import attributes_of
from engine.values.markers import ABSENT
from engine.values.secret import Sealed
from engine.values.tree import overlaid


def refresh_steps(inputs: PlanInputs, drift: tuple[Drift, ...]) -> Iterator[Step]:
    """Steps that bring the state up to what Stripe has."""
    for entry in drift:
        prior = inputs.state.resources[entry.address]
        kind = inputs.schemas[prior.type]
        actual = inputs.observed.objects.get(entry.address)
        record = None
        if actual is not None:
            referred = set(prior.attributes) - set(prior.declared)
            attributes = attributes_of(
                Normalizer(inputs.state.lineage),
                kind,
                _with_fingerprints(prior.declared, prior.attributes),
                actual,
                referred & set(kind.root.fields),
                prior,
            )
            record = dataclasses.replace(prior, attributes=attributes)
        step = StepKind.FORGET if record is None else StepKind.RECORD
        yield Step(
            key=str(StepKey.of(step, entry.address)),
            kind=step,
            address=entry.address,
            type=prior.type,
            id=prior.id,
            record=record,
            account=prior.account,
        )


def _with_fingerprints(declared: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """A declaration with fingerprints for what referred to a secret when it was last applied."""
    found: dict[str, Any] = overlaid(
        declared, seen, lambda _, was: was if isinstance(was, Sealed) else ABSENT
    )
    return found
