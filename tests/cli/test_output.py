"""The values stacks hand out, and those that are nobody's business."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.command_line import Engine, Write


@pytest.fixture
def applied(engine: Engine, write: Write) -> Callable[..., Any]:
    """Runs commands after a webhook and its secret were applied."""
    write(
        "hooks",
        """
        from engine import output
        from engine.stripe import WebhookEndpoint
        hook = WebhookEndpoint(
            "events", url="https://example.com/hook", enabled_events=["invoice.paid"]
        )
        output("secret", hook.secret, sensitive=True)
        output("events", ["invoice.paid"])
        """,
    )
    assert engine("apply", "--yes").code == 0
    return engine


def test_outputs_are_listed_by_stack_and_secrets_hidden(applied: Callable[..., Any]) -> None:
    """In text and in the document."""
    out = applied("output").out
    assert out.startswith('hooks\n  events = ["invoice.paid"]\n  secret = (sensitive)\n\nshop\n')
    document = json.loads(applied("output", "--json", "--stack", "hooks").out)
    assert document["stacks"] == [
        {
            "stack": "hooks",
            "outputs": {
                "events": {"value": ["invoice.paid"], "sensitive": False},
                "secret": {"value": "(sensitive)", "sensitive": True},
            },
        }
    ]


def test_one_output_is_printed_as_json_or_raw(applied: Callable[..., Any]) -> None:
    """Raw is the value alone, without quotes and without a line's end."""
    quoted = applied("output", "price_id").out
    raw = applied("output", "price_id", "--raw").out
    assert raw.startswith("price_")
    assert quoted == f'"{raw}"\n'
    assert applied("output", "events", "--raw").out == '["invoice.paid"]'
    document = json.loads(applied("output", "price_id", "--json").out)
    assert document == {
        "format_version": "1",
        "environment": "local",
        "stack": "shop",
        "name": "price_id",
        "value": raw,
        "sensitive": False,
    }


def test_a_secret_is_printed_only_when_it_is_asked_for_by_name(
    applied: Callable[..., Any],
) -> None:
    """No other command and no document tells it."""
    secret = applied("output", "--reveal", "secret").out
    assert secret.startswith("whsec_")
    for words in (["show"], ["show", "--json"], ["plan", "--json"], ["output", "secret", "--json"]):
        ended = applied(*words)
        assert ended.code == 0
        assert secret not in ended.out + ended.err
    ended = applied("output", "secret", "--raw")
    assert (ended.code, ended.out) == (1, "")
    assert "Hint: engine output --reveal secret prints it" in ended.err


def test_an_output_of_two_stacks_has_to_be_told_apart(
    applied: Callable[..., Any], write: Write
) -> None:
    """The message names the stacks."""
    write("more", 'from engine import output\noutput("price_id", "x")\n')
    applied("apply", "--yes")
    ended = applied("output", "price_id")
    assert "several stacks have an output price_id: more, shop" in ended.err
    assert applied("output", "price_id", "--stack", "more", "--raw").out == "x"


def test_a_misspelt_output_gets_a_suggestion(applied: Callable[..., Any]) -> None:
    """The nearest, or all there are."""
    assert "did you mean price_id?" in applied("output", "prise_id").err
    assert "known: events, price_id, secret" in applied("output", "zzz").err


def test_before_the_first_apply_there_are_none(engine: Engine) -> None:
    """Which is no error: what makes them is named."""
    ended = engine("output", "-e", "local")
    assert (ended.code, ended.out) == (0, "No outputs.\n")
    assert ended.err == (
        "Declared, and without a value until an apply: price_id. To make them: "
        "engine apply -e local\n"
    )
    assert engine("output", "--json").err == ""


def test_stacks_without_outputs_have_none_to_come(engine: Engine, write: Write) -> None:
    """Nor does a module that cannot be evaluated; engine validate reports it."""
    write("shop", 'from engine.stripe import Product\nProduct("pro", name="Pro")\n')
    write("broken", "from engine import outputs\n")
    ended = engine("output")
    assert (ended.code, ended.out, ended.err) == (0, "No outputs.\n", "")
