"""Connections that break, answers that are lost or garbled, Stripe's own faults: at each request.

The pass rule of each: what fails is told, the next run ends with every object exactly once, ever,
the right state, and an empty plan.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.emulator.testing import faults
from engine.emulator.testing.faults import Effect
from engine.errors import ConnectionFailedError, EngineError, ProviderError, RateLimitedError
from engine.ports.outcomes import ApplyReport
from tests.support.faults.shop import AFTER, BEFORE, Shop, Trial, Trying

EFFECTS: dict[str, Callable[[], Effect]] = {
    "connection cut before": faults.dropped,
    "connection cut after": lambda: faults.dropped(executed=True),
    "409, key in use": lambda: faults.in_use("engine-key"),
    "429": lambda: faults.rate_limited(retry_after=1),
    "429, lock_timeout": faults.lock_timeout,
    "500 saved by the key": lambda: faults.server_error(saved=True),
    "500 after the commit": lambda: faults.server_error(executed=True),
    "500": faults.server_error,
    "503": lambda: faults.server_error(503),
}


def _tried(shop: Shop, folder: Path, **parts: Any) -> ApplyReport | EngineError:
    """One apply, one operation at a time, whatever comes of it."""
    try:
        return shop.attempt(shop.context(folder, parallelism=1, **parts))
    except EngineError as error:
        return error


def _indexes(trial: Trial) -> tuple[int, int]:
    """How many requests an undisturbed run has, and how many of them are reads for its plan."""
    folder = trial.begin()
    trial.shop.emulator.log.clear()
    _tried(trial.shop, folder)
    log = [entry.method for entry in trial.shop.emulator.log]
    return len(log), next(at for at, found in enumerate(log) if found != "GET")


@pytest.fixture
def first(shop: Shop) -> Trial:
    """The first apply of a stack, alone."""
    return Trial(shop, change=False)


@pytest.mark.parametrize("fault", EFFECTS)
def test_one_request_goes_wrong_and_nothing_is_tried_again(
    trial: Trial,
    trying: Trying,
    *,
    whole: bool,
    fault: str,
) -> None:
    """With retries switched off, the run fails there, and the next one takes it up."""
    requests, reads = _indexes(trial)
    stride = 1 if whole else 13
    offset = (list(EFFECTS).index(fault) + 3 * trial.change) % stride
    for index in range(offset, requests, stride):
        with trying(fault):
            folder = trial.begin()
            trial.shop.emulator.faults.add(EFFECTS[fault](), skip=index)
            ended = _tried(trial.shop, folder, retries=0)
            assert not trial.shop.emulator.faults.pending
            if index < reads:
                assert isinstance(ended, ProviderError)
            else:
                assert isinstance(ended, ApplyReport)
                assert [type(failure.error) for failure in ended.failures][1:] == []
            trial.converge(folder, ended=trial.ended)


@pytest.mark.parametrize("fault", EFFECTS)
def test_one_request_goes_wrong_and_is_tried_again(
    shop: Shop, first: Trial, trying: Trying, *, whole: bool, fault: str
) -> None:
    """With the same key, in the same run: nobody notices, but for a fault that the key saved."""
    requests, _ = _indexes(first)
    stride = 1 if whole else 29
    for index in range(list(EFFECTS).index(fault) % stride, requests, stride):
        with trying(f"{fault}, and tried again"):
            folder = first.begin()
            shop.emulator.faults.add(EFFECTS[fault](), skip=index)
            report = shop.attempt(shop.context(folder, parallelism=4, retries=3))
            if fault == "500 saved by the key":
                shop.apply(folder)
            else:
                assert [str(failure.error) for failure in report.failures] == []
            shop.check(folder, ended=first.ended)


@pytest.mark.parametrize("fault", EFFECTS)
def test_a_storm(trial: Trial, trying: Trying, *, fault: str) -> None:
    """Every write fails until the storm is over, run after run; no run makes anything twice."""
    with trying(f"{fault}, a storm"):
        folder = trial.begin()
        for _ in range(3):
            trial.shop.emulator.faults.add(EFFECTS[fault](), method="POST", times=None)
            trial.shop.emulator.faults.add(EFFECTS[fault](), method="DELETE", times=None)
            ended = _tried(trial.shop, folder, retries=1)
            assert isinstance(ended, ProviderError | ApplyReport)
            assert isinstance(ended, ProviderError) or ended.failures
            trial.shop.emulator.faults.clear()
        trial.converge(folder, ended=trial.ended)


def test_a_429_that_holds_is_no_doubt(shop: Shop, first: Trial, trying: Trying) -> None:
    """Stripe carried nothing out: the next plan decides anew, and nothing has to be found out."""
    with trying("429, to the end"):
        folder = first.begin()
        shop.emulator.faults.add(faults.rate_limited(), method="POST", times=None)
        ended = _tried(shop, folder, retries=2)
        assert isinstance(ended, ApplyReport)
        assert {type(failure.error) for failure in ended.failures} == {RateLimitedError}
        assert not list(folder.rglob("*.journal"))
        shop.emulator.faults.clear()
        first.converge(folder, ended=first.ended)


# ── answers that are no answers ──────────────────────────────────────────────────────────────


class Garbling(InProcessTransport):
    """Stripe carries out what it is asked, and one answer is cut off or is somebody else's."""

    def __init__(self, emulator: Emulator, index: int, body: Callable[[str], str]) -> None:
        super().__init__(emulator)
        self.left = index
        self.body = body
        self.changed = False

    def request(self, *args: Any, **options: Any) -> tuple[str, int, Mapping[str, str]]:
        """Answer one request."""
        body, status, headers = super().request(*args, **options)
        self.left -= 1
        if self.left != -1:
            return body, status, headers
        garbled = self.body(body)
        self.changed = garbled != json.dumps(json.loads(body))
        return garbled, status, headers


BODIES: dict[str, Callable[[str], str]] = {
    "answer cut in half": lambda body: body[: len(body) // 2],
    "answer without its end": lambda body: body.rstrip()[:-1],
    "empty answer": lambda _: "",
    "somebody else's answer": lambda _: "<html>Please log in to this network</html>",
    "an object with nothing in it": lambda _: "{}",
    "null for an answer": lambda _: "null",
    "a list for an answer": lambda _: "[]",
    "another type's object": lambda _: '{"id": "x_1", "object": "country_spec"}',
    "an answer of live mode": lambda body: _changed(body, livemode=True),
    "an answer without its id": lambda body: _changed(body, id=""),
}


def _changed(body: str, **fields: Any) -> str:
    """An answer, and each object of a list, with other fields; an error is left as it is."""
    document = json.loads(body)
    if "error" in document:
        return body
    for entry in document.get("data", ()) if document.get("object") == "list" else [document]:
        entry.update(fields)
    return json.dumps(document)


@pytest.mark.parametrize("fault", BODIES)
def test_an_answer_that_cannot_be_read(
    trial: Trial,
    trying: Trying,
    *,
    whole: bool,
    fault: str,
) -> None:
    """It is as good as none, whatever its status: what was asked may have been done."""
    requests, _ = _indexes(trial)
    stride = 1 if whole else 8
    for index in range((list(BODIES).index(fault) + trial.change) % stride, requests, stride):
        with trying(fault):
            folder = trial.begin()
            garbling = Garbling(trial.shop.emulator, index, BODIES[fault])
            ended = _tried(trial.shop, folder, transport=garbling, retries=0)
            if not garbling.changed:
                continue  # an empty list, say, is of no mode
            if isinstance(ended, ApplyReport):
                [failure] = ended.failures
                ended = failure.error or EngineError("")
            assert isinstance(ended, ConnectionFailedError)
            assert "whsec_" not in str(ended)
            trial.converge(folder, ended=trial.ended)


# ── a real connection ────────────────────────────────────────────────────────────────────────


class Proxy(socketserver.ThreadingTCPServer):
    """Passes bytes on between a client and the emulator, one request a connection, but for one."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, index: int, how: str) -> None:
        """Args: port: of the emulator; index: of the request that goes wrong; how: it does."""
        self.port, self.how = port, how
        self.struck = 0
        self._left = index
        self._lock = threading.Lock()
        self.go_on = threading.Event()
        super().__init__(("127.0.0.1", 0), _Passing)

    def due(self) -> bool:
        """Count a request; whether it is the one."""
        with self._lock:
            self._left -= 1
            self.struck += self._left == -1
            return self._left == -1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave out clients that hang up."""


class _Passing(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        asked = _message(self.request)
        if not asked:
            return
        how = self.server.how if self.server.due() else ""
        if how == "hangs before":
            self.server.go_on.wait()
        if how in ("hangs before", "cut before"):
            return
        with socket.create_connection(("127.0.0.1", self.server.port)) as emulator:
            emulator.sendall(asked.replace(b"keep-alive", b"close", 1))
            answer = _message(emulator)
        if how == "hangs after":
            self.server.go_on.wait()
        if how in ("hangs after", "cut after"):
            return
        self.request.sendall(answer[: len(answer) - 40] if how == "cut in the answer" else answer)


def _message(incoming: socket.socket) -> bytes:
    """One HTTP message: its head, and as much of a body as that names."""
    found = b""
    while b"\r\n\r\n" not in found:
        part = incoming.recv(65536)
        if not part:
            return b""
        found += part
    head = found.partition(b"\r\n\r\n")[0].lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
    while len(found) < len(head) + 4 + length:
        found += incoming.recv(65536)
    return found


@pytest.fixture
def proxy_at(shop: Shop) -> Iterator[Callable[[int, str], Proxy]]:
    """Makes a proxy that lets one request go wrong."""
    opened: list[Proxy] = []

    def make(index: int, how: str) -> Proxy:
        proxy = Proxy(shop.port, index, how)
        threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True).start()
        opened.append(proxy)
        return proxy

    yield make
    for proxy in opened:
        proxy.go_on.set()
        proxy.shutdown()
        proxy.server_close()


@pytest.mark.parametrize(
    "how", ["cut before", "cut after", "cut in the answer", "hangs before", "hangs after"]
)
def test_a_real_connection(
    shop: Shop,
    first: Trial,
    trying: Trying,
    proxy_at: Callable[[int, str], Proxy],
    *,
    whole: bool,
    how: str,
) -> None:
    """Sockets that are closed, or say nothing until the client's patience is at its end."""
    requests, reads = _indexes(first)
    for index in range(requests) if whole else (0, reads + 3, requests - 2):
        with trying(f"connection {how}"):
            folder = first.begin()
            proxy = proxy_at(index, how)
            address = f"http://127.0.0.1:{proxy.server_address[1]}"
            patience = stripe.RequestsClient(timeout=0.5 if "hangs" in how else 60)
            ended = _tried(shop, folder, transport=patience, base=address, retries=0)
            patience.close()  # type: ignore[no-untyped-call]
            assert proxy.struck == 1
            if isinstance(ended, ApplyReport):
                [failure] = ended.failures
                ended = failure.error or EngineError("")
            assert isinstance(ended, ConnectionFailedError)
            first.converge(folder, ended=first.ended)


def test_no_key_is_used_for_two_wishes(shop: Shop, first: Trial) -> None:
    """Over all that went wrong above and here, a key stands for one request and one body."""
    folder = first.begin()
    shop.emulator.log.clear()
    for stack in (BEFORE, AFTER, BEFORE):
        shop.write(folder, stack)
        shop.emulator.faults.add(faults.dropped(executed=True), method="POST", skip=2)
        _tried(shop, folder, retries=0)
        shop.emulator.faults.clear()
        shop.apply(folder)
    bodies: dict[str, set[str]] = {}
    times: Counter[str] = Counter()
    for entry in shop.emulator.log.writes():
        if entry.key:
            bodies.setdefault(entry.key, set()).add(f"{entry.path} {entry.params}")
            times[entry.key] += 1
    assert {len(found) for found in bodies.values()} == {1}
    assert sorted(times.values())[-3:] == [2, 2, 2]
