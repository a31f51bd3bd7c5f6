"""What only all decisions together show: updates that detach, and keys that are passed on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from engine.plan.decide.decision import Decision
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import Action, FieldChange, FieldReason, Reason, Step, StepKind
from engine.values.markers import ABSENT, CLEAR, UNKNOWN
from engine.values.paths import dotted, get_path
from engine.values.templates import has_reference


def with_detached(
    inputs: PlanInputs, decisions: Mapping[str, Decision], steps: tuple[Step, ...]
) -> dict[str, Decision]:
    """The decisions, with an update where an object has to stop referring to a removed one."""
    detached = dict(decisions)
    for step in steps:
        decision = detached[step.address]
        unshown = decision.action is Action.NO_OP and step.address not in inputs.moved_from
        if step.kind is StepKind.DETACH and unshown:
            fields = tuple(
                FieldChange(
                    path=(name,),
                    before=(decision.actual or {}).get(name),
                    after=_after(value),
                    reason=FieldReason.CLEARED if value is CLEAR else FieldReason.REFERENCE,
                )
                for name, value in step.params.items()
            )
            detached[step.address] = dataclasses.replace(
                decision, action=Action.UPDATE, reasons=(Reason.DETACHED,), fields=fields
            )
    return detached


def with_keys_passed_on(decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """The decisions, with a note where another resource takes a key that is no longer declared."""
    passed_on = dict(decisions)
    for address, decision in decisions.items():
        fields: list[FieldChange] = []
        notes = list(decision.notes)
        for field in decision.fields:
            taker = _taker(decision, field, decisions)
            if taker:
                fields.append(dataclasses.replace(field, reason=FieldReason.GOES, after=ABSENT))
                notes.append(f"{dotted(field.path)} goes to {taker}, which declares it now")
            else:
                fields.append(field)
        if len(notes) > len(decision.notes):
            passed_on[address] = dataclasses.replace(
                decision, fields=tuple(fields), notes=tuple(notes)
            )
    return passed_on


def _taker(holder: Decision, field: FieldChange, decisions: Mapping[str, Decision]) -> str:
    """The resource that takes a key from its holder; empty if none does."""
    keys = {key.attribute for key in holder.kind.life.natural_keys if key.transfer}
    if field.reason is not FieldReason.STAYS or dotted(field.path) not in keys:
        return ""
    takers = (
        address
        for address, other in decisions.items()
        if other is not holder
        and other.kind is holder.kind
        and get_path(other.wanted, field.path) == field.before
    )
    return next(takers, "")


def _after(value: Any) -> Any:
    """What a field holds once its object is detached."""
    if value is CLEAR:
        return ABSENT
    return UNKNOWN if isinstance(value, str) and has_reference(value) else value
