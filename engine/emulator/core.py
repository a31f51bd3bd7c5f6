"""The emulator itself: a request in, an answer out.

What must not live here: sockets and the SDK, which are the doors' affair, and anything about one
type.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any, Final, Self

from engine.catalog import loader
from engine.emulator import errors, wire
from engine.emulator.account import account_answer, is_own_account
from engine.emulator.call import Call
from engine.emulator.errors import StripeRefusal
from engine.emulator.faults import ConnectionBroken, Effect, Faults
from engine.emulator.ids import Ids
from engine.emulator.keys import Caller, caller_of
from engine.emulator.kinds import kinds
from engine.emulator.log import LogEntry, RequestLog
from engine.emulator.operations import perform
from engine.emulator.routes import match
from engine.emulator.store import MEMORY, Store
from engine.emulator.tables import FirstAnswer, Tables
from engine.emulator.wire import Form, Request, Response

_LONGEST_KEY: Final = 255
# D: keys are forgotten once they are a day old.
_KEY_LIFE: Final = 24 * 3600
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.\w+)?(; ?.*)?")


def system_clock() -> int:
    """Seconds since 1970."""
    return int(time.time())


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """One request on its way, with what is found out about it step by step.

    Attributes:
        request: As it was sent.
        id: Of the request.
        version: API version of the answer.
        key: Idempotency key; empty without one.
        caller: Who calls, once known.
        form: Decoded parameters, once known.
        digest: Of the parameters, for idempotency.
        replayed_from: Request whose answer is given again; empty if none.
    """

    request: Request
    id: str
    version: str
    key: str
    caller: Caller | None = None
    form: Form
    digest: str = ""
    replayed_from: str = ""

    @property
    def log_url(self) -> str:
        """Where Stripe's dashboard would show the request."""
        if self.caller is None:
            return ""
        mode = "" if self.caller.livemode else "test/"
        return f"https://dashboard.stripe.com/{mode}logs/{self.id}"

    @property
    def v2(self) -> bool:
        """Whether v2 answers it."""
        return wire.is_v2(self.request.path)

    def refused(self, refusal: StripeRefusal) -> bytes:
        """The body of a refusal."""
        return wire.encode(refusal.body_v2() if self.v2 else refusal.body(self.log_url))

    @property
    def endpoint(self) -> str:
        """Method and path."""
        return f"{self.request.method} {self.request.path}"


class Emulator:
    """A stateful Stripe.

    Any number of threads may use one; any number of processes may use one file.

    Attributes:
        faults: What goes wrong, for tests.
        log: What was asked.
    """

    def __init__(
        self,
        path: str | Path = MEMORY,
        *,
        clock: Callable[[], int] = system_clock,
        seed: int | None = None,
    ) -> None:
        """Open or make an emulated Stripe.

        Args:
            path: File its objects live in; in memory if not given.
            clock: Gives the time in seconds since 1970.
            seed: Makes ids repeatable.
        """
        self.faults = Faults()
        self.log = RequestLog()
        self._clock = clock
        self._ids = Ids(seed)
        self._api_version = loader.api_version()
        self._store = Store(path)
        self._store.forget_keys(clock() - _KEY_LIFE)
        self._in_flight: set[tuple[str, str]] = set()
        self._in_flight_lock = threading.Lock()
        for kind in kinds().values():
            for field, folded in kind.behaviour.indexed.items():
                self._store.ensure_index(kind.object, field, folded=folded)

    def handle(self, request: Request) -> Response:
        """Answer a request.

        Raises:
            ConnectionBroken: A fault broke the connection.
        """
        headers = request.headers
        exchange = _Exchange(
            request=request,
            id=self._ids.request_id(),
            version=headers.get("stripe-version", self._api_version),
            key=headers.get("idempotency-key", ""),
            form={},
        )
        effect = self.faults.strike(request.method, request.path)
        status: int | None = None
        try:
            response = self._respond(exchange, effect)
            status = response.status
            return response
        finally:
            self.log.add(
                LogEntry(
                    method=request.method,
                    path=request.path,
                    params=exchange.form,
                    key=exchange.key,
                    status=status,
                    replayed=bool(exchange.replayed_from),
                    request_id=exchange.id,
                )
            )

    def seed(self, object: str, fields: Mapping[str, Any], *, key: str) -> dict[str, Any]:
        """Put an object there as if Stripe, or somebody in the Dashboard, had made it.

        Args:
            object: Object name.
            fields: Of the answer, under the answer's names; the rest is filled in.
            key: API key of the account and mode it belongs to.

        Returns:
            The object as it is kept.
        """
        caller = caller_of(f"Bearer {key}")
        with self._store.transaction(f"{caller.account}/{caller.mode}", write=True) as tables:
            call = Call(
                caller=caller,
                now=self._clock(),
                ids=self._ids,
                tables=tables,
                version=self._api_version,
            )
            return call.seed(call.kind(object), fields)

    def reset(self) -> None:
        """Forget every object, key, fault and logged request."""
        self._store.clear()
        self.faults.clear()
        self.log.clear()

    def close(self) -> None:
        """Close the store; what lived in memory is gone."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _respond(self, exchange: _Exchange, effect: Effect | None) -> Response:
        try:
            status, body = self._outcome(exchange, effect)
        except StripeRefusal as refusal:
            body = exchange.refused(refusal)
            return self._answer(exchange, refusal.status, body, refusal.headers)
        return self._answer(exchange, status, body)

    def _outcome(self, exchange: _Exchange, effect: Effect | None) -> tuple[int, bytes]:
        if effect is not None and effect.refusal is None and not effect.executed:
            raise ConnectionBroken
        self._read(exchange)
        if effect is None:
            return self._execute(exchange, None)
        if effect.executed:
            # A refusal is lost on the way like any other answer.
            with suppress(StripeRefusal):
                self._execute(exchange, None)
            exchange.replayed_from = ""  # what is answered in its place is not the key's
            raise effect.refusal or ConnectionBroken
        if effect.refusal is not None and effect.saved and exchange.key:
            return self._execute(exchange, effect.refusal)
        raise effect.refusal or ConnectionBroken

    def _read(self, exchange: _Exchange) -> None:
        """Find out who calls and what was sent.

        Raises:
            StripeRefusal: The request cannot be taken.
        """
        request = exchange.request
        exchange.caller = caller = caller_of(request.headers.get("authorization"))
        if not _VERSION.fullmatch(exchange.version):
            raise errors.invalid_version(exchange.version)
        account = request.headers.get("stripe-account")
        if account and account != caller.account:
            raise errors.foreign_account(caller.shown, account)
        if exchange.v2:
            exchange.form = wire.json_of(request)
            told = repr(exchange.form)
        else:
            pairs = wire.pairs_of(request)
            exchange.form = wire.nested(pairs)
            told = repr(sorted(pairs, key=lambda pair: (pair[0], repr(pair[1]))))
        if len(exchange.key) > _LONGEST_KEY:
            raise errors.key_too_long(_LONGEST_KEY)
        if exchange.key:
            exchange.digest = hashlib.sha256(told.encode()).hexdigest()

    def _execute(self, exchange: _Exchange, fault: StripeRefusal | None) -> tuple[int, bytes]:
        request, caller = exchange.request, exchange.caller
        assert caller is not None  # noqa: S101 - `_read` came before
        if is_own_account(request.method, request.path, caller):
            return 200, wire.encode(account_answer(caller))
        found = match(request.method, request.path)
        scope = f"{caller.account}/{caller.mode}"
        # D: keys mean nothing on GET, nor on a DELETE of v1, which repeat safely.
        keyed = ("POST", "DELETE") if exchange.v2 else ("POST",)
        key = exchange.key if request.method in keyed else ""
        with (
            self._alone_with(scope, key),
            self._store.transaction(scope, write=request.method != "GET") as tables,
        ):
            first = self._first_answer(exchange, tables) if key else None
            if first is not None:
                exchange.replayed_from = first.request_id
                return first.status, first.body
            call = Call(
                caller=caller,
                now=self._clock(),
                ids=self._ids,
                tables=tables,
                version=exchange.version,
            )
            if not key:
                return 200, wire.encode(perform(call, found, exchange.form))
            try:
                with tables.attempt():
                    if fault is not None:
                        call.begun = True
                        raise fault
                    outcome = 200, wire.encode(perform(call, found, exchange.form))
            except StripeRefusal as refusal:
                # D: what fails before execution begins is not remembered, and in v2 no failure is.
                if not call.begun or exchange.v2:
                    raise
                outcome = refusal.status, exchange.refused(refusal)
            self._remember(exchange, tables, outcome)
            return outcome

    def _first_answer(self, exchange: _Exchange, tables: Tables) -> FirstAnswer | None:
        first = tables.first_answer(exchange.key)
        if first is None or self._clock() - first.created >= _KEY_LIFE:
            return None
        if first.endpoint != exchange.endpoint:
            own = exchange.request.path
            raise errors.key_moved(exchange.key, first.endpoint.partition(" ")[2], own)
        if first.digest != exchange.digest:
            raise errors.key_reused(exchange.key)
        return first

    def _remember(self, exchange: _Exchange, tables: Tables, outcome: tuple[int, bytes]) -> None:
        tables.remember(
            exchange.key,
            FirstAnswer(
                endpoint=exchange.endpoint,
                digest=exchange.digest,
                status=outcome[0],
                body=outcome[1],
                request_id=exchange.id,
                created=self._clock(),
            ),
        )

    @contextmanager
    def _alone_with(self, scope: str, key: str) -> Iterator[None]:
        """Refuse a second request with a key while the first is under way in this process.

        Another process waits for the write lock instead, and then replays.
        """
        if not key:
            yield
            return
        holding = (scope, key)
        with self._in_flight_lock:
            if holding in self._in_flight:
                raise errors.key_in_use(key)
            self._in_flight.add(holding)
        try:
            yield
        finally:
            with self._in_flight_lock:
                self._in_flight.discard(holding)

    def _answer(
        self,
        exchange: _Exchange,
        status: int,
        body: bytes,
        further: tuple[tuple[str, str], ...] = (),
    ) -> Response:
        headers: dict[str, Any] = {
            "Date": formatdate(self._clock(), usegmt=True),
            "Request-Id": exchange.id,
            "Stripe-Version": exchange.version,
        }
        if exchange.key:
            headers["Idempotency-Key"] = exchange.key
            headers["Original-Request"] = exchange.replayed_from or exchange.id
        if exchange.replayed_from:
            headers["Idempotent-Replayed"] = "true"
        return wire.answer(status, body, {**headers, **dict(further)})
