"""The only caller of the SDK's HTTP: raw JSON in and out, errors translated, retries its own.

The SDK does not retry a plain 429 and ignores `Retry-After`; here every request that is safe to
send again is sent again, with the same idempotency key. No message contains a key or a secret.
"""

from __future__ import annotations

import contextlib
import email.utils
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import PermissionDeniedError
from engine.frozen import frozen
from engine.ports.provider import unfenced
from engine.stripe.http.rate_limiter import RateLimiter
from engine.stripe.http.refusals import translate
from engine.stripe.http.retries import Tries, header, is_foreign, is_too_fast, retry_after
from engine.values.markers import CLEAR
from engine.values.secret import Sensitive
from engine.values.tree import map_scalars

STRIPE = "https://api.stripe.com"


@frozen
class ClientOptions:
    """How to reach Stripe.

    Attributes:
        api_key: The key, wrapped.
        api_base: Address of a Stripe-compatible server; empty for Stripe itself.
        transport: An SDK HTTP client to use instead of the network; None for the network.
        retries: How often a request is sent again; one that came too fast, a few times more.
        sleep: Waits some seconds.
        limiter: Delays requests; None for no limit.
        on_answer: Called after each response that is not a refusal.
        api_version: API version that every request names; empty for that of the SDK.
        account: Connected account of the requests that name none; empty for the key's own.
        vouched: That account exists and can be reached: it need not be read.
    """

    api_key: Sensitive
    api_base: str = ""
    transport: Any = None
    retries: int = 6
    sleep: Callable[[float], object] = time.sleep
    limiter: RateLimiter | None = None
    on_answer: Callable[[], None] = lambda: None
    api_version: str = ""
    account: str = ""
    vouched: bool = False


class StripeHTTP:
    """Sends requests and counts them; safe to use from several threads.

    Attributes:
        requests: How many were sent, repeated ones included.
        writes: How many of them could change something.
        server_time: Seconds since 1970 by Stripe's clock in its last response; None before.
        version: API version of its last response; empty before, or if it names none.
    """

    def __init__(self, options: ClientOptions) -> None:
        # The SDK costs over 100 ms: a command that never asks Stripe never pays.
        import stripe

        from engine.stripe.http.inspection import Inspected
        from engine.stripe.http.network import Network

        stripe.enable_telemetry = False
        _silence()
        base = options.api_base
        bases: Any = {"api": base, "files": base} if base else None
        self._sdk = stripe.StripeClient(
            str(options.api_key.value),
            # Not that of the SDK, which may be newer: what is declared is checked and compared by
            # what the catalog says, so the answers have to be of its version.
            stripe_version=options.api_version or None,
            base_addresses=bases,
            http_client=Inspected(options.transport or Network()),
            max_network_retries=0,
        )
        self._options = options
        self._count = threading.Lock()
        self.requests = 0
        self.writes = 0
        self.server_time: int | None = None
        self.version = ""

    @property
    def server(self) -> str:
        """Address of the server."""
        return self._options.api_base or STRIPE

    @property
    def account(self) -> str:
        """Connected account of the requests that name none; empty for the key's own."""
        return self._options.account

    @property
    def vouched(self) -> bool:
        """Whether that account is known to exist and to be in reach."""
        return self._options.vouched and bool(self.account)

    @property
    def waiting(self) -> int:
        """Requests that the rate limiter delays now."""
        return self._options.limiter.waiting if self._options.limiter is not None else 0

    @property
    def rate(self) -> float | None:
        """Requests a second; None for no limit."""
        return self._options.limiter.rate if self._options.limiter is not None else None

    def get(
        self, path: str, params: Mapping[str, Any], *, account: str = "", route: str = ""
    ) -> dict[str, Any]:
        """Read.

        Args:
            path: Path of the object or list.
            params: Query parameters.
            account: Connected account; empty for that of the client.
            route: The path with names in place of ids, for the rate of the endpoint; empty if it
                has no ids.
        """
        options = {"stripe_account": account or self.account or None}
        return self._send("get", path, params, options, route or path)

    def default_version(self) -> str:
        """The API version of the account: that of a response to a request which names none."""
        options = {"stripe_account": self.account or None, "stripe_version": ""}
        with contextlib.suppress(PermissionDeniedError):  # a refusal has the header too
            self._send("get", "/v1/account", {}, options, "/v1/account")
        return self.version

    def post(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        idempotency_key: str,
        account: str = "",
        route: str = "",
        fence: Callable[[], None] = unfenced,
    ) -> dict[str, Any]:
        """Create or change; the same key never acts twice."""
        options = {
            "stripe_account": account or self.account or None,
            "idempotency_key": idempotency_key,
        }
        return self._send("post", path, params, options, route or path, fence)

    def delete(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        account: str = "",
        route: str = "",
        fence: Callable[[], None] = unfenced,
    ) -> dict[str, Any]:
        """Delete."""
        options = {"stripe_account": account or self.account or None}
        return self._send("delete", path, params or {}, options, route or path, fence)

    def upload(
        self,
        path: str,
        params: Mapping[str, Any],
        files: Mapping[str, Path],
        *,
        idempotency_key: str,
        account: str = "",
        fence: Callable[[], None] = unfenced,
    ) -> dict[str, Any]:
        """Create from files; each is read again for every try."""
        options = {
            "stripe_account": account or self.account or None,
            "idempotency_key": idempotency_key,
            "content_type": "multipart/form-data",
            "base": "files",
        }
        with contextlib.ExitStack() as opened:
            handles = {name: opened.enter_context(file.open("rb")) for name, file in files.items()}
            return self._send("post", path, {**params, **handles}, options, path, fence)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any],
        options: Mapping[str, Any],
        route: str,
        fence: Callable[[], None] = unfenced,
    ) -> dict[str, Any]:
        import stripe

        from engine.stripe.http.inspection import check_document

        given = {name: value for name, value in options.items() if value is not None}
        body = encode_v2(params) if path.startswith("/v2/") else encode(params)
        endpoint = f"{method} {route}"
        tries = Tries(self._options.retries)
        while True:
            self._take_turn(endpoint, method, fence)
            for value in body.values():
                if hasattr(value, "seek"):
                    value.seek(0)  # a file that an earlier try has read
            try:
                answer: Any = self._sdk.raw_request(method, path, **body, **given)
                check_document(answer)
            except stripe.StripeError as error:
                if not is_foreign(error):
                    self._read_headers(error.headers)
                self._report_rate(endpoint, error)
                if not tries.again(error):
                    raise translate(error, path, self.server) from None
                self._options.sleep(tries.wait(error))
                continue
            self._read_headers(answer.headers)
            self._report_rate(endpoint, None)
            self._options.on_answer()
            found: dict[str, Any] = answer.data
            return found

    def _take_turn(self, endpoint: str, method: str, fence: Callable[[], None]) -> None:
        """Wait until the request may be sent, and count it."""
        if self._options.limiter is not None:
            self._options.limiter.wait(endpoint)
        fence()  # after every wait: for its turn, and between two tries
        with self._count:
            self.requests += 1
            self.writes += method != "get"

    def _report_rate(self, endpoint: str, error: Any) -> None:
        """Report to the rate limiter whether a request was refused for its rate."""
        limiter = self._options.limiter
        if limiter is None:
            return
        if error is None or not is_too_fast(error):
            limiter.passed(endpoint)
            return
        limiter.refused(
            endpoint,
            reason=header(error.headers, "Stripe-Rate-Limited-Reason"),
            retry_after=retry_after(error),
        )

    def _read_headers(self, headers: Mapping[str, str] | None) -> None:
        """Remember the version, and the service's time: the age of idempotency keys needs it."""
        self.version = header(headers, "Stripe-Version")
        date = header(headers, "Date")
        with contextlib.suppress(ValueError, TypeError):
            self.server_time = int(email.utils.parsedate_to_datetime(date).timestamp())


def _silence() -> None:
    """Keep the SDK from logging requests and responses.

    It prints bodies with secrets to stderr if STRIPE_LOG asks for it, and logs them. Removing
    secrets is not enough: its log spells bodies in ways of its own.
    """
    import stripe
    from stripe import _util

    stripe.log = None
    _util.STRIPE_LOG = None
    logging.getLogger("stripe").addFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False


def encode_v2(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters in v2's form: JSON, in which null clears."""
    return {
        name: _encoded(value, empty=None) for name, value in params.items() if value is not None
    }


def encode(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters in v1's form: CLEAR is an empty string.

    The SDK's encoder drops None and empty lists and dicts silently, so they are removed here.
    """
    return {name: _encoded(value) for name, value in params.items() if value is not None}


def _encoded(value: Any, *, empty: str | None = "") -> Any:
    def encoded(scalar: Any) -> Any:
        if isinstance(scalar, Sensitive):
            return _encoded(scalar.value, empty=empty)
        if scalar is CLEAR:
            return empty
        return str.__str__(scalar) if isinstance(scalar, str) else scalar

    return map_scalars(value, encoded, nulls=False)
