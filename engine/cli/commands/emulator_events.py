"""`engine emulator events`: what happened in an emulated account, and what became of it."""

from __future__ import annotations

import click

from engine.cli.command import EngineCommand
from engine.cli.commands.emulator import listener_secret
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError

_MOST = 20_000


@click.command(cls=EngineCommand)
@click.option(
    "--type",
    "type_",
    metavar="TYPE",
    default="",
    help="Only events of this type; product.* for all of products.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, _MOST),
    default=20,
    show_default=True,
    metavar="N",
    help="The newest N events.",
)
@click.option("--resend", metavar="EVENT", help="Send this event once more.")
@click.option(
    "--endpoint",
    metavar="ID",
    default="",
    help="With --resend: to this endpoint alone, whether it wants the event or not.",
)
@click.option(
    "--forward-to",
    metavar="URL",
    default="",
    help="With --resend, for the embedded account: the local application it is sent to.",
)
@pass_invocation
def events(
    invocation: Invocation,
    *,
    type_: str,
    limit: int,
    resend: str | None,
    endpoint: str,
    forward_to: str,
) -> None:
    r"""List what happened in an emulated account, and what became of it.

    Below each event are the webhook endpoints that it was for, and whether they got it. The account
    is that of the environment: the embedded one, or one of a server if STRIPE_API_BASE names that.

    \b
    Examples:
      engine emulator events
      engine emulator events --type 'customer.subscription.*'
      engine emulator events --resend evt_1AbC
      engine emulator events --resend evt_1AbC --endpoint we_1AbC
      engine emulator events --resend evt_1AbC --forward-to http://127.0.0.1:8000
      STRIPE_API_KEY=sk_test_x STRIPE_API_BASE=http://127.0.0.1:12111 engine emulator events
    """
    if resend is None and (endpoint or forward_to):
        raise UsageError(
            "--endpoint and --forward-to are for an event that is sent once more",
            hint="engine emulator events --resend EVENT",
        )
    from engine.bootstrap.emulated import emulated_events, resend_event

    context = invocation.open()
    if resend is None:
        found = emulated_events(context, type=type_, limit=limit)
    else:
        found = (
            resend_event(
                context,
                resend,
                endpoint=endpoint,
                forward_to=forward_to,
                listener_secret=listener_secret() if forward_to else "",
            ),
        )
    invocation.write_out(invocation.view.emulated_events(found))
