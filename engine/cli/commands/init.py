"""`engine init`: a project to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation

if TYPE_CHECKING:
    from engine.settings import Environment


@click.command(cls=EngineCommand)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path())
@pass_invocation
def init(invocation: Invocation, folder: str | None) -> None:
    r"""Start a project in DIR, or here.

    Writes an example stack, a place for state, and configuration. Nothing that exists is
    overwritten, so it is safe to repeat.

    \b
    Examples:
      engine init
      engine init billing
    """
    from engine.cli.project_template import start_project

    root = invocation.place / folder if folder is not None else invocation.place
    pieces = start_project(root)
    environment = _environment(root, invocation.environment)
    if invocation.json:
        invocation.answer(
            {
                "format_version": "1",
                "folder": str(root),
                "made": [piece.path for piece in pieces if piece.made],
                "left": [piece.path for piece in pieces if not piece.made],
                "environment": {
                    "name": environment.name,
                    "embedded": environment.emulator,
                    "livemode": environment.livemode,
                },
            }
        )
        return
    for piece in pieces:
        invocation.say(f"{'made' if piece.made else 'left'}  {piece.path}  ({piece.why})")
    invocation.say("\nNext:")
    if folder is not None:
        invocation.say(f"  cd {folder}")
    invocation.say(
        "  engine validate    check the stacks, offline\n"
        "  engine plan        see what would be created\n"
        f"  engine apply       {_what_apply_does(environment)}"
    )


def _environment(root: Path, name: str | None) -> Environment:
    """The environment that the next commands will speak to."""
    from engine.settings import load_settings

    return load_settings(root, environment=name).environment


def _what_apply_does(environment: Environment) -> str:
    """Say whose account the next commands speak to: it may be one that customers use."""
    from engine.settings import EMBEDDED

    if environment.emulator:
        return "create it, on the embedded Stripe emulator: no account is needed"
    lines = [f"create it, after a yes, on the account of the key in {environment.api_key_source}\n"]
    where = f" at {environment.server}" if environment.server else ""
    modes = {True: "LIVE MODE", False: "test mode", None: "the key is not set yet"}
    lines.append(
        f"These speak to environment {environment.name}{where} ({modes[environment.livemode]})."
    )
    if environment.livemode and not environment.live:
        lines.append(
            "A live key is refused until an environment says live = true; see pyproject.toml."
        )
    lines.append(f"To try it on the embedded emulator, without an account: add -e {EMBEDDED}")
    return "\n".join(lines)
