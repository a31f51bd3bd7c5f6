"""Stopping: the first signal is heard, the second is obeyed."""

from __future__ import annotations

import signal
import threading

import pytest

from engine.operations.run.interrupt import stoppable


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_insists(number: signal.Signals) -> None:
    """The event is set first; a second signal interrupts, and handlers are put back."""
    before = signal.getsignal(number)
    with stoppable() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_outside_of_the_main_thread_nothing_is_heard() -> None:
    """Signals belong to the main thread: elsewhere the event is simply never set."""
    seen: list[bool] = []

    def run() -> None:
        with stoppable() as stop:
            seen.append(stop.is_set())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [False]
