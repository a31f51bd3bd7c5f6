"""The command `engine`: the root of the command tree, and one run of it."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import signal
import sys
import threading

import click

from engine.cli.command import LazyGroup
from engine.cli.error_boundary import guarded
from engine.cli.invocation import Invocation
from engine.errors import InterruptedRunError
from engine.version import version_line
from engine.views.formats import FORMATS, TEXT

_HOMES = {
    "init": "engine.cli.commands.init:init",
    "validate": "engine.cli.commands.validate:validate",
    "plan": "engine.cli.commands.plan:plan",
    "apply": "engine.cli.commands.apply:apply",
    "destroy": "engine.cli.commands.apply:destroy",
    "drift": "engine.cli.commands.drift:drift",
    "diff": "engine.cli.commands.diff:diff",
    "promote": "engine.cli.commands.promote:promote",
    "review": "engine.cli.commands.review:review",
    "subscribers": "engine.cli.commands.subscribers:subscribers",
    "doctor": "engine.cli.commands.doctor:doctor",
    "upgrade": "engine.cli.commands.upgrade:upgrade",
    "stacks": "engine.cli.commands.stacks:stacks",
    "fleet": "engine.cli.commands.fleet:fleet",
    "graph": "engine.cli.commands.graph:graph",
    "show": "engine.cli.commands.show:show",
    "output": "engine.cli.commands.output:output",
    "import": "engine.cli.commands.import_:import_",
    "lock": "engine.cli.commands.lock:lock",
    "unlock": "engine.cli.commands.lock:unlock",
    "state": "engine.cli.commands.state:state",
    "git-setup": "engine.cli.commands.git:git_setup",
    "git": "engine.cli.commands.git:git",
    "emulator": "engine.cli.commands.emulator:emulator",
    "types": "engine.cli.commands.types:types",
    "explain": "engine.cli.commands.explain:explain",
    "schema": "engine.cli.commands.schema:schema",
    "completion": "engine.cli.commands.completion:completion",
    "ci": "engine.cli.commands.ci:ci",
}


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if not value or context.resilient_parsing:
        return
    click.echo(version_line())
    context.exit()


@click.group(cls=LazyGroup, homes=_HOMES)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and leave.",
)
def engine() -> None:
    r"""Plan and apply for Stripe accounts.

    Declare products, prices, portals and the rest in Python modules under stacks/; see exactly
    what would change; apply it; commit the state.

    \b
    The usual way:
      engine init        start a project: an example stack, and where state goes
      engine validate    find mistakes, offline
      engine plan        see what would change
      engine apply       do it, after a yes
      engine output      read the ids your application needs

    With no key set, all of it runs against an embedded Stripe emulator. Set STRIPE_API_KEY, or
    name environments in pyproject.toml, to speak to an account.

    \b
    Exit codes:
      0    done, or no changes
      1    error
      2    changes (plan --detailed-exitcode), drift (drift), differences (diff), declarations
           that are affected (upgrade)
      3    a run, or a person, holds the lock
      4    refused by a guard
      130  interrupted

    \b
    Shell completion:
      engine completion --install      for bash, zsh and fish
    """


def run_words(words: list[str]) -> int:
    """Run a command line.

    Args:
        words: Those after `engine`.

    Returns:
        The exit code.
    """
    _write_anything()
    _end_as_first_process()
    # An error may occur before the options are read; these words are all there is then.
    before_rest = words[: words.index("--")] if "--" in words else words
    invocation = Invocation(format=_named_format(before_rest), words=tuple(words))
    code = guarded(
        lambda: engine.main(words, prog_name="engine", standalone_mode=False, obj=invocation),
        invocation,
    )
    if code == InterruptedRunError.exit_code:
        _leave_at_once(code)
    return code


def _named_format(words: list[str]) -> str:
    """The format that a command line names, as far as that shows before it is parsed."""
    spelled = {*words, *(f"{word}={after}" for word, after in itertools.pairwise(words))}
    for name, known in FORMATS.items():
        if f"--format={name}" in spelled or (known.help and f"--{name}" in spelled):
            return name
    return TEXT


def _leave_at_once(code: int) -> None:
    """End without waiting for responses: the journal has their intents."""
    from engine.apply.executor import IN_FLIGHT

    if any(thread.name.startswith(IN_FLIGHT) for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _end_as_first_process() -> None:
    """Take SIGTERM as Ctrl-C in a container, whose first process gets none without a handler."""
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _write_anything() -> None:
    """Escape characters that the terminal cannot show, instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="backslashreplace")
