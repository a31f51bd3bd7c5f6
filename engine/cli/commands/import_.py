"""`engine import`: record an object that exists."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import click

from engine.address import parse_address
from engine.cli.command import EngineCommand
from engine.cli.completion import complete_addresses
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import lock_timeout_option, variable_options
from engine.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.address import ResourceAddress
    from engine.operations.import_ import Imported

_LONGEST = 4096
"""Bytes that no secret is longer than."""


@click.command("import", cls=EngineCommand)
@click.argument("address", metavar="ADDR", shell_complete=complete_addresses)
@click.argument("id", metavar="ID", required=False)
@click.option(
    "--secret-from-stdin",
    is_flag=True,
    help="Read the object's secret, one line, and keep it where secrets are kept. For an object "
    "that is in the state already, ID can be left out.",
)
@variable_options
@lock_timeout_option
@pass_invocation
def import_(
    invocation: Invocation,
    address: str,
    id: str | None,
    *,
    secret_from_stdin: bool,
    lock_timeout: float,
) -> None:
    r"""Record an object that exists as a resource of a stack.

    A stack has to declare ADDR. The object is read and recorded; nothing is written to Stripe.
    engine plan shows where it differs from the declaration. Before the id of a child comes that of
    its parent: PARENT/ID. A webhook's signing secret, which Stripe returns only once, is in the
    Dashboard.

    \b
    Examples:
      engine import stripe_product.pro prod_NWjs8kKbJWmuuc
      engine import stripe_product_feature.export prod_NWjs8kKbJWmuuc/prodft_1Mi3bAFr9qdy
      engine import stripe_webhook_endpoint.hook we_1Mr5jULkdIwHu7ix --secret-from-stdin < .secret
      engine import stripe_webhook_endpoint.hook --secret-from-stdin < .secret
    """
    from engine.operations.import_ import import_object
    from engine.values.secret import Sensitive

    target = parse_address(address)
    if id is None and not secret_from_stdin:
        raise UsageError(
            f"which object {target} is to be is missing", hint=f"engine import {target} ID"
        )
    context = invocation.open()
    secret = Sensitive(_line_from_stdin(target)) if secret_from_stdin else None
    done = import_object(context, target, id or "", secret=secret, lock_timeout=lock_timeout)
    sentence = f"Imported {target} as {done.id} into the state of {done.state.stack}."
    if done.known_before:
        sentence = f"The secret of {target} ({done.id}) is kept; the state has its fingerprint."
    invocation.write_done(sentence, invocation.view.resource(done.state, str(target)))
    for note in _notes(target, done):
        invocation.write_note(note)


def _line_from_stdin(target: ResourceAddress) -> str:
    """Read a secret: one line, without its end. A terminal does not show it."""
    if sys.stdin.isatty():
        from getpass import getpass

        line = getpass(f"The secret of {target} (what you type is not shown): ")
    else:
        line = ""
        with contextlib.suppress(UnicodeDecodeError):
            line = sys.stdin.readline(_LONGEST)
    secret = line.strip()
    if not secret:
        raise UsageError(
            "--secret-from-stdin read nothing",
            hint=f"pass the secret as one line: engine import {target} --secret-from-stdin < FILE",
        )
    return secret


def _notes(target: ResourceAddress, done: Imported) -> Iterator[str]:
    """What a person should know, and do next."""
    supply = f"engine import {target} --secret-from-stdin"
    if done.kept_at:
        yield (
            f"Its secret is the one that was kept for {target} before ({done.kept_at}). If that is "
            f"another object's, run {supply}"
        )
    for path in done.unknown:
        yield (
            f"Its {path} is not known here: Stripe returns it only when the object is made. The "
            f"Dashboard shows it: if the stack needs it, run {supply}"
        )
    if done.known_before:
        yield "engine apply gives the outputs that name it their value."
    else:
        yield "engine plan shows whether it differs from its declaration."
