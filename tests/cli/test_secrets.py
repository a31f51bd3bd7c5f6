"""Where secrets go, from outside."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.support.command_line import Engine, Write

STACK = """
    from engine import output
    from engine.stripe import Product, WebhookEndpoint
    Product("first", name="First")
    hook = WebhookEndpoint("events", url="https://example.com/h", enabled_events=["*"])
    output("secret", hook.secret, sensitive=True)
"""
VARIABLE = "SHOP_WEBHOOK_ENDPOINT_EVENTS_SECRET"


Configure: TypeAlias = Callable[[str], Engine]
"""Runs commands in a project whose secrets go to a place."""


@pytest.fixture
def configured(root: Path, engine: Engine, write: Write) -> Configure:
    """Runs commands in a project whose secrets go to a place."""

    def configure(place: str) -> Engine:
        write("shop", STACK)
        table = "[tool.engine.environments.local]\nemulator = true\n"
        (root / "pyproject.toml").write_text(f"{table}{place}\n", encoding="utf-8")
        return engine

    return configure


def test_a_dotenv_file_is_read_back_and_rotated(configured: Configure, root: Path) -> None:
    """Both variables are there after an apply, and both change with the endpoint."""
    engine = configured('secrets = "env-file:.env.shop"')
    assert engine("apply", "--yes").code == 0
    first = engine("output", "--reveal", "secret").out
    assert first.startswith("whsec_")
    lines = (root / ".env.shop").read_text().splitlines()
    assert {f"{VARIABLE}={first}", f"SHOP_OUTPUT_SECRET={first}"} <= set(lines)
    assert engine("apply", "--yes", "--replace", "stripe_webhook_endpoint.events").code == 0
    text = (root / ".env.shop").read_text()
    assert first not in text
    assert text.count(engine("output", "--reveal", "secret").out) == 2


def test_a_command_without_a_reader_says_where_the_secret_is(configured: Configure) -> None:
    """The run that made it could use it; later only the program's owner can."""
    engine = configured('secrets = "command:sh -c cat"')
    assert engine("apply", "--yes").code == 0
    ended = engine("output", "--reveal", "secret")
    assert (ended.code, ended.out) == (1, "")
    assert "Where it is kept: sh was given it as local/shop output.secret." in ended.err
    assert "No changes." in engine("plan").out


def test_a_command_with_a_reader_gives_it_back(configured: Configure, root: Path) -> None:
    """Each secret under its own name."""
    (root / "vault").mkdir()
    engine = configured(
        """secrets = "command:sh -c 'cat > vault/$ENGINE_SECRET_NAME'"\n"""
        """secrets-read = "command:sh -c 'cat vault/$ENGINE_SECRET_NAME'" """
    )
    assert engine("apply", "--yes").code == 0
    secret = engine("output", "--reveal", "secret").out
    kept = {path.name: path.read_text() for path in (root / "vault").iterdir()}
    assert kept == {"stripe_webhook_endpoint.events.secret": secret, "output.secret": secret}


def test_a_command_that_fails_tells_why_and_what_to_do(configured: Configure) -> None:
    """And quotes the program without the secret that it repeated."""
    engine = configured("""secrets = "command:sh -c 'cat >&2; echo locked >&2; exit 3'" """)
    ended = engine("apply", "--yes")
    assert ended.code == 1
    assert "sh failed with exit code 3" in ended.err
    assert "locked" in ended.err
    assert "whsec_(redacted)" in ended.err
    assert "run the command again" in ended.err


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ('secrets = "command:no-such-vault put"', "secrets cannot be passed to no-such-vault"),
        ('secrets = "env-file:.env.shop"', ".env.shop would be committed, with secrets in it"),
    ],
)
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_place_that_cannot_take_it_stops_the_run_before_its_first_write(
    configured: Configure, root: Path, place: str, said: str
) -> None:
    """Not even the objects without a secret are created."""
    subprocess.run(["git", "init", "--quiet", root], check=True)  # noqa: S603, S607 - git, on a test's own folder
    engine = configured(place)
    ended = engine("apply", "--yes")
    assert ended.code == 1
    assert said in ended.err
    assert "Hint:" in ended.err
    assert "to create" in engine("plan").out
    assert not (root / "state" / "local" / "shop.json").exists()


@pytest.mark.parametrize("place", ["file", "env-file:.env.shop"])
def test_the_secret_of_an_output_with_capitals_is_kept_under_its_name(
    configured: Configure, write: Write, root: Path, place: str
) -> None:
    """In a file of its own or a variable, and --reveal reads it back."""
    engine = configured(f'secrets = "{place}"')
    write("shop", STACK.replace('output("secret"', 'output("STRIPE_Webhook_SECRET"'))
    assert engine("apply", "--yes").code == 0
    secret = engine("output", "--reveal", "STRIPE_Webhook_SECRET").out
    assert secret.startswith("whsec_")
    if place == "file":
        kept = root / ".engine" / "secrets" / "local" / "shop" / "output.STRIPE_Webhook_SECRET"
        assert kept.read_text() == secret
    else:
        lines = (root / ".env.shop").read_text().splitlines()
        assert f"SHOP_OUTPUT_STRIPE_WEBHOOK_SECRET={secret}" in lines
    assert secret not in engine("output").out
    assert engine("plan", "--detailed-exitcode").code == 0
