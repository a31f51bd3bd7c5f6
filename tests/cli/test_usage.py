"""Calls that cannot be taken: one message, a way on, exit code 1."""

from __future__ import annotations

import json

import pytest

from engine.catalog import loader
from tests.support.command_line import Engine

# An object of Stripe's that no row of the table speaks of.
WAITING = next(name for name in loader.object_names() if name not in loader.managed())

BAD = [
    (["pln"], "There is no command 'pln'. Did you mean 'plan'?", "engine --help"),
    (["frobnicate"], "There is no command 'frobnicate'.", "engine --help"),
    (["plan", "--detailed-exit-code"], "No such option", "engine plan --help"),
    (["plan", "shp"], "there is no stack 'shp'", "did you mean 'shop'?"),
    (["plan", "--target", "price"], "'price' is not an address", "TYPE.NAME"),
    (["plan", "--var", "name"], "--var name is not NAME=VALUE", "variable('NAME', default)"),
    (["plan", "--var", "a b=c"], "--var a b=c is not NAME=VALUE", "variable('NAME', default)"),
    (["plan", "--parallelism", "0"], "Invalid value for '--parallelism'", "engine plan --help"),
    (["plan", "--lock-timeout", "soon"], "Invalid value for '--lock-timeout'", "engine plan --h"),
    (["plan", "--refresh-only", "--destroy"], "do not go together", "choose one"),
    (["plan", "--refresh-only", "--no-refresh"], "do not go together", "choose one"),
    (
        ["apply", "--yes", "--refresh-only", "--replace", "stripe_price.p"],
        "do not go together",
        "choose one",
    ),
    (
        ["plan", "--destroy", "--replace", "stripe_price.p"],
        "--destroy and --replace do not go together",
        "choose one",
    ),
    (["destroy", "--refresh-only"], "No such option", "engine destroy --help"),
    (["-C", "nowhere", "plan"], "there is no folder nowhere", "-C takes"),
    (["-e", "prod", "plan"], "there is no environment 'prod'", "pyproject.toml"),
    (["output", "--raw"], "--raw prints one value", "engine output NAME --raw"),
    (["output", "--reveal", "x", "--raw"], "--reveal NAME prints one value alone", "leave out"),
    (["output", "price_id"], "there is no output price_id", "run engine apply"),
    (["state", "show"], "Missing argument '[STACK[@SERIAL]:]ADDR'", "engine state show --help"),
    (["state", "show", "price"], "'price' is not an address", "TYPE.NAME"),
    (["state", "show", "stripe_price.p"], "stripe_price.p is not in the state", "state list"),
    (["types", "prise"], "there is no type 'prise'", "did you mean price?"),
    (["types", "zzzzzz"], "there is no type 'zzzzzz'", "engine types lists them"),
    (["types", WAITING], f"{WAITING} is an object of Stripe's", "engine types lists"),
    (
        ["emulator", "serve", "--embedded", "--account-file", "x"],
        "do not go together",
        "choose one",
    ),
]


@pytest.mark.parametrize(("words", "message", "hint"), BAD, ids=lambda value: str(value)[:40])
def test_a_bad_call_exits_1_with_a_message_and_a_hint(
    engine: Engine, words: list[str], message: str, hint: str
) -> None:
    """Never 2, which means changes; nothing on stdout."""
    ended = engine(*words)
    assert ended.code == 1
    assert ended.out == ""
    text, _, way_on = ended.err.partition("Hint: ")
    assert "Error: " in text
    assert message in text
    assert hint in way_on


@pytest.mark.parametrize("words", [["plan", "--foo"], ["plan", "shp"], ["pln"]], ids=" ".join)
@pytest.mark.parametrize("first", [True, False])
def test_with_json_an_error_is_a_document_too(
    engine: Engine, words: list[str], *, first: bool
) -> None:
    """Even where the options could not be read; people still get text on stderr."""
    ended = engine(*(["--json", *words] if first else [*words, "--json"]))
    assert ended.code == 1
    document = json.loads(ended.out)
    assert document["format_version"] == "1"
    assert document["error"]["reference"] == "usage"
    assert document["error"]["hint"]
    assert "Error: " in ended.err


def test_json_after_the_end_of_options_is_a_stacks_name(engine: Engine) -> None:
    """`--` means what it always means."""
    ended = engine("plan", "--", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert "there is no stack '--json'" in ended.err


def test_the_usage_line_stands_above_a_bad_option(engine: Engine) -> None:
    """What would have been right is one line away."""
    assert engine("plan", "--foo").err.startswith("Usage: engine plan [OPTIONS] [STACK]...\n")
