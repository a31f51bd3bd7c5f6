"""What plan and apply do with `--fleet`: the same stacks on many accounts."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.cli.invocation import Invocation
from engine.errors import InterruptedRunError

if TYPE_CHECKING:
    from engine.operations.fleet.plan import FleetRun
    from engine.plan.inputs.options import PlanOptions
    from engine.ports.fleet.reports import FleetPlan
    from engine.ports.fleet.tasks import FleetExecutor

CHANGES, REFUSED = 2, 4


@contextlib.contextmanager
def fleet_run(
    invocation: Invocation,
    name: str,
    stacks: tuple[str, ...],
    chosen: PlanOptions,
    *,
    only: tuple[str, ...],
    without: tuple[str, ...],
    fleet_parallelism: int | None,
    claim: str = "",
) -> Iterator[FleetRun]:
    """Find the accounts of a fleet, and wire a run on them."""
    from engine.bootstrap.fleet import open_fleet, work
    from engine.bootstrap.members import members
    from engine.operations.fleet.members import select
    from engine.operations.fleet.plan import FleetRun
    from engine.stack.loader import select_stacks

    claim = claim or secrets.token_hex(16)
    with invocation.opening_fleet() as (root, common):
        context, fleet = open_fleet(root, name, claim, **common)
        names = stacks or fleet.stacks
        found = tuple(select_stacks(context.settings.stacks, names))
        chosen_members = select(fleet, members(context, fleet), only, without)
        yield FleetRun(
            context=context,
            fleet=fleet,
            members=chosen_members,
            stacks=found,
            options=chosen,
            executor=_executor(fleet_parallelism),
            work=work,
            claim=claim,
        )


def _executor(parallelism: int | None) -> FleetExecutor:
    from engine.apply.executor import IN_FLIGHT
    from engine.backends.executors.threads import PARALLELISM, PoolExecutor

    # Requests may be in flight in these threads: a second Ctrl-C does not wait for them.
    return PoolExecutor(parallelism or PARALLELISM, threads=f"{IN_FLIGHT}-fleet")


def plan(
    invocation: Invocation,
    name: str,
    stacks: tuple[str, ...],
    chosen: PlanOptions,
    *,
    detailed_exitcode: bool,
    **typed: Any,
) -> int:
    """Plan a fleet, and return the exit code."""
    from engine.operations.fleet.plan import plan_fleet

    try:
        with fleet_run(invocation, name, stacks, chosen, **typed) as run:
            report, _ = plan_fleet(run)
    except KeyboardInterrupt:
        raise InterruptedRunError("interrupted while the accounts were planned") from None
    invocation.write_out(invocation.report_view.fleet_plan(report))
    if report.failed:
        return _failed_code(report)
    return CHANGES if detailed_exitcode and report.has_changes else 0


def _failed_code(plan: FleetPlan) -> int:
    from engine.ports.fleet.tasks import MemberOutcome

    refused = all(result.outcome is MemberOutcome.REFUSED for result in plan.failed)
    return REFUSED if refused else 1
