"""What a decision alone does not show: a new address, and what lets go of something else."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.address import parse_address
from engine.plan.decide.decision import Decision
from engine.plan.decide.existing import stays
from engine.plan.model import Action, FieldChange, FieldReason, Reason, Step, StepKind
from engine.values.markers import ABSENT, CLEAR, UNKNOWN
from engine.values.paths import dotted, get_path
from engine.values.templates import has_reference


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


def with_keys_handed_over(decisions: dict[str, Decision]) -> dict[str, Decision]:
    """Say of a key that is declared no more, and that another resource takes, that it goes."""
    found = dict(decisions)
    for address, decision in decisions.items():
        fields = []
        notes = list(decision.change.notes)
        for field in decision.change.fields:
            taker = _taker(decision, field, decisions)
            if taker:
                notes.remove(stays(field))
                notes.append(f"{dotted(field.path)} goes to {taker}, which declares it now")
                gone = dataclasses.replace(field, reason=FieldReason.GOES, after=ABSENT)
            fields.append(gone if taker else field)
        change = dataclasses.replace(decision.change, fields=tuple(fields), notes=tuple(notes))
        found[address] = dataclasses.replace(decision, change=change)
    return found


def _taker(holder: Decision, field: FieldChange, decisions: dict[str, Decision]) -> str:
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
