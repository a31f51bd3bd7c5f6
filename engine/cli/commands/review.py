"""`engine review`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand, format_option
from engine.cli.error_boundary import report_error
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import variable_options
from engine.errors import ReviewFindingsError


@click.command(cls=EngineCommand)
@click.argument("range", metavar="[BASE..HEAD]", default="")
@click.option(
    "--no-code",
    is_flag=True,
    help="Do not evaluate the stack modules: compare the states alone.",
)
@variable_options
@format_option
@pass_invocation
def review(invocation: Invocation, range: str, *, no_code: bool) -> int:
    r"""Say what was applied between two commits, from their state files.

    Reads the committed states of both commits and shows what runs must have done in between, as a
    plan shows what one would do. Checks that serials go up, digests hold, lineage and account
    stay, that the code of HEAD declares what its states say, and that no state changed in a way in
    which no run could have changed it. The exit code is 1 if anything is wrong.

    BASE...HEAD begins where the two parted; BASE alone means up to the working tree. Without
    BASE..HEAD it is what this branch has more than the default branch. With -e, only the states of
    that environment are read. No request is sent.

    \b
    Examples:
      engine review
      engine review main..HEAD
      engine review HEAD~1
      engine review origin/main...HEAD --format markdown
    """
    from engine.operations.review.review import ReviewOptions
    from engine.operations.review.review import review as review_commits

    context = invocation.open()
    report = review_commits(
        context,
        invocation.repository(),
        invocation.open_folder,
        ReviewOptions(
            range=range,
            code=not no_code,
            environment="" if invocation.environment is None else context.environment,
        ),
    )
    page = invocation.report_view.reviewed(report)
    if report.findings:
        return report_error(ReviewFindingsError(report.findings), invocation, page)
    invocation.write_out(page)
    return 0
