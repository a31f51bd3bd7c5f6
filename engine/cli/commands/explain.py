"""`engine explain`: what an error means, and what to do about it."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_references
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError
from engine.suggest import nearest


@click.command(cls=EngineCommand)
@click.argument("reference", required=False, shell_complete=complete_references)
@pass_invocation
def explain(invocation: Invocation, *, reference: str | None) -> None:
    r"""Say what an error or a finding means, and what to do about it.

    REFERENCE is the name of its kind. At a terminal it is below each error; in documents it is
    `reference`. Without it, all of them are listed, with a line each.

    \b
    Examples:
      engine explain
      engine explain lock-held
      engine explain stripe-key --json
    """
    from engine.explanations import pages

    if reference is None:
        found = {name: pages.page_of(name) for name in pages.references()}
        invocation.write_out(invocation.view.explanations(found))
        return
    # As it may be copied from a document or from a message.
    name = reference.strip().strip('"`').lower().replace("_", "-")
    page = pages.page_of(name)
    if not page:
        near = nearest(name, pages.references())
        raise UsageError(
            f"there is no error {reference!r}",
            hint=f"did you mean engine explain {near}?" if near else "engine explain lists them",
        )
    invocation.write_out(invocation.view.explanation(name, page))
