"""What is here is finished: nothing is left for later, every command is explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import engine
from engine.cli.root import engine as command_line

ROOT = Path(engine.__file__).parents[1]
LEFT_OVER = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r"\b")
SOURCES = ("*.py", "*.pyi", "*.md", "*.cfg", "*.toml", ".ci/*")


def _files() -> Iterator[Path]:
    for folder in ("engine", "tests", "stacks", "docs", ".ci"):
        for pattern in SOURCES:
            yield from (ROOT / folder).rglob(pattern)
    for pattern in SOURCES:
        yield from (file for file in ROOT.glob(pattern) if file.is_file())


def test_nothing_is_left_for_later() -> None:
    """What is not done is an issue, not a comment."""
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in sorted(set(_files()))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if LEFT_OVER.search(line)
    ]
    assert found == []


def _commands(
    command: click.Command, path: tuple[str, ...] = ("engine",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, f"{' '.join(path)} lists {name} and does not have it"
            yield from _commands(found, (*path, name))


COMMANDS = {" ".join(path): command for path, command in _commands(command_line)}
LEAVES = [name for name, command in COMMANDS.items() if not isinstance(command, click.Group)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """One sentence first, and a word on every option."""
    command = COMMANDS[name]
    assert (command.help or "").strip()
    first = command.get_short_help_str(limit=200)
    assert first[0].isupper()
    silent = [
        param.name
        for param in command.params
        if isinstance(param, click.Option) and not param.hidden and not param.help
    ]
    assert silent == []


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_shows_an_example(name: str) -> None:
    """Something to type, with the command's own name in it."""
    _, _, examples = (COMMANDS[name].help or "").partition("Example")
    assert re.search(rf"^\s*(\w+=\S+ )*{re.escape(name)}\b", examples, re.MULTILINE)


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_is_documented(name: str) -> None:
    """The README or a page of the docs says its name."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert re.search(rf"\b{re.escape(name)}\b", text)
