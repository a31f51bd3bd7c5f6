"""`engine types`: what can be declared."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.type_names import known_type


@click.command(cls=EngineCommand)
@click.argument("type_name", metavar="[TYPE]", required=False)
@pass_invocation
def types(invocation: Invocation, type_name: str | None) -> None:
    r"""List the types that can be declared, or show the fields of one.

    TYPE is an address's type, Stripe's object name, or the authoring class.

    \b
    Examples:
      engine types
      engine types price
      engine types PortalConfiguration
      engine types stripe_coupon --json
    """
    from engine.catalog import loader

    schemas = loader.schemas()
    if type_name is not None:
        kind = schemas[known_type(type_name)]
        invocation.write_out(invocation.view.type(kind, schemas))
        return
    others = len(set(loader.object_names()) - set(loader.managed()))
    invocation.write_out(invocation.view.types(schemas, others))
