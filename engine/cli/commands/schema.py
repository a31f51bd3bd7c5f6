"""`engine schema`: the JSON Schemas of what commands print."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError
from engine.suggest import nearest


@click.command(cls=EngineCommand)
@click.argument("document", required=False)
@pass_invocation
def schema(invocation: Invocation, *, document: str | None) -> None:
    r"""Print the JSON Schema of what a command prints with --json.

    Without DOCUMENT, the documents are listed, with the commands that print them. A schema names a
    version; within it keys may be added, and none is removed or given another meaning.

    \b
    Examples:
      engine schema
      engine schema plan > plan.schema.json
    """
    if document is None:
        invocation.write_out(invocation.view.schemas())
        return
    import json

    from engine.views.json.schemas.documents import DOCUMENTS, schema_of

    if document not in DOCUMENTS:
        near = nearest(document, tuple(DOCUMENTS))
        raise UsageError(
            f"there is no document {document}",
            hint=f"did you mean {near}?" if near else f"known: {', '.join(DOCUMENTS)}",
        )
    invocation.write_out(json.dumps(schema_of(document), indent=2))
