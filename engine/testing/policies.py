"""Policies about plans that were made, in addition to those made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.api import Plan
from engine.catalog import loader
from engine.policies import plan as typed
from engine.policies import testing


def policy_plan(plan: Plan, *, live: bool = False) -> typed.Plan:
    """A plan as policies are given it.

    Args:
        plan: The plan.
        live: Let it be for real money.
    """
    report = plan.report
    return typed.Plan(report, loader.schemas(), live=live, impacts=lambda: report.impacts)


def refused_by(policy: Callable[[Any], Any], plan: Plan | typed.Plan) -> list[str]:
    """What a policy has against a plan, each as its message.

    Args:
        policy: The policy.
        plan: A plan that was made, or one made by hand with `plan_of`.

    Raises:
        Exception: if the policy returns something else, or makes a finding that it does not yield.
    """
    return testing.refused_by(policy, policy_plan(plan) if isinstance(plan, Plan) else plan)
