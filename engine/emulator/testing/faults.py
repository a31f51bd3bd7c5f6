"""Faults for tests: responses that are errors, connections that break, requests that hang.

emulator.faults.add(rate_limited(), method="POST", path="/v1/prices", skip=2, times=1)
emulator.faults.at(7, dropped(executed=True))
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Final

from engine.emulator.accounts.limiter import rate_limit
from engine.emulator.requests.idempotency import key_in_use
from engine.emulator.testing.fault_effects import After, Before, Effect, Ending
from engine.emulator.testing.gate import Gate
from engine.emulator.wire.errors import StripeRefusal, more_permissions

__all__ = [
    "Effect",
    "Fault",
    "Faults",
    "Gate",
    "after",
    "before",
    "dropped",
    "error",
    "hung",
    "in_use",
    "lock_timeout",
    "permission_denied",
    "rate_limited",
    "server_error",
    "truncated",
    "unauthenticated",
]

_FOREVER: Final = 1 << 62
# L, but for the sentence about the documentation, which only the list of error codes has.
_LOCKED = (
    "This object cannot be accessed right now because another API request or Stripe process is "
    "currently accessing it. If you see this error intermittently, retry the request. If you see "
    "this error frequently and are making multiple concurrent requests to a single object, make "
    "your requests serially or at a lower rate."
)
_UNKNOWN = (
    "An unknown error occurred. Please try again, or contact support at "
    "https://support.stripe.com/ if the problem persists."
)


@dataclass(slots=True, kw_only=True)
class Fault:
    """An effect, and which requests it strikes.

    Attributes:
        effect: What it does.
        method: Which it strikes; `*` for any.
        path: Which paths it applies to; `*` means any part.
        skip: How many matching requests pass first.
        times: How many are struck then.
    """

    effect: Effect
    method: str = "*"
    path: str = "*"
    skip: int = 0
    times: int = 1

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one it waits for."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class Faults:
    """The faults of one emulator, in the order they were added."""

    _waiting: list[Fault] = field(default_factory=list)
    _scheduled: list[Fault] = field(default_factory=list)
    _gates: list[Gate] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(
        self,
        effect: Effect,
        *,
        method: str = "*",
        path: str = "*",
        skip: int = 0,
        times: int | None = 1,
    ) -> Fault:
        """Let a fault strike matching requests.

        Args:
            effect: What it does; the functions of this module make them.
            method: HTTP method; `*` for any.
            path: Path with `*` for any part, `/v1/prices/*`.
            skip: How many matching requests pass first.
            times: How many are struck then; None for all.
        """
        most = _FOREVER if times is None else times
        fault = Fault(effect=effect, method=method, path=path, skip=skip, times=most)
        return self._keep(fault, self._waiting)

    def at(self, index: int, effect: Effect, *, method: str = "*", path: str = "*") -> Fault:
        """Let a fault strike one request by its number.

        Several of them make a schedule. Each counts every matching request, and comes before the
        faults of `add`, which do not count the request that it strikes.

        Args:
            index: Which of the matching requests from now on; the next one is 0.
            effect: What it does.
            method: HTTP method of the requests that count; `*` for any.
            path: Path of the requests that count, with `*` for any part.
        """
        fault = Fault(effect=effect, method=method, path=path, skip=index)
        return self._keep(fault, self._scheduled)

    def _keep(self, fault: Fault, among: list[Fault]) -> Fault:
        with self._lock:
            among.append(fault)
            if fault.effect.gate is not None:
                self._gates.append(fault.effect.gate)
        return fault

    def clear(self) -> None:
        """Remove every fault; requests that wait at a gate stay there."""
        with self._lock:
            self._waiting.clear()
            self._scheduled.clear()

    def time_out(self) -> None:
        """Time out the clients of all requests that wait at gates."""
        with self._lock:
            gates, self._gates = self._gates, []
        for gate in gates:
            gate.time_out()

    @property
    def pending(self) -> int:
        """How many faults have not struck as often as they should."""
        with self._lock:
            return len(self._waiting) + len(self._scheduled)

    def strike(self, method: str, path: str) -> Effect | None:
        """The effect on a request; counts it.

        Of the faults of `add`, only the first that matches is counted.
        """
        if not self._waiting and not self._scheduled:
            return None
        with self._lock:
            return self._scheduled_for(method, path) or self._waiting_for(method, path)

    def _scheduled_for(self, method: str, path: str) -> Effect | None:
        struck: Effect | None = None
        for fault in [one for one in self._scheduled if one.matches(method, path)]:
            if fault.skip:
                fault.skip -= 1
            else:
                # Of two that strike one request, the first counts.
                struck = struck or fault.effect
                self._scheduled.remove(fault)
        return struck

    def _waiting_for(self, method: str, path: str) -> Effect | None:
        for fault in self._waiting:
            if not fault.matches(method, path):
                continue
            if fault.skip:
                fault.skip -= 1
                return None
            fault.times -= 1
            if fault.times <= 0:
                self._waiting.remove(fault)
            return fault.effect
        return None


def error(message: str, *, status: int, executed: bool = False, **error: Any) -> Effect:
    """Any error; the keywords are those of `StripeRefusal`."""
    return Effect(refusal=StripeRefusal(message, status=status, **error), executed=executed)


def rate_limited(reason: str = "global-rate", retry_after: int | None = None) -> Effect:
    """429 for too many requests, with the header that names the limit (D)."""
    return Effect(refusal=rate_limit(reason, retry_after=retry_after))


def lock_timeout() -> Effect:
    """429 for an object that another request holds."""
    headers = (("Stripe-Rate-Limited-Reason", "resource-specific"), ("Stripe-Should-Retry", "true"))
    return Effect(refusal=StripeRefusal(_LOCKED, status=429, code="lock_timeout", headers=headers))


def in_use(key: str) -> Effect:
    """409 for an idempotency key whose first request is still under way."""
    return Effect(refusal=key_in_use(key))


def server_error(status: int = 500, *, saved: bool = False, executed: bool = False) -> Effect:
    """A failure of Stripe's own.

    Args:
        status: 500, 502, 503 or 504.
        saved: The idempotency key keeps it; nothing was carried out.
        executed: It was carried out all the same.
    """
    refusal = StripeRefusal(_UNKNOWN, status=status, type="api_error")
    return Effect(refusal=refusal, saved=saved, executed=executed)


def unauthenticated(shown: str = "sk_test_***") -> Effect:
    """401, as for a key that was rolled or has expired."""
    return Effect(
        refusal=StripeRefusal(
            f"Expired API Key provided: {shown}", status=401, code="api_key_expired"
        )
    )


def permission_denied(
    account: str, title: str = "Prices Write", permission: str = "plan_write"
) -> Effect:
    """403, as for a restricted key without a permission."""
    return Effect(refusal=more_permissions("rk_test_***", account, title, permission))


def dropped(*, executed: bool = False) -> Effect:
    """The connection breaks, before the request arrives or after it was carried out."""
    return Effect(ending=Ending.LOST, executed=executed)


def truncated(*, executed: bool = True) -> Effect:
    """Status and headers arrive, and half of the body.

    Args:
        executed: It was carried out, and the response is the one that belongs to it; else the
            answer is a 500.
    """
    if executed:
        return Effect(ending=Ending.CUT, executed=True)
    return replace(server_error(), ending=Ending.CUT)


def hung(gate: Gate, *, executed: bool = False) -> Effect:
    """No response comes until the gate opens or the client hangs up.

    Args:
        gate: Where it waits.
        executed: It is carried out first, and its response waits; otherwise it is carried out when
            the gate opens, and never if the client has hung up by then.
    """
    return Effect(gate=gate, executed=executed)


def before(callback: Before, effect: Effect | None = None) -> Effect:
    """Call something before a request is carried out.

    Args:
        callback: Takes the request. It may use the emulator itself.
        effect: What else happens to the request; nothing if not given.
    """
    return replace(effect or Effect(), before=callback)


def after(callback: After, effect: Effect | None = None) -> Effect:
    """Call something after a request's commit, before its response is sent.

    Args:
        callback: Takes the request and its response. It may use the emulator itself.
        effect: What else happens to the request; nothing if not given.
    """
    return replace(effect or Effect(), after=callback)
