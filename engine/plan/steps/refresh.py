"""The steps of a plan that only refreshes the state: nothing is sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from engine.plan.compare.normalize import Normalizer
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Drift, Step, StepKind
from engine.plan.steps.key import StepKey
from engine.plan.translate.recorded import attributes_of, with_fingerprints


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
                with_fingerprints(prior.declared, prior.attributes),
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
