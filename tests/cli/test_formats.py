"""`--format`: the same plan for terminals, programs, comments and browsers."""

from __future__ import annotations

import json

import pytest

from tests.support.command_line import Engine

pytestmark = pytest.mark.usefixtures("root")

REPORTING = ("plan", "show", "apply --yes", "destroy --yes")


@pytest.mark.parametrize("command", REPORTING)
def test_json_has_two_spellings(engine: Engine, command: str) -> None:
    """`--json` everywhere, and `--format json` next to the others."""
    words = command.split()
    named = engine(*words, "--format", "json")
    assert named.code == 0
    assert json.loads(named.out)["format_version"] == "1"


@pytest.mark.parametrize("spelling", [("--format", "json"), ("--format=json",), ("--json",)])
def test_a_mistake_is_a_document_whatever_asks_for_it(
    engine: Engine, spelling: tuple[str, ...]
) -> None:
    """Also one that is found before the options are read."""
    ended = engine("plan", "--no-such-option", *spelling)
    assert ended.code == 1
    assert json.loads(ended.out)["error"]["reference"] == "usage"


@pytest.mark.parametrize(
    ("format", "mark"), [("markdown", "stripe_product"), ("html", "<!doctype")]
)
def test_a_plan_is_written_in_each_format(engine: Engine, format: str, mark: str) -> None:
    """To a pipe or a file."""
    ended = engine("plan", "--format", format)
    assert ended.code == 0
    assert mark in ended.out


def test_an_unknown_format_is_refused(engine: Engine) -> None:
    """With those that there are."""
    ended = engine("plan", "--format", "pdf")
    assert ended.code == 1
    assert "'text', 'json', 'markdown', 'html'" in ended.err
