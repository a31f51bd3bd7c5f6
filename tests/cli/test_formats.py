"""`--format`: the same plan for terminals, programs, comments and browsers."""

from __future__ import annotations

import html
import json

import pytest

from tests.support.command_line import Engine, Write

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
    "line",
    [
        "plan --json --format markdown",
        "plan --format=markdown --json",
        "--json plan --format markdown",
    ],
)
def test_two_formats_do_not_go_together(engine: Engine, line: str) -> None:
    """A program that asked for JSON would read something else."""
    ended = engine(*line.split())
    assert ended.code == 1
    assert "--json and --format markdown do not go together" in ended.err
    assert json.loads(ended.out)["error"]["reference"] == "usage"


def test_one_format_may_be_asked_for_twice(engine: Engine) -> None:
    """As by an alias and the line."""
    assert engine("--json", "plan", "--format", "json").code == 0


@pytest.mark.parametrize(
    ("format", "mark"), [("markdown", "stripe_product"), ("html", "<!doctype")]
)
def test_a_plan_is_written_in_each_format(engine: Engine, format: str, mark: str) -> None:
    """To a pipe or a file."""
    ended = engine("plan", "--format", format)
    assert ended.code == 0
    assert mark in ended.out


@pytest.mark.parametrize("command", ["plan", "apply --yes", "show", "destroy --yes"])
def test_a_page_is_all_that_a_command_writes(engine: Engine, command: str) -> None:
    """From its first sign to its last, so that the file can be opened as it is."""
    ended = engine(*command.split(), "--format", "html")
    assert ended.code == 0
    assert ended.out.startswith("<!doctype html>")
    assert ended.out.endswith("</html>\n")
    assert ended.err == ""


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("plan --target stripe_price.nope", "stripe_price.nope is neither declared"),
        ("plan --nope", "engine plan --help shows what it takes"),
        ("apply", "so it needs --yes"),
    ],
)
def test_an_error_is_a_page_too(engine: Engine, command: str, says: str) -> None:
    """A job that publishes the file publishes what went wrong, and its exit code says so."""
    ended = engine(*command.split(), "--format", "html")
    assert ended.code == 1
    assert ended.out.startswith("<!doctype html>")
    assert says in html.unescape(ended.out)


def test_a_page_has_no_secret(engine: Engine, write: Write) -> None:
    """Neither that of the apply that made it, nor later ones."""
    write(
        "shop",
        """
        from engine import output
        from engine.stripe import WebhookEndpoint
        hook = WebhookEndpoint("events", url="https://example.com/h", enabled_events=["*"])
        output("secret", hook.secret, sensitive=True)
        """,
    )
    for words in ("plan", "apply --yes", "show", "destroy --yes"):
        page = engine(*words.split(), "--format", "html").out
        assert "stripe_webhook_endpoint.events" in page
        assert "whsec_" not in page


def test_an_unknown_format_is_refused(engine: Engine) -> None:
    """With those that there are."""
    ended = engine("plan", "--format", "pdf")
    assert ended.code == 1
    assert "'text', 'json', 'markdown', 'html'" in ended.err
