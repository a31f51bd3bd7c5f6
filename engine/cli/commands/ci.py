"""`engine ci`: what jobs of GitHub Actions and GitLab CI run."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.cli.ci.job import SUMMARY, error_page, job_of, patient, show, states_of, take_states
from engine.cli.command import EngineCommand, LazyGroup
from engine.cli.commands.drift import DRIFT
from engine.cli.fleet.options import (
    fleet_arguments,
    fleet_options,
    refuse_with_fleet,
    refuse_without_fleet,
)
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.plan_files import PlanFile
from engine.cli.planning_options import (
    lock_timeout_option,
    parallelism_option,
    plan_options,
    planning_options,
    stacks_argument,
    variable_options,
)
from engine.cli.writing import conclude, opened
from engine.errors import EngineError, GuardError

if TYPE_CHECKING:
    from engine.operations.ci.scope import Scope
    from engine.operations.run.context import Context
    from engine.plan.inputs.options import PlanOptions
    from engine.plan.model import PlanReport
    from engine.ports.ci.code_host import CodeHost
    from engine.ports.outcomes import ApplyReport

_HOMES = {
    name: f"{__name__}:{name.replace('-', '_')}"
    for name in ("plan", "apply", "commit-state", "drift")
}


@click.group(cls=LazyGroup, homes=_HOMES, hidden=True)
def ci() -> None:
    r"""Plan, apply and watch drift in jobs of GitHub Actions and GitLab CI.

    The action and the template of this repository run these; docs/how-to/ci.md says how to set them
    up.

    \b
    Examples:
      engine ci plan -e live
      engine ci apply -e live
      engine ci commit-state -e live
      engine ci drift -e live
    """


@click.command(cls=EngineCommand)
@stacks_argument
@planning_options
@fleet_options
@pass_invocation
def plan(
    invocation: Invocation, /, stacks: tuple[str, ...], *, fleet: str | None, **typed: Any
) -> int:
    r"""Plan a change under review, and keep its one comment up to date.

    The plan is saved, for the job to keep as an artifact. What a fork proposes is planned from the
    state alone, since its jobs get no key, and is shown in the summary of the job.

    With --fleet, the comment has the groups of equal plans, and no plan is saved.

    \b
    Examples:
      engine ci plan -e live
      engine ci plan shop -e live --impact
      engine ci plan --fleet shops
    """
    accounts = fleet_arguments(typed)
    if fleet is not None:
        refuse_with_fleet(invocation, {})
        from engine.cli.ci.fleet import plan_fleet

        return plan_fleet(invocation, fleet, stacks, plan_options(**patient(typed)), accounts)
    refuse_without_fleet(accounts)
    from engine.operations.ci.foreign import NOTE, without_key, without_store

    host, scope = job_of(invocation, stacks)
    change, options = host.change(), plan_options(**patient(typed))
    foreign, note = change is not None and change.foreign, ""
    try:
        if change is None:
            take_states(invocation, host, scope)
        with invocation.opened() as context:
            environment = context.settings.environment
            if foreign and environment.api_key is None and not environment.emulator:
                options, note = dataclasses.replace(options, refresh=False), f"{NOTE}\n\n"
            usable = without_key(context) if note else context
            report = _planned(host, scope, usable, options, save=not foreign)
    except EngineError as error:
        shown = without_store(error) if foreign and scope.store else error
        show(invocation, host, scope, "plan", change, error_page(shown))
        raise shown from error
    from engine.plan.checks import refused

    invocation.write_out(invocation.view.plan(report))
    page, summary = _plan_pages(host, scope, report)
    show(invocation, host, scope, "plan", change, note + page, note + summary)
    host.output("changes", str(report.has_changes).lower())
    if report.refusals:
        raise refused(report.refused, "the check fails until that is settled")
    return 0


@click.command(cls=EngineCommand)
@stacks_argument
@click.option(
    "--branch",
    default="",
    metavar="NAME",
    help="The branch whose commits are applied; the default one if not given.",
)
@variable_options
@parallelism_option
@lock_timeout_option
@pass_invocation
def apply(invocation: Invocation, /, stacks: tuple[str, ...], *, branch: str, **typed: Any) -> int:
    r"""Apply exactly the plan that was reviewed before the merge.

    Without that plan, or if anything that it was made from has changed, it is refused with exit
    code 4, and nothing is changed. In a run that a person started, the plan of this run is applied.

    \b
    Examples:
      engine ci apply -e live
      engine ci apply shop -e live --lock-timeout 60
    """
    from engine.catalog import loader
    from engine.operations.ci.reviewed import check_branch, reviewed_plan, with_way_on
    from engine.views.markdown.results import applied_markdown

    host, scope = job_of(invocation, stacks)
    check_branch(host, branch)
    change = None if host.by_hand else host.merged()
    try:
        raw = reviewed_plan(host, scope, change)
        take_states(invocation, host, scope)
        names = None if host.by_hand else stacks
        report = _applied(invocation, raw, names, patient(typed)["lock_timeout"])
    except EngineError as error:
        shown = with_way_on(error, host) if isinstance(error, GuardError) else error
        show(invocation, host, scope, "apply", change, error_page(shown))
        raise shown from error
    show(
        invocation,
        host,
        scope,
        "apply",
        change,
        applied_markdown(report, "Apply", loader.schemas()),
    )
    return conclude(invocation, report, "Apply")


@click.command("commit-state", cls=EngineCommand)
@click.option("--fleet", metavar="NAME", help="Those of all accounts of the fleet NAME.")
@pass_invocation
def commit_state(invocation: Invocation, *, fleet: str | None) -> int:
    r"""Commit the states that an apply wrote, and push them to the branch.

    Also after an apply that failed or was killed. If the branch has another state by now, or may
    not be pushed to, the commit goes to a branch of its own, and the exit code is 1. States in a
    store that machines share are there already, so nothing is committed for them.

    \b
    Examples:
      engine ci commit-state -e live
      engine ci commit-state --fleet shops
    """
    if fleet is not None:
        refuse_with_fleet(invocation, {})
    host, scope = job_of(invocation, (), fleet)
    if scope.store:
        invocation.write_note(
            f"The states of {scope.states} are in {scope.store}: there is nothing to commit."
        )
        return 0
    pushed = states_of(invocation, host, scope).push(
        host.branch,
        f"Record what was applied to {scope.states} [skip ci]\n\n{host.run_url}\n",
        f"engine-state/{scope.states}/{host.run_id}",
    )
    if not pushed.commit:
        invocation.write_note("No state has changed.")
        return 0
    files = ", ".join(pushed.files)
    invocation.write_note(f"Committed to {host.branch} as {pushed.commit[:7]}: {files}")
    return 0


@click.command(cls=EngineCommand)
@stacks_argument
@variable_options
@lock_timeout_option
@pass_invocation
def drift(invocation: Invocation, /, stacks: tuple[str, ...], **typed: Any) -> int:
    r"""Look for drift, and keep the one issue about it up to date.

    It is opened when something drifted, and closed once that is gone. The exit code is 2 while
    anything drifted.

    \b
    Examples:
      engine ci drift -e live
    """
    from engine.catalog import loader
    from engine.operations.drift.drift import drift_of_stacks
    from engine.views.markdown.drift import drift_markdown

    host, scope = job_of(invocation, stacks)
    with invocation.opened() as context:
        report = drift_of_stacks(context, stacks, unmanaged=False, **patient(typed))
    invocation.write_out(invocation.view.drift(report))
    page, marker = drift_markdown(report, loader.schemas()), scope.marker("drift")
    host.summarize(page)
    if not report.has_drift:
        host.close_issue(marker, f"What is on Stripe is what was applied again. ({host.run_url})")
        return 0
    host.issue(marker, f"Drift in {scope.title}", f"{marker}\n{page}")
    return DRIFT


def _planned(
    host: CodeHost, scope: Scope, context: Context, options: PlanOptions, *, save: bool
) -> PlanReport:
    """Plan, and save the plan in the run's folder, unless it is refused."""
    if not save:
        from engine.operations.plan import plan_stacks

        return plan_stacks(context, scope.stacks, options)
    from engine.operations.saved_plan.saved_plan import plan_to_save

    report, saved = plan_to_save(context, scope.stacks, options)
    if not report.refusals:
        # What it does not change may be applied in between: that does not make it stale.
        stacks = tuple(entry for entry in saved.stacks if entry.plan.has_changes)
        saved = dataclasses.replace(saved, stacks=stacks or saved.stacks)
        name = scope.artifact(host.commit)
        file = host.folder / f"{name}.plan"
        PlanFile(file.name, file).write(saved)
        host.output("artifact", name)
        host.output("plan", str(file))
    return report


def _plan_pages(host: CodeHost, scope: Scope, report: PlanReport) -> tuple[str, str]:
    """The page of a plan as a comment, and, with more room, for the summary of the job."""
    from engine.catalog import loader
    from engine.views.markdown.plan import plan_markdown

    where = f"[the run]({host.run_url}) shows it, and its artifact `{scope.artifact(host.commit)}`"
    foot = f"\n\nPlan of {host.commit[:7]} for {scope.title}, made by [this run]({host.run_url})."
    page = plan_markdown(report, loader.schemas(), where=where)
    summary = plan_markdown(report, loader.schemas(), where=where, limit=SUMMARY)
    return page + foot, summary + foot


def _applied(
    invocation: Invocation, raw: bytes, names: Sequence[str] | None, lock_timeout: float
) -> ApplyReport:
    """Apply a plan file, if the code that is here is what it was made from.

    Args:
        invocation: The command line.
        raw: The file.
        names: Stacks that the job works on; None if this run has made the plan itself.
        lock_timeout: Seconds to wait for another run.
    """
    from engine.operations.ci.reviewed import check_code, check_secrets, check_steps
    from engine.operations.saved_plan.saved_plan import apply_saved
    from engine.plan.saved.file import decode

    with opened(invocation) as context:
        saved = decode(raw, context.schemas, path="the saved plan")
        if names is not None:
            check_steps(context, saved, names)

        def approve(report: PlanReport) -> bool:
            check_code(context, saved)
            check_secrets(context, saved)
            invocation.write_out(invocation.view.plan(report), end="\n\n")
            return True  # the review was the yes

        return apply_saved(context, saved, approve, lock_timeout=lock_timeout)
