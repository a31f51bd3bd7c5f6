"""The planner's behaviours, one a file: `tests/cases/*.json`.

Each file says what is declared, what state holds and what Stripe has, and what plan that makes.
`tests/support/cases.py` describes the form; here a plan is turned into the words of
`expect`. What `expect` leaves out must be empty, except the leaves and parameters of creates and
the leaves of removals, which are compared where a file gives them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from engine.graph.dag import closure
from engine.plan.model import Action, Change, Drift, FieldChange, Plan, Step, StepKind
from engine.values.markers import ABSENT, Marker
from engine.values.paths import dotted
from engine.values.secret import Sealed, Sensitive
from tests.support.cases import plan_of

Case: TypeAlias = Mapping[str, Any]

CASES = sorted((Path(__file__).parents[2] / "cases").glob("*.json"))
_LINEAGE = "f" * 32
_FREE = {Action.CREATE, Action.DELETE, Action.FORGET}
_FREE_PARAMS = {StepKind.CREATE, StepKind.RECORD, StepKind.FORGET}


def _words(value: Any) -> Any:
    """A planned value as a case file writes it."""
    if isinstance(value, Marker):
        return value.value
    if isinstance(value, Sensitive):
        return {"$secret": value.value}
    if isinstance(value, Mapping):
        return {key: _words(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_words(entry) for entry in value]
    return value


def _expected(value: Any) -> Any:
    """An expected value of a case file: `$sealed` texts as fingerprints."""
    if isinstance(value, dict):
        if "$sealed" in value:
            return Sealed.of(_expected(value["$sealed"]), _LINEAGE)
        return {key: _expected(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_expected(entry) for entry in value]
    return value


def _field(change: FieldChange) -> dict[str, Any]:
    said: dict[str, Any] = {
        "path": dotted(change.path),
        # Stripe's null is nothing, like a leaf that is not there.
        "before": _words(ABSENT if change.before is None else change.before),
        "after": _words(ABSENT if change.after is None else change.after),
        "reason": change.reason.value,
    }
    if change.forces_replacement:
        said["forces_replacement"] = True
    if change.sensitive:
        said["sensitive"] = True
    if change.currency:
        said["currency"] = change.currency
    return said


def _change(change: Change) -> dict[str, Any]:
    said: dict[str, Any] = {
        "address": str(change.address),
        "action": change.action.value,
        "reasons": [reason.value for reason in change.reasons],
    }
    if change.fields:
        said["fields"] = [_field(field) for field in change.fields]
    if change.action is Action.REPLACE:
        said["create_first"] = change.create_first
    if change.removal is not None:
        said["removal"] = change.removal.verb.value
    if change.notes:
        said["notes"] = list(change.notes)
    if change.account:
        said["account"] = change.account
    if change.moved_from is not None:
        said["moved_from"] = str(change.moved_from)
    return said


def _drift(drift: Drift) -> dict[str, Any]:
    said: dict[str, Any] = {"address": str(drift.address)}
    if drift.gone:
        said["gone"] = True
    if drift.ended:
        said["ended"] = True
    if drift.fields:
        said["fields"] = [
            {key: value for key, value in _field(field).items() if key != "reason"}
            for field in drift.fields
        ]
    return said


def _agree(expect: Case, plan: Plan) -> None:
    """Compare everything a person is shown."""
    wanted = list(expect.get("changes", []))
    changes = [_change(change) for change in plan.pending]
    for said, change, given in zip(changes, plan.pending, wanted, strict=False):
        if change.action in _FREE and "fields" not in given:
            said.pop("fields", None)
    assert changes == _expected(wanted)
    assert [_drift(entry) for entry in plan.drift] == _expected(expect.get("drift", []))
    outputs = {
        entry.name: [_words(entry.before), _words(entry.after)]
        + (["sensitive"] if entry.sensitive else [])
        for entry in plan.outputs
    }
    assert outputs == _expected(expect.get("outputs", {}))
    assert dict(plan.moves) == expect.get("moves", {})
    needs = {change.address: list(change.dependencies) for change in plan.changes}
    for address, needed in expect.get("dependencies", {}).items():
        assert needs[address] == needed
    _speak(plan.refusals, expect.get("refusals", []))
    _speak(plan.warnings, expect.get("warnings", []))


def _speak(said: tuple[str, ...], expected: list[str]) -> None:
    """Each text holds what is expected of it."""
    assert len(said) == len(expected), said
    for text, part in zip(said, expected, strict=True):
        assert part in text


def _carried_out(expect: Case, steps: tuple[Step, ...]) -> None:
    """Compare everything an apply does."""
    assert [step.key for step in steps] == expect.get("steps", [])
    wanted = expect.get("params", {})
    params = {
        step.key: _words(step.params)
        for step in steps
        if step.key in wanted or (step.params and step.kind not in _FREE_PARAMS)
    }
    assert params == _expected(wanted)
    accounts = {step.key: step.account for step in steps if step.account}
    assert accounts == {key: on for key, on in expect.get("accounts", {}).items() if on}
    records = {step.key: step.record for step in steps}
    for key, imported in expect.get("imported", {}).items():
        record = records[key]
        assert record is not None
        assert record.imported is imported
    edges = {step.key: step.after for step in steps}
    for key, needs in expect.get("waits", {}).items():
        assert set(needs) <= closure([key], edges) - {key}
    records = {step.key: step.record for step in steps}
    for key, said in expect.get("records", {}).items():
        record = records[key]
        assert record is not None
        assert {name: _words(getattr(record, name)) for name in said} == _expected(said)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    """The plan is the one the file expects, down to the order and parameters of its operations."""
    case = json.loads(path.read_text(encoding="utf-8"))
    plan = plan_of(case)
    _agree(case["expect"], plan)
    _carried_out(case["expect"], plan.steps)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case_in_any_order(path: Path) -> None:
    """The order in which things are written down does not change the plan."""
    case = json.loads(path.read_text(encoding="utf-8"))
    assert plan_of(_turned(case)) == plan_of(case)


def _turned(case: Any) -> Any:
    """A case with the entries of its stack, state and observations the other way round."""
    turned = dict(case)
    for part in ("stack", "state", "observed"):
        turned[part] = {
            name: dict(reversed(entry.items())) if isinstance(entry, dict) else entry
            for name, entry in case.get(part, {}).items()
        }
    return turned
