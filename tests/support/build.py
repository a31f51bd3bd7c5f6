"""Makers of plans, changes, steps and results, for tests of the views."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.address import parse_address
from engine.errors import EngineError
from engine.plan.model import (
    Action,
    Change,
    FieldChange,
    FieldReason,
    Plan,
    PlanReport,
    Step,
    StepKind,
)
from engine.ports.outcomes import ApplyReport, ApplyResult, Outcome, StepResult
from engine.state.model import State


def change(address: str, action: Action, **parts: Any) -> Change:
    """A change of the resource at an address."""
    where = parse_address(address)
    return Change(address=where, type=where.type, action=action, **parts)


def step(address: str, kind: StepKind, **parts: Any) -> Step:
    """An operation on the resource at an address."""
    where = parse_address(address)
    return Step(key=f"{kind.value} {address}", kind=kind, address=where, type=where.type, **parts)


def field(path: str, before: Any, after: Any, **parts: Any) -> FieldChange:
    """A leaf that differs; the path is dotted."""
    reason = parts.pop("reason", FieldReason.CHANGED)
    keys = tuple(int(part) if part.isdigit() else part for part in path.split("."))
    return FieldChange(path=keys, before=before, after=after, reason=reason, **parts)


def plan(*changes: Change, stack: str = "saas", **parts: Any) -> Plan:
    """A plan of one stack."""
    return Plan(
        stack=stack, environment="local", lineage="f" * 32, serial=3, changes=changes, **parts
    )


def report(*plans: Plan, **parts: Any) -> PlanReport:
    """The plans of a run against the embedded emulator."""
    about: dict[str, Any] = {
        "environment": "local",
        "embedded": True,
        "account_id": "acct_1",
        "livemode": False,
        "requests": 2,
        **parts,
    }
    return PlanReport(plans=plans, **about)


def result(
    step: Step,
    outcome: Outcome,
    *,
    id: str = "",
    error: EngineError | None = None,
    because: str = "",
) -> StepResult:
    """What became of an operation."""
    return StepResult(step=step, outcome=outcome, id=id, error=error, because=because)


def applied(plan: Plan, *results: StepResult, **parts: Any) -> ApplyReport:
    """An apply of one plan."""
    outputs = parts.pop("outputs", {})
    state = State(
        stack=plan.stack, environment="local", lineage="f" * 32, serial=4, outputs=outputs
    )
    result = ApplyResult(stack=plan.stack, state=state, results=results, **parts)
    return ApplyReport(plan=report(plan), approved=True, results=(result,), requests=5, writes=3)


def as_rebuilt(state: State) -> State:
    """A state as a rebuild makes it again: without what was applied and what only creates told."""
    resources = {
        address: dataclasses.replace(entry, imported=True)
        for address, entry in state.resources.items()
    }
    return dataclasses.replace(state, resources=resources, applied="")
