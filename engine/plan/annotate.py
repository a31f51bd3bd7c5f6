"""What a decision alone does not show: a new address, and what lets go of something else."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.address import parse_address
from engine.plan.decide import Decision
from engine.plan.model import Action, FieldChange, FieldReason, Reason, Step, StepKind
from engine.values import ABSENT, CLEAR, UNKNOWN, has_reference


def with_detached(decisions: dict[str, Decision], steps: tuple[Step, ...]) -> dict[str, Decision]:
    """Show a change of what has to let go of something that is removed."""
    found = dict(decisions)
    for step in steps:
        decision = found[str(step.address)]
        if step.kind is not StepKind.DETACH or decision.change.action is not Action.NO_OP:
            continue
        change = decision.change
        fields = tuple(
            FieldChange(
                path=(name,),
                before=(decision.actual or {}).get(name),
                after=_after(value),
                reason=FieldReason.CLEARED if value is CLEAR else FieldReason.REFERENCE,
            )
            for name, value in step.params.items()
        )
        found[str(step.address)] = dataclasses.replace(
            decision,
            change=dataclasses.replace(
                change, action=Action.UPDATE, reasons=(Reason.DETACHED,), fields=fields
            ),
        )
    return found


def _after(value: Any) -> Any:
    """What a field holds once its object has let go."""
    if value is CLEAR:
        return ABSENT
    return UNKNOWN if isinstance(value, str) and has_reference(value) else value


def with_move(decision: Decision, old: str | None) -> Decision:
    """Show under which address a resource was known before; None if it did not move."""
    if old is None:
        return decision
    change = decision.change
    action = Action.MOVE if change.action is Action.NO_OP else change.action
    return dataclasses.replace(
        decision,
        change=dataclasses.replace(
            change,
            action=action,
            moved_from=parse_address(old),
            reasons=(Reason.MOVED, *change.reasons),
        ),
    )
