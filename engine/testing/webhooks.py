"""Webhook deliveries, caught in a list and given to the application under test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import overload

from engine.emulator.core import Emulator
from engine.emulator.delivery.delivery import Delivery, NoAnswerError, Receiver
from engine.emulator.delivery.http import HttpReceiver
from engine.emulator.delivery.targets import target_of
from engine.errors import UsageError


class Webhooks(Sequence[Delivery]):
    """What the emulator delivers to webhook endpoints, in order, the repeated ones too.

    Every declared endpoint gets what its `enabled_events` ask for, whatever its URL is: nothing
    leaves the process unless the application under test sends it.

    Attributes:
        statuses: What the application answered each of them with; None where it raised.
        errors: What the application raised, in order. Who expects an error clears the list.
    """

    def __init__(self) -> None:
        """Catch nothing yet; `caught_from` begins."""
        self._caught: list[Delivery] = []
        self._application: Receiver | None = None
        self.statuses: list[int | None] = []
        self.errors: list[Exception] = []

    def deliver_to(self, application: Receiver | None) -> None:
        """Give each delivery from now on to an application.

        Args:
            application: Gets a delivery (`url`, `headers`, `body`), and returns the HTTP status
                that the application answered with. None only catches.
        """
        self._application = application

    def deliver_over_http(self, base: str) -> None:
        """Post each delivery from now on to an application that listens on this machine.

        Args:
            base: Its address, `http://127.0.0.1:8000`; the path is that of the endpoint's URL.

        Raises:
            UsageError: if that is not on this machine.
        """
        target = target_of(base)
        if target is None:
            raise UsageError(
                f"{base!r} is no address of this machine, and nothing is sent to another",
                hint="write http://127.0.0.1:PORT",
            )
        self.deliver_to(HttpReceiver(target))

    def of(self, type: str) -> list[Delivery]:
        """The deliveries of a type of event, such as `product.created`."""
        return [one for one in self._caught if one.type == type]

    @property
    def types(self) -> list[str]:
        """The types of the events, in order."""
        return [one.type for one in self._caught]

    def clear(self) -> None:
        """Forget all that was caught."""
        self._caught.clear()
        self.statuses.clear()
        self.errors.clear()

    def raise_errors(self) -> None:
        """Raise what the application raised first, if it raised anything.

        Raises:
            Exception: The application's own.
        """
        if self.errors:
            raise self.errors[0]

    def __call__(self, delivery: Delivery) -> int:
        """Take a delivery; the emulator calls it.

        Raises:
            NoAnswerError: if the application raised: the apply under way does not end for that.
        """
        self._caught.append(delivery)
        status = 200
        try:
            if self._application is not None:
                answered = self._application(delivery)
                status = 200 if answered is None else answered
        except Exception as error:
            self.statuses.append(None)
            self.errors.append(error)
            raise NoAnswerError(f"{type(error).__name__} in the application") from error
        self.statuses.append(status)
        return status

    @overload
    def __getitem__(self, index: int) -> Delivery: ...
    @overload
    def __getitem__(self, index: slice) -> list[Delivery]: ...
    def __getitem__(self, index: int | slice) -> Delivery | list[Delivery]:
        return self._caught[index]

    def __len__(self) -> int:
        return len(self._caught)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._caught)

    def __repr__(self) -> str:
        return f"<Webhooks: {', '.join(self.types) or 'none'}>"


@contextlib.contextmanager
def catching(emulator: Emulator) -> Iterator[Webhooks]:
    """Catch what an emulator delivers until the block ends."""
    webhooks = Webhooks()
    with emulator.deliveries.to(webhooks):
        yield webhooks
