"""`engine apply` and `engine destroy`: the commands that write."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.cli.command import EngineCommand, compact_option, format_option
from engine.cli.commands.output_files import note_stale
from engine.cli.fleet.options import (
    fleet_apply_options,
    fleet_arguments,
    fleet_options,
    refuse_with_fleet,
    refuse_without_fleet,
)
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.plan_files import PlanFile, plan_file_among
from engine.cli.planning_options import (
    confirm_option,
    plan_options,
    planning_options,
    refuse_with_plan_file,
    removal_options,
    stacks_argument,
    stacks_or_plan_argument,
)
from engine.cli.subscribers.apply import apply_moves_of, moves_option, refuse_without_moves
from engine.cli.subscribers.file import moves_file
from engine.cli.writing import (
    answer,
    ask,
    before_writing,
    conclude,
    need_consent,
    opened,
    show_first,
    yes_option,
)
from engine.plan.inputs.options import PlanOptions

if TYPE_CHECKING:
    from engine.address import ResourceAddress
    from engine.operations.run.context import Context
    from engine.plan.model import PlanReport
    from engine.ports.outcomes import ApplyReport

_MOST_NAMES = 5
"""More removals than this are confirmed by their number."""


@click.command(cls=EngineCommand)
@stacks_or_plan_argument
@yes_option
@confirm_option
@planning_options
@moves_option
@fleet_options
@fleet_apply_options
@format_option
@compact_option
@pass_invocation
def apply(
    invocation: Invocation,
    /,
    stacks: tuple[str, ...],
    *,
    yes: bool,
    confirmed_moves: int | None,
    fleet: str | None,
    **typed: Any,
) -> int:
    r"""Plan, ask, and apply the plan.

    Without STACK, all stacks are applied, in the order of what they read from each other. Each
    operation is recorded before it is sent, so that the next run finishes an interrupted one.
    Without a terminal, --yes is needed. On a live account each resource that is removed, and each
    replaced one that loses something by it (a price, a link, a webhook), must be named: at the
    terminal, or with --confirm-removal.

    With --fleet, all accounts of a fleet are planned, and one yes covers all groups of equal plans.
    Each account is planned again under its lock, and left out if its plan is no longer the approved
    one. --resume goes on with what is left.

    With PLANFILE, exactly the plan that engine plan -o saved there is applied, without a question;
    it is refused if anything that it was made from has changed. A plan of engine subscribers -o
    moves subscribers to another price: each one that has changed since then is left alone, and
    named. The same file applied again goes on, and FILE.undo.plan brings back those that were
    moved. On a live account their number must be typed: at the terminal, or with --confirm-moves.

    \b
    Examples:
      engine apply
      engine apply saas --yes
      engine plan -o shop.plan && engine apply shop.plan
      engine apply --var trial_days=14 --lock-timeout 60
      engine apply --refresh-only
      engine apply -e live --yes --confirm-removal stripe_price.pro-monthly
      engine apply --fleet shops --canary 5 --max-failures 10
    """
    accounts = fleet_arguments(typed)
    if fleet is not None:
        refuse_with_fleet(invocation, {})
        from engine.cli.fleet.runs import apply as apply_fleet

        return apply_fleet(invocation, fleet, stacks, plan_options(**typed), yes=yes, **accounts)
    refuse_without_fleet(accounts)
    file = plan_file_among(invocation, stacks)
    moves = moves_file(invocation, file)
    refuse_without_moves(moves, confirmed_moves)
    if file is not None:
        options = PlanOptions(**typed)
        refuse_with_plan_file(invocation, options)
        if moves is not None:
            return apply_moves_of(invocation, moves, options, confirmed_moves)
        return _run_saved(invocation, file, options)
    return _run(invocation, stacks, plan_options(**typed), "Apply", yes=yes)


@click.command(cls=EngineCommand)
@stacks_argument
@yes_option
@confirm_option
@removal_options
@fleet_options
@fleet_apply_options
@format_option
@compact_option
@pass_invocation
def destroy(
    invocation: Invocation,
    /,
    stacks: tuple[str, ...],
    *,
    yes: bool,
    fleet: str | None,
    **typed: Any,
) -> int:
    r"""Remove everything that was applied, as far as Stripe allows.

    Where Stripe cannot delete, objects are archived, deactivated or left; the plan says which. By
    its name, a stack is destroyed from its state alone once its module is gone. Without a terminal,
    --yes is needed, and on a live account --confirm-removal for each resource.

    With --fleet, it is done on the accounts of a fleet, in the way of engine apply.

    \b
    Examples:
      engine destroy saas
      engine destroy --target stripe_webhook_endpoint.events
      engine destroy -e test --yes
      engine destroy --fleet shops --only acct_1AbC,acct_2DeF
    """
    accounts = fleet_arguments(typed)
    options = plan_options(destroy=True, **typed)
    if fleet is not None:
        refuse_with_fleet(invocation, {})
        from engine.cli.fleet.runs import apply as apply_fleet

        return apply_fleet(invocation, fleet, stacks, options, yes=yes, **accounts)
    refuse_without_fleet(accounts)
    return _run(invocation, stacks, options, "Destroy", yes=yes)


def _run(
    invocation: Invocation,
    stacks: tuple[str, ...],
    options: PlanOptions,
    operation: str,
    *,
    yes: bool,
) -> int:
    need_consent(invocation, operation.lower(), yes=yes)
    from engine.operations.apply import apply_stacks
    from engine.plan.checks import unconfirmed

    with opened(invocation) as context:

        def approve(report: PlanReport) -> bool:
            with before_writing(invocation, report):
                show_first(invocation, report)
                if yes and (report.livemode or context.settings.environment.live):
                    _say_who_uses(invocation, report)
                # A refused plan needs no yes: the error that follows names the rules.
                return not report.refusals and (yes or ask(invocation, report, operation))

        def confirm(report: PlanReport, addresses: Sequence[ResourceAddress]) -> bool:
            if yes:
                raise unconfirmed(addresses, context.environment, _naming(invocation, addresses))
            with before_writing(invocation, report):
                return _ask_for_names(invocation, report, addresses)

        report = apply_stacks(context, stacks, options, approve, confirm=confirm)
    return _end(invocation, context, report, operation)


def _run_saved(invocation: Invocation, file: PlanFile, options: PlanOptions) -> int:
    from engine.operations.saved_plan.saved_plan import apply_saved

    with opened(invocation) as context:
        saved = file.read(context.schemas)

        def approve(report: PlanReport) -> bool:
            show_first(invocation, report)
            return True  # a saved plan was reviewed before

        report = apply_saved(context, saved, approve, lock_timeout=options.lock_timeout)
    return _end(invocation, context, report, "Apply")


def _end(invocation: Invocation, context: Context, report: ApplyReport, operation: str) -> int:
    """Show what was done, and which files of constants it made stale; returns the exit code."""
    code = conclude(invocation, report, operation)
    if report.approved:
        note_stale(invocation, context)
    return code


def _naming(invocation: Invocation, addresses: Sequence[ResourceAddress]) -> str:
    """The command line as typed, with each removal named."""
    from engine.plan.checks import CONFIRM

    words = invocation.words
    end = words.index("--") if "--" in words else len(words)
    named = [word for address in addresses for word in (CONFIRM, str(address))]
    return shlex.join(["engine", *words[:end], *named, *words[end:]])


def _say_who_uses(invocation: Invocation, report: PlanReport) -> None:
    """Say on stderr who uses what a live account loses, where no question names them."""
    from engine.views.impacts import users_by_address

    for address, users in users_by_address(report.impacts).items():
        if users:
            invocation.write_err(f"In use on a live account: {address}, by {users}")


def _ask_for_names(
    invocation: Invocation, report: PlanReport, addresses: Sequence[ResourceAddress]
) -> bool:
    """Make a person type what a live account loses, or its number if it is a lot.

    Who uses it is named, as far as it was counted.
    """
    from engine.views.impacts import users_by_address
    from engine.views.text.plan import removal_question

    style = invocation.style(sys.stderr)
    users = users_by_address(report.impacts)
    wanted = [str(address) for address in addresses]
    if len(wanted) > _MOST_NAMES:
        used = (f", used by {users[word]}" if users.get(word) else "" for word in wanted)
        lines = (f"  {word}{by}" for word, by in zip(wanted, used, strict=True))
        invocation.write_err("\n".join(["", *lines]))
        wanted = [str(len(wanted))]
    return all(
        answer(invocation, removal_question(word, style, users.get(word, ""))) == word
        for word in wanted
    )
