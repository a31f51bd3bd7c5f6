"""Where machines of a test keep their states: each shared store, with a point at each request."""

from __future__ import annotations

import contextlib
import functools
import math
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

import pytest

from engine.backends.http.address import parse_server
from engine.backends.http.answers import NO_ANSWER, Answer
from engine.backends.http.backend import HttpBackend
from engine.backends.http.client import Client
from engine.backends.shared.backend import SharedBackend
from engine.backends.shared.hold import Timing
from engine.backends.shared.store import Head, HeadChangedError, NameTakenError, SharedStore
from engine.errors import StoreUnavailableError
from engine.ports.backend import StateBackend
from engine.version import VERSION
from tests.support.state_server import StateServer
from tests.support.stores import STORES, Opened

if TYPE_CHECKING:
    from tests.support.faults.machines import Machine

_T = TypeVar("_T")

_QUIET = Timing(beat=3600, lifeless=math.inf, unlock=math.inf, poll=0.01)
"""No sign of life is counted as a request, and no lock is taken because there is none."""


class Place(Protocol):
    """One store, for all machines of a test.

    Attributes:
        whole_history: It keeps every version of a state.
    """

    whole_history: bool

    def backend(self, machine: Machine) -> StateBackend:
        """Opens the store for a machine, with a point at each request."""
        ...

    def contents(self) -> dict[str, bytes]:
        """All that is in it, by name."""
        ...

    def kept(self) -> dict[str, object]:
        """What one that lost its lock must not change: what is current, and what was."""
        ...


class SharedPlace:
    """A store of heads and blobs."""

    whole_history = True

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def backend(self, machine: Machine) -> StateBackend:
        """Opens it."""
        store = _PointedStore(self._opened(), machine)
        return SharedBackend(store, engine_version=VERSION, timing=_QUIET)

    def contents(self) -> dict[str, bytes]:
        """Its blobs."""
        store = self._opened()
        return {name: store.read(name) or b"" for name in store.names("")}

    def kept(self) -> dict[str, object]:
        """The head, and the versions of the state."""
        versions = ("states/", "history/")
        found: dict[str, object] = {
            name: content for name, content in self.contents().items() if name.startswith(versions)
        }
        return {**found, "head": self._opened().head("default", "shop")}


class _PointedStore:
    """A client of a store, which passes a point before and after each request."""

    def __init__(self, store: SharedStore, machine: Machine) -> None:
        self._store = store
        self._machine = machine

    @property
    def address(self) -> str:
        """Of the store."""
        return self._store.address

    def _sent(self, what: str, name: str, call: Callable[[], _T], *, writes: bool = False) -> _T:
        machine, what = self._machine, f"{what} {name}"
        if writes:
            machine.sending = call
        machine.passes("store", "before", what, writes=writes)
        found = call()
        machine.passes("store", "after", what, writes=writes)
        return found

    def prepare(self) -> None:
        """See `SharedStore`, as for all of these."""
        self._sent("prepare", "", self._store.prepare)

    def head(self, environment: str, stack: str) -> Head | None:
        """The head of a stack."""
        return self._sent("head", stack, lambda: self._store.head(environment, stack))

    def swap(self, environment: str, stack: str, head: Head, *, expected: Head | None) -> Head:
        """Store a head in place of the expected one."""
        swap = functools.partial(self._store.swap, environment, stack, head, expected=expected)
        return self._sent("swap", stack, swap, writes=True)

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a head."""
        return self._sent("stacks", environment, lambda: self._store.stacks(environment))

    def places(self) -> tuple[tuple[str, str], ...]:
        """The environment and the stack of every head."""
        return self._sent("places", "", self._store.places)

    def create(self, name: str, content: bytes) -> None:
        """Keep a blob under a free name."""
        self._sent("create", name, lambda: self._store.create(name, content), writes=True)

    def put(self, name: str, content: bytes) -> None:
        """Keep a blob in place of any other."""
        self._sent("put", name, lambda: self._store.put(name, content), writes=True)

    def read(self, name: str) -> bytes | None:
        """The content of a blob."""
        return self._sent("read", name, lambda: self._store.read(name))

    def remove(self, name: str) -> None:
        """Remove a blob."""
        self._sent("remove", name, lambda: self._store.remove(name), writes=True)

    def names(self, prefix: str) -> tuple[str, ...]:
        """The names of all blobs that begin so."""
        return self._sent("names", prefix, lambda: self._store.names(prefix))


class HttpPlace:
    """A server of Terraform's protocol."""

    whole_history = False

    def __init__(self, server: StateServer, address: str) -> None:
        self._server = server
        self._address = address

    def backend(self, machine: Machine) -> StateBackend:
        """Opens it."""
        client = _PointedClient(self._address, machine)
        return HttpBackend(client, engine_version=VERSION, wait=_moment)

    def contents(self) -> dict[str, bytes]:
        """Its documents, and their versions."""
        versions = {
            f"{path}/{serial}": content
            for path, kept in self._server.versions.items()
            for serial, content in kept.items()
        }
        return {**self._server.documents, **versions}

    def kept(self) -> dict[str, object]:
        """The same, and the locks."""
        return {**self.contents(), "locks": dict(self._server.locks)}


class _PointedClient(Client):
    """A client of a server, which passes a point before and after each request."""

    def __init__(self, address: str, machine: Machine) -> None:
        super().__init__(parse_server(address), ("user", "hunter22-hunter22"), wait=_moment)
        self._machine = machine

    def _send(self, method: str, path: str, body: bytes | None = None, *, lock: str = "") -> Answer:
        send = functools.partial(super()._send, method, path, body, lock=lock)
        machine, what, writes = self._machine, f"{method} {path}", method != "GET"
        if writes:
            machine.sending = send
        try:
            machine.passes("store", "before", what, writes=writes)
            answer = send()
            machine.passes("store", "after", what, writes=writes)
        except StoreUnavailableError:
            return NO_ANSWER
        return answer


def arrive(write: Callable[[], object]) -> None:
    """Carry out a write that was under way for long, of which none gets the answer."""
    with contextlib.suppress(HeadChangedError, NameTakenError):
        write()


def _moment(_: float) -> None:
    """Go on."""


def _shared(name: str) -> AbstractContextManager[Place]:
    @contextmanager
    def opened() -> Iterator[Place]:
        with STORES[name]() as opened:
            yield SharedPlace(opened)

    return opened()


@contextmanager
def _http(path: str, *, gitlab: bool) -> Iterator[Place]:
    pytest.importorskip("httpx", reason="needs the extra `http`")
    server = StateServer(gitlab=gitlab)
    try:
        yield HttpPlace(server, server.address + path.format(secrets.token_hex(4)))
    finally:
        server.close()


PLACES: dict[str, Callable[[], AbstractContextManager[Place]]] = {
    **{name: functools.partial(_shared, name) for name in STORES if name != "pgbouncer"},
    "http": functools.partial(_http, "/{}/engine", gitlab=False),
    "gitlab": functools.partial(_http, "/api/v4/projects/{}/terraform/state", gitlab=True),
}
"""By name: what makes an empty store for one test, or skips it with the reason."""
