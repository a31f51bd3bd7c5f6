"""`engine types`: what can be declared."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_types
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.type_names import known_place


@click.command(cls=EngineCommand)
@click.argument(
    "type_name", metavar="[TYPE[.FIELD]]", required=False, shell_complete=complete_types
)
@pass_invocation
def types(invocation: Invocation, type_name: str | None) -> None:
    r"""List the types that can be declared, or explain one or its fields.

    TYPE is an address's type, Stripe's object name, or the authoring class. What a field means is
    in the words of the installed Stripe SDK; -v says it of all fields of a type.

    \b
    Examples:
      engine types
      engine types price
      engine types PortalConfiguration -v
      engine types Price.recurring.interval
      engine types stripe_coupon --json
    """
    from engine.catalog import loader

    schemas = loader.schemas()
    if type_name is not None:
        name, path = known_place(type_name)
        if path:
            from engine.catalog.help.fields import field_help

            help = field_help(schemas[name], path)
            invocation.write_out(invocation.view.field(help, schemas))
            return
        invocation.write_out(invocation.view.type(schemas[name], schemas))
        invocation.write_note(f"\nengine types {type_name.rstrip('.')}.FIELD explains a field.")
        return
    others = len(set(loader.object_names()) - set(loader.managed()))
    invocation.write_out(invocation.view.types(schemas, others))
