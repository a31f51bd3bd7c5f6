"""The settings of one run, and the environment that it speaks to.

API keys are values here and are never printed: `Environment.api_key` is wrapped.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.frozen import frozen
from engine.values.secret import Sensitive
from engine.variables import Variables

if TYPE_CHECKING:
    from engine.settings.fleets import Fleet

EMBEDDED = "local"
"""Name of the environment that is built in: the emulator, with no account at all."""
UNNAMED = "default"
"""Name of the environment of a bare `STRIPE_API_KEY`."""
PARALLELISM, RETRIES = 20, 6
"""What is done at once, and how often a request is repeated, where nothing else is configured."""

_LIVE_KEY = re.compile(r"[a-z]+_(?:live_|org_(?!test_))")
_MODE = re.compile(r"[a-z]+_(?:org_)?(?P<mode>live|test)_")
_STRIPE = "api.stripe.com"


def is_live(key: str) -> bool:
    """Whether a key of any kind is one of live mode.

    An organisation's key without a mode counts as a live one.
    """
    return _LIVE_KEY.match(key) is not None


def mode_of(key: str) -> bool | None:
    """Whether a key is one of live mode; None if the key does not say."""
    match = _MODE.match(key)
    return None if match is None else match["mode"] == "live"


@frozen
class Environment:
    """One account and its configuration.

    Attributes:
        name: Its name.
        emulator: Its account is the embedded emulator.
        api_key: The key, wrapped; None if none is configured.
        api_key_source: Where the key comes from, for messages: `STRIPE_API_KEY`.
        api_base: Address of a Stripe-compatible server; empty for Stripe itself.
        plain_http: The key may be sent to another machine without encryption.
        account: Account that the key must belong to; empty if any.
        live: It is for real money, so that a live key may be used.
        secrets: Where secrets go: `file`, `env-file:PATH` or `command:PROGRAM ...`.
        secrets_read: Program that reads a secret back, `command:PROGRAM ...`; empty if there is
            none.
        platform: Of an account of a fleet: the environment that the fleet belongs to; else empty.
        connected: The connected account that every request is for; empty for the key's own.
        vouched: Stripe has just listed that account, so that it need not be read.
        requests_per_second: Most requests to Stripe a second; None for the default of the mode.
    """

    name: str
    emulator: bool = False
    api_key: Sensitive | None = None
    api_key_source: str = "STRIPE_API_KEY"
    api_base: str = ""
    plain_http: bool = False
    account: str = ""
    live: bool = False
    secrets: str = "file"
    secrets_read: str = ""
    platform: str = ""
    connected: str = ""
    vouched: bool = False
    requests_per_second: float | None = None

    @property
    def configured(self) -> str:
        """Name of the table that configures it: of an account of a fleet, the fleet's."""
        return self.platform or self.name

    @property
    def lock_places(self) -> tuple[str, ...]:
        """The environments whose held locks hold here: itself, its fleet and the fleet's own."""
        return (
            (self.name, self.name.partition("/")[0], self.platform)
            if self.platform
            else (self.name,)
        )

    @property
    def is_local(self) -> bool:
        """Whether it is the embedded emulator, or a server on this machine."""
        return self.emulator or is_loopback(self.api_base)

    @property
    def is_exposed(self) -> bool:
        """Whether the key would go over the network without encryption and without permission."""
        plain = self.api_base.startswith("http://")
        return plain and not self.is_local and not self.plain_http

    @property
    def server(self) -> str:
        """Address of the server; empty for the emulator and for Stripe."""
        host = urlsplit(self.api_base).hostname
        return "" if self.emulator or host == _STRIPE else self.api_base

    @property
    def livemode(self) -> bool | None:
        """Whether the key is one of live mode; None if none is configured."""
        if self.emulator:
            return False
        return None if self.api_key is None else is_live(str(self.api_key.value))


@frozen
class Settings:
    """The settings of one run.

    Attributes:
        root: The project folder.
        environment: Its environment.
        named_by: Why it is that one, as the end of a sentence.
        environments: The names of all that are configured.
        fleets: The fleets by name.
        fleet: The fleet whose account the environment is; None if it is none's.
        member: The name of that account in the fleet; empty if there is no fleet.
        fleet_variables: The values of the fleet's variables for that account.
        left_fleet: Whether that account is not in the fleet any more; may ask Stripe.
        embedded: Those of them that are the embedded emulator, each with an account of its own.
        variables: Values for the stacks' variables.
        parallelism: Operations in flight at once.
        retries: How often a request is repeated.
        ownership_stamp: Objects get the metadata key `engine`.
        impact: Every plan counts what uses the objects that it ends or changes.
        policies: What [tool.engine.policies] says, that of the environment before the other.
        state: Where states, journals and locks are kept: `file`, the folder `state`, or the
            address of a store that machines share, such as `s3://acme-billing/engine`.
        constants: The files of constants for applications, as the tables that name them.
    """

    root: Path
    environment: Environment
    named_by: str = field(default="", compare=False)
    environments: tuple[str, ...] = ()
    fleets: Mapping[str, Fleet] = field(default_factory=dict)
    fleet: Fleet | None = None
    member: str = ""
    fleet_variables: Mapping[str, Any] = field(default_factory=dict)
    left_fleet: Callable[[], bool] = bool
    embedded: frozenset[str] = frozenset({EMBEDDED})
    variables: Variables = field(default_factory=Variables)
    parallelism: int = PARALLELISM
    retries: int = RETRIES
    ownership_stamp: bool = True
    impact: bool = False
    state: str = "file"
    policies: Mapping[str, Any] = field(default_factory=dict)
    constants: tuple[Any, ...] = ()

    @property
    def stacks(self) -> Path:
        """Folder of the stack modules."""
        return self.root / "stacks"

    @property
    def states(self) -> Path:
        """Folder of the state files."""
        return self.root / "state"

    @property
    def private(self) -> Path:
        """Folder that is never committed: embedded accounts, secrets."""
        return self.root / ".engine"


def is_loopback(address: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(address).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
