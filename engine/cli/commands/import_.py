"""`engine import`: record an object that exists."""

from __future__ import annotations

import click

from engine.address import parse_address
from engine.cli.command import EngineCommand
from engine.cli.completion import complete_addresses
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import lock_timeout_option, variable_options


@click.command("import", cls=EngineCommand)
@click.argument("address", metavar="ADDR", shell_complete=complete_addresses)
@click.argument("id", metavar="ID")
@variable_options
@lock_timeout_option
@pass_invocation
def import_(
    invocation: Invocation,
    address: str,
    id: str,
    *,
    lock_timeout: float,
) -> None:
    r"""Record an object that exists as a resource of a stack.

    A stack has to declare ADDR. The object is read and recorded; nothing is written to Stripe.
    engine plan shows where it differs from the declaration. Before the id of a child comes that of
    its parent: PARENT/ID.

    \b
    Examples:
      engine import stripe_product.pro prod_NWjs8kKbJWmuuc
      engine import stripe_product_feature.export prod_NWjs8kKbJWmuuc/prodft_1Mi3bAFr9qdy
    """
    from engine.operations.import_ import import_object

    target = parse_address(address)
    context = invocation.open()
    state = import_object(context, target, id, lock_timeout=lock_timeout)
    invocation.write_done(
        f"Imported {target} as {id} into the state of {state.stack}.",
        invocation.view.resource(state, str(target)),
    )
    invocation.write_note("engine plan shows whether it differs from its declaration.")
