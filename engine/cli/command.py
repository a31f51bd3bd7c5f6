"""The kinds of command: groups that load on demand, and options that may be anywhere."""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from engine.cli.completion import complete_environments
from engine.cli.invocation import Invocation
from engine.errors import UsageError
from engine.suggest import nearest
from engine.views.formats import FORMATS, TEXT, option_of

_OPTIONS_AS_COMMANDS = ("help", "version")
_ONE_DASH = re.compile(r"-[a-zA-Z][\w-]")
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _remember(context: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep a shared option, wherever on the line it is; the last one counts."""
    invocation = context.ensure_object(Invocation)
    if value and param.name is not None:
        setattr(invocation, param.name, value)


def _choose_format(context: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value and param.name is not None:
        context.ensure_object(Invocation).format = _only_format(context, param.name)


def _only_format(context: click.Context, name: str) -> str:
    """A format that no other one on the line contradicts: a script would read the wrong one."""
    before = context.ensure_object(Invocation).format
    if before in (TEXT, name):
        return name
    # The shared option first, whichever came first on the line.
    both = sorted((before, name), key=lambda one: not FORMATS[one].help)
    raise UsageError(
        f"{' and '.join(map(option_of, both))} do not go together",
        hint="choose one of them",
    )


def _shared(*declarations: str, **attributes: Any) -> click.Option:
    return click.Option(declarations, expose_value=False, callback=_remember, **attributes)


def _choose_named(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    if FORMATS[value].file and sys.stdout.isatty():
        path = context.command_path
        raise UsageError(
            f"--format {value} is for a file, not for a terminal",
            hint=f"{path} --format {value} > {FORMATS[value].file}",
        )
    context.ensure_object(Invocation).format = _only_format(context, value)


format_option = click.option(
    "--format",
    type=click.Choice(list(FORMATS)),
    expose_value=False,
    callback=_choose_named,
    help="Write text for people, a JSON document, Markdown for a comment, or an HTML page.",
)
"""The format of a command whose results people review, file or publish."""


def _choose_compact(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    context.ensure_object(Invocation).compact = value


compact_option = click.option(
    "--compact",
    is_flag=True,
    expose_value=False,
    callback=_choose_compact,
    help="Show a line for each change, and once what several have in common; -v shows all fields.",
)
"""The short form of a plan, as text."""


def is_shared(param: click.Parameter) -> bool:
    """Whether an option is one of those that every command takes."""
    return getattr(param, "callback", None) in (_remember, _choose_format)


def _shared_options() -> list[click.Parameter]:
    return [
        _shared(
            "-C", "--chdir", metavar="DIR", help="The project folder; without, the one around here."
        ),
        _shared(
            "-e",
            "--env",
            "environment",
            metavar="NAME",
            help="Use the environment NAME.",
            shell_complete=complete_environments,
        ),
        *(
            click.Option(
                (f"--{name}",),
                is_flag=True,
                expose_value=False,
                callback=_choose_format,
                help=format.help,
            )
            for name, format in FORMATS.items()
            if format.help
        ),
        _shared("--no-color", is_flag=True, help="Write plain text, even to a terminal."),
        _shared("-v", "--verbose", is_flag=True, help="Show more; tracebacks of bugs too."),
    ]


def _write_options(
    command: click.Command, context: click.Context, formatter: click.HelpFormatter
) -> None:
    """List a command's own options apart from those that every command takes."""
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    for param in command.get_params(context):
        record = param.get_help_record(context) if isinstance(param, click.Option) else None
        if record is not None:
            (shared if is_shared(param) else own).append(record)
    if own:
        with formatter.section("Options"):
            formatter.write_dl(own)
    with formatter.section("Shared options, before or after the command"):
        formatter.write_dl(shared)


def _settled(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a command, with those that all commands share."""
    # In a raw docstring, click's mark for a paragraph that keeps its lines is two characters.
    text = (attributes.get("help") or "").replace("\\b\n", "\b\n")
    return {**attributes, "context_settings": _HELP, "help": text}


@contextlib.contextmanager
def _knowing_foreign_options(context: click.Context, words: Sequence[str]) -> Iterator[None]:
    """Answer options that other tools have, before and after click has failed to read them."""
    if context.resilient_parsing:
        yield
        return
    one_dash = [word for word in words if _ONE_DASH.match(word) and word != "-help"]
    if one_dash:
        from engine.cli.foreign_words import refuse_one_dash

        refuse_one_dash(context, one_dash)
    try:
        yield
    except click.NoSuchOption as error:
        from engine.cli.foreign_words import refuse_option

        refuse_option(context, error.option_name)
        raise


class EngineCommand(click.Command):
    """A command that takes the shared options."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **_settled(attributes))
        self.params = [*self.params, *_shared_options()]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words after the command."""
        own = args[: args.index("--")] if "--" in args else args
        with _knowing_foreign_options(ctx, own):
            return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of options."""
        _write_options(self, ctx, formatter)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used.

    Args:
        homes: Where each command is, `module:attribute` by name, in the order help lists them.
    """

    def __init__(self, *args: Any, homes: dict[str, str] | None = None, **attributes: Any) -> None:
        super().__init__(*args, **_settled(attributes))
        self.params = [*self.params, *_shared_options()]
        self._homes = homes or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help if there are no words. That is exit code 1: in a script it is a mistake."""
        if not args and not ctx.resilient_parsing:
            click.echo(self.get_help(ctx), err=True)
            ctx.exit(1)
        before_command = list(itertools.takewhile(lambda word: word.startswith("-"), args))
        with _knowing_foreign_options(ctx, before_command):
            return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order of a first use."""
        return [*self._homes, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is none of that name."""
        home = self._homes.get(cmd_name)
        if home is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = home.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; say what was meant if there is none of that name.

        `help` and `version` are understood, though they are options here.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            if ctx.resilient_parsing:
                return None, None, args[1:]
            if name in _OPTIONS_AS_COMMANDS:
                words = [*args[1:], f"--{name}"]
                if words[0].startswith("-"):  # click reads them too, but for 8.1
                    self.parse_args(ctx, words)
                return self.resolve_command(ctx, words)
            from engine.cli.foreign_words import refuse_command

            refuse_command(ctx, args)
            near = nearest(name, self.list_commands(ctx))
            suggestion = f" Did you mean {near!r}?" if near else ""
            ctx.fail(f"There is no command {name!r}.{suggestion}")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of options and of commands."""
        _write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)


def options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Put several option decorators into one; help lists them in the given order."""

    def decorate(function: Any) -> Any:
        return functools.reduce(lambda result, one: one(result), reversed(decorators), function)

    return decorate
