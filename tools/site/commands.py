"""The command line, from the tree of commands: every command, option and example."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator

import click

from engine.cli.command import is_shared
from engine.cli.root import engine

_VALUE = re.compile(r"\s*\[(.*)\]$")


def commands() -> str:
    """A section for each command, in the order of `engine --help`, and the shared options."""
    root = click.Context(engine, info_name="engine")
    shared = [param for param in engine.params if is_shared(param)]
    return "\n\n".join(
        [
            *_sections(root),
            "## Options of every command {#shared-options}",
            _options(shared, root),
        ]
    )


def _sections(context: click.Context) -> Iterator[str]:
    group = context.command
    assert isinstance(group, click.Group)  # noqa: S101 - for the type checker
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        own = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _sections(own)
        else:
            yield _section(own)


def _section(context: click.Context) -> str:
    """One command: what it does, how it is written, its options and its examples."""
    command = context.command
    path = context.command_path
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    own = [param for param in command.params if not is_shared(param)]
    heading = f"## `{path}` {{#{path.replace(' ', '-')}}}"
    first, *rest, examples = _paragraphs(command.help or "")
    parts = [heading, first, f"```text\n{usage}\n```", *rest, _options(own, context), examples]
    return "\n\n".join(part for part in parts if part)


def _paragraphs(help: str) -> Iterator[str]:
    """The paragraphs of a command's help; examples and what keeps its lines as blocks."""
    for paragraph in inspect.cleandoc(help).split("\n\n"):
        if not paragraph.startswith("\b"):
            yield " ".join(paragraph.split())
            continue
        title, _, lines = paragraph.removeprefix("\b\n").partition("\n")
        language = "sh" if title.startswith("Example") else "text"
        yield f"{title}\n\n```{language}\n{textwrap.dedent(lines)}\n```"


def _options(params: list[click.Parameter], context: click.Context) -> str:
    """A list of options; the values that one can have after its text."""
    lines = []
    for param in params:
        record = param.get_help_record(context) if isinstance(param, click.Option) else None
        if record is not None:
            form, text = record
            lines.append(f"* `{form}`<br>{_VALUE.sub(_range, text)}")
    return "\n".join(lines)


def _range(found: re.Match[str]) -> str:
    return f" (`{found[1]}`)"
