"""`engine emulator`: the embedded Stripe, served to the programs of this machine."""

from __future__ import annotations

import errno
import os
import signal
from typing import TYPE_CHECKING

import click

from engine.cli.command import EngineCommand, LazyGroup
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError
from engine.redaction import remember

if TYPE_CHECKING:
    from engine.emulator.doors.server import EmulatorServer

_HIGHEST_PORT = 65535
_SECRET = "STRIPE_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable


_HOMES = {
    "serve": f"{__name__}:serve",
    "events": "engine.cli.commands.emulator_events:events",
}


@click.group(cls=LazyGroup, homes=_HOMES)
def emulator() -> None:
    r"""Run the embedded Stripe emulator for your own programs.

    \b
    Examples:
      engine emulator serve --port 12111
      engine emulator events
    """


def listener_secret() -> str:
    """The secret that signs events of accounts without any endpoint; empty for none."""
    secret = os.environ.get(_SECRET, "")
    remember(secret)
    return secret


@click.command(cls=EngineCommand)
@click.option(
    "--port",
    type=click.IntRange(0, _HIGHEST_PORT),
    default=0,
    metavar="N",
    help="Port on 127.0.0.1; a free one if not given.",
)
@click.option(
    "--account-file",
    type=click.Path(dir_okay=False),
    metavar="PATH",
    help="Keep the account in this file; without, it is in memory and each key has its own.",
)
@click.option(
    "--embedded",
    is_flag=True,
    help="Serve the account of the project's embedded environment.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Answer 429 beyond N requests a second, as Stripe does: 25 in a sandbox, 100 live.",
)
@click.option(
    "--latency-ms",
    type=click.FloatRange(min=0),
    default=0,
    metavar="N",
    help="Send every answer N milliseconds late, for measurements.",
)
@click.option(
    "--forward-to",
    metavar="URL",
    default="",
    help="Send the events of webhook endpoints to this local application.",
)
@pass_invocation
def serve(
    invocation: Invocation,
    *,
    port: int,
    account_file: str | None,
    embedded: bool,
    rate: float | None,
    latency_ms: float,
    forward_to: str,
) -> None:
    r"""Serve Stripe on this machine until Ctrl-C.

    The address goes to stdout once connections are accepted, so that scripts can wait for it.
    Only this machine can reach it, and any key that begins with sk_test_ is taken.

    Events go to webhook endpoints as Stripe sends them, signed with their secrets, but to this
    machine alone: an endpoint elsewhere is not contacted. --forward-to sends its events to your
    application instead, at the endpoint's path unless URL has one. Those of an account without any
    endpoint go there too, signed with the secret in STRIPE_WEBHOOK_SECRET, if that is set.

    \b
    Examples:
      engine emulator serve
      engine emulator serve --port 12111
      engine emulator serve --embedded
      engine emulator serve --rate 25 --latency-ms 80
      engine emulator serve --forward-to http://127.0.0.1:8000
      curl http://127.0.0.1:12111/v1/products -u sk_test_x:
    """
    if embedded and account_file is not None:
        raise UsageError(
            "--embedded and --account-file do not go together", hint="choose one of them"
        )
    from engine.bootstrap.connections import embedded_account
    from engine.bootstrap.emulated import serve_emulator

    kept = embedded_account(invocation.open().settings).resolve() if embedded else account_file
    try:
        made = serve_emulator(
            invocation.place,
            port=port,
            account_file=kept,
            rate=rate,
            latency=latency_ms / 1000,
            forward_to=forward_to,
            listener_secret=listener_secret() if forward_to else "",
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise UsageError(
            f"port {port} is taken", hint="choose another, or leave --port out to get a free one"
        ) from error
    with made as server:
        _run(invocation, server, forwards=bool(forward_to))


def _run(invocation: Invocation, server: EmulatorServer, *, forwards: bool) -> None:
    """Serve until a person or a supervisor stops it; neither is a failure."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _announce(invocation, server.url, forwards=forwards)
        server.serve_forever()
    except KeyboardInterrupt:
        invocation.write_err("Stopped.")


def _announce(invocation: Invocation, url: str, *, forwards: bool) -> None:
    invocation.write_out(invocation.view.serving(url))
    if forwards and not listener_secret():
        invocation.write_err(
            "Events of accounts without a webhook endpoint are not forwarded: to have them, set "
            f"{_SECRET} here and for your application, whsec_ and any letters."
        )
    invocation.write_err(
        "To use it, in another shell:\n"
        "  export STRIPE_API_KEY=sk_test_x\n"
        f"  export STRIPE_API_BASE={url}\n"
        "Ctrl-C stops it."
    )
