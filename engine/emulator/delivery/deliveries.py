"""The deliveries of an emulator: what is to be sent, in order, and what came of it.

Nothing is delivered until a receiver is named. Then each event is queued, within the transaction
that made it, for every endpoint that wants it. A delivery is read, sent, and noted in three steps,
and no transaction and no lock is held while it is sent: a receiver may use the emulator itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Final, Protocol

from engine.emulator.accounts.keys import Caller
from engine.emulator.behaviour.recipient import Recipient
from engine.emulator.delivery.delivery import (
    Delivery,
    NoAnswerError,
    NotSentError,
    Receiver,
    delivery_of,
)
from engine.emulator.delivery.recipients import Recipients
from engine.emulator.requests.call import Call
from engine.emulator.requests.events import event_response
from engine.emulator.storage.deliveries import (
    FAILED,
    NOT_SENT,
    PENDING,
    SUCCEEDED,
    deliveries_of,
    note,
    to_deliver,
)
from engine.emulator.storage.events import EVENT
from engine.emulator.wire.errors import StripeRefusal
from engine.errors import EmulatorError
from engine.frozen import frozen

WAITS: Final = (1.0, 5.0, 15.0)
"""Seconds before each further attempt in test mode, where Stripe tries three times in hours (D)."""
LIVE_WAITS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""In live mode, where Stripe waits longer each time, for up to three days (D)."""
_GONE: Final = "the endpoint does not exist any more"
_DISABLED: Final = "the endpoint is disabled"
_UNSIGNED: Final = "the endpoint was not made by a request, so nothing is known of its secret"
_ANOTHER_VERSION: Final = "sent in API version {}, not in the endpoint's {}"


class Opened(Protocol):
    """Opens a transaction that writes, in the account of a caller."""

    def __call__(self, caller: Caller) -> AbstractContextManager[Call]:
        """The account, as a request sees it."""


@frozen
class _Due:
    """One attempt that is to be made.

    Attributes:
        caller: In the account of the event.
        event: Id of the event.
        endpoint: Id of the recipient.
        attempts: How many were made.
        at: Not before this time, by the clock of the waits.
    """

    caller: Caller
    event: str
    endpoint: str
    attempts: int = 0
    at: float = 0.0


class Deliveries:
    """What is to be delivered, in the order in which it happened.

    Any number of threads may use it; one of them at a time delivers.
    """

    def __init__(self, opened: Opened, ticks: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing to deliver, and nothing that takes it.

        Args:
            opened: Opens transactions.
            ticks: Gives the time in seconds by which attempts are repeated.
        """
        self._opened = opened
        self._ticks = ticks
        self._receiver: Receiver | None = None
        self._listener: Recipient | None = None
        self._waits: tuple[tuple[float, ...], tuple[float, ...]] = (WAITS, LIVE_WAITS)
        self._at_once = True
        self._queue: deque[_Due] = deque()
        self._later: list[_Due] = []
        self._changed = threading.Condition()
        self._busy = False

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
                left = [*self._queue, *self._later]
                self._queue.clear()
                self._later.clear()
            for due in left:
                self._note(due, NOT_SENT, reason="the emulator was stopped before")

    def of(self, call: Call) -> Callable[[str], list[tuple[str, str]]]:
        """A function that names ids and URLs of those that get an event of a type."""
        found: list[Recipients] = []

        def wanting(type: str) -> list[tuple[str, str]]:
            if self._receiver is None:
                return []
            if not found:
                found.append(Recipients(call))
            chosen = found[0].wanting(type)
            if not found[0] and self._listener is not None:
                chosen = [self._listener]
            return [(one.id, one.url) for one in chosen]

        return wanting

    def add(self, call: Call, events: Iterable[str]) -> None:
        """Queue events, within the transaction that made them.

        What is queued is read in a transaction that writes, which waits for the end of this one.
        If this one is undone, nothing is found then, and nothing sent.
        """
        if self._receiver is None:
            return
        for id in events:
            event = call.repository.get(EVENT, id)
            self._queue_up(
                _Due(caller=call.caller, event=id, endpoint=one["endpoint"])
                for one in deliveries_of(event or {})
            )

    def resend(self, caller: Caller, event: str, endpoint: str = "") -> list[str]:
        """Queue an event once more.

        Args:
            caller: In the account of the event.
            event: Its id.
            endpoint: Id of the endpoint, which need not want it; empty for all that want it.

        Returns:
            Ids of the endpoints.

        Raises:
            EmulatorError: There is no such event or endpoint, or nothing takes deliveries.
        """
        if self._receiver is None:
            raise EmulatorError("this emulator delivers no events", hint="serve it")
        with self._opened(caller) as call:
            document = call.repository.get(EVENT, event)
            if document is None:
                raise EmulatorError(f"there is no event {event}")
            found = Recipients(call)
            if endpoint:
                one = found.find(endpoint)
                if one is None:
                    raise EmulatorError(f"there is no endpoint {endpoint}")
                chosen = [one]
            else:
                chosen = found.wanting(document["type"])
                if not found and self._listener is not None:
                    chosen = [self._listener]
            to_deliver(document, [(one.id, one.url) for one in chosen])
            call.repository.replace(EVENT, document)
            ids = [one.id for one in chosen]
            self._queue_up(_Due(caller=caller, event=event, endpoint=id) for id in ids)
        self.deliver_at_once()
        return ids

    def retry(self) -> int:
        """Repeat what failed, as if the time for it had come.

        Returns:
            How many deliveries are repeated.
        """
        with self._changed:
            moved = len(self._later)
            self._queue.extend(self._later)
            self._later.clear()
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
        """Deliver what is queued or due, in order; return at once if that is being done already.

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
                    self._busy = False
        if raised:
            raise raised[0]

    def wait(self, closing: Callable[[], bool]) -> None:
        """Wait until something is due, or `wake` is called once it is closing."""
        with self._changed:
            while not closing() and not self._queue:
                now = self._ticks()
                first = min((one.at for one in self._later), default=None)
                if first is not None and first <= now:
                    return
                self._changed.wait(None if first is None else first - now)

    def wake(self) -> None:
        """Let `wait` look again."""
        with self._changed:
            self._changed.notify_all()

    def _queue_up(self, dues: Iterable[_Due]) -> None:
        with self._changed:
            self._queue.extend(dues)
            self._changed.notify_all()

    def _next(self) -> _Due | None:
        """Take what is next; None if nothing is, or a delivery is under way."""
        with self._changed:
            if self._busy or self._receiver is None:
                return None
            now = self._ticks()
            ready = [] if self._at_once else [one for one in self._later if one.at <= now]
            self._later = [one for one in self._later if one not in ready]
            self._queue.extend(ready)
            if not self._queue:
                return None
            self._busy = True
            return self._queue.popleft()

    def _deliver(self, due: _Due) -> None:
        """Make one attempt.

        Raises:
            Exception: What the receiver raised.
        """
        receiver = self._receiver
        read = self._read(due)
        if receiver is None or read is None:
            return
        delivery, reason = read
        status: int | None = None
        error = ""
        try:
            answered = receiver(delivery)
            status = 200 if answered is None else answered
        except NotSentError as refused:
            self._note(due, NOT_SENT, reason=str(refused))
            return
        except NoAnswerError as failed:
            error = str(failed)
        except Exception as failed:
            self._failed(due, None, type(failed).__name__, reason)
            raise
        if status is not None and 200 <= status < 300:  # noqa: PLR2004 - D: any 2xx
            self._note(due, SUCCEEDED, status=status, reason=reason, attempted=True)
        else:
            self._failed(due, status, error, reason)

    def _failed(self, due: _Due, status: int | None, error: str, reason: str) -> None:
        waits = self._waits[due.caller.livemode]
        again = due.attempts < len(waits)
        state = PENDING if again else FAILED
        self._note(due, state, status=status, error=error, reason=reason, attempted=True)
        if again:
            at = self._ticks() + waits[due.attempts]
            with self._changed:
                self._later.append(replace(due, attempts=due.attempts + 1, at=at))

    def _read(self, due: _Due) -> tuple[Delivery, str] | None:
        """What is to be sent, and a remark on it; None if nothing is."""
        try:
            with self._opened(due.caller) as call:
                event = call.repository.get(EVENT, due.event)
                if event is None:
                    return None
                found = Recipients(call).find(due.endpoint) if due.endpoint else self._listener
                reason = _why_not(found)
                if found is None or reason:
                    note(event, due.endpoint, NOT_SENT, attempt=None, reason=reason)
                    call.repository.replace(EVENT, event)
                    return None
                differs = found.api_version not in {"", call.version.partition(";")[0]}
                remark = _ANOTHER_VERSION.format(call.version, found.api_version) if differs else ""
                made = delivery_of(
                    event_response(call, event),
                    url=found.url,
                    endpoint=found.id,
                    secrets=found.secrets,
                    now=call.now,
                )
                return made, remark
        except StripeRefusal:
            return None  # the connected account is gone, and its events with it

    def _note(
        self,
        due: _Due,
        state: str,
        *,
        status: int | None = None,
        error: str = "",
        reason: str = "",
        attempted: bool = False,
    ) -> None:
        try:
            with self._opened(due.caller) as call:
                event = call.repository.get(EVENT, due.event)
                if event is not None:
                    made = {"at": call.now, "status": status, "error": error}
                    attempt = made if attempted else None
                    note(event, due.endpoint, state, attempt=attempt, reason=reason)
                    call.repository.replace(EVENT, event)
        except StripeRefusal:
            return  # the connected account is gone, and its events with it


def _why_not(found: Recipient | None) -> str:
    """Why nothing can be sent to a recipient; empty if it can."""
    if found is None:
        return _GONE
    if not found.enabled:
        return _DISABLED
    return "" if found.secrets else _UNSIGNED
