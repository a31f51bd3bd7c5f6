"""The one error boundary: each error becomes text on stderr, a page on stdout, and an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import click

from engine.cli.invocation import Invocation
from engine.errors import EngineError, InterruptedRunError, UsageError
from engine.views.formats import FORMATS
from engine.views.style import printable

if TYPE_CHECKING:
    from engine.views.view import Page

_HINTS = {
    errno.ENOSPC: "make room on the disk and run the command again",
    errno.EDQUOT: "make room on the disk and run the command again",
    errno.EACCES: "check who may write there",
    errno.EPERM: "check who may write there",
    errno.ENOTDIR: "a file is where a folder belongs: move it away and run the command again",
    errno.EROFS: "the file system is read-only",
}


_EXPLAINED = (UsageError, InterruptedRunError)
"""Errors that say all that there is to say of them."""


class _BugError(EngineError):
    """Something that the engine did not foresee."""

    reference: ClassVar[str] = "bug"


class _SystemError(EngineError):
    """Something the operating system refused."""

    reference: ClassVar[str] = "system"


def guarded(call: Callable[[], int | None], invocation: Invocation) -> int:
    """Run a command and turn any error into text and an exit code.

    Args:
        call: The command; returns its exit code, None for 0.
        invocation: How to write, as far as the options have been read when an error occurs.
    """
    try:
        code = call() or 0
        sys.stdout.flush()
    except OSError as error:
        return (
            _reader_left()
            if error.errno == errno.EPIPE
            else report_error(_system(error), invocation)
        )
    except click.ClickException as error:
        return report_error(_usage(error), invocation, preface=_usage_line(error))
    except (click.Abort, KeyboardInterrupt):
        return report_error(InterruptedRunError("interrupted"), invocation)
    except EngineError as error:
        return report_error(error, invocation)
    except BaseException as error:
        if isinstance(error, SystemExit) and "_ENGINE_COMPLETE" in os.environ:
            raise  # click ends like this after it has completed words for a shell
        return _unforeseen(error, invocation)
    return code


def report_error(
    error: EngineError, invocation: Invocation, page: Page | None = None, *, preface: str = ""
) -> int:
    """Write an error as text to stderr, and what the format makes of it to stdout.

    A format that is for files writes nothing to a terminal, where it would hide the text.

    Args:
        error: The error.
        invocation: How to write.
        page: What a command that found it writes instead of the page of the error alone.
        preface: What stderr gets before the error.

    Returns:
        The exit code.
    """
    from engine.views.text.problems import error_text, references_of

    try:
        shown = invocation.report_view.error(error) if page is None else page
        if shown and not (FORMATS[invocation.format].file and sys.stdout.isatty()):
            _write_page(shown, invocation)
        text = error_text(error, invocation.style(sys.stderr), invocation.read)
        invocation.write_err(f"{preface}{text}")
        if not isinstance(error, _EXPLAINED):
            invocation.write_where_explained(references_of(error))
    except BrokenPipeError:
        _reader_left()
    return error.exit_code


def _write_page(page: Page, invocation: Invocation) -> None:
    """Write a page of an error, unless stdout takes nothing, as a full disk: stderr says so."""
    try:
        invocation.write_out(page)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        invocation.write_err(f"Error: the output cannot be written: {error.strerror}")
        _reader_left()


def _usage(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "engine"
    return UsageError(error.format_message(), hint=f"{path} --help shows what it takes")


def _usage_line(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.get_usage()}\n" if context is not None else ""


def _system(error: OSError) -> EngineError:
    reason = error.strerror or str(error) or type(error).__name__
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    return _SystemError(f"{where}{reason}", hint=_HINTS.get(error.errno or 0))


def _unforeseen(error: BaseException, invocation: Invocation) -> int:
    """A bug, unless click ends with 1, as it does if the output has no reader any more."""
    if isinstance(error, SystemExit) and error.code == 1:
        return _reader_left()
    return report_error(_bug(error), invocation, preface=_traceback(invocation))


def _bug(error: BaseException) -> EngineError:
    return _BugError(
        f"bug in engine: {type(error).__name__}: {error}",
        hint="run it again with -v for the traceback, and report both",
    )


def _traceback(invocation: Invocation) -> str:
    if not invocation.verbose:
        return ""
    # Without local variables, which may be secret; with the errors that caused this one.
    return printable(traceback.format_exc())


def _reader_left() -> int:
    """The reader of the output has closed it; keep Python from reporting that at its exit."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    return 1
