"""Stop a run on signals: the first one gently, the second one at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def stoppable(on_stop: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """Yield an event that the first Ctrl-C, or SIGTERM, sets; the second one interrupts at once.

    Requests in flight can then finish and be recorded. Outside of the main thread signals cannot
    be received, and the event is never set.

    Args:
        on_stop: Called at the first one.
    """
    stop = threading.Event()

    def receive(_: int, __: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        on_stop()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, receive) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
