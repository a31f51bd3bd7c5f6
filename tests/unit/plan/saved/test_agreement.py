"""A plan that was read shows the other stacks that its steps are about."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from engine.catalog import loader
from engine.plan.saved.agreement import disagreement
from tests.support.cases import plan_of

CASES = Path(__file__).parents[3] / "cases"


@pytest.mark.parametrize("name", ["transfer-unchanged", "transfer-away"])
def test_another_stack_is_shown(name: str) -> None:
    """Where a resource comes from, and to whom it is left."""
    plan = plan_of(json.loads((CASES / f"{name}.json").read_text()))
    assert disagreement(plan, loader.schemas()) == ""
    [step] = plan.steps
    edited = dataclasses.replace(plan, steps=(dataclasses.replace(step, other="x:stripe_price.y"),))
    assert disagreement(edited, loader.schemas()) == (
        f"{step.key} is about x:stripe_price.y, which is not shown"
    )
