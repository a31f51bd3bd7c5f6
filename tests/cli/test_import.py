"""`engine import` from outside: an object that exists, and the secret that Stripe returns once."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Terminal, Write

HOOK = "stripe_webhook_endpoint.events"
SECRET = "whsec_" + "SuppliedByAPerson012345"
STACK = """
    from engine import output
    from engine.stripe import Product, WebhookEndpoint

    Product("first", name="First")
    hook = WebhookEndpoint("events", url="https://example.com/h", enabled_events=["*"])
    output("secret", hook.secret, sensitive=True)
"""


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What commands read."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdin", stream)
    return stream


def give(stdin: io.StringIO, text: str) -> None:
    """Let the next command read a text."""
    stdin.seek(0)
    stdin.truncate()
    stdin.write(text)
    stdin.seek(0)


@pytest.fixture
def id(engine: Engine, write: Write) -> str:
    """The id of an endpoint that no state has any more; its secret is still kept."""
    write("shop", STACK)
    assert engine("apply", "--yes").code == 0
    found = engine("state", "show", HOOK, "--json").out
    assert engine("state", "rm", HOOK).code == 0
    assert engine("output", "--reveal", "secret").code == 0
    return found.partition('"id": "')[2].partition('"')[0]


@pytest.fixture
def unknown(id: str, root: Path) -> str:
    """The same, with the secret kept nowhere."""
    shutil.rmtree(root / ".engine" / "secrets")
    return id


def test_a_secret_that_is_kept_already_is_used(engine: Engine, id: str) -> None:
    """It says so, for it could be another object's."""
    ended = engine("import", HOOK, id)
    assert (ended.code, ended.out) == (0, f"Imported {HOOK} as {id} into the state of shop.\n")
    assert f"Its secret is the one that was kept for {HOOK} before" in ended.err
    assert f"engine import {HOOK} --secret-from-stdin" in ended.err
    assert engine("plan", "--detailed-exitcode").code == 0
    assert engine("output", "--reveal", "secret").out.startswith("whsec_")


def test_an_unknown_secret_is_named_and_supplied(
    engine: Engine, unknown: str, root: Path, stdin: io.StringIO
) -> None:
    """Said at the import and where an output lacks it; supplied, the output has a value."""
    ended = engine("import", HOOK, unknown)
    assert "Its secret is not known here: Stripe returns it only when the object is made" in (
        ended.err
    )
    assert engine("apply", "--yes").code == 0
    give(stdin, f"{SECRET}\r\n")
    ended = engine("import", HOOK, "--secret-from-stdin")
    assert ended.code == 0
    assert (
        ended.out == f"The secret of {HOOK} ({unknown}) is kept; the state has its fingerprint.\n"
    )
    assert SECRET not in ended.out + ended.err
    assert engine("plan", "--detailed-exitcode").code == 2  # the output
    assert engine("apply", "--yes").code == 0
    assert engine("output", "--reveal", "secret").out == SECRET
    assert engine("plan", "--detailed-exitcode").code == 0
    assert SECRET not in (root / "state" / "local" / "shop.json").read_text()


def test_a_secret_comes_with_the_import(engine: Engine, unknown: str, stdin: io.StringIO) -> None:
    """One command for both."""
    give(stdin, SECRET)
    ended = engine("import", HOOK, unknown, "--secret-from-stdin")
    assert ended.out == f"Imported {HOOK} as {unknown} into the state of shop.\n"
    assert "not known" not in ended.err
    assert engine("apply", "--yes").code == 0
    assert engine("output", "--reveal", "secret").out == SECRET


@pytest.mark.parametrize("read", ["", "\n", "  \nwhsec_0123456789abcdef\n"])
def test_nothing_is_no_secret(engine: Engine, unknown: str, stdin: io.StringIO, read: str) -> None:
    """Only the first line is read; it is refused before the project is opened."""
    give(stdin, read)
    ended = engine("import", HOOK, unknown, "--secret-from-stdin")
    assert ended.code == 1
    assert "--secret-from-stdin read nothing" in ended.err


@pytest.mark.parametrize("read", ["sk_test_0123456789abcdefghij", "hunter2hunter2", "whsec_x y"])
def test_what_has_no_form_of_a_secret_is_refused(
    engine: Engine, unknown: str, stdin: io.StringIO, read: str
) -> None:
    """Without a word of it, and with nothing kept or recorded."""
    give(stdin, read)
    ended = engine("import", HOOK, unknown, "--secret-from-stdin")
    assert ended.code == 1
    assert f"what was read is not the secret of {HOOK}: a signing secret begins with" in ended.err
    assert read not in ended.err
    assert engine("state", "show", HOOK).code != 0


def test_what_has_no_secret_takes_none(engine: Engine, unknown: str, stdin: io.StringIO) -> None:
    """A product; an endpoint that is not in the state; another object than the one there."""
    give(stdin, SECRET)
    ended = engine("import", "stripe_product.first", "--secret-from-stdin")
    assert "Stripe returns all of a product" in ended.err
    give(stdin, SECRET)
    ended = engine("import", HOOK, "--secret-from-stdin")
    assert f"engine import {HOOK} ID --secret-from-stdin" in ended.err
    assert engine("import", HOOK, unknown).code == 0
    give(stdin, SECRET)
    ended = engine("import", HOOK, "we_other", "--secret-from-stdin")
    assert f"{HOOK} is {unknown} already" in ended.err
    assert f"which object {HOOK} is to be is missing" in engine("import", HOOK).err


def test_an_output_that_lacks_its_secret_says_so(engine: Engine, unknown: str) -> None:
    """The state knows why there is none."""
    assert engine("import", HOOK, unknown).code == 0
    assert engine("apply", "--yes").code == 0
    ended = engine("output", "secret")
    assert ended.code == 1
    assert f"the secret of {HOOK} is not known here, so that an output of it has no" in ended.err
    assert f"engine import {HOOK} {unknown} --secret-from-stdin" in ended.err


def test_a_terminal_does_not_show_it(terminal: Terminal, unknown: str) -> None:
    """It is asked for, and what is typed stays unseen."""
    words = ["import", HOOK, unknown, "--secret-from-stdin"]
    code, screen = terminal(words, f"{SECRET}\n".encode(), questions=(b"not shown): ",))
    assert code == 0
    assert f"The secret of {HOOK} (what you type is not shown): " in screen
    assert SECRET not in screen
