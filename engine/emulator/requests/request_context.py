"""One request on its way through the emulator, and what is found out about it.

What must not live here: what any step does.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.emulator.accounts.keys import Caller
from engine.emulator.wire import errors, messages
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.messages import Form, Request

_UNKNOWN = frozenset({"parameter_unknown", "unknown_field"})


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """One request on its way, with what is found out about it step by step.

    Attributes:
        request: As it was sent.
        id: Of the request.
        version: API version of the answer, whatever version was asked for.
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
        return messages.is_v2(self.request.path)

    @property
    def asked_version(self) -> str:
        """API version that the request asks for; the one that is spoken if it asks for none."""
        return str(self.request.headers.get("stripe-version", self.version)).partition(";")[0]

    def refused(self, refusal: StripeRefusal) -> bytes:
        """The body of a refusal."""
        if refusal.code in _UNKNOWN and self.asked_version != self.version:
            refusal = errors.of_another_version(refusal, self.version, self.asked_version)
        return messages.encode(refusal.body_v2() if self.v2 else refusal.body(self.log_url))

    @property
    def endpoint(self) -> str:
        """Method and path."""
        return f"{self.request.method} {self.request.path}"

    @property
    def scope(self) -> str:
        """Account and mode, once they are known."""
        return "" if self.caller is None else f"{self.caller.account}/{self.caller.mode}"

    @property
    def meant_key(self) -> str:
        """The idempotency key where it means something; empty elsewhere.

        D: keys mean nothing on GET, nor on a DELETE of v1, which repeat safely.
        """
        keyed = ("POST", "DELETE") if self.v2 else ("POST",)
        return self.key if self.request.method in keyed else ""
