"""Wires emulators: one that is served, and the events of one that is the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.bootstrap.connections import Connections, embedded_account
from engine.bootstrap.project import open_client
from engine.errors import NotFoundError, UsageError
from engine.operations.run.context import Context
from engine.ports.hook import Hook
from engine.settings.model import Settings

if TYPE_CHECKING:
    from engine.emulator.doors.server import EmulatorServer
    from engine.ports.emulated.events import EmulatedEvent
    from engine.stripe.http.client import StripeHTTP


def serve_emulator(
    root: Path,
    *,
    port: int = 0,
    account_file: str | Path | None = None,
    rate: float | None = None,
    latency: float = 0.0,
    forward_to: str = "",
    listener_secret: str = "",
) -> EmulatorServer:
    """Make an emulator server on loopback; the caller starts and stops it.

    Args:
        root: The project folder, which a relative account file is in.
        port: 0 lets the system choose.
        account_file: Where the account is kept; None keeps it in memory.
        rate: Requests a second that each account may send; None for any.
        latency: Seconds that every response is delayed.
        forward_to: Local address that gets the events of endpoints that are not on this machine;
            empty for none.
        listener_secret: Signs what is forwarded of accounts without any endpoint; empty for not
            forwarding it.

    Raises:
        UsageError: The address to forward to is not on this machine.
    """
    from engine.emulator.core import Emulator
    from engine.emulator.delivery.http import HttpReceiver
    from engine.emulator.delivery.sender import Sender
    from engine.emulator.delivery.targets import forward_target
    from engine.emulator.doors.server import EmulatorServer
    from engine.emulator.storage.store import MEMORY

    receiver = HttpReceiver(forward_target(forward_to) if forward_to else None)
    path: str | Path = MEMORY
    if account_file is not None:
        path = root / account_file
        path.parent.mkdir(parents=True, exist_ok=True)
    emulator = Emulator(path, rate=rate, local_endpoints=True)
    sender = Sender(emulator.deliveries, receiver, listener_secret=listener_secret)
    return EmulatorServer(emulator, port=port, latency=latency, sender=sender)


def emulated_events(context: Context, *, type: str, limit: int) -> tuple[EmulatedEvent, ...]:
    """The newest events of the environment's emulated account.

    Raises:
        UsageError: The environment is not an emulator.
    """
    from engine.stripe.emulated import emulated_events as read

    with _client(context.settings) as http:
        return () if http is None else read(http, type=type, limit=limit)


def resend_event(
    context: Context,
    id: str,
    *,
    endpoint: str = "",
    forward_to: str = "",
    listener_secret: str = "",
) -> EmulatedEvent:
    """Send an event of the environment's emulated account once more.

    Args:
        context: The run's ports.
        id: Of the event.
        endpoint: Id of the endpoint; empty for all that want it.
        forward_to: As for `serve_emulator`; for the embedded account, which no server delivers.
        listener_secret: As for `serve_emulator`.

    Raises:
        UsageError: The environment is not an emulator, a server forwards already, or there is no
            such event or endpoint.
    """
    from engine.stripe.emulated import resend_event as send

    if forward_to and not context.settings.environment.emulator:
        raise UsageError(
            "--forward-to is for the embedded account; a server has its own",
            hint="engine emulator serve --forward-to URL",
        )
    with _client(context.settings, forward_to, listener_secret) as http:
        if http is None:
            raise UsageError(f"there is no event {id}", hint="the embedded account is empty")
        try:
            return send(http, id, endpoint)
        except NotFoundError as error:
            raise UsageError(
                error.message, hint="engine emulator events lists events and their endpoints"
            ) from error


@contextmanager
def _client(
    settings: Settings, forward_to: str = "", listener_secret: str = ""
) -> Iterator[StripeHTTP | None]:
    """What speaks to the emulator of an environment; None if its account was never used."""
    environment = settings.environment
    if not environment.is_local:
        raise UsageError(
            f"environment {environment.name} is not an emulator: Stripe keeps its events",
            hint="name one with -e, or set STRIPE_API_BASE to the address of engine emulator serve",
        )
    if not environment.emulator:
        yield open_client(settings, Hook(), Connections())[0]
        return
    path = embedded_account(settings)
    if not path.exists():
        yield None
        return
    with _delivering(path, forward_to, listener_secret) as connections:
        yield open_client(settings, Hook(), connections)[0]


@contextmanager
def _delivering(path: Path, forward_to: str, listener_secret: str) -> Iterator[Connections]:
    """Connections to the embedded account, which deliver in this process."""
    from engine.emulator.core import Emulator
    from engine.emulator.delivery.http import HttpReceiver
    from engine.emulator.delivery.targets import forward_target
    from engine.emulator.doors.transport import InProcessTransport

    receiver = HttpReceiver(forward_target(forward_to) if forward_to else None)
    with (
        Emulator(path) as emulator,
        emulator.deliveries.to(receiver, listener_secret=listener_secret, waits=()),
    ):
        yield Connections(embedded=InProcessTransport(emulator))
