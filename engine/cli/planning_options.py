"""The options that plan, apply and destroy share, and what they ask of a plan.

What must not live here: the commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from engine.address import ResourceAddress, parse_address
from engine.cli.command import options
from engine.cli.completion import (
    complete_addresses,
    complete_stacks,
    complete_stacks_and_files,
)
from engine.cli.invocation import Invocation
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.plan.inputs.options import PlanOptions


def read_addresses(
    _: click.Context, __: click.Parameter, value: Sequence[str]
) -> tuple[ResourceAddress, ...]:
    """Read addresses as they are typed, or say what one looks like."""
    return tuple(parse_address(text) for text in value)


def _keep_variables(context: click.Context, _: click.Parameter, value: Sequence[str]) -> None:
    """Read `NAME=VALUE` pairs, or say what one looks like."""
    invocation = context.ensure_object(Invocation)
    invocation.variables = tuple(_variable(text) for text in value)


def _keep_variable_files(context: click.Context, _: click.Parameter, value: Sequence[str]) -> None:
    context.ensure_object(Invocation).variable_files = tuple(value)


def _variable(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise UsageError(
            f"--var {text} is not NAME=VALUE",
            hint="the stack reads it with variable('NAME', default)",
        )
    return name, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The planning options as typed.

    Attributes:
        no_refresh: Do not read Stripe.
        refresh_only: Only bring the state up to what Stripe has.
        destroy: Remove everything.
        targets: Only these and what they depend on.
        excludes: All but these and what depends on them.
        replace: Replace these whatever else.
        parallelism: Operations in flight at once; None for the default.
        lock_timeout: Seconds to wait for another run.
        allow_mass_change: Lift the rule against large changes.
        confirmed_removals: What a live account may lose.
    """

    no_refresh: bool = False
    refresh_only: bool = False
    destroy: bool = False
    targets: Sequence[ResourceAddress] = ()
    excludes: Sequence[ResourceAddress] = ()
    replace: Sequence[ResourceAddress] = ()
    parallelism: int | None = None
    lock_timeout: float = 0.0
    allow_mass_change: bool = False
    confirmed_removals: Sequence[ResourceAddress] = ()

    def check(self) -> None:
        """Refuse options that contradict each other.

        Raises:
            UsageError: naming the two.
        """
        clashes = (
            ("--refresh-only", self.refresh_only, "--no-refresh", self.no_refresh),
            ("--refresh-only", self.refresh_only, "--destroy", self.destroy),
            ("--refresh-only", self.refresh_only, "--replace", bool(self.replace)),
            ("--destroy", self.destroy, "--replace", bool(self.replace)),
        )
        for one, has_one, other, has_other in clashes:
            if has_one and has_other:
                raise UsageError(f"{one} and {other} do not go together", hint="choose one of them")

    def check_with_plan_file(self, invocation: Invocation) -> None:
        """Refuse options that would make another plan than the saved one.

        Args:
            invocation: Holds the variables.

        Raises:
            UsageError: naming the first.
        """
        given = {
            "--no-refresh": self.no_refresh,
            "--refresh-only": self.refresh_only,
            "--target": self.targets,
            "--exclude": self.excludes,
            "--replace": self.replace,
            "--destroy": self.destroy,
            "--var": invocation.variables,
            "--var-file": invocation.variable_files,
            "--allow-mass-change": self.allow_mass_change,
        }
        for name, value in given.items():
            if value:
                raise UsageError(
                    f"{name} and a plan file do not go together: what is applied was decided when "
                    "it was planned",
                    hint=f"give {name} to engine plan -o FILE",
                )

    def options(self) -> PlanOptions:
        """The same as the operations take it."""
        from engine.plan.inputs.options import PlanOptions

        return PlanOptions(
            refresh=not self.no_refresh,
            refresh_only=self.refresh_only,
            destroy=self.destroy,
            targets=tuple(self.targets),
            excludes=tuple(self.excludes),
            replace=tuple(self.replace),
            lock_timeout=self.lock_timeout,
            allow_mass_change=self.allow_mass_change,
            confirmed_removals=tuple(self.confirmed_removals),
        )


stacks_argument = click.argument(
    "stacks", nargs=-1, metavar="[STACK]...", shell_complete=complete_stacks
)
"""Stack names; none means all."""

stacks_or_plan_argument = click.argument(
    "stacks", nargs=-1, metavar="[STACK]... | [PLANFILE]", shell_complete=complete_stacks_and_files
)
"""Stack names, or the one file that a plan was saved in; none means all stacks."""

_ADDRESS = {"metavar": "ADDR", "callback": read_addresses, "shell_complete": complete_addresses}

_refresh = click.option(
    "--no-refresh", is_flag=True, help="Believe the state; do not read what Stripe has."
)
_refresh_only = click.option(
    "--refresh-only",
    is_flag=True,
    help="Only bring the state up to what Stripe has; nothing is sent.",
)
_destroy = click.option(
    "--destroy", is_flag=True, help="Remove everything, as engine destroy would."
)
_target = click.option(
    "--target",
    "targets",
    multiple=True,
    help="Only this resource and what it depends on; may be repeated.",
    **_ADDRESS,  # type: ignore[arg-type]
)
_exclude = click.option(
    "--exclude",
    "excludes",
    multiple=True,
    help="All but this resource and what depends on it; may be repeated.",
    **_ADDRESS,  # type: ignore[arg-type]
)
_replace = click.option(
    "--replace",
    multiple=True,
    help="Replace this resource even if nothing asks for it; may be repeated.",
    **_ADDRESS,  # type: ignore[arg-type]
)
_var = click.option(
    "--var",
    multiple=True,
    metavar="NAME=VALUE",
    expose_value=False,
    callback=_keep_variables,
    help="Set a variable of the stacks, as the type of its default; may be repeated.",
)
_var_file = click.option(
    "--var-file",
    multiple=True,
    metavar="FILE",
    type=click.Path(),
    expose_value=False,
    callback=_keep_variable_files,
    help="Set variables from a .json or .toml file; --var has precedence; may be repeated.",
)
variable_options = options(_var, _var_file)
"""What sets variables, of every command that evaluates stacks; `Invocation.open` uses them."""

_parallelism = click.option(
    "--parallelism",
    type=click.IntRange(min=1),
    metavar="N",
    help="Operations in flight at once; 20 if not given.",
)
_lock_timeout = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="S",
    help="Seconds to wait for another run; 0 gives up at once.",
)
_mass_change = click.option(
    "--allow-mass-change",
    is_flag=True,
    help="Allow removing or replacing a large share of a stack at once.",
)

confirm_option = click.option(
    "--confirm-removal",
    "confirmed_removals",
    multiple=True,
    help="On a live account: remove this resource, or replace this price; may be repeated.",
    **_ADDRESS,  # type: ignore[arg-type]
)
"""What apply and destroy take besides."""

planning_options = options(
    _refresh,
    _refresh_only,
    _target,
    _exclude,
    _replace,
    _destroy,
    variable_options,
    _parallelism,
    _lock_timeout,
    _mass_change,
)
"""What plan and apply take."""

removal_options = options(
    _refresh, _target, _exclude, variable_options, _parallelism, _lock_timeout, _mass_change
)
"""What destroy takes."""
