"""The options that plan, apply and destroy share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from engine.address import ResourceAddress, parse_address
from engine.cli.command import options
from engine.cli.completion import complete_addresses, complete_stacks, complete_stacks_and_files
from engine.cli.invocation import Invocation
from engine.errors import UsageError
from engine.plan.inputs.options import FLAGS, PlanOptions


def read_addresses(
    _: click.Context, __: click.Parameter, value: Sequence[str]
) -> tuple[ResourceAddress, ...]:
    """Parse addresses as they are typed."""
    return tuple(parse_address(text) for text in value)


def read_variables(
    _: click.Context, param: click.Parameter, value: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Parse `NAME=VALUE` pairs."""
    return tuple(_variable(text, param.opts[0]) for text in value)


def _keep_variables(context: click.Context, param: click.Parameter, value: Sequence[str]) -> None:
    invocation = context.ensure_object(Invocation)
    invocation.variables = read_variables(context, param, value)


def _keep(context: click.Context, param: click.Parameter, value: Any) -> None:
    setattr(context.ensure_object(Invocation), param.name or "", value)


def _variable(text: str, flag: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise UsageError(
            f"{flag} {text} is not NAME=VALUE",
            hint="the stack reads it with variable('NAME', default)",
        )
    return name, value


_CONTRADICTIONS = (
    ("refresh_only", "refresh"),
    ("refresh_only", "destroy"),
    ("refresh_only", "replace"),
    ("destroy", "replace"),
)


def plan_options(**typed: Any) -> PlanOptions:
    """The options of a command in the form that operations take.

    Raises:
        UsageError: if two contradict each other.
    """
    options = PlanOptions(**typed)
    given = {flag for flag, _ in options.given()}
    for one, other in _CONTRADICTIONS:
        if {FLAGS[one], FLAGS[other]} <= given:
            raise UsageError(
                f"{FLAGS[one]} and {FLAGS[other]} do not go together", hint="choose one of them"
            )
    return options


def refuse_with_plan_file(invocation: Invocation, options: PlanOptions) -> None:
    """Refuse options that would make another plan than the saved one.

    Raises:
        UsageError: if there is one; it names the first.
    """
    variables = {"--var": invocation.variables, "--var-file": invocation.variable_files}
    given = [flag for flag, _ in options.given()]
    for name in [*given, *(name for name, value in variables.items() if value)]:
        raise UsageError(
            f"{name} and a plan file do not go together: what is applied was decided when "
            "it was planned",
            hint=f"give {name} to engine plan -o FILE",
        )


stacks_argument = click.argument(
    "stacks", nargs=-1, metavar="[STACK]...", shell_complete=complete_stacks
)
"""Stack names; none means all."""

stacks_or_plan_argument = click.argument(
    "stacks", nargs=-1, metavar="[STACK]... | [PLANFILE]", shell_complete=complete_stacks_and_files
)
"""Stack names, or one plan file; none means all stacks."""


def _opposite(_: click.Context, __: click.Parameter, value: bool) -> bool:  # noqa: FBT001 - click's signature
    return not value


def _flag(name: str, help: str, **attributes: Any) -> Callable[[Any], Any]:
    """An option that is given or not; `name` is its field in `PlanOptions`."""
    return click.option(FLAGS[name], name, is_flag=True, help=help, **attributes)


def _addresses(name: str, flag: str, help: str) -> Callable[[Any], Any]:
    """An option that takes addresses; `name` is its field in `PlanOptions`."""
    return click.option(
        flag,
        name,
        multiple=True,
        metavar="ADDR",
        callback=read_addresses,
        shell_complete=complete_addresses,
        help=f"{help}; may be repeated.",
    )


def _addresses_of(name: str, help: str) -> Callable[[Any], Any]:
    return _addresses(name, FLAGS[name], help)


variable_options = options(
    click.option(
        "--var",
        multiple=True,
        metavar="NAME=VALUE",
        expose_value=False,
        callback=_keep_variables,
        help="Set a variable of the stacks, as the type of its default; may be repeated.",
    ),
    click.option(
        "--var-file",
        "variable_files",
        multiple=True,
        metavar="FILE",
        type=click.Path(),
        expose_value=False,
        callback=_keep,
        help="Set variables from a .json or .toml file; --var has precedence; may be repeated.",
    ),
)
"""How variables are set, for each command that evaluates stacks; `Invocation.open` uses them."""

parallelism_option = click.option(
    "--parallelism",
    type=click.IntRange(min=1),
    metavar="N",
    expose_value=False,
    callback=_keep,
    help="Operations in flight at once; 20 if not given.",
)
"""How much a command sends at once; `Invocation.open` uses it."""

lock_timeout_option = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="S",
    help="Wait up to S seconds for another run to end; 0 gives up at once.",
)
"""How long a command waits for a run lock."""

confirm_option = _addresses(
    "confirmed_removals",
    "--confirm-removal",
    "On a live account: remove this resource, or replace it although it loses something",
)
"""What apply and destroy take in addition to these."""

_refresh = _flag("refresh", "Believe the state; do not read what Stripe has.", callback=_opposite)
_selecting = options(
    _addresses_of("targets", "Only this resource and what it depends on"),
    _addresses_of("excludes", "All but this resource and what depends on it"),
)
_running = options(
    variable_options,
    parallelism_option,
    lock_timeout_option,
    _flag("allow_mass_change", "Allow removing or replacing a large share of a stack at once."),
    _flag("impact", "Count what uses the objects that this ends or changes."),
)

planning_options = options(
    _refresh,
    _flag("refresh_only", "Only update the state to what Stripe has; nothing is sent."),
    _selecting,
    _addresses_of("replace", "Replace this resource even if nothing asks for it"),
    _flag("destroy", "Remove everything, as engine destroy would."),
    _running,
)
"""What plan and apply take."""

removal_options = options(_refresh, _selecting, _running)
"""What destroy takes."""
