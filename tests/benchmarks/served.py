"""Servers in processes of their own, as in use, and the questions that a benchmark puts to them.

What must not live here: what is measured.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

_SPAWN = multiprocessing.get_context("spawn")
_STOP = "stop"


class Server:
    """A server in a process of its own."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.port: int = pipe.recv()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, word: str, *given: Any) -> Any:
        """Have it do one of the things that it attends to, and return the answer."""
        self._pipe.send((word, given))
        return self._pipe.recv()

    def cpu(self) -> float:
        """Processor time it has used, in seconds."""
        used: float = self.ask("cpu")
        return used


@contextmanager
def running(serve: Callable[..., None], *given: Any) -> Iterator[Server]:
    """Run a server until the block ends.

    Args:
        serve: What the process does: called with its end of the pipe, it has to `attend`.
        given: What else it is called with.
    """
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=serve, args=(theirs, *given))
    process.start()
    theirs.close()
    try:
        yield Server(ours)
    finally:
        with suppress(BrokenPipeError):  # it has failed, and told why
            ours.send((_STOP, ()))
        process.join()


def attend(
    pipe: Connection, port: int, words: Mapping[str, Callable[..., Any]] | None = None
) -> None:
    """Tell the port, then do whatever is asked, until told to stop.

    Args:
        pipe: To the benchmark.
        port: Where the server listens.
        words: What can be asked for; `cpu`, the processor time so far, always can.
    """
    known = {"cpu": time.process_time, **(words or {})}
    pipe.send(port)
    while True:
        word, given = pipe.recv()
        if word == _STOP:
            return
        pipe.send(known[word](*given))
