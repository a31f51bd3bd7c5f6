"""The emulator itself: a request in, a response out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any, Self

from engine.catalog import loader
from engine.emulator.accounts.account import is_own_account, own_account
from engine.emulator.accounts.connected import acting
from engine.emulator.accounts.keys import Caller, caller_of
from engine.emulator.accounts.limiter import RateLimiter
from engine.emulator.delivery.deliveries import Deliveries
from engine.emulator.requests.aim import aim, require_connected
from engine.emulator.requests.call import Call
from engine.emulator.requests.events import EventLog, events, is_about_events, path_and_resent
from engine.emulator.requests.idempotency import (
    KEY_LIFE,
    KeysInUse,
    check_length,
    first_response,
    remember,
)
from engine.emulator.requests.operations import perform
from engine.emulator.requests.permissions import Permissions
from engine.emulator.requests.request_context import RequestContext
from engine.emulator.storage.events import LIFE
from engine.emulator.storage.history import CreatedObject, History
from engine.emulator.storage.store import MEMORY, Store
from engine.emulator.testing import observers
from engine.emulator.testing.disconnects import ConnectionBroken
from engine.emulator.testing.fault_effects import Effect, Ending, Hold
from engine.emulator.testing.faults import Faults
from engine.emulator.testing.gate import Gate
from engine.emulator.testing.request_log import LogEntry, RequestLog
from engine.emulator.types.kinds import kinds
from engine.emulator.types.routes import Match
from engine.emulator.wire import errors, messages
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import Ids
from engine.emulator.wire.messages import Request, Response
from engine.errors import EmulatorError

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.\w+)?(; ?.*)?")


def system_clock() -> int:
    """Seconds since 1970."""
    return int(time.time())


class Emulator:
    """A stateful Stripe.

    Any number of threads may use one; any number of processes may use one file.

    Attributes:
        faults: What goes wrong, for tests.
        log: The requests.
        history: The objects that were made.
        deliveries: Events on their way to webhook endpoints.
    """

    def __init__(
        self,
        path: str | Path = MEMORY,
        *,
        clock: Callable[[], int] = system_clock,
        seed: int | None = None,
        rate: float | None = None,
        endpoint_rate: float | None = None,
        local_endpoints: bool = False,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open or make an emulated Stripe.

        Args:
            path: File of its objects; in memory if not given.
            clock: Gives the time in seconds since 1970.
            seed: Makes ids repeatable.
            rate: Requests a second with the keys of each account in each mode; None for any.
            endpoint_rate: Of these, requests a second to each endpoint; None for any.
            local_endpoints: Take webhook endpoints on loopback addresses, which Stripe refuses.
            ticks: Gives the time in seconds by which rates, and waits of deliveries, are measured.
        """
        self.faults = Faults()
        self.log = RequestLog()
        self.history = History(self._is_alive)
        self._limiter = RateLimiter(rate=rate, ticks=ticks)
        self._endpoint_limiter = RateLimiter(
            rate=endpoint_rate, reason="endpoint-rate", ticks=ticks
        )
        self._permissions = Permissions()
        self._clock = clock
        self._local_endpoints = local_endpoints
        self._ids = Ids(seed)
        self._api_version = loader.api_version()
        self._store = Store(path)
        self._store.forget(keys_before=clock() - KEY_LIFE, events_before=clock() - LIFE)
        self._events = EventLog()
        self.deliveries = Deliveries(self._opened, ticks)
        self._keys_in_use = KeysInUse()

    def handle(
        self, request: Request, hold: Hold = Gate.wait, *, by_hand: bool = False
    ) -> Response:
        """Answer a request.

        Args:
            request: As it was sent.
            hold: How the door waits if a fault holds the request at a gate.
            by_hand: A person in the Dashboard does it: events name no request of the API.

        Raises:
            ConnectionBroken: A fault broke the connection.
        """
        observers.received(request)
        headers = request.headers
        context = RequestContext(
            request=request,
            id=self._ids.request_id(),
            version=self._api_version,
            key=headers.get("idempotency-key", ""),
            form={},
            by_hand=by_hand,
        )
        effect = self.faults.strike(request.method, request.path)
        status: int | None = None
        try:
            response = self._respond(context, effect, hold)
            if effect is not None:
                effect.end(request, response, hold)
            status = response.status
            return response
        finally:
            self.log.add(
                LogEntry(
                    method=request.method,
                    path=request.path,
                    params=context.form,
                    key=context.key,
                    status=status,
                    replayed=bool(context.replayed_from),
                    request_id=context.id,
                    account=context.connected,
                )
            )

    def seed(
        self, object: str, fields: Mapping[str, Any], *, key: str, account: str = ""
    ) -> dict[str, Any]:
        """Add an object as if Stripe, or a person in the Dashboard, had made it.

        Args:
            object: Object name.
            fields: Of the response, under the response's names; the rest is filled in.
            key: API key of the account and mode it belongs to.
            account: Connected account it is in instead; the key's own if not given.

        Returns:
            The object as it is stored.
        """
        with self._seeding(object, [fields], key, account) as seeded:
            return next(seeded)

    def seed_many(
        self, object: str, many: Iterable[Mapping[str, Any]], *, key: str, account: str = ""
    ) -> list[str]:
        """Add many objects at once, oldest first; much faster than by requests.

        Args:
            object: Object name.
            many: Fields of each, as `seed` takes them.
            key: API key of the account and mode they belong to.
            account: Connected account they are in instead; the key's own if not given.

        Returns:
            Their ids.
        """
        with self._seeding(object, many, key, account) as seeded:
            return [document["id"] for document in seeded]

    @contextmanager
    def _seeding(
        self, object: str, many: Iterable[Mapping[str, Any]], key: str, account: str
    ) -> Iterator[Iterator[dict[str, Any]]]:
        own, kind = caller_of(f"Bearer {key}"), kinds()[object]
        caller = own.within(account) if account else own
        self._store.ensure_indexes(kind.table, kind.indexed)
        with self._opened(caller) as call:
            yield call.seed(kind, many)

    def restrict(self, key: str, permissions: Collection[str]) -> None:
        """Let a restricted key, `rk_...`, do this and nothing else.

        Args:
            key: The key.
            permissions: Names as in Stripe's refusals, `plan_write`; writing implies
                reading (D).
        """
        self._permissions.restrict(key, permissions)

    def reset(self) -> None:
        """Remove every object, key, permission, fault and logged request."""
        self._store.clear()
        self.faults.clear()
        self.faults.time_out()
        self._permissions.clear()
        self.log.clear()
        self.history.clear()
        self._limiter.clear()
        self._endpoint_limiter.clear()

    def close(self) -> None:
        """Close the store: objects in memory are lost, and waiting requests get no response."""
        self.faults.time_out()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _respond(self, context: RequestContext, effect: Effect | None, hold: Hold) -> Response:
        try:
            status, body = self._outcome(context, effect, hold)
        except StripeRefusal as refusal:
            body = context.refused(refusal)
            return self._response(context, refusal.status, body, refusal.headers)
        except EmulatorError as error:
            body = context.refused(errors.api_error(f"{error.message}: {error.cause}"))
            return self._response(context, 500, body)
        finally:
            self.deliveries.deliver_at_once()
        return self._response(context, status, body)

    def _outcome(
        self, context: RequestContext, effect: Effect | None, hold: Hold
    ) -> tuple[int, bytes]:
        if effect is None:
            self._read(context)
            return self._carry_out(context)
        begin = partial(effect.begin, context.request, hold)
        if effect.ending is Ending.LOST and not effect.executed:
            # It never arrives.
            begin()
            raise ConnectionBroken
        self._read(context)
        if effect.is_carried_out:
            if effect.refusal is None:
                return self._carry_out(context, begin)
            # A refusal is lost on the way like any other response.
            with suppress(StripeRefusal):
                self._carry_out(context, begin)
            context.replayed_from = ""  # the response in its place is not the key's
        elif effect.saved and context.key:
            return self._carry_out(context, begin, effect.refusal)
        else:
            begin()
        raise effect.refusal or ConnectionBroken

    def _read(self, context: RequestContext) -> None:
        """Find the caller and the parameters.

        Raises:
            StripeRefusal: The request cannot be read, or is not allowed.
        """
        request = context.request
        context.caller = caller = caller_of(request.headers.get("authorization"))
        asked = request.headers.get("stripe-version", self._api_version)
        if not _VERSION.fullmatch(asked):
            raise errors.invalid_version(asked)
        caller = acting(caller, request.headers)
        if caller.platform:
            with self._opened(caller, write=False):
                context.caller = caller
        # ? Stripe says that the limits are an account's, and not of which one of the two.
        self._limiter.count(caller.own.scope, livemode=caller.livemode)
        context.read_form()
        check_length(context.key)

    def _carry_out(
        self,
        context: RequestContext,
        begin: Callable[[], object] | None = None,
        fault: StripeRefusal | None = None,
    ) -> tuple[int, bytes]:
        """Carry a request out, as the only one with its idempotency key.

        Args:
            context: The request, read.
            begin: Called first, outside of every transaction; None for nothing.
            fault: The refusal it fails with once execution has begun; None lets it succeed.
        """
        assert context.caller is not None  # noqa: S101 - `_read` came before
        with self._keys_in_use.alone_with(context.caller.scope, context.meant_key):
            if begin is not None:
                begin()
            return self._execute(context, fault)

    def _execute(self, context: RequestContext, fault: StripeRefusal | None) -> tuple[int, bytes]:
        request, caller = context.request, context.caller
        assert caller is not None  # noqa: S101 - `_read` came before
        if is_own_account(request.method, request.path, caller):
            return 200, messages.encode(own_account(caller))
        if is_about_events(request.method, request.path):
            self._permissions.check_events(caller)
            path, resent = path_and_resent(request.method, request.path)
            if resent:
                self.deliveries.resend(caller, resent, str(context.form.get("endpoint", "")))
            with self._opened(caller, write=False) as call:
                shown = events(call, path, {} if resent else context.form)
            return 200, messages.encode(shown)
        aimed = aim(request, caller)
        found, caller = aimed.match, aimed.caller
        self._permissions.check(caller, request.method, found)
        self._store.ensure_indexes(found.kind.table, found.kind.indexed)
        key, write = context.meant_key, request.method != "GET"
        endpoint = (caller.own.scope, found.kind.object, found.operation)
        self._endpoint_limiter.count(endpoint, livemode=caller.livemode)
        with self._opened(caller, write=write, related=aimed.related.scope) as call:
            first = first_response(context, call.repository, call.now) if key else None
            if first is not None:
                context.replayed_from = first.request_id
                return first.status, first.body
            if key:
                outcome = self._attempt(call, found, context, fault)
                remember(context, call.repository, outcome, call.now)
            else:
                outcome = 200, messages.encode(perform(call, found, context))
            # Within the transaction, so that the order is that of the creations.
            self.history.add(call.made, key=key, request_id=context.id)
            self.deliveries.add(call, self._events.add(call, context, self.deliveries.of(call)))
            return outcome

    @contextmanager
    def _opened(self, caller: Caller, *, write: bool = True, related: str = "") -> Iterator[Call]:
        """Open a transaction in the account that a caller acts in.

        Raises:
            StripeRefusal: There is no such account.
        """
        with self._store.transaction(caller.scope, write=write) as repository:
            require_connected(caller, repository)
            yield Call(
                caller=caller,
                now=self._clock(),
                ids=self._ids,
                repository=repository,
                version=self._api_version,
                related=related,
                local_endpoints=self._local_endpoints,
            )

    def _attempt(
        self, call: Call, found: Match, context: RequestContext, fault: StripeRefusal | None
    ) -> tuple[int, bytes]:
        """Run an operation; its key remembers a refusal if execution had begun.

        Raises:
            StripeRefusal: One that the key does not remember.
        """
        try:
            with call.repository.attempt():
                if fault is not None:
                    call.begun = True
                    raise fault
                return 200, messages.encode(perform(call, found, context))
        except StripeRefusal as refusal:
            # D: what fails before execution begins is not remembered, and in v2 no failure is.
            if not call.begun or context.v2:
                raise
            call.made.clear()
            call.changes.clear()
            return refusal.status, context.refused(refusal)

    def _is_alive(self, made: CreatedObject) -> bool:
        with self._store.transaction(made.caller.scope, write=False) as repository:
            found = repository.get(kinds()[made.object].table, made.id)
        return found is not None and found.get("deleted") is not True

    def _response(
        self,
        context: RequestContext,
        status: int,
        body: bytes,
        further: tuple[tuple[str, str], ...] = (),
    ) -> Response:
        observers.answered(context.request, status, body)
        headers = {"Date": formatdate(self._clock(), usegmt=True), **context.headers}
        return messages.build_response(status, body, {**headers, **dict(further)})
