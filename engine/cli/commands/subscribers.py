"""`engine subscribers`."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_addresses
from engine.cli.invocation import Invocation, pass_invocation


@click.command(cls=EngineCommand)
@click.argument("price", metavar="PRICE", shell_complete=complete_addresses)
@pass_invocation
def subscribers(invocation: Invocation, /, price: str) -> None:
    r"""Show who is on a price.

    PRICE is an address, a logical name or an id. Of a resource it is its current price and all that
    it had before: subscriptions stay on the price that they were made with. Those that have not
    been canceled are counted by status and currency, with what they pay a month before discounts
    and taxes. Stripe is read, a request for each hundred, and nothing is written.

    \b
    Examples:
      engine subscribers pro-monthly
      engine subscribers shop:stripe_price.pro-monthly -e live
      engine subscribers price_1MoBy5LkdIwHu7ixZhnattbh --json
    """
    from engine.operations.subscribers.view import subscribers_of

    with invocation.opened() as context:
        report = subscribers_of(context, price)
    invocation.write_out(invocation.view.subscribers(report))
