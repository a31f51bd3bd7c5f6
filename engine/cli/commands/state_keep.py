"""`engine state pull` and `engine state push`."""

from __future__ import annotations

import sys

import click

from engine.cli.command import EngineCommand
from engine.cli.completion import complete_stacks
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import lock_timeout_option
from engine.errors import UsageError


@click.command("pull", cls=EngineCommand)
@click.argument("stack", metavar="STACK", shell_complete=complete_stacks)
@click.option("-o", "--output", "output", metavar="FILE", help="Write it to FILE, not to stdout.")
@pass_invocation
def pull(invocation: Invocation, stack: str, *, output: str | None) -> None:
    r"""Print the state of a stack, byte for byte as it is stored.

    No request is sent to Stripe.

    \b
    Examples:
      engine state pull saas -e live > saas.json
      engine state pull saas -o saas.json
    """
    from engine.durable_files import write_durably
    from engine.operations.state_keep.pull import pull_state

    raw = pull_state(invocation.open(), stack)
    if output is None:
        stream = sys.stdout.buffer
        stream.write(raw)
        stream.flush()
        return
    try:
        write_durably(invocation.path(output), raw)
    except OSError as error:
        raise UsageError(
            f"{output} cannot be written", cause=error.strerror, hint="name another file with -o"
        ) from error


@click.command("push", cls=EngineCommand)
@click.argument("stack", metavar="STACK", shell_complete=complete_stacks)
@click.argument("file", metavar="FILE")
@lock_timeout_option
@pass_invocation
def push(invocation: Invocation, stack: str, file: str, *, lock_timeout: float) -> None:
    r"""Store the state of a stack from a file; - is stdin.

    It has to be whole, with its digest, of the same lineage as what is stored, and with a higher
    serial; there is no way to force it. A stack without a state takes any state of its own. Nothing
    is sent to Stripe: a state only says what is there.

    \b
    Examples:
      engine state push saas saas.json
      engine state pull saas -e live | engine state push saas - -e live
    """
    from engine.operations.state_keep.push import push_state

    raw = sys.stdin.buffer.read() if file == "-" else _content(invocation, file)
    context = invocation.open(hook=invocation.progress())
    source = "stdin" if file == "-" else file
    pushed = push_state(context, stack, raw, source, lock_timeout=lock_timeout)
    serial = f"serial {pushed.state.serial}"
    sentence = f"The state of {stack} is at {serial} already: nothing to do."
    if pushed.changed:
        first = ", its first" if pushed.first else ""
        sentence = f"Stored the state of {stack}{first}, at {serial}."
    invocation.write_done(sentence, invocation.view.addresses(context.environment, (pushed.state,)))
    if pushed.changed:
        invocation.write_note(f"engine plan {stack} shows what the next apply would do.")


def _content(invocation: Invocation, file: str) -> bytes:
    from engine.durable_files import read_file

    try:
        return read_file(invocation.path(file))
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read", cause=error.strerror, hint="name a file, or - for stdin"
        ) from error
