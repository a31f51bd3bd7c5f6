"""`engine ci plan --fleet`: the groups of equal plans, where a change is reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.cli.ci.job import (
    SUMMARY,
    environment_of_fleet,
    error_page,
    job_of,
    show,
    take_states,
)
from engine.cli.invocation import Invocation
from engine.errors import EngineError, InterruptedRunError

if TYPE_CHECKING:
    from engine.operations.ci.scope import Scope
    from engine.plan.inputs.options import PlanOptions
    from engine.ports.ci.code_host import CodeHost
    from engine.ports.fleet.reports import FleetPlan


def plan_fleet(
    invocation: Invocation,
    name: str,
    stacks: tuple[str, ...],
    options: PlanOptions,
    accounts: dict[str, Any],
) -> int:
    """Plan all accounts of a fleet, and show the groups of equal plans."""
    from engine.cli.fleet.runs import end_of_plan, planned
    from engine.operations.ci.foreign import refuse_fleet

    host, scope = job_of(invocation, stacks, name)
    change = host.change()
    try:
        refuse_fleet(change, environment_of_fleet(invocation, name).settings.environment)
        if change is None:
            take_states(invocation, host, scope)
        report = planned(invocation, name, stacks, options, **accounts)
    except InterruptedRunError:
        raise  # a job that was canceled says nothing of the change
    except EngineError as error:
        show(invocation, host, scope, "plan", change, error_page(error))
        raise
    invocation.write_out(invocation.report_view.fleet_plan(report))
    show(invocation, host, scope, "plan", change, *_fleet_pages(host, scope, report))
    host.output("changes", str(report.has_changes).lower())
    return end_of_plan(invocation, report)


def _fleet_pages(host: CodeHost, scope: Scope, report: FleetPlan) -> tuple[str, str]:
    """The page of the plans as a comment, and, with more room, for the summary of the job."""
    from engine.catalog import loader
    from engine.views.markdown.fleet import fleet_plan_markdown

    where = (
        f"[the run]({host.run_url}) shows more, `engine plan --fleet {scope.fleet} -v` all of it"
    )
    foot = (
        f"\n\nPlan of {host.commit[:7]} for {scope.title}, made by [this run]({host.run_url}). "
        "It is not kept: an apply plans each account again."
    )
    page = fleet_plan_markdown(report, loader.schemas(), where=where)
    summary = fleet_plan_markdown(report, loader.schemas(), where=where, limit=SUMMARY)
    return page + foot, summary + foot
