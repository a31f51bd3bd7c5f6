"""Nothing is written to an account without a yes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.operations.run.session import Session
from tests.support.command_line import Engine, Terminal, Write


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_without_a_terminal_and_a_yes_it_fails_at_once(
    shell: Engine, root: Path, command: str
) -> None:
    """Before a lock is taken or anything is read: the same answer every time."""
    ended = shell(command)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"Error: engine {command} needs a yes, and there is no terminal to ask on\n"
        f"Hint: look at engine plan first, then run engine {command} --yes\n"
    )
    assert sorted(path.name for path in root.iterdir()) == ["stacks"]


def test_json_asks_no_questions(engine: Engine) -> None:
    """A document and a question would share the stream."""
    ended = engine("apply", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["error"]["message"] == (
        "engine apply --json asks no questions, so it needs --yes"
    )


def test_a_yes_at_the_terminal_applies(terminal: Terminal, root: Path) -> None:
    """The plan in colours, the question, the counter, the summary."""
    code, screen = terminal(["apply"], b"yes\n")
    assert code == 0
    assert "\x1b[32m  +\x1b[0m stripe_product.pro" in screen
    assert "Apply this to environment local? Only 'yes' is accepted: yes\n" in screen
    assert "Apply complete: 2 created, 0 updated, 0 replaced, 0 removed." in screen
    assert (root / "state" / "local" / "shop.json").exists()


@pytest.mark.parametrize("answer", [b"y\n", b"\n", b"no\n", b"YES\n", b"\x04"])
def test_anything_but_yes_cancels(terminal: Terminal, root: Path, answer: bytes) -> None:
    """The end of input too."""
    code, screen = terminal(["apply", "--no-color"], answer)
    assert code == 1
    assert screen.endswith("\nApply cancelled. Nothing was changed.\n")
    assert "\x1b[" not in screen
    assert not (root / "state" / "local" / "shop.json").exists()


def test_ctrl_c_at_the_question_exits_130(terminal: Terminal, root: Path) -> None:
    """Which is no bug and no yes."""
    code, screen = terminal(["destroy", "--no-color"], b"yes\n")
    assert (code, "No changes." in screen) == (0, True)
    code, screen = terminal(["apply", "--no-color"], b"\x03")
    assert code == 130
    assert screen.endswith("Error: interrupted before the answer\nNothing was changed.\n")
    assert not (root / "state" / "local" / "shop.json").exists()


def test_ctrl_c_at_the_second_question_changes_nothing_too(
    terminal: Terminal, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live account asks for each removal after the yes."""
    (root / "pyproject.toml").write_text(
        '[tool.engine.environments.live]\napi-key = "env:SHOP_LIVE_KEY"\nlive = true\n',
        encoding="utf-8",
    )
    with Emulator(seed=3) as emulator, EmulatorServer(emulator) as server:
        monkeypatch.setenv("STRIPE_API_BASE", server.url)
        monkeypatch.setenv("SHOP_LIVE_KEY", "sk_live_shop")
        monkeypatch.setenv("ENGINE_ENVIRONMENT", "live")
        code, screen = terminal(["apply", "--no-color"], b"yes\n")
        assert code == 0
        account = next(word for word in screen.split() if word.startswith("acct_")).strip(",")
        assert screen.startswith(
            f"Environment live, account {account}, LIVE MODE, at {server.url}\n"
        )
        assert f"Apply this to environment live, account {account}, in LIVE MODE?" in screen
        emulator.log.clear()
        code, screen = terminal(["destroy", "--no-color"], b"yes\n", b"\x03")
        assert code == 130
        assert (
            f"Destroy 2 resources of account {account} in LIVE MODE (environment live): "
            "2 archived? Only 'yes' is accepted: yes\n"
        ) in screen
        assert screen.endswith("^C\nError: interrupted before the answer\nNothing was changed.\n")
        assert emulator.log.writes() == []


@pytest.mark.parametrize("words", ["apply --yes", "destroy --yes", "apply shop.plan"])
def test_ctrl_c_before_the_plan_is_made_says_that_nothing_was_begun(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """While Stripe is read, or a lock is waited for."""
    assert engine("plan", "-o", "shop.plan").code == 0

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "check_account", stopped)
    ended = engine(*words.split())
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == "Error: interrupted before any operation of the plan was begun\n"


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_terminal_shows_once_why_a_plan_is_refused(
    engine: Engine, terminal: Terminal, write: Write, command: str
) -> None:
    """In the plan; the error below it counts the reasons."""
    write(
        "shop",
        """
        from engine import Lifecycle
        from engine.stripe import Product

        Product("pro", name="Pro", lifecycle=Lifecycle(protect=True))
        """,
    )
    assert engine("apply", "--yes").code == 0
    write("shop", "")
    code, screen = terminal([command, "--no-color"])
    assert code == 4
    assert screen.count("stripe_product.pro is protected") == 1
    assert "Error: the plan is refused, for the reason above\nHint: " in screen


def test_the_first_process_of_a_container_ends_on_sigterm(root: Path, write: Write) -> None:
    """The kernel keeps from it what it has no handler for, so that it would go on to apply."""
    write("shop", "import signal\nsignal.raise_signal(signal.SIGTERM)\n")
    first = "import os; os.getpid = lambda: 1; from engine.cli.main import run; exit(run())"
    ended = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", first, "apply", "--yes"],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 130
    assert "Error: interrupted" in ended.stderr
