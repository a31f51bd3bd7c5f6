"""The command line from outside: in this process, in one of its own, and at a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.cli.main import run

_OURS = ("STRIPE_", "ENGINE_", "_ENGINE_", "COMP_")
_COLOURS = ("NO_COLOR", "FORCE_COLOR", "TERM")

STACK = """
    from engine import output, variable
    from engine.stripe import Price, Product

    pro = Product("pro", name=variable("name", "Pro"))
    monthly = Price(
        "pro-monthly", product=pro.id, currency="usd", unit_amount=2900,
        recurring={"interval": "month"}, lookup_key="pro_monthly",
    )
    output("price_id", monthly.id)
"""

# Without a controlling terminal Ctrl-C would be a character like any other.
_AT_A_TERMINAL = """
import fcntl, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
from engine.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Exit code.
        out: What it wrote to stdout.
        err: What it wrote to stderr.
    """

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of whoever runs the tests has a say."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name in _COLOURS:
            monkeypatch.delenv(name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one stack, `shop`."""
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    (folder / "stacks" / "shop.py").write_text(textwrap.dedent(STACK), encoding="utf-8")
    return folder


@pytest.fixture
def write(root: Path) -> Callable[[str, str], None]:
    """Writes a stack module: name, text."""

    def write(name: str, text: str) -> None:
        (root / "stacks" / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")

    return write


@pytest.fixture
def engine(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Runs a command in the project's folder, in this process."""
    monkeypatch.chdir(root)

    def call(*words: str) -> Ended:
        capfd.readouterr()
        code = run(words)
        written = capfd.readouterr()
        return Ended(code, written.out, written.err)

    return call


@pytest.fixture
def shell(root: Path) -> Callable[..., Ended]:
    """Runs a command in the project's folder, in a process of its own, with no terminal."""

    def call(*words: str, **variables: str) -> Ended:
        done = subprocess.run(  # noqa: S603 - the words are the tests' own
            [sys.executable, "-m", "engine", *words],
            cwd=root,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def terminal(root: Path) -> Callable[..., tuple[int, str]]:
    """Runs a command at a terminal and answers its questions; gives its exit code and screen."""

    def call(words: Sequence[str], *answers: bytes) -> tuple[int, str]:
        screen, theirs = pty.openpty()
        with subprocess.Popen(  # noqa: S603 - the words are the tests' own
            [sys.executable, "-c", _AT_A_TERMINAL, *words],
            cwd=root,
            env={**os.environ, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            seen = b""
            left = list(zip((b"accepted: ", b"to go on: "), answers, strict=False))
            while chunk := _read(screen):
                seen += chunk
                if left and left[0][0] in seen:
                    os.write(screen, left.pop(0)[1])
        os.close(screen)
        return process.returncode, seen.decode().replace("\r\n", "\n")

    return call


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 65536)
    except OSError:  # Linux says so when the other side has closed
        return b""
