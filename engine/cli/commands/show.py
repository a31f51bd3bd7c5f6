"""`engine show` and `engine output`: what the state says, read and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_outputs, complete_stacks
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.plan_files import PlanFile, plan_file_among
from engine.cli.planning_options import stacks_or_plan_argument
from engine.errors import UsageError
from engine.suggest import nearest

if TYPE_CHECKING:
    from engine.state.model import State


@click.command(cls=EngineCommand)
@stacks_or_plan_argument
@pass_invocation
def show(invocation: Invocation, stacks: tuple[str, ...]) -> None:
    r"""Show what the state records, or a saved plan.

    The state is every resource with its id, and the outputs; without STACK, those of all stacks.
    With PLANFILE, the plan that engine plan -o saved there is shown as engine plan showed it.
    Stripe is not asked.

    \b
    Examples:
      engine show
      engine show saas -e live
      engine show shop.plan
      engine show --json | jq '.stacks[].resources[] | {address, id}'
    """
    file = plan_file_among(invocation, stacks)
    if file is not None:
        _show_plan(invocation, file)
        return
    from engine.operations.show import states

    context = invocation.open()
    found = states(context, stacks)
    if invocation.json:
        from engine.views.json.states import states_document

        invocation.answer(states_document(context.settings.environment.name, found))
    else:
        from engine.views.text.states import states_text

        invocation.say(states_text(found, context.schemas, invocation.style()))


def _show_plan(invocation: Invocation, file: PlanFile) -> None:
    context = invocation.open()
    saved = file.read(context.schemas)
    if invocation.json:
        from engine.views.json.plan import plan_document

        invocation.answer(plan_document(saved.report()))
    else:
        from engine.views.text.plan import saved_text

        style, verbose = invocation.style(), invocation.verbose
        invocation.say(saved_text(saved, context.schemas, style, verbose=verbose))


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
    r"""Print the values that stacks hand out.

    These are the ids and the like that your application needs. Sensitive values are hidden here
    and with --json; --reveal prints one of them.

    \b
    Examples:
      engine output
      engine output pro_monthly_id --raw
      engine output --stack saas --json
      engine output --reveal webhook_secret > .secret
    """
    if reveal and (name or raw or invocation.json):
        raise UsageError(
            "--reveal NAME prints one value alone",
            hint="leave out NAME as an argument, --raw and --json",
        )
    if raw and not name:
        raise UsageError("--raw prints one value", hint="name it: engine output NAME --raw")
    from engine.operations import show as inspect

    context = invocation.open()
    found = inspect.states(context, (stack,) if stack else ())
    wanted = reveal or name
    if wanted is None:
        _all_outputs(invocation, context.settings.environment.name, found)
        return
    holder = _holder(found, wanted)
    if reveal:
        invocation.hand_over(inspect.reveal(context, holder.stack, reveal))
    else:
        _one_output(invocation, holder, wanted, raw=raw)


def _all_outputs(invocation: Invocation, environment: str, states: Sequence[State]) -> None:
    if invocation.json:
        from engine.views.json.states import outputs_document

        invocation.answer(outputs_document(environment, states))
    else:
        from engine.views.text.states import outputs_text

        invocation.say(outputs_text(states, invocation.style()))


def _one_output(invocation: Invocation, state: State, name: str, *, raw: bool) -> None:
    from engine.values.secret import holds_secret
    from engine.views.json.states import output_document

    value = state.outputs[name]
    if invocation.json:
        invocation.answer(output_document(state, name))
    elif holds_secret(value):
        raise UsageError(
            f"output {name} is sensitive", hint=f"engine output --reveal {name} prints it"
        )
    elif raw:
        invocation.hand_over(_text(value))
    else:
        invocation.say(_json(value, indent=2))


def _holder(states: Sequence[State], name: str) -> State:
    """The one state that has an output of this name."""
    holders = [state for state in states if name in state.outputs]
    if len(holders) == 1:
        return holders[0]
    if holders:
        stacks = [state.stack for state in holders]
        raise UsageError(
            f"several stacks have an output {name}: {', '.join(stacks)}",
            hint=f"say which: --stack {stacks[0]}",
        )
    known = sorted({output for state in states for output in state.outputs})
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
    raise UsageError(
        f"there is no output {name}",
        hint=hint if known else "nothing has been applied yet: run engine apply",
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=False)
