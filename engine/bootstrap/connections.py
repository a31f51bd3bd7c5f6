"""The connections of one process to Stripe: one pool for each server, one rate for each key."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.ports.hook import Hook
from engine.settings.model import Settings, is_live

if TYPE_CHECKING:
    from engine.stripe.http.rate_limiter import RateLimiter


class Connections:
    """What several projects of one process use together; safe to use from several threads.

    Attributes:
        share: The part of each rate limit that is this process's.
    """

    def __init__(self, *, share: float = 1.0, embedded: Any = None) -> None:
        """Open nothing yet.

        Args:
            share: The part of each rate limit that is this process's.
            embedded: What answers in the place of every embedded account; the caller closes it.
        """
        self.share = share
        self._given = embedded
        self._lock = threading.Lock()
        self._transports: dict[str, Any] = {}
        self._limiters: dict[tuple[str, str], RateLimiter] = {}

    def transport(self, settings: Settings) -> Any:
        """What sends the requests of an environment."""
        environment = settings.environment
        if environment.emulator and self._given is not None:
            return self._given
        path = str(embedded_account(settings)) if environment.emulator else ""
        with self._lock:
            if path not in self._transports:
                self._transports[path] = _embedded(settings) if path else _network()
            return self._transports[path]

    def close(self) -> None:
        """Close what was opened here, for programs that go on; a process that ends need not."""
        with self._lock:
            opened = tuple(self._transports.values())
            self._transports.clear()
        for transport in opened:
            transport.close()

    def limiter(self, settings: Settings, hook: Hook) -> RateLimiter | None:
        """The rate limiter; for a server on this machine it only reacts to refusals."""
        environment = settings.environment
        if environment.emulator:
            return None
        key = environment.api_key
        # One for all accounts of a platform's key: Stripe does not say whose limit they count to.
        name = (environment.api_base, str(key.value) if key else "")
        with self._lock:
            if name not in self._limiters:
                self._limiters[name] = self._new_limiter(settings, hook)
            return self._limiters[name]

    def _new_limiter(self, settings: Settings, hook: Hook) -> RateLimiter:
        from engine.stripe.http.rate_limiter import RateLimiter, rates_for

        environment = settings.environment
        chosen, key = environment.requests_per_second, environment.api_key
        if chosen is None and environment.is_local:
            return RateLimiter(rate=None, on_cut=hook.slowed)
        livemode = key is not None and is_live(str(key.value))
        rate, endpoint_rate = rates_for(livemode=livemode, chosen=chosen)
        return RateLimiter(
            rate=rate * self.share, endpoint_rate=endpoint_rate * self.share, on_cut=hook.slowed
        )


def embedded_account(settings: Settings) -> Path:
    """File of the embedded emulator's account; a connected account is in its platform's."""
    environment = settings.environment
    name = environment.configured if environment.connected else environment.name
    return settings.private / "emulator" / f"{name}.db"


def _embedded(settings: Settings) -> Any:
    from engine.backends.gitignore import private_folder
    from engine.emulator.core import Emulator
    from engine.emulator.doors.transport import InProcessTransport

    class Embedded(InProcessTransport):
        """The door to an emulator that no other one leads to."""

        def close(self) -> None:
            """Close the emulator."""
            emulator.close()

    path = embedded_account(settings)
    private_folder(settings.private, *path.parent.relative_to(settings.private).parts)
    emulator = Emulator(path)
    return Embedded(emulator)


def _network() -> Any:
    from engine.stripe.http.network import Network

    return Network()
