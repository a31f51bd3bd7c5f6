"""`engine promote`."""

from __future__ import annotations

from typing import Any

import click

from engine.cli.command import EngineCommand, compact_option, format_option
from engine.cli.commands.diff import refuse_environment_option
from engine.cli.commands.plan import (
    conclude,
    plan_file,
    plan_only_options,
    planned,
    replacing,
)
from engine.cli.completion import complete_environments
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import (
    plan_options,
    planning_options,
    read_variables,
    stacks_argument,
)
from engine.errors import UsageError


@click.command(cls=EngineCommand)
@click.argument("source", metavar="ENV1", shell_complete=complete_environments)
@click.argument("target", metavar="ENV2", shell_complete=complete_environments)
@stacks_argument
@plan_only_options
@click.option(
    "--from-var",
    "from_variables",
    multiple=True,
    metavar="NAME=VALUE",
    callback=read_variables,
    help="Set a variable as it was when ENV1 was applied; may be repeated.",
)
@click.option(
    "--from-var-file",
    "from_files",
    multiple=True,
    metavar="FILE",
    type=click.Path(),
    help="The same from a .json or .toml file; --from-var has precedence; may be repeated.",
)
@planning_options
@format_option
@compact_option
@pass_invocation
def promote(
    invocation: Invocation,
    /,
    source: str,
    target: str,
    stacks: tuple[str, ...],
    *,
    out: str | None,
    detailed_exitcode: bool,
    from_variables: tuple[tuple[str, str], ...],
    from_files: tuple[str, ...],
    **typed: Any,
) -> int:
    r"""Plan for ENV2 the code that ENV1 last applied.

    The plan is that of engine plan -e ENV2, with the same options. It is refused, with exit code
    4, if what the working tree declares for ENV1 is not what was last applied there: ENV1 has not
    tried it. Below the plan is what will still differ between the two after it.

    --var and --var-file are for ENV2. The code is compared with the state of ENV1 with the
    variables of the environment and those of --from-var.

    \b
    Examples:
      engine promote test live
      engine promote test live shop -o shop.plan && engine apply -e live shop.plan
      engine promote test live --var-file live.toml --from-var-file test.toml
      engine promote test live --json | jq '.remaining.stacks[].resources[].address'
    """
    refuse_environment_option(invocation, "promote")
    options = plan_options(**typed)
    if options.destroy:
        raise UsageError(
            "--destroy does not go with engine promote: it plans what another environment has",
            hint=f"engine plan -e {target} --destroy",
        )
    invocation.environment = target
    file = plan_file(invocation, out)
    opened = invocation.opened_from(source, from_variables, from_files)
    with replacing(invocation, file), opened as (before, context):
        from engine.operations.environments.promote import check_applied, remaining
        from engine.plan.environments.model import Promotion

        _ = context.policies  # before the modules run for the other environment
        check_applied(before, target, stacks)
        report = planned(invocation, context, stacks, options, file)
        left = remaining(before, context, report, options)
    promotion = Promotion(source=source, report=report, remaining=left)
    invocation.write_out(invocation.report_view.promoted(promotion))
    return conclude(invocation, report, stacks, file, detailed_exitcode=detailed_exitcode)
