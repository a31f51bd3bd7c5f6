"""`engine types`: what can be declared."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError
from engine.suggest import nearest


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
        kind = schemas[_known(type_name)]
        invocation.write_out(invocation.view.type(kind, schemas))
        return
    others = len(set(loader.object_names()) - set(loader.managed()))
    invocation.write_out(invocation.view.types(schemas, others))


def _known(name: str) -> str:
    """The name of a type, from any of its names."""
    from engine.catalog import loader

    by_name = {face.lower(): type_name for face, type_name in loader.faces().items()}
    by_name |= {type_name: type_name for type_name in loader.faces().values()}
    by_name |= {object_name: loader.type_name(object_name) for object_name in loader.managed()}
    wanted = name.lower()
    for spelling in (wanted, loader.type_name(wanted), wanted.replace("_", "")):
        if spelling in by_name:
            return by_name[spelling]
    if wanted in loader.object_names():
        raise UsageError(
            f"{name} is an object of Stripe's that cannot be declared yet",
            hint="engine types lists those that can",
        )
    near = nearest(wanted, by_name)
    raise UsageError(
        f"there is no type {name!r}",
        hint=f"did you mean {near}?" if near else "engine types lists them",
    )
