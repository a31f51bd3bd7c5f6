"""Plans, drifts and results by hand."""

from __future__ import annotations

from typing import Any

import pytest

from engine.address import parse_address
from engine.errors import EngineError
from engine.plan.model import (
    Action,
    Change,
    FieldChange,
    FieldReason,
    OutputChange,
    Plan,
    PlanReport,
    Reason,
    Step,
    StepKind,
)
from engine.ports.outcomes import ApplyReport, ApplyResult, Outcome, StepResult
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import State
from engine.values.markers import ABSENT, UNKNOWN

ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})


def make_change(address: str, action: Action, **parts: Any) -> Change:
    """A change of the resource at an address."""
    where = parse_address(address)
    return Change(address=where, type=where.type, action=action, **parts)


def make_step(address: str, kind: StepKind, **parts: Any) -> Step:
    """An operation on the resource at an address."""
    where = parse_address(address)
    return Step(key=f"{kind.value} {address}", kind=kind, address=where, type=where.type, **parts)


def make_field(path: str, before: Any, after: Any, **parts: Any) -> FieldChange:
    """A leaf that differs; the path is dotted."""
    reason = parts.pop("reason", FieldReason.CHANGED)
    keys = tuple(int(part) if part.isdigit() else part for part in path.split("."))
    return FieldChange(path=keys, before=before, after=after, reason=reason, **parts)


def make_plan(*changes: Change, stack: str = "saas", **parts: Any) -> Plan:
    """A plan of one stack."""
    return Plan(
        stack=stack, environment="local", lineage="f" * 32, serial=3, changes=changes, **parts
    )


def make_report(*plans: Plan, **parts: Any) -> PlanReport:
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


def make_result(
    step: Step,
    outcome: Outcome,
    *,
    id: str = "",
    error: EngineError | None = None,
    because: str = "",
) -> StepResult:
    """What became of an operation."""
    return StepResult(step=step, outcome=outcome, id=id, error=error, because=because)


def make_applied(plan: Plan, *results: StepResult, **parts: Any) -> ApplyReport:
    """An apply of one plan."""
    outputs = parts.pop("outputs", {})
    state = State(
        stack=plan.stack, environment="local", lineage="f" * 32, serial=4, outputs=outputs
    )
    result = ApplyResult(stack=plan.stack, state=state, results=results, **parts)
    return ApplyReport(
        plan=make_report(plan), approved=True, results=(result,), requests=5, writes=3
    )


@pytest.fixture
def build() -> type:
    """The makers above, by short names."""

    class Build:
        change = staticmethod(make_change)
        step = staticmethod(make_step)
        field = staticmethod(make_field)
        plan = staticmethod(make_plan)
        report = staticmethod(make_report)
        result = staticmethod(make_result)
        applied = staticmethod(make_applied)

    return Build


@pytest.fixture
def price_change() -> Change:
    """A price whose amount changes."""
    return make_change(
        "stripe_price.pro",
        Action.REPLACE,
        id="price_1",
        line="stacks/saas.py:12",
        reasons=(Reason.IMMUTABLE,),
        before={"unit_amount": 2900, "nickname": "old"},
        after={"unit_amount": 3400, "nickname": "new"},
        fields=(
            make_field("nickname", "old", "new"),
            make_field("unit_amount", 2900, 3400, forces_replacement=True, currency="usd"),
        ),
        create_first=True,
        removal=ARCHIVE,
    )


@pytest.fixture
def product_change() -> Change:
    """A product that is created."""
    return make_change(
        "stripe_product.pro",
        Action.CREATE,
        line="stacks/saas.py:7",
        reasons=(Reason.DECLARED,),
        after={"name": "Pro", "default_price": UNKNOWN},
        fields=(
            make_field("name", ABSENT, "Pro", reason=FieldReason.SET),
            make_field("default_price", ABSENT, UNKNOWN, reason=FieldReason.SET),
        ),
    )


@pytest.fixture
def id_output() -> OutputChange:
    """An output that only an apply can tell."""
    return OutputChange(name="pro_id", after=UNKNOWN)
