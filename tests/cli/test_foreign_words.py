"""Commands and options of other tools: one line that names ours, exit code 1."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from engine.cli.foreign_words import COMMANDS, OPTIONS, Ours
from engine.cli.root import engine as program
from engine.version import VERSION
from tests.support.command_line import Engine

ANSWERS = {
    "preview": "engine plan",
    "refresh": "engine apply --refresh-only",
    "fmt": "engine validate",
    "taint stripe_price.p": "engine apply --replace ADDR",
    "untaint stripe_price.p": "engine apply --replace ADDR",
    "workspace": "engine plan -e NAME",
    "workspace list": "engine stacks",
    "workspace select live": "engine plan -e NAME",
    "up": "engine apply",
    "deploy": "engine apply",
    "push": "engine apply",
    "pull": "engine drift",
    "down": "engine destroy",
    "rollback": "engine plan",
    "console": "engine show",
    "providers": "engine types",
    "get": "engine validate",
    "state plan": "engine plan",
    "list": "engine state list",
    "rebuild shop": "engine state rebuild",
    "serve --port 0": "engine emulator serve",
    "emulator lock": "engine lock",
    "apply --auto-approve": "engine apply --yes",
    "apply -auto-approve": "engine apply --yes",
    "destroy -y": "engine destroy --yes",
    "plan -y": "engine apply --yes",
    "-y": "engine apply --yes",
    "plan -target=stripe_price.p": "--target=stripe_price.p",
    "plan -var name=Pro": "--var",
    "plan -out=shop.plan": "--out=shop.plan",
    "plan -json": "--json",
    "plan -refresh-only": "--refresh-only",
    "plan -destroy": "--destroy",
    "plan -refresh=false": "engine plan --no-refresh",
    "-chdir=shop plan": "--chdir=shop",
    "apply --input=false": "engine apply --yes",
    "apply --cwd shop": "engine apply -C DIR",
}


@pytest.mark.parametrize("line", ANSWERS)
def test_a_word_of_another_tool_is_answered_in_one_line(
    engine: Engine, root: Path, line: str
) -> None:
    """It names the command to type; nothing is done."""
    ended = engine(*line.split())
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("Error: there is no ")
    assert ANSWERS[line] in ended.err
    assert sorted(file.name for file in root.iterdir()) == ["stacks"]


def test_an_answer_is_a_document_too(engine: Engine) -> None:
    """As every error."""
    error = json.loads(engine("preview", "--json").out)["error"]
    assert error["reference"] == "usage"
    assert "engine plan" in error["message"]


def ours(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words begin with, and what is left of them."""
    command: click.Command = program
    context = click.Context(program, info_name="engine")
    while isinstance(command, click.Group):
        inner = command.get_command(context, words[0])
        assert inner is not None, words[0]
        command, words = inner, words[1:]
    return command, words


@pytest.mark.parametrize(
    "answer", sorted({*COMMANDS.values(), *OPTIONS.values()}), ids=lambda answer: str(answer.words)
)
def test_what_an_answer_names_can_be_typed(answer: Ours) -> None:
    """The command line is read with its words in capitals as they are."""
    command, words = ours(answer.words.split())
    context = click.Context(command, info_name="engine", **command.context_settings)
    command.make_parser(context).parse_args(list(words))


def test_no_word_of_ours_has_an_answer() -> None:
    """A row of a command that we have would never be read."""
    root = click.Context(program, info_name="engine")
    for line in COMMANDS:
        group, _, word = line.rpartition(" ")
        parent = program.get_command(root, group) if group else program
        if isinstance(parent, click.Group):
            assert parent.get_command(root, word) is None, line
        else:
            assert group in COMMANDS, line


def test_no_shared_option_has_an_answer() -> None:
    """Each row is of an option that at least one command does not have."""
    root = click.Context(program, info_name="engine", **program.context_settings)
    shared = {name for param in program.get_params(root) for name in param.opts}
    assert shared.isdisjoint(OPTIONS)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("help", "Usage: engine [OPTIONS]"),
        ("help plan", "Usage: engine plan "),
        ("help state mv", "Usage: engine state mv "),
        ("state help", "Usage: engine state "),
        ("plan -help", "Usage: engine plan "),
        ("version", f"engine {VERSION}"),
        ("version --no-color", f"engine {VERSION}"),
    ],
)
def test_help_and_version_are_understood(engine: Engine, words: str, first: str) -> None:
    """They are options here, and harmless."""
    ended = engine(*words.split())
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(first)


@pytest.mark.parametrize("words", ["help pln", "pln", "plan --detailed", "plan -Z"])
def test_a_typo_is_still_a_typo(engine: Engine, words: str) -> None:
    """It is answered by click, with the nearest word."""
    ended = engine(*words.split())
    assert ended.code == 1
    assert ended.err.startswith("Usage: engine ")


def test_what_follows_two_dashes_is_no_option(engine: Engine) -> None:
    """A stack may be named like an option."""
    assert "there is no stack '-out'" in engine("plan", "--", "-out").err
