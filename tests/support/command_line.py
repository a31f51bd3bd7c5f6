"""The command line from outside: in this process, in one of its own, and at a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from engine.cli.main import run
from tests.support.documents import check_printed

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


Engine: TypeAlias = Callable[..., Ended]
"""Runs a command: its words, and for a process of its own its variables."""
Terminal: TypeAlias = Callable[..., tuple[int, str]]
"""Runs a command at a terminal: its words, then the answers to its questions."""
Write: TypeAlias = Callable[[str, str], None]
"""Writes a stack module: name, text."""


def run_here(capfd: pytest.CaptureFixture[str], *words: str) -> Ended:
    """Run a command in this process and its folder."""
    capfd.readouterr()
    code = run(words)
    written = capfd.readouterr()
    check_printed(words, written.out)
    return Ended(code, written.out, written.err)


def run_apart(root: Path, *words: str, **variables: str) -> Ended:
    """Run a command in a process of its own, in a folder, with no terminal."""
    done = subprocess.run(  # noqa: S603 - the words are the tests' own
        [sys.executable, "-m", "engine", *words],
        cwd=root,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    check_printed(words, done.stdout)
    return Ended(done.returncode, done.stdout, done.stderr)


QUESTIONS = (b"accepted: ", b"to go on: ")
"""How the questions end that commands ask one after the other."""


def run_at_a_terminal(
    root: Path, words: Sequence[str], *answers: bytes, questions: Sequence[bytes] = QUESTIONS
) -> tuple[int, str]:
    """Run a command at a terminal and answer its questions; its exit code and its screen."""
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
        left = list(zip(questions, answers, strict=False))
        while chunk := _read(screen):
            seen += chunk
            if left and left[0][0] in seen:
                os.write(screen, left.pop(0)[1])
    os.close(screen)
    return process.returncode, seen.decode().replace("\r\n", "\n")


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 65536)
    except OSError:  # Linux says so when the other side has closed
        return b""
