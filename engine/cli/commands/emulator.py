"""`engine emulator`: the embedded Stripe, served to the programs of this machine."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.command import EngineCommand, LazyGroup
from engine.cli.commands.emulator_stacks import (
    applied,
    check_env_file,
    new_secret,
    write_env_file,
)
from engine.cli.completion import complete_stacks
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import variable_options
from engine.errors import UsageError
from engine.frozen import frozen
from engine.redaction import remember

if TYPE_CHECKING:
    from engine.emulator.doors.server import EmulatorServer
    from engine.operations.run.context import Context

_ANY_KEY = "sk_test_x"
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


@frozen
class _Asked:
    """The options of `serve`, as they are typed."""

    port: int
    account_file: str | None
    embedded: bool
    rate: float | None
    latency_ms: float
    forward_to: str
    stacks: tuple[str, ...]
    env_file: str | None


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
@click.option(
    "--stack",
    "stacks",
    metavar="STACK",
    multiple=True,
    help="Apply this stack before anything is served; may be given several times.",
    shell_complete=complete_stacks,
)
@click.option(
    "--env-file",
    metavar="PATH",
    help="Write address, key, ids, outputs and signing secrets for your application to PATH.",
)
@variable_options
@pass_invocation
def serve(invocation: Invocation, /, **typed: Any) -> None:
    r"""Serve Stripe on this machine until Ctrl-C.

    The address goes to stdout once connections are accepted, so that scripts can wait for it.
    Only this machine can reach it, and any key that begins with sk_test_ is taken.

    Events go to webhook endpoints as Stripe sends them, signed with their secrets, but to this
    machine alone: an endpoint elsewhere is not contacted. --forward-to sends its events to your
    application instead, at the endpoint's path unless URL has one. Those of an account without any
    endpoint go there too, signed with the secret in STRIPE_WEBHOOK_SECRET, if that is set.

    With --stack it begins with stacks applied, with states of their own: those of the project are
    neither read nor written. --env-file writes what an application needs, secrets included.

    \b
    Examples:
      engine emulator serve
      engine emulator serve --port 12111
      engine emulator serve --embedded
      engine emulator serve --rate 25 --latency-ms 80
      engine emulator serve --forward-to http://127.0.0.1:8000
      engine emulator serve --stack saas --env-file .env.emulator
      curl http://127.0.0.1:12111/v1/products -u sk_test_x:
    """
    asked = _Asked(**typed)
    if len([one for one in (asked.embedded, asked.account_file, asked.stacks) if one]) > 1:
        raise UsageError(
            "--embedded, --account-file and --stack do not go together",
            hint="choose one of them; --stack begins with an account in memory",
        )
    secret = listener_secret()
    if asked.env_file:
        check_env_file(invocation, asked.env_file)
        secret = secret or new_secret()
        remember(secret)
    from engine.bootstrap.project import EMBEDDED_KEY

    key = EMBEDDED_KEY if asked.stacks or asked.embedded else _ANY_KEY
    with (
        _server(invocation, asked, secret) as server,
        applied(invocation, server.emulator, asked.stacks) as context,
    ):
        if context is not None:
            _show_outputs(invocation, context)
        if asked.env_file:
            variables = {"STRIPE_API_BASE": server.url, "STRIPE_API_KEY": key}
            listens = {_SECRET: secret if asked.forward_to else ""}
            write_env_file(invocation, asked.env_file, context, {**variables, **listens})
        _run(invocation, server, key, warns=bool(asked.forward_to) and not secret)


@contextmanager
def _server(invocation: Invocation, asked: _Asked, secret: str) -> Iterator[EmulatorServer]:
    """A server that is bound to its port, and closed at the end."""
    from engine.bootstrap.connections import embedded_account
    from engine.bootstrap.emulated import serve_emulator

    kept: Path | str | None = asked.account_file
    if asked.embedded:
        kept = embedded_account(invocation.open().settings).resolve()
    try:
        server = serve_emulator(
            invocation.place,
            port=asked.port,
            account_file=kept,
            rate=asked.rate,
            latency=asked.latency_ms / 1000,
            forward_to=asked.forward_to,
            listener_secret=secret if asked.forward_to else "",
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise UsageError(
            f"port {asked.port} is taken",
            hint="choose another, or leave --port out to get a free one",
        ) from error
    try:
        yield server
    finally:
        server.close()


def _show_outputs(invocation: Invocation, context: Context) -> None:
    """Show people what was applied; programs read the file."""
    from engine.operations.show import states

    if invocation.for_people:
        page = invocation.view.outputs(context.environment, states(context, ()))
        invocation.write_err(str(page))


def _run(invocation: Invocation, server: EmulatorServer, key: str, *, warns: bool) -> None:
    """Serve until a person or a supervisor stops it; neither is a failure."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.start()
        _announce(invocation, server.url, key, warns=warns)
        server.serve_forever()
    except KeyboardInterrupt:
        invocation.write_err("Stopped.")


def _announce(invocation: Invocation, url: str, key: str, *, warns: bool) -> None:
    invocation.write_out(invocation.view.serving(url))
    if warns:
        invocation.write_err(
            "Events of accounts without a webhook endpoint are not forwarded: to have them, set "
            f"{_SECRET} here and for your application, or write a file for it with --env-file."
        )
    # Written as it is: these keys open nothing else, and hidden they would be of no use.
    click.echo(
        "To use it, in another shell:\n"
        f"  export STRIPE_API_KEY={key}\n"
        f"  export STRIPE_API_BASE={url}\n"
        "Ctrl-C stops it.",
        err=True,
    )
