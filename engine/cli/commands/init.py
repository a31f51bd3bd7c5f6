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
    from engine.cli.project_template import start_project
    from engine.settings.load import load_settings
    from engine.views.view import NewProject

    root = invocation.place / folder if folder is not None else invocation.place
    files = start_project(root)
    # The environment that the next commands use.
    environment = load_settings(root, environment=invocation.environment).environment
    project = NewProject(root, folder or "", files, environment)
    invocation.write_out(invocation.view.project(project))
