"""Threads that deliver in the background, while a server runs."""

from __future__ import annotations

import sys
import threading
import traceback
from contextlib import ExitStack
from typing import Final, Self

from engine.emulator.delivery.deliveries import Deliveries
from engine.emulator.delivery.http import HttpReceiver
from engine.redaction import redact

_THREADS: Final = 8
"""Endpoints that can be slow at the same time before others wait for them."""


class Sender:
    """Delivers what happens in an emulator over HTTP, from `start` to `close`."""

    def __init__(
        self, deliveries: Deliveries, receiver: HttpReceiver, *, listener_secret: str = ""
    ) -> None:
        """Make the threads, and start none.

        Args:
            deliveries: What is to be delivered.
            receiver: Sends; it is closed with this.
            listener_secret: Signs events of accounts that have no endpoint at all; empty for not
                sending these.
        """
        self._deliveries = deliveries
        self._receiver = receiver
        self._listener_secret = listener_secret
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"deliveries-{number}", daemon=True)
            for number in range(_THREADS)
        ]
        self._receiving = ExitStack()

    def start(self) -> Self:
        """Deliver from now on.

        Raises:
            EmulatorError: Something else receives the deliveries.
        """
        self._receiving.enter_context(
            self._deliveries.to(
                self._receiver, listener_secret=self._listener_secret, at_once=False
            )
        )
        for thread in self._threads:
            thread.start()
        return self

    def close(self) -> None:
        """Stop at once: what is under way has no answer, what is pending is not sent."""
        self._closing.set()
        self._receiver.close()
        self._receiving.close()
        self._deliveries.wake()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._deliveries.deliver_due()
                self._deliveries.wait(self._closing)
            except Exception:  # noqa: BLE001 - the deliveries that follow are made all the same
                sys.stderr.write(redact(traceback.format_exc()))
