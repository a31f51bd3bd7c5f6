"""From a decision to the change that people and programs are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.plan.compare.field_changes import new_fields
from engine.plan.compare.normalize import document_of, presentable
from engine.plan.decide.decision import Decision
from engine.plan.model import Action, Change, FieldReason, Reason
from engine.values.paths import dotted

_REMOVED = (Action.DELETE, Action.FORGET)


def describe(decision: Decision, moved_from: str | None, dependencies: tuple[str, ...]) -> Change:
    """Describe a decision once it is final.

    Args:
        decision: What happens to the resource.
        moved_from: What it was before; None if it did not move.
        dependencies: What it refers to or comes after.
    """
    action, reasons, fields = decision.action, decision.reasons, decision.fields
    if action is Action.CREATE:
        fields = new_fields(decision.kind, decision.wanted, decision.declared)
    if action in _REMOVED:  # shown without the move
        moved_from = None
    if moved_from is not None:
        action = Action.MOVE if action is Action.NO_OP else action
        reasons = (Reason.MOVED, *reasons)
    before, after = _leaves(decision)
    return Change(
        address=decision.address,
        type=decision.kind.name,
        action=action,
        reasons=reasons,
        id=decision.id,
        before=before,
        after=after,
        fields=fields,
        create_first=decision.create_first,
        removal=decision.removal,
        notes=(*_field_notes(decision), *decision.notes),
        moved_from=moved_from,
        line=decision.line,
        account=decision.account,
        dependencies=dependencies,
    )


def _leaves(decision: Decision) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The declared leaves before and after; as state records them where nothing was compared."""
    if decision.action is Action.CREATE:
        return {}, presentable(decision.wanted)
    if decision.comparison is not None:
        root = decision.kind.root
        return document_of(root, decision.comparison.before), document_of(
            root, decision.comparison.after
        )
    recorded = decision.prior.attributes if decision.prior is not None else {}
    if decision.unchanged:
        recorded = {name: recorded[name] for name in decision.wanted}  # in the declared order
    if decision.action in _REMOVED:
        return {**recorded, **_known_by(decision, recorded)}, {}
    return recorded, recorded


def _known_by(decision: Decision, recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    """What people know an object by that nothing declared: a code or a URL that Stripe made."""
    life, actual = decision.kind.life, decision.actual or {}
    names = (*(key.attribute for key in life.natural_keys), *life.known_by)
    return {
        name: actual[name]
        for name in names
        if name != "id" and name not in recorded and isinstance(actual.get(name), str)
    }


def _field_notes(decision: Decision) -> Iterator[str]:
    for change in decision.fields:
        where = dotted(change.path)
        if change.reason is FieldReason.STAYS:
            yield f"{where} is no longer declared, but Stripe cannot clear it: its value stays"
        elif change.reason is FieldReason.DIFFERS:
            yield (
                f"{where} is declared as in the last apply: if it differs again after each apply, "
                "Stripe does not keep it: name it in ignore_changes"
            )
