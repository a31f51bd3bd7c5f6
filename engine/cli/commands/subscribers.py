"""`engine subscribers`."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.cli.command import EngineCommand, format_option
from engine.cli.completion import complete_addresses
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.subscribers.file import MovesFile
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.operations.subscribers.plan_moves import Wanted
    from engine.plan.subscribers.count import SubscribersReport
    from engine.plan.subscribers.moves import Moves

_USUAL = "active,past_due,trialing"
_PRORATIONS = ("none", "create_prorations", "always_invoice")
_ONLY_WITH_TO = {
    "proration": "--proration",
    "at": "--at",
    "out": "-o",
    "statuses": "--status",
    "created_before": "--created-before",
    "currency": "--currency",
    "metadata": "--metadata",
    "excluded": "--exclude",
    "limit": "--limit",
    "sample": "--sample",
    "allow_interval_change": "--allow-interval-change",
}


@click.command(cls=EngineCommand)
@click.argument("price", metavar="PRICE", shell_complete=complete_addresses)
@click.option(
    "--to",
    "new",
    metavar="PRICE",
    shell_complete=complete_addresses,
    help="Plan their moves to this price, into the file of -o.",
)
@click.option("-o", "--out", metavar="FILE", help="Save the moves, for engine apply FILE.")
@click.option(
    "--proration",
    type=click.Choice(_PRORATIONS),
    help="What happens to the money of the period that has begun; required.",
)
@click.option(
    "--at",
    type=click.Choice(["now", "period-end"]),
    help="When they move: now is the only way there is.",
)
@click.option(
    "--status",
    "statuses",
    metavar="STATUS,...",
    help=f"Only subscriptions in one of these; without it {_USUAL}.",
)
@click.option("--created-before", metavar="DATE", help="Only those made before 2026-01-31.")
@click.option("--currency", metavar="CODE", help="Only those in this currency.")
@click.option(
    "--metadata", metavar="KEY=VALUE", multiple=True, help="Only those with it (again for more)."
)
@click.option(
    "--exclude", "excluded", metavar="ID", multiple=True, help="But not this one (again for more)."
)
@click.option("--limit", type=click.IntRange(min=1), help="Only so many of the oldest.")
@click.option("--sample", type=click.IntRange(min=1), help="Only so many, chosen evenly.")
@click.option(
    "--allow-interval-change",
    is_flag=True,
    help="Also where a new billing period begins at once, and is charged.",
)
@format_option
@pass_invocation
def subscribers(invocation: Invocation, /, price: str, new: str | None, **typed: Any) -> None:
    r"""Show who is on a price, or plan their move to another one.

    PRICE is an address, a logical name or an id. Of a resource it is its current price and all that
    it had before: subscriptions stay on the price that they were made with. Those that have not
    been canceled are counted by status and currency, with what they pay a month before discounts
    and taxes. Stripe is read, a request for each hundred, and nothing is written.

    With --to and -o, the moves of those subscriptions are saved as a plan to be reviewed: one line
    for each, with the item, its quantity and its status, which have to be the same when engine
    apply FILE moves it. Skipped, and named, are those in schedules, in other currencies, with
    pending updates, and others that cannot be moved safely.

    \b
    Examples:
      engine subscribers pro-monthly
      engine subscribers price_1MoBy5LkdIwHu7ixZhnattbh --json
      engine subscribers pro-monthly --to pro-monthly --proration none -o move.plan
      engine subscribers basic --to pro --proration create_prorations --sample 20 -o move.plan
    """
    if new is None:
        _refuse_without_target(typed)
        from engine.operations.subscribers.view import subscribers_of

        with invocation.opened() as context:
            report = subscribers_of(context, price)
        invocation.write_out(invocation.report_view.subscribers(report))
        if way_on := _way_on(invocation, report):
            invocation.write_note(way_on)
        return
    wanted = _wanted(price, new, typed)
    file = MovesFile.named(invocation, typed["out"])
    file.check()
    from engine.operations.subscribers.plan_moves import plan_moves

    with invocation.opened() as context:
        moves = plan_moves(context, wanted)
    if moves.rows:
        file.write(moves)
    else:
        file.discard()
    invocation.write_out(invocation.report_view.moves(moves))
    invocation.write_note(_next_step(invocation, file, moves))


def _way_on(invocation: Invocation, report: SubscribersReport) -> str:
    """How to plan the move of those who are on prices that a resource had before."""
    current = next((one for one in report.prices if one.current), None)
    if current is None or not any(one.groups for one in report.prices if one is not current):
        return ""
    name = f"{current.stack}:{current.address}"
    chosen = [] if invocation.environment is None else ["-e", report.environment]
    words = ["engine", "subscribers", *chosen, name, "--to", name, "--proration", "none"]
    return (
        "\nTo plan the move of those who are on a price that it had before: "
        f"{shlex.join([*words, '-o', 'move.plan'])}"
    )


def _next_step(invocation: Invocation, file: MovesFile, moves: Moves) -> str:
    if not moves.rows:
        return f"\nNothing can be moved, so {file.shown} is not written."
    words = [
        "engine",
        "apply",
        *([] if invocation.environment is None else ["-e", moves.environment]),
    ]
    return f"\nThe moves are saved in {file.shown}. To carry out exactly them: " + shlex.join(
        [*words, file.shown]
    )


def _refuse_without_target(typed: dict[str, Any]) -> None:
    given = [flag for name, flag in _ONLY_WITH_TO.items() if typed[name]]
    if given:
        raise UsageError(
            f"{given[0]} is about moving subscribers, and no price to move them to is named",
            hint="add --to PRICE",
        )


def _wanted(price: str, new: str, typed: dict[str, Any]) -> Wanted:
    """What was asked for.

    Raises:
        UsageError: if something is missing, or cannot be taken.
    """
    from engine.operations.subscribers.plan_moves import Wanted
    from engine.plan.subscribers.moves import Proration

    if typed["at"] == "period-end":
        raise UsageError(
            "--at period-end would put every subscription into a schedule",
            cause="While it is in one, customers cannot change it in the portal, and what the "
            "Dashboard or an application changes is undone by the next phase.",
            hint="--proration none moves them now, and charges the new amount first with the next "
            "period, which is the same for the money",
        )
    if typed["proration"] is None:
        raise UsageError(
            "--proration is missing: what happens to the money of the period that has begun",
            hint="add --proration none (the new amount from the next period on), create_prorations "
            "(the difference on the next invoice) or always_invoice (charged at once)",
        )
    if typed["out"] is None:
        raise UsageError(
            "moves are planned into a file, to be reviewed before they are applied",
            hint="add -o move.plan",
        )
    return Wanted(
        old=price,
        new=new,
        proration=Proration(typed["proration"]),
        new_cycle=typed["allow_interval_change"],
        statuses=_statuses(typed["statuses"] or _USUAL),
        created_before=_moment(typed["created_before"]),
        currency=(typed["currency"] or "").lower(),
        metadata=dict(map(_pair, typed["metadata"])),
        excluded=frozenset(typed["excluded"]),
        limit=typed["limit"] or 0,
        sample=typed["sample"] or 0,
    )


def _statuses(text: str) -> tuple[str, ...]:
    from engine.plan.subscribers.subscriber import MOVABLE

    given: Sequence[str] = [word.strip() for word in text.split(",")]
    wrong = next((word for word in given if word not in MOVABLE), None)
    if wrong is not None:
        raise UsageError(
            f"--status {wrong}: no subscription in it can be moved",
            hint=f"those that can are {', '.join(MOVABLE)}",
        )
    return tuple(sorted(set(given)))


def _moment(text: str | None) -> int:
    if text is None:
        return 0
    try:
        day = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--created-before {text} is no date", hint="write it as 2026-01-31, in UTC"
        ) from None
    return int((day if day.tzinfo else day.replace(tzinfo=dt.UTC)).timestamp())


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise UsageError("--metadata takes KEY=VALUE", hint="such as --metadata cohort=2024")
    return name, value
