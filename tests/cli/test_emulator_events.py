"""Events of emulated accounts: listed, forwarded to an application, and sent once more."""

from __future__ import annotations

import json
import re

import pytest

from engine.emulator.core import Emulator
from engine.emulator.delivery.http import HttpReceiver
from engine.emulator.delivery.sender import Sender
from engine.emulator.delivery.targets import forward_target
from engine.emulator.doors.server import EmulatorServer
from tests.support.command_line import Engine, Write
from tests.support.hooks import application

HOOK = """
    from engine import output
    from engine.stripe import WebhookEndpoint

    hook = WebhookEndpoint(
        "hook", url="https://shop.example/hook", enabled_events=["price.created"]
    )
    output("secret", hook.secret, sensitive=True)
"""


def event_of(engine: Engine, type: str) -> str:
    """Id of the newest event of a type."""
    ended = engine("emulator", "events", "--type", type, "--json")
    assert ended.code == 0, ended.err
    return str(json.loads(ended.out)["events"][0]["id"])


def test_the_embedded_account(engine: Engine) -> None:
    """What applies did, newest first; nothing is delivered to without a server."""
    assert engine("emulator", "events").out == "No events.\n"
    assert engine("apply", "--yes").code == 0
    ended = engine("emulator", "events")
    lines = ended.out.splitlines()
    assert re.fullmatch(
        r"evt_\w+  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  plan.created  price_\w+", lines[0]
    )
    assert lines[-1].split("  ")[2] == "product.created"
    assert [
        line.split("  ")[2]
        for line in engine("emulator", "events", "--type", "product.*").out.splitlines()
    ] == ["product.created"]
    assert len(engine("emulator", "events", "--limit", "1").out.splitlines()) == 1


def test_an_event_of_the_embedded_account_is_sent_once_more(engine: Engine, write: Write) -> None:
    """To the application that is named, signed with the declared secret."""
    write("hooks", HOOK)
    assert engine("apply", "--yes").code == 0
    secret = engine("output", "--reveal", "secret").out
    event = event_of(engine, "price.created")
    with application() as app:
        ended = engine("emulator", "events", "--resend", event, "--forward-to", app.url)
        assert ended.code == 0, ended.err
        assert "  delivered after 1 attempt: 200\n" in ended.out
        taken = app.next()
    assert taken.path == "/hook"
    assert taken.checked(secret)["id"] == event
    elsewhere = engine("emulator", "events", "--resend", event)
    assert elsewhere.code == 0
    assert "  not sent after 1 attempt: 200 (the endpoint is not on this machine" in elsewhere.out
    unwanted = engine("emulator", "events", "--resend", event_of(engine, "product.created"))
    assert (unwanted.code, unwanted.out) == (1, "")
    assert "No enabled webhook endpoint wants product.created" in unwanted.err


def test_a_server_delivers_and_sends_again(
    engine: Engine, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through its own sender, which knows where to forward to."""
    write("hooks", HOOK)
    with application() as app, Emulator() as emulator:
        sender = Sender(emulator.deliveries, HttpReceiver(forward_target(app.url)))
        with EmulatorServer(emulator, sender=sender) as server:
            monkeypatch.setenv("STRIPE_API_BASE", server.url)
            monkeypatch.setenv("STRIPE_API_KEY", "sk_test_x")
            # The endpoint first: what was before it is not delivered to it.
            assert engine("apply", "--yes", "hooks").code == 0
            assert engine("apply", "--yes", "shop").code == 0
            secret = engine("output", "--reveal", "secret").out
            assert app.next().checked(secret)["type"] == "price.created"
            event = event_of(engine, "price.created")
            assert engine("emulator", "events", "--resend", event, "--json").code == 0
            assert app.next().checked(secret)["id"] == event
            for words in (("evt_none",), (event, "--endpoint", "we_none")):
                missing = engine("emulator", "events", "--resend", *words)
                assert missing.code == 1
                assert "Hint: engine emulator events lists events and" in missing.err
            refused = engine("emulator", "events", "--resend", event, "--forward-to", app.url)
            assert refused.code == 1
            assert "--forward-to is for the embedded account" in refused.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--endpoint", "we_1"), "are for an event that is sent once more"),
        (("--forward-to", "127.0.0.1:1"), "are for an event that is sent once more"),
        (("--resend", "evt_1"), "there is no event evt_1"),
        (("--resend", "evt_1", "--forward-to", "https://example.com"), "there is no event evt_1"),
        (("--limit", "0"), "--limit"),
    ],
)
def test_what_cannot_be_done(engine: Engine, words: tuple[str, ...], says: str) -> None:
    """It says what to do."""
    ended = engine("emulator", "events", *words)
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err


def test_events_of_stripe_are_not_asked_for(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent to Stripe."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_x")
    ended = engine("emulator", "events")
    assert ended.code == 1
    assert "environment default is not an emulator" in ended.err


def test_only_this_machine_is_forwarded_to(engine: Engine) -> None:
    """Before anything is served."""
    ended = engine("emulator", "serve", "--forward-to", "https://shop.example/hook")
    assert (ended.code, ended.out) == (1, "")
    assert "--forward-to cannot be https://shop.example: it speaks https" in ended.err
