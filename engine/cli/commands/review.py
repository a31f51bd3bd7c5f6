"""`engine review`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand, format_option
from engine.cli.commands.state_versions import version_in
from engine.cli.error_boundary import report_error
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import variable_options
from engine.errors import ReviewFindingsError, UsageError

if TYPE_CHECKING:
    from engine.operations.run.context import Context
    from engine.ports.review.report import ReviewReport


@click.command(cls=EngineCommand)
@click.argument("range", metavar="[BASE..HEAD | STACK@SERIAL STACK@SERIAL]", nargs=-1)
@click.option(
    "--no-code",
    is_flag=True,
    help="Do not evaluate the stack modules: compare the states alone.",
)
@variable_options
@format_option
@pass_invocation
def review(invocation: Invocation, range: tuple[str, ...], *, no_code: bool) -> int:
    r"""Say what was applied between two commits, or two serials.

    Reads the committed states of both commits and shows what runs must have done in between, as a
    plan shows what one would do. Checks that serials go up, digests hold, lineage and account
    stay, that the code of HEAD declares what its states say, and that no state changed in a way in
    which no run could have changed it. The exit code is 1 if anything is wrong.

    BASE...HEAD begins where the two parted; BASE alone means up to the working tree. Without
    BASE..HEAD it is what this branch has more than the default branch. With -e, only the states of
    that environment are read. No request is sent to Stripe.

    Two versions of one stack, STACK@SERIAL, are compared in any store; STACK@SERIAL alone means up
    to the newest. No code belongs to a serial, so that none is compared.

    \b
    Examples:
      engine review
      engine review main..HEAD
      engine review HEAD~1
      engine review origin/main...HEAD --format markdown
      engine review shop@41 shop@42 -e live
    """
    context = invocation.open()
    versions = [version_in(word) for word in range]
    if any(versions):
        report = _versions(context, range, versions)
    elif len(range) > 1:
        raise UsageError("a review is of one range of commits", hint="write BASE..HEAD")
    else:
        report = _commits(invocation, context, "".join(range), code=not no_code)
    page = invocation.report_view.reviewed(report)
    if report.findings:
        return report_error(ReviewFindingsError(report.findings), invocation, page)
    invocation.write_out(page)
    return 0


def _commits(invocation: Invocation, context: Context, range: str, *, code: bool) -> ReviewReport:
    from engine.operations.review.review import ReviewOptions
    from engine.operations.review.review import review as review_commits

    return review_commits(
        context,
        invocation.repository(),
        invocation.open_folder,
        ReviewOptions(
            range=range,
            code=code,
            environment="" if invocation.environment is None else context.environment,
        ),
    )


def _versions(
    context: Context, words: Sequence[str], versions: Sequence[tuple[str, int, str] | None]
) -> ReviewReport:
    from engine.operations.review.review import review_versions
    from engine.operations.state_keep.versions import newest_of

    named = [(one[0], one[1]) for one in versions if one is not None and not one[2]]
    if len(named) != len(words) or len({stack for stack, _ in named}) > 1 or len(named) > 2:  # noqa: PLR2004
        raise UsageError(
            f"{' '.join(words)} are not two versions of one stack",
            hint="write engine review STACK@SERIAL STACK@SERIAL; engine state history STACK lists "
            "them",
        )
    (stack, before), *others = named
    after = others[0][1] if others else newest_of(context, stack).serial
    return review_versions(context, stack, before, after)
