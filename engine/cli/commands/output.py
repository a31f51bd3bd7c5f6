"""`engine output`: the values that stacks offer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_outputs, complete_stacks
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError
from engine.suggest import nearest

if TYPE_CHECKING:
    from engine.operations.run.context import Context
    from engine.state.model import State


@click.command(cls=EngineCommand)
@click.argument("name", required=False, shell_complete=complete_outputs)
@click.option(
    "--stack",
    metavar="STACK",
    help="Only this stack's outputs.",
    shell_complete=complete_stacks,
)
@click.option("--raw", is_flag=True, help="Print the value of NAME alone, without quotes.")
@click.option(
    "--reveal",
    metavar="NAME",
    help="Print the value of a sensitive output, alone.",
    shell_complete=complete_outputs,
)
@pass_invocation
def output(
    invocation: Invocation,
    *,
    name: str | None,
    stack: str | None,
    raw: bool,
    reveal: str | None,
) -> None:
    r"""Print the outputs of stacks.

    They are the ids and other values that your application needs. Sensitive values are hidden,
    also with --json; --reveal prints one of them.

    \b
    Examples:
      engine output
      engine output pro_monthly_id --raw
      engine output --stack saas --json
      engine output --reveal webhook_secret > .secret
    """
    if reveal and (name or raw or not invocation.for_people):
        raise UsageError(
            "--reveal NAME prints one value alone",
            hint="leave out NAME as an argument, --raw and --json",
        )
    if raw and not name:
        raise UsageError("--raw prints one value", hint="name it: engine output NAME --raw")
    from engine.operations import show as inspect

    context = invocation.open()
    states = inspect.states(context, (stack,) if stack else ())
    wanted = reveal or name
    if wanted is None:
        invocation.write_out(invocation.view.outputs(context.environment, states))
        return
    state = _state_with(context, states, wanted)
    if reveal:
        invocation.write_value(inspect.reveal(context, state.stack, reveal))
    elif not invocation.for_people:
        invocation.write_out(invocation.view.output(state, wanted))
    else:
        _show_one(invocation, state, wanted, raw=raw)


def _show_one(invocation: Invocation, state: State, name: str, *, raw: bool) -> None:
    """Show a value to a person. Documents hide sensitive values and do not know --raw."""
    from engine.values.secret import holds_secret

    value = state.outputs[name]
    if holds_secret(value):
        raise UsageError(
            f"output {name} is sensitive", hint=f"engine output --reveal {name} prints it"
        )
    if raw:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        invocation.write_value(text)
    else:
        invocation.write_out(invocation.view.output(state, name))


def _state_with(context: Context, states: Sequence[State], name: str) -> State:
    """The one state that has an output of this name."""
    having = [state for state in states if name in state.outputs]
    if len(having) == 1:
        return having[0]
    if having:
        stacks = [state.stack for state in having]
        raise UsageError(
            f"several stacks have an output {name}: {', '.join(stacks)}",
            hint=f"say which: --stack {stacks[0]}",
        )
    known = sorted({output for state in states for output in state.outputs})
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
    from engine.operations.show import without_secret

    raise UsageError(
        f"there is no output {name}",
        cause=without_secret(context, states) or None,
        hint=hint if known else "nothing has been applied yet: run engine apply",
    )
