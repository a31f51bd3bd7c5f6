"""`engine init`: a project to begin with."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation


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
    from engine.cli.starter import start_project  # noqa: PLC0415 - help does not need it

    root = invocation.place / folder if folder is not None else invocation.place
    pieces = start_project(root)
    if invocation.json:
        invocation.answer(
            {
                "format_version": "1",
                "folder": str(root),
                "made": [piece.path for piece in pieces if piece.made],
                "left": [piece.path for piece in pieces if not piece.made],
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
        "  engine apply       create it, on the embedded Stripe emulator: no account is needed"
    )
