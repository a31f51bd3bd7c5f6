"""One request on its way through the emulator, and what each step adds to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from engine.emulator.accounts.keys import Caller
from engine.emulator.wire import errors, messages
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.messages import Form, Request

_UNKNOWN = frozenset({"parameter_unknown", "unknown_field"})


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """One request, with what each step finds out about it.

    Attributes:
        request: As it was sent.
        id: Of the request.
        version: API version of the response, whichever was requested.
        key: Idempotency key; empty without one.
        caller: Who sends it, once known.
        form: Decoded parameters, once known.
        digest: Of the parameters, for idempotency.
        replayed_from: Id of the request whose response is replayed; empty if none.
        by_hand: A person in the Dashboard does it, and no request of the API.
    """

    request: Request
    id: str
    version: str
    key: str
    caller: Caller | None = None
    form: Form
    digest: str = ""
    replayed_from: str = ""
    by_hand: bool = False

    @property
    def log_url(self) -> str:
        """Where Stripe's dashboard would show the request."""
        if self.caller is None:
            return ""
        mode = "" if self.caller.livemode else "test/"
        return f"https://dashboard.stripe.com/{mode}logs/{self.id}"

    @property
    def v2(self) -> bool:
        """Whether it is a request of v2."""
        return messages.is_v2(self.request.path)

    @property
    def asked_version(self) -> str:
        """API version that the request names; the emulator's own if it names none."""
        return str(self.request.headers.get("stripe-version", self.version)).partition(";")[0]

    @property
    def headers(self) -> dict[str, str]:
        """Headers that every response to it has."""
        headers = {"Request-Id": self.id, "Stripe-Version": self.version}
        if self.connected:
            headers["Stripe-Account"] = self.connected  # R
        if self.key:
            headers["Idempotency-Key"] = self.key
            headers["Original-Request"] = self.replayed_from or self.id
        if self.replayed_from:
            headers["Idempotent-Replayed"] = "true"
        return headers

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
    def connected(self) -> str:
        """Id of the connected account that it acts in; empty in the key's own."""
        return "" if self.caller is None else self.caller.connected

    def read_form(self) -> None:
        """Decode the parameters, and take the digest of them if there is a key.

        Raises:
            StripeRefusal: They cannot be decoded.
        """
        if self.v2:
            self.form = messages.json_of(self.request)
            digested = repr(self.form)
        else:
            pairs = messages.pairs_of(self.request)
            self.form = messages.nested(pairs)
            digested = repr(sorted(pairs, key=lambda pair: (pair[0], repr(pair[1]))))
        if self.key:
            self.digest = hashlib.sha256(digested.encode()).hexdigest()

    @property
    def as_events_name_it(self) -> dict[str, str | None]:
        """What events say of it."""
        if self.by_hand:
            return {"id": None, "idempotency_key": None}
        return {"id": self.id, "idempotency_key": self.key or None}

    @property
    def meant_key(self) -> str:
        """The idempotency key where it has an effect; empty elsewhere.

        D: keys have no effect on GET, nor on a DELETE of v1, which are safe to repeat.
        """
        keyed = ("POST", "DELETE") if self.v2 else ("POST",)
        return self.key if self.request.method in keyed else ""
