"""`engine promote`: plan for one environment the code that another one last applied."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from engine.errors import UsageError
from engine.graph.build import ResourceGraph
from engine.operations.environments.diff import diff_environments
from engine.operations.run.context import Context
from engine.operations.validate import load_graphs
from engine.plan.declared import is_as_applied, other_declarations
from engine.plan.environments.model import EnvironmentsDifference
from engine.plan.environments.remaining import remaining_after
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import PlanReport
from engine.plan.refusal import PlanRule, Refusal, RefusedError

_NAMED = 5
"""Resources of a stack that a refusal names; more are counted."""


def check_applied(source: Context, target: str, names: Sequence[str]) -> None:
    """Refuse what was not tried: code that the source environment did not last apply.

    Modules are evaluated as an apply to the source would, and compared with its states. Stripe is
    not asked.

    Args:
        source: The ports of the environment that comes first.
        target: The name of the one to promote to.
        names: Stacks asked for; none means all.

    Raises:
        UsageError: if both are one environment, or there is no such stack.
        StackError: if the stacks have problems in the source environment.
        StateError: if a state of the source cannot be trusted.
        RefusedError: if the code of a stack is not what the source last applied.
    """
    if source.environment == target:
        raise UsageError(
            f"both environments are {target}", hint="name two, as in engine promote test live"
        )
    graphs = load_graphs(source, names)
    reasons = {graph.stack.name: why for graph in graphs if (why := _why_not(source, graph))}
    if not reasons:
        return
    environment = source.environment
    refused = [graph for graph in graphs if graph.stack.name in reasons]
    causes = {
        name: Refusal(f"Stack {name}: {why}.", PlanRule.NOT_APPLIED)
        for name, why in reasons.items()
    }
    raise RefusedError(
        f"the code is not what {environment} last applied, so it is not promoted to {target}",
        tuple(causes.items()),
        cause="\n".join([*causes.values(), *_variables(source, refused)]),
        hint=f"engine apply -e {environment} {' '.join(reasons)} and see that it works there, or "
        "check out the commit that was applied",
    )


def _why_not(source: Context, graph: ResourceGraph) -> str:
    """Why a stack is not what the source last applied; empty if it is."""
    environment = source.environment
    state = source.backend.read(graph.stack.name, environment)
    if state is None:
        return f"it was never applied to {environment}"
    if source.backend.read_journal(graph.stack.name, environment):
        return f"a run in {environment} has not finished"
    if is_as_applied(graph, state):
        return ""
    others = [str(other) for other in other_declarations(graph, state)]
    if not others:
        return "it was applied with other lifecycles or outputs"
    more = len(others) - _NAMED
    return ", ".join(others[:_NAMED]) + (f", and {more} more" if more > 0 else "")


def _variables(source: Context, graphs: Sequence[ResourceGraph]) -> Iterator[str]:
    """Say which variables the code was evaluated with, since other values are another code."""
    variables = source.settings.variables
    found = {
        name: given.source if (given := variables.find(name)) is not None else "its default"
        for graph in graphs
        for name in graph.stack.variables
    }
    if found:
        listed = ", ".join(f"{name} ({place})" for name, place in sorted(found.items()))
        yield (
            f"The code was evaluated for {source.environment} with the variables {listed}. If it "
            "was applied with others, give them with --from-var NAME=VALUE or --from-var-file FILE."
        )


def remaining(
    source: Context, target: Context, report: PlanReport, options: PlanOptions
) -> EnvironmentsDifference:
    """What will still differ between two environments when a plan for the second was applied.

    Where the source has no key, or Stripe is not to be read, the states are compared.
    """
    environment = source.settings.environment
    refresh = options.refresh and (environment.emulator or environment.api_key is not None)
    known = {
        name for context in (source, target) for name in context.backend.stacks(context.environment)
    }
    names = [plan.stack for plan in report.plans if plan.stack in known]
    now = diff_environments(source, target, names, refresh=refresh, everything=False)
    recorded = {
        name: state.resources
        for name in names
        if (state := source.backend.read(name, source.environment)) is not None
    }
    left = remaining_after(now.stacks, report.plans, recorded, source.schemas)
    return dataclasses.replace(now, stacks=tuple(left))
