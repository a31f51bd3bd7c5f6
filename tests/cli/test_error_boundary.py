"""Whatever a command raises becomes text and an exit code."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import click
import pytest

from engine.cli.error_boundary import guarded
from engine.cli.invocation import Invocation
from engine.errors import (
    EngineError,
    GuardError,
    InterruptedRunError,
    LockHeldError,
    Problem,
    StackError,
)
from engine.values.secret import Sensitive
from tests.support.command_line import Engine

KEY = "sk_live_51Hidden"  # what must not be printed


def raising(error: BaseException) -> Callable[[], NoReturn]:
    """A command that fails."""

    def call() -> NoReturn:
        raise error

    return call


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (EngineError("no", cause="why", hint="this"), 1, "Error: no\nwhy\nHint: this\n"),
        (LockHeldError("held"), 3, "Error: held\n"),
        (GuardError("refused"), 4, "Error: refused\n"),
        (InterruptedRunError("stopped"), 130, "Error: stopped\n"),
        (KeyboardInterrupt(), 130, "Error: interrupted\n"),
        (click.Abort(), 130, "Error: interrupted\n"),
        (
            StackError((Problem("stacks/a.py", 2, "bad", "good"),)),
            1,
            "Error: 1 problem in the stacks\n\nstacks/a.py:2: bad\n    good\n",
        ),
        (
            click.ClickException("odd"),
            1,
            "Error: odd\nHint: engine --help shows what it takes\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "state/local/shop.json"),
            1,
            (
                "Error: state/local/shop.json: No space left on device\n"
                "Hint: make room on the disk and run the command again\n"
            ),
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", b"state"),
            1,
            "Error: state: Permission denied\nHint: check who may write there\n",
        ),
        (
            NotADirectoryError(errno.ENOTDIR, "Not a directory", "state/local"),
            1,
            (
                "Error: state/local: Not a directory\n"
                "Hint: a file is where a folder belongs: move it away and run the command again\n"
            ),
        ),
        (OSError("odd"), 1, "Error: odd\n"),
        (OSError(), 1, "Error: OSError\n"),
        (
            SystemExit(0),
            1,
            (
                "Error: bug in engine: SystemExit: 0\n"
                "Hint: run it again with -v for the traceback, and report both\n"
            ),
        ),
        (
            KeyError(f"key {KEY}"),
            1,
            (
                "Error: bug in engine: KeyError: 'key sk_live_(redacted)'\n"
                "Hint: run it again with -v for the traceback, and report both\n"
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_text_on_stderr_and_a_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, text: str
) -> None:
    """Stdout stays empty."""
    assert guarded(raising(error), Invocation()) == code
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err == text


def test_a_bug_shows_its_traceback_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """And never a key."""
    assert guarded(raising(ValueError(KEY)), Invocation(verbose=True)) == 1
    text = capsys.readouterr().err
    assert text.startswith("Traceback (most recent call last):\n")
    assert KEY not in text
    assert "bug in engine: ValueError: sk_live_(redacted)" in text


def test_a_traceback_tells_the_whole_story_without_its_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Causes and contexts are in it; keys, known values and local variables are not."""
    secret = "open sesame!"  # noqa: S105 - what must not be printed
    Sensitive(secret)

    def fail() -> NoReturn:
        raise ValueError(f"first {secret}")

    def fail_of_it() -> NoReturn:
        try:
            fail()
        except ValueError as error:
            raise KeyError(f"second {KEY} {quote(secret)}") from error

    def call() -> NoReturn:
        try:
            fail_of_it()
        except KeyError:
            raise RuntimeError(f"third {secret!r}")  # noqa: B904 - the implicit chain is meant

    assert guarded(call, Invocation(verbose=True, format="json")) == 1
    written = capsys.readouterr()
    for text in (
        "first (sensitive)",
        "second sk_live_(redacted) (sensitive)",
        "third '(sensitive)",
    ):
        assert text in written.err
    assert "The above exception was the direct cause" in written.err
    assert "During handling of the above exception" in written.err
    for hidden in (secret, quote(secret), KEY):
        assert hidden not in written.out + written.err


def test_with_json_every_error_is_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    """With its stable reference; the text goes to stderr all the same."""
    for error, reference in ((ValueError("x"), "bug"), (OSError("x"), "system")):
        assert guarded(raising(error), Invocation(format="json")) == 1
        written = capsys.readouterr()
        assert json.loads(written.out)["error"]["reference"] == reference
        assert written.err.startswith("Error: ")


def test_success_is_0_and_a_command_may_choose_its_code() -> None:
    """A command that returns nothing has succeeded."""
    assert guarded(lambda: None, Invocation()) == 0
    assert guarded(lambda: 2, Invocation()) == 2


@pytest.mark.parametrize("words", [["types", "--json"], ["--help"], ["types", "nosuch", "--json"]])
def test_a_reader_who_leaves_is_no_error_to_report(tmp_path: Path, words: list[str]) -> None:
    """`engine ... | head -1` prints no traceback."""
    with subprocess.Popen(  # noqa: S603 - the words are the tests' own
        [sys.executable, "-m", "engine", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        text = process.stderr.read()
    assert process.returncode == 1
    assert "bug in engine" not in text
    assert "Traceback" not in text
    assert "BrokenPipe" not in text


def test_closed_streams_are_no_error(tmp_path: Path) -> None:
    """A service manager may start a program without them; what it does is done."""
    script = """
import os, sys
for number in (0, 1, 2):
    os.close(number)
os.execv(sys.executable, [sys.executable, "-m", "engine", *sys.argv[1:]])
"""
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", script, "explain", "usage"], check=False, cwd=tmp_path
    )
    assert ended.returncode == 0


def test_characters_that_a_terminal_cannot_show_are_escaped(
    shell: Engine,
) -> None:
    """An ASCII terminal gets an escape, not a traceback."""
    ended = shell("plan", "--var", "name=Café", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "Caf\\xe9" in ended.out
    ended = shell("plan", "--json", "--var", "name=Café", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "Caf\\u00e9" in ended.out


@pytest.mark.parametrize("format", ["json", "markdown", "html"])
def test_a_page_that_cannot_be_written_leaves_its_error_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    """As where stdout is a file on a full disk: the error has a page, too, which has no room."""
    full = OSError(errno.ENOSPC, "No space left on device")

    def refuse(*_: object) -> NoReturn:
        raise full

    monkeypatch.setattr(sys.stdout, "write", refuse)
    assert guarded(raising(full), Invocation(format=format)) == 1
    assert capsys.readouterr().err == (
        "Error: the output cannot be written: No space left on device\n"
        "Error: No space left on device\n"
        "Hint: make room on the disk and run the command again\n"
    )


def test_a_terminal_gets_the_text_of_an_error_and_no_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page of HTML would push the sentence off the screen."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert guarded(raising(EngineError("no")), Invocation(format="html")) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.endswith("Error: no\n")
