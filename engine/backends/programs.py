"""Runs a program of the team, and ends it and what it started if it takes or writes too much."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from engine.frozen import frozen

_CHUNK = 1 << 16


@frozen
class Ended:
    """How a program ended.

    Attributes:
        code: Its exit code; None if it was ended, since it took too long or wrote too much.
        output: What it wrote to its standard output; longer than allowed by a little if it was
            ended for that.
        errors: The end of what it wrote to its standard error.
    """

    code: int | None
    output: bytes
    errors: bytes


def run_program(
    words: Sequence[str], folder: Path, *, timeout: float, most: int, most_errors: int
) -> Ended:
    """Run a program without a shell, without a terminal, and in a session of its own.

    Args:
        words: The path of the program, and its arguments.
        folder: Where it runs.
        timeout: Seconds that it may take.
        most: Bytes that it may write to its standard output.
        most_errors: Bytes of its standard error that are kept.

    Raises:
        OSError: if it cannot be run.
    """
    until = time.monotonic() + timeout
    with subprocess.Popen(  # noqa: S603 - the words are the configuration's, and no shell reads them
        list(words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        start_new_session=True,
    ) as process:
        try:
            output, errors, whole = _read(process, until, most, most_errors)
            code = _wait(process, until) if whole else None
        finally:
            # Also what it started: that would go on, and keep a pipe open that is waited for.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    return Ended(code=code, output=output, errors=errors)


def _read(
    process: subprocess.Popen[bytes], until: float, most: int, most_errors: int
) -> tuple[bytes, bytes, bool]:
    """What it writes, and whether that is all."""
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for pipe, kept in ((process.stdout, output), (process.stderr, errors)):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, kept)
        while selector.get_map():
            ready = selector.select(max(until - time.monotonic(), 0))
            if not ready:
                return bytes(output), bytes(errors), False
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                key.data.extend(chunk)
            del errors[:-most_errors]
            if len(output) > most:
                return bytes(output), bytes(errors), False
    return bytes(output), bytes(errors), True


def _wait(process: subprocess.Popen[bytes], until: float) -> int | None:
    try:
        return process.wait(max(until - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return None
