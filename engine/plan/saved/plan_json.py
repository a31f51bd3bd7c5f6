"""A plan and its preconditions as JSON: what a plan file holds of one stack.

Secrets are not in it. Steps and values, which journals hold too, are in `step_json`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from engine.address import is_environment_name
from engine.frozen import frozen
from engine.plan.model import Change, Drift, FieldChange, OutputChange, Plan
from engine.plan.refusal import PlanRule, Refusal
from engine.plan.saved.preconditions import KeyClaim, ObjectSnapshot, Preconditions
from engine.plan.saved.step_json import REMOVAL, STEP, VALUE, with_own_removal, with_secrets
from engine.records import (
    TEXT,
    Codec,
    Record,
    ShapeError,
    WrongValueError,
    list_of,
    map_of,
    or_null,
    text_of,
)
from engine.schema.resource_type import Schemas
from engine.values.markers import Marker
from engine.values.secret import Sealed, Sensitive
from engine.values.templates import is_reference
from engine.values.tree import replaced

# ── how it is written ─────────────────────────────────────────────────────────────────────


@frozen
class _Wanted:
    """An output as the stack states it, and whether it is sensitive."""

    value: Any
    sensitive: bool


_WANTED = Record(_Wanted, values=VALUE)


def _write_wanted(wanted: tuple[Any, bool], salt: str) -> Any:
    value, sensitive = wanted
    return _WANTED.write(_Wanted(value=value, sensitive=sensitive), salt)


def _read_wanted(document: Any) -> tuple[Any, bool]:
    wanted = _WANTED.read(document)
    return wanted.value, wanted.sensitive


def _write_moves(moves: Mapping[str, str], _: str) -> Any:
    return [list(move) for move in moves.items()]


def _read_moves(document: Any) -> Mapping[str, str]:
    moves = list_of(list_of(TEXT)).read(document)
    if any(len(move) != len(("old", "new")) for move in moves):
        raise WrongValueError(document)
    return dict(moves)


def _read_name(document: Any) -> str:
    if not isinstance(document, str) or not is_environment_name(document):
        raise ShapeError((), f"{document!r} is no name of a stack or an environment")
    return document


NAME = Codec(TEXT.write, _read_name)
"""The name of a stack or an environment, which becomes part of paths."""
_FIELD = Record(FieldChange, values=VALUE, empty={"path": ()})
_PLAN = Record(
    Plan,
    Record(Change, _FIELD, REMOVAL, values=VALUE),
    Record(Drift, _FIELD, empty={"id": ""}),
    Record(OutputChange, values=VALUE, whole=True),
    empty={"serial": 0},
    required=("wanted_outputs",),
    skip={"environment": "", "lookups": {}},
    codecs={
        "stack": NAME,
        "steps": list_of(STEP),
        "moves": Codec(_write_moves, _read_moves),
        "wanted_outputs": or_null(map_of(Codec(_write_wanted, _read_wanted))),
        # None is ever saved with one: a file that has one is refused as it says.
        "refusals": list_of(text_of(lambda text: Refusal(text, PlanRule.PLAN_WAS_REFUSED))),
    },
)
PRECONDITIONS = Record(
    Preconditions,
    Record(
        ObjectSnapshot,
        keys={"ended_as_declared": "spent", "exists": "there", "further_leaves": "told"},
        values=VALUE,
        empty={"id": ""},
        required=("probed",),
    ),
    Record(KeyClaim, values=VALUE),
    keys={"objects": "seen", "claims": "sought"},
    values=VALUE,
)


def _write_plan(plan: Plan, salt: str) -> Any:
    return _PLAN.write(_without_secrets(plan), salt)


PLAN = Codec(_write_plan, _PLAN.read)
"""All of a plan but its environment, which the file holds once for all stacks, and the objects that
were looked up, which an apply reads again."""


def completed(plan: Plan, environment: str, schemas: Schemas) -> Plan:
    """A plan that was read, with what is not written in it: its environment, all of its removals.

    Args:
        plan: The plan; its secrets are fingerprints.
        environment: Environment name.
        schemas: Resource types by name.

    Raises:
        ShapeError: if a type is not known.
    """
    return dataclasses.replace(
        plan,
        environment=environment,
        changes=tuple(with_own_removal(change, schemas) for change in plan.changes),
        steps=tuple(with_own_removal(step, schemas) for step in plan.steps),
    )


def wanted_with_secrets(
    wanted: Mapping[str, tuple[Any, bool]] | None, secrets: Mapping[str, Any]
) -> Mapping[str, tuple[Any, bool]] | None:
    """The outputs of a plan that was read, with the secrets that are known."""
    if wanted is None:
        return None
    found: dict[str, tuple[Any, bool]] = {}
    for name, (value, hide) in wanted.items():
        filled = with_secrets(value, secrets)
        # A sensitive output was sealed as a whole, whatever it is.
        whole = hide and isinstance(filled, Sensitive)
        found[name] = (filled.value if whole else filled, hide)
    return found


# ── what may not be written ───────────────────────────────────────────────────────────────


def _without_secrets(plan: Plan) -> Plan:
    """A plan in which everything sensitive is a secret, so that fingerprints of it are written."""
    wanted = plan.wanted_outputs
    return dataclasses.replace(
        plan,
        changes=tuple(_hidden_change(change) for change in plan.changes),
        drift=tuple(
            dataclasses.replace(drift, fields=tuple(map(_hidden_sides, drift.fields)))
            for drift in plan.drift
        ),
        outputs=tuple(map(_hidden_sides, plan.outputs)),
        wanted_outputs=None
        if wanted is None
        else {
            name: (_hidden(value) if hide and not is_reference(value) else value, hide)
            for name, (value, hide) in wanted.items()
        },
    )


def _hidden_change(change: Change) -> Change:
    before, after = change.before, change.after
    for entry in change.fields:
        if entry.sensitive:
            before, after = (replaced(side, entry.path, _hidden) for side in (before, after))
    fields = tuple(map(_hidden_sides, change.fields))
    return dataclasses.replace(change, before=before, after=after, fields=fields)


_Sides = TypeVar("_Sides", FieldChange, OutputChange)


def _hidden_sides(entry: _Sides) -> _Sides:
    """A change of a value; a sensitive one shows on each side only whether there is a value."""
    if not entry.sensitive:
        return entry
    return dataclasses.replace(entry, before=_hidden(entry.before), after=_hidden(entry.after))


def _hidden(side: Any) -> Any:
    """A value as a secret, unless it is null, a marker or a secret already."""
    bare = side is None or isinstance(side, (Marker, Sensitive, Sealed))
    return side if bare else Sensitive(side)
