"""What a plan says, in the short forms that tests compare."""

from __future__ import annotations

from typing import Any

from engine.plan.model import Change, Plan
from engine.values.paths import dotted


def change_of(plan: Plan, address: str) -> Change:
    """What a plan does to one resource."""
    return next(change for change in plan.changes if str(change.address) == address)


def actions(plan: Plan) -> dict[str, str]:
    """What a plan does, unchanged resources left out."""
    return {str(change.address): change.action.value for change in plan.pending}


def leaves(change: Change) -> dict[str, tuple[Any, Any]]:
    """The leaves that differ, by path."""
    return {dotted(field.path): (field.before, field.after) for field in change.fields}
