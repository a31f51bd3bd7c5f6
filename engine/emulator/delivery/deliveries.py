"""The deliveries of an emulator: what is to be sent, in order, and when it is tried again.

Nothing is delivered until a receiver is named. Then each event is queued, within the transaction
that made it, for every endpoint that wants it. A delivery is read, sent, and noted in three steps,
and no transaction and no lock is held while it is sent: a receiver may use the emulator itself.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from engine.emulator.accounts.keys import Caller, caller_of
from engine.emulator.behaviour.recipient import Recipient
from engine.emulator.delivery.delivery import NoAnswerError, NotSentError, Receiver
from engine.emulator.delivery.due import Due, DueQueue
from engine.emulator.delivery.ledger import Ledger, Opened, addressed, begin_anew
from engine.emulator.delivery.recipients import roll_secret
from engine.emulator.requests.call import Call
from engine.emulator.storage.deliveries import (
    FAILED,
    NOT_SENT,
    PENDING,
    SUCCEEDED,
    deliveries_of,
)
from engine.emulator.storage.events import EVENT
from engine.emulator.wire.errors import StripeRefusal
from engine.errors import EmulatorError

WAITS: Final = (1.0, 5.0, 15.0)
"""Seconds before each further attempt in test mode, where Stripe tries three times in hours (D)."""
LIVE_WAITS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""In live mode, where Stripe waits longer each time, for up to three days (D)."""
_STOPPED: Final = "deliveries were stopped first"


class Deliveries:
    """What is to be delivered, in the order in which it happened.

    Any number of threads may use it. Of the deliveries to one endpoint, one is under way at a time.
    """

    def __init__(self, opened: Opened, ticks: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing to deliver, and nothing that takes it.

        Args:
            opened: Opens transactions.
            ticks: Gives the time in seconds by which attempts are repeated.
        """
        self._opened = opened
        self._ledger = Ledger(opened)
        self._ticks = ticks
        self._receiver: Receiver | None = None
        self._listener: Recipient | None = None
        self._waits: tuple[tuple[float, ...], tuple[float, ...]] = (WAITS, LIVE_WAITS)
        self._at_once = True
        self._queue = DueQueue()
        self._changed = threading.Condition()

    @contextmanager
    def to(
        self,
        receiver: Receiver,
        *,
        listener_secret: str = "",
        waits: tuple[float, ...] | None = None,
        at_once: bool = True,
    ) -> Iterator[None]:
        """Deliver what happens meanwhile to a receiver.

        Args:
            receiver: Takes each delivery.
            listener_secret: Signs events of accounts that have no endpoint at all, which are then
                delivered as well; empty for not.
            waits: Seconds before each further attempt; those of the mode if not given.
            at_once: Deliver before the request that made the event is answered; if not, the
                caller calls `deliver_due`.

        Raises:
            EmulatorError: There is a receiver already.
        """
        with self._changed:
            if self._receiver is not None:
                raise EmulatorError(
                    "the emulator delivers its events to something else already",
                    hint="end that first, or let one receiver hand them on",
                )
            self._receiver, self._at_once = receiver, at_once
            self._waits = (WAITS, LIVE_WAITS) if waits is None else (waits, waits)
            if listener_secret:
                self._listener = Recipient(id="", url="", secrets=(listener_secret,))
        try:
            yield
        finally:
            with self._changed:
                self._receiver = self._listener = None
                left = tuple(self._queue.drain())
            for due in left:
                self._ledger.note(due, NOT_SENT, attempt=None, reason=_STOPPED)

    def of(self, call: Call) -> Callable[[str], list[tuple[str, str]]]:
        """A function that names ids and URLs of those that get an event of a type."""
        if self._receiver is None:
            return lambda _: []
        return addressed(call, self._listener)

    def add(self, call: Call, events: Iterable[str]) -> None:
        """Queue events, within the transaction that made them.

        What is queued is read in a transaction that writes, which waits for the end of this one.
        If this one is undone, nothing is found then, and nothing sent.
        """
        if self._receiver is None:
            return
        for id in events:
            event = call.repository.get(EVENT, id) or {}
            self._queue_up(call.caller, id, [one["endpoint"] for one in deliveries_of(event)])

    def resend(self, caller: Caller, event: str, endpoint: str = "") -> list[str]:
        """Queue an event once more.

        Args:
            caller: In the account of the event.
            event: Its id.
            endpoint: Id of the endpoint, which need not want it; empty for all that want it.

        Returns:
            Ids of the endpoints.

        Raises:
            StripeRefusal: There is no such event or endpoint, or nothing takes deliveries.
        """
        if self._receiver is None:
            raise StripeRefusal("This emulator delivers no events: nothing receives them.")
        with self._opened(caller) as call:
            ids = begin_anew(call, event, endpoint, self._listener)
            self._queue_up(caller, event, ids)
        self.deliver_at_once()
        return ids

    def roll_secret(self, endpoint: str, *, key: str, overlap: int = 0) -> str:
        """Give an endpoint a new signing secret, as the Dashboard does.

        Args:
            endpoint: Its id.
            key: API key of its account and mode.
            overlap: Seconds for which the old secret signs as well.

        Returns:
            The new secret.

        Raises:
            StripeRefusal: There is no such endpoint.
        """
        with self._opened(caller_of(f"Bearer {key}")) as call:
            return roll_secret(call, endpoint, overlap)

    def retry(self) -> int:
        """Repeat what failed, as if the time for it had come.

        Returns:
            How many deliveries are repeated.
        """
        with self._changed:
            moved = self._queue.ripen(math.inf)
            self._changed.notify_all()
        self.deliver_at_once()
        return moved

    def deliver_at_once(self) -> None:
        """Deliver what is queued, unless that is left to `deliver_due`.

        Raises:
            Exception: What the receiver raised first, once all was delivered.
        """
        if self._at_once and self._receiver is not None and self._queue:
            self.deliver_due()

    def deliver_due(self) -> None:
        """Deliver what is queued or due, in order, and return when nothing is left for this thread.

        Raises:
            Exception: What the receiver raised first, once all was delivered.
        """
        raised: list[Exception] = []
        while (due := self._next()) is not None:
            try:
                self._deliver(due)
            except Exception as error:  # noqa: BLE001 - what follows is delivered first
                raised.append(error)
            finally:
                with self._changed:
                    self._queue.done(due)
                    self._changed.notify_all()
        if raised:
            raise raised[0]

    def wait(self, closing: threading.Event) -> None:
        """Wait until something can be delivered, or `wake` is called when it is closing."""
        with self._changed:
            while not closing.is_set():
                now = self._ticks()
                self._queue.ripen(now)
                if self._queue.is_ready:
                    return
                ripens = self._queue.ripens
                self._changed.wait(None if ripens is None else ripens - now)

    def wake(self) -> None:
        """Let `wait` look again."""
        with self._changed:
            self._changed.notify_all()

    def _queue_up(self, caller: Caller, event: str, endpoints: Iterable[str]) -> None:
        with self._changed:
            self._queue.add(Due(caller=caller, event=event, endpoint=id) for id in endpoints)
            self._changed.notify_all()

    def _next(self) -> Due | None:
        """Take what is next; None if nothing is, or all of it has to wait for what is under way."""
        with self._changed:
            if self._receiver is None or (self._at_once and not self._queue.is_idle):
                return None
            if not self._at_once:
                self._queue.ripen(self._ticks())
            return self._queue.take()

    def _deliver(self, due: Due) -> None:
        """Make one attempt.

        Raises:
            Exception: What the receiver raised.
        """
        receiver = self._receiver
        read = self._ledger.read(due, self._listener)
        if receiver is None or read is None:
            return
        delivery, remark = read
        try:
            answered = receiver(delivery)
        except NotSentError as refused:
            self._ledger.note(due, NOT_SENT, attempt=None, reason=str(refused))
        except NoAnswerError as failed:
            self._failed(due, None, str(failed), remark)
        except Exception as failed:
            self._failed(due, None, type(failed).__name__, remark)
            raise
        else:
            status = 200 if answered is None else answered
            if 200 <= status < 300:  # noqa: PLR2004 - D: any 2xx
                self._ledger.note(due, SUCCEEDED, attempt=(status, ""), reason=remark)
            else:
                self._failed(due, status, "", remark)

    def _failed(self, due: Due, status: int | None, error: str, remark: str) -> None:
        waits = self._waits[due.caller.livemode]
        again = due.attempts < len(waits) and self._receiver is not None
        state = PENDING if again else FAILED
        self._ledger.note(due, state, attempt=(status, error), reason=remark)
        if again:
            at = self._ticks() + waits[due.attempts]
            with self._changed:
                self._queue.add_later(replace(due, attempts=due.attempts + 1), at)
                self._changed.notify_all()
