"""Ask the policies of the project about plans, and add what they have against them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

from engine.operations.run.context import Context
from engine.plan.impact import Impact
from engine.plan.model import PlanReport


def with_policies(
    context: Context, report: PlanReport, impacts: Callable[[], Sequence[Impact]] = tuple
) -> PlanReport:
    """A report with what policies have against its plans, in place of what they had before.

    What is about the run as a whole goes to the plan of its first stack.

    Args:
        context: The run's ports.
        report: The plans.
        impacts: Counts what uses the objects that they end or change.
    """
    policies = context.policies
    if not policies or not report.plans:
        return dataclasses.replace(report, policies=())
    from engine.policies.evaluate import ask
    from engine.policies.plan import Plan

    live = context.settings.environment.live
    counted = functools.cache(impacts)
    verdict = ask(policies, lambda: Plan(report, context.schemas, live=live, impacts=counted))
    earlier = {finding.sentence for finding in report.policies}
    first, stacks = report.plans[0].stack, {plan.stack for plan in report.plans}
    plans = []
    for plan in report.plans:
        own = [
            finding
            for finding in verdict.findings
            if plan.stack == (finding.stack if finding.stack in stacks else first)
        ]
        refusals = [finding.refusal for finding in own if finding.mandatory]
        warnings = [finding.sentence for finding in own if not finding.mandatory]
        plans.append(
            dataclasses.replace(
                plan,
                warnings=(*(one for one in plan.warnings if one not in earlier), *warnings),
                refusals=(
                    *plan.refusals,
                    *(verdict.failures if plan.stack == first else ()),
                    *refusals,
                ),
            )
        )
    return dataclasses.replace(report, plans=tuple(plans), policies=verdict.findings)
