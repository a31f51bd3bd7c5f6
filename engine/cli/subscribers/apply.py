"""`engine apply FILE` of a plan of moves: the number to type on a live account, and the undo."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from engine.cli.invocation import Invocation
from engine.cli.subscribers.file import MovesFile
from engine.cli.writing import answer, opened
from engine.errors import GuardError, InterruptedRunError, PlanFileError, UsageError

if TYPE_CHECKING:
    from engine.operations.run.context import Context
    from engine.plan.inputs.options import PlanOptions
    from engine.plan.subscribers.moves import Moves
    from engine.plan.subscribers.outcome import MovesReport

CONFIRM = "--confirm-moves"

moves_option = click.option(
    CONFIRM,
    "confirmed_moves",
    metavar="N",
    type=click.IntRange(min=1),
    help="On a live account: move the N subscriptions of a plan of moves.",
)


def refuse_without_moves(file: MovesFile | None, confirmed: int | None) -> None:
    """Refuse the number of moves where there are none.

    Raises:
        UsageError: if it was typed.
    """
    if file is None and confirmed is not None:
        raise UsageError(
            f"{CONFIRM} is the number of moves of a plan of moves, and none is named",
            hint="engine subscribers PRICE --to PRICE -o FILE writes one",
        )


def apply_moves_of(
    invocation: Invocation,
    file: MovesFile,
    options: PlanOptions,
    confirmed: int | None,
) -> int:
    """Carry out the moves of a file, keep what undoes them, and return the exit code."""
    from engine.operations.subscribers.apply_moves import apply_moves

    with opened(invocation) as context:
        name, moves = file.read(context.schemas)
        undo = MovesFile.named(invocation, str(_undo_name(file)))
        earlier = None if moves.undoes else _earlier(context, undo, name)

        def approve(moves: Moves) -> bool:
            if invocation.for_people:
                invocation.write_out(invocation.report_view.moves(moves), end="\n\n")
            return _confirmed(invocation, context, moves, file, confirmed)

        report = apply_moves(
            context,
            name,
            moves,
            approve,
            lambda back: _keep(undo, back, file),
            earlier=earlier,
            lock_timeout=options.lock_timeout,
        )
    return _end(invocation, report, file, undo, known=earlier is not None)


def _command(invocation: Invocation, file: MovesFile) -> str:
    """The command that applies a file in the environment of this run."""
    chosen = [] if invocation.environment is None else ["-e", invocation.environment]
    return shlex.join(["engine", "apply", *chosen, file.shown])


def _undo_name(file: MovesFile) -> str:
    path = click.format_filename(file.shown)
    stem, dot, ending = path.rpartition(".")
    return f"{stem}.undo{dot}{ending}" if dot and "/" not in ending else f"{path}.undo.plan"


def _earlier(context: Context, undo: MovesFile, name: str) -> Moves | None:
    """The list that an earlier run of the same moves wrote.

    Raises:
        PlanFileError: if the file has something else.
    """
    undo.check()
    if not undo.path.exists() or not undo.path.stat().st_size:
        return None
    _, found = undo.read(context.schemas)
    if found.undoes == name:
        return found
    raise PlanFileError(
        f"{undo.shown} is there, and does not undo these moves",
        hint="move it away: what undoes these moves is written there; nothing was changed",
    )


def _keep(undo: MovesFile, back: Moves, file: MovesFile) -> None:
    """Write what brings back those that were moved.

    Raises:
        PlanFileError: if that cannot be done, with what was done.
    """
    try:
        undo.write(back)
    except PlanFileError as error:
        raise PlanFileError(
            f"{len(back.rows)} of the moves of {file.shown} are carried out, and the file that "
            f"brings them back, {undo.shown}, cannot be written",
            cause=error.cause or error.message,
            hint="make room, or make its folder writable, and run the same command again: what was "
            "moved is recorded, is not moved again, and is in that file then",
        ) from error


def _confirmed(
    invocation: Invocation, context: Context, moves: Moves, file: MovesFile, confirmed: int | None
) -> bool:
    """Whether the number of moves on a live account was typed.

    Raises:
        GuardError: if it was not, or another one was, and there is no terminal to ask on.
    """
    number = len(moves.rows)
    if confirmed is not None and confirmed != number:
        raise GuardError(
            f"{CONFIRM} {confirmed} is not the number of moves: {file.shown} has {number}",
            hint=f"engine show {file.shown} shows them; nothing was changed",
        )
    if confirmed is not None or not (moves.livemode or context.settings.environment.live):
        return True
    if not invocation.for_people or not sys.stdin.isatty():
        raise GuardError(
            f"{file.shown} moves {number} subscriptions of a live account, and that number was not "
            "confirmed",
            hint=f"look at engine show {file.shown}, then add {CONFIRM} {number}; nothing was "
            "changed",
        )
    from engine.views.text.subscribers.moves import question

    style = invocation.style(sys.stderr)
    try:
        return answer(invocation, question(moves, style)) == str(number)
    except KeyboardInterrupt:
        invocation.write_err("")
        raise InterruptedRunError(
            "interrupted before the answer", cause="Nothing was changed."
        ) from None


def _end(
    invocation: Invocation, report: MovesReport, file: MovesFile, undo: MovesFile, *, known: bool
) -> int:
    if not report.approved:
        invocation.write_err("Apply cancelled. Nothing was changed.")
        return 1
    from engine.plan.subscribers.outcome import Became

    invocation.write_out(invocation.report_view.moves_applied(report))
    if report.undo is not None:
        back = _command(invocation, undo)
        invocation.write_note(f"\nTo bring back those that were moved: {back}")
    if report.count(Became.THERE) and not (known or any(one.earlier for one in report.ended)):
        invocation.write_note(
            f"\nIf an earlier run of {file.shown} moved those that are on the new price already, "
            f"they are in the {undo.shown} that it wrote, and not in this one: keep both."
        )
    if report.is_whole:
        return 0
    from engine.views.text.subscribers.outcome import failure_text

    text = failure_text(report, _command(invocation, file), invocation.style(sys.stderr))
    invocation.write_err(f"\n{text}")
    return InterruptedRunError.exit_code if report.interrupted else 1
