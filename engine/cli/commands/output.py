"""`engine output`: the values that stacks offer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.cli.command import EngineCommand
from engine.cli.commands.output_files import Typed, run
from engine.cli.completion import complete_outputs, complete_stacks
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError
from engine.suggest import nearest

if TYPE_CHECKING:
    from engine.operations.run.context import Context
    from engine.state.model import State


CONSTANTS = ("dotenv", "json", "python", "typescript")


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
    multiple=True,
    help="Print the value of a sensitive output, alone; or write it into a dotenv or JSON file.",
    shell_complete=complete_outputs,
)
@click.option(
    "--format",
    type=click.Choice(["text", *CONSTANTS]),
    help="Constants for an application: ids of resources, and outputs.",
)
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=click.Path(),
    help="Write the constants to FILE; its name shows the format.",
)
@click.option(
    "--environments",
    metavar="NAME,...",
    default="",
    help="The constants of several environments, to choose from by name.",
)
@click.option("--write", is_flag=True, help="Write the files that pyproject.toml names.")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; fail if FILE, or one that pyproject.toml names, is stale.",
)
@click.option("--force", is_flag=True, help="Write over a file that was not written from here.")
@pass_invocation
def output(
    invocation: Invocation,
    /,
    *,
    name: str | None,
    stack: str | None,
    raw: bool,
    reveal: tuple[str, ...],
    **files: Any,
) -> None:
    r"""Print the outputs of stacks, or write constants for an application.

    Outputs are the ids and other values that your application needs. Sensitive values are hidden,
    also with --json; --reveal prints one of them.

    As constants, the id of each resource is there too: STRIPE_PRICE_PRO_MONTHLY. Only states are
    read, so --check needs no key: it fails if a file is not what would be written now.

    \b
    Examples:
      engine output
      engine output pro_monthly_id --raw
      engine output --stack saas --json
      engine output --reveal webhook_secret > .secret
      engine output --format dotenv -e test > .env.test
      engine output -o app/stripe_ids.py --environments test,live
      engine output --check
    """
    typed = Typed(**files)
    stacks = (stack,) if stack else ()
    if typed.asks:
        if name or raw:
            raise UsageError("constants are written all at once", hint="leave out NAME and --raw")
        run(invocation, typed, stacks, reveal)
        return
    if len(reveal) > 1 or (reveal and (name or raw or not invocation.for_people)):
        raise UsageError(
            "--reveal NAME prints one value alone",
            hint="leave out NAME as an argument, --raw and --json",
        )
    if raw and not name:
        raise UsageError("--raw prints one value", hint="name it: engine output NAME --raw")
    from engine.operations import show as inspect

    context = invocation.open()
    states = inspect.states(context, stacks)
    revealed = next(iter(reveal), None)
    wanted = revealed or name
    if wanted is None:
        invocation.write_out(invocation.view.outputs(context.environment, states))
        if invocation.for_people and not any(state.outputs for state in states):
            _note_to_come(invocation, inspect.outputs_to_come(context, stacks))
        return
    state = _state_with(context, states, wanted)
    if revealed:
        invocation.write_value(inspect.reveal(context, state.stack, revealed))
    elif not invocation.for_people:
        invocation.write_out(invocation.view.output(state, wanted))
    else:
        _show_one(invocation, state, wanted, raw=raw)


def _note_to_come(invocation: Invocation, names: Sequence[str]) -> None:
    """Say which outputs get a value by the next apply, where none has one."""
    if names:
        named = f" -e {invocation.environment}" if invocation.environment else ""
        invocation.write_note(
            f"Declared, and without a value until an apply: {', '.join(names)}. To make them: "
            f"engine apply{named}"
        )


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
