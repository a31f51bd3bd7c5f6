"""Every command explains itself."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from engine.cli.root import engine as program
from tests.support.command_line import Engine

COMMANDS = [
    "init",
    "validate",
    "plan",
    "apply",
    "destroy",
    "drift",
    "diff",
    "promote",
    "review",
    "subscribers",
    "doctor",
    "upgrade",
    "stacks",
    "fleet",
    "graph",
    "show",
    "output",
    "import",
    "lock",
    "unlock",
    "state",
    "git-setup",
    "git",
    "emulator",
    "types",
    "explain",
    "schema",
    "completion",
    "ci",
]


def commands(
    command: click.Command = program, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below the program, groups too."""
    context = click.Context(command, info_name="engine")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield (*path, name), inner
            yield from commands(inner, (*path, name))


EVERY = list(commands())
PATHS = [path for path, _ in EVERY]


def test_the_commands_are_those_that_are_documented() -> None:
    """In the order a person meets them."""
    assert [path[0] for path in PATHS if len(path) == 1] == COMMANDS
    assert {path for path in PATHS if len(path) == 2} == {
        ("git", "merge-state"),
        ("git", "textconv"),
        ("state", "list"),
        ("state", "show"),
        ("state", "mv"),
        ("state", "rm"),
        ("state", "history"),
        ("state", "migrate"),
        ("state", "pull"),
        ("state", "push"),
        ("state", "rebuild"),
        ("state", "restore"),
        ("state", "stamp"),
        ("state", "verify"),
        ("emulator", "serve"),
        ("emulator", "events"),
        ("ci", "plan"),
        ("ci", "apply"),
        ("ci", "commit-state"),
        ("ci", "drift"),
    }


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_each_command_has_a_summary_an_example_and_the_shared_options(
    engine: Engine, path: tuple[str, ...], flag: str
) -> None:
    """Help goes to stdout, exits with 0 and shows how the command is called."""
    ended = engine(*path, flag)
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.startswith(f"Usage: engine {' '.join(path)} ")
    examples = ended.out.partition("\n  Examples:\n")[2]
    assert examples.startswith(f"    engine {' '.join(path)}")
    for option in ("--chdir", "--env", "--json", "--no-color", "--verbose"):
        assert option in ended.out


@pytest.mark.parametrize("entry", EVERY, ids=lambda entry: " ".join(entry[0]))
def test_each_option_is_explained(entry: tuple[tuple[str, ...], click.Command]) -> None:
    """No option without a sentence, no summary too long for the list of commands."""
    path, command = entry
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, f"{' '.join(path)} {param.opts}"
            assert param.help.endswith("."), param.help
    assert command.get_short_help_str(200).endswith(".")
    assert len(command.get_short_help_str(200)) <= 68


def test_the_main_help_shows_the_way_the_exit_codes_and_completion(
    engine: Engine,
) -> None:
    """A new user needs no other page."""
    text = engine("--help").out
    for words in (
        "engine init ",
        "engine apply ",
        "embedded Stripe emulator",
        "130  interrupted",
        "engine completion --install ",
    ):
        assert words in text


def test_no_command_at_all_is_a_mistake_that_shows_the_help(engine: Engine) -> None:
    """On stderr, since nothing was asked for."""
    for words in ([], ["state"], ["emulator"]):
        ended = engine(*words)
        assert ended.code == 1
        assert ended.out == ""
        assert ended.err.startswith("Usage: engine")
