"""Stopping a run as a person asks: first gently, then at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def stoppable(told: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C, or SIGTERM, sets; the second interrupts at once.

    What is in flight can then finish and be recorded. Outside of the main thread signals cannot
    be heard, and the event stays as it is.

    Args:
        told: Called when the first one is heard.
    """
    stop = threading.Event()

    def hear(_: int, __: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        told()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, hear) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
