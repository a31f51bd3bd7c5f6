"""`engine validate`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import stacks_argument, variable_options
from engine.errors import StackError


@click.command(cls=EngineCommand)
@stacks_argument
@variable_options
@pass_invocation
def validate(invocation: Invocation, stacks: tuple[str, ...]) -> int:
    r"""Find everything wrong with the stacks, offline.

    All problems are listed at once, each with file, line and what would be right. Without STACK,
    all stacks are checked. No network call is made and no key is needed.

    \b
    Examples:
      engine validate
      engine validate saas portals
      engine validate --json | jq '.problems[]'
    """
    from engine.operations.validate import validate_stacks

    context = invocation.open()
    try:
        checked = validate_stacks(context, stacks)
    except StackError as error:
        if not invocation.json:
            raise
        from engine.views.json.problems import validation_document
        from engine.views.text.problems import error_text

        invocation.answer(validation_document((), error.problems))
        invocation.tell(error_text(error, invocation.style()))
        return error.exit_code
    if invocation.json:
        from engine.views.json.problems import validation_document

        invocation.answer(validation_document(checked, ()))
    else:
        from engine.views.text.problems import success_text

        invocation.say(success_text(checked))
    return 0
