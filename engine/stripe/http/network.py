"""Requests over the network: each ends in time, and carries no login but the API key."""

from __future__ import annotations

import collections
import contextlib
import queue
import threading
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import stripe

from engine.redaction import remember
from engine.settings.model import is_loopback

_SILENCE = 80.0
"""Seconds without a byte that are allowed: as long as Stripe itself works on a request."""
_WHOLE = 90.0
"""Seconds that a request and its response may take; more than the longest silence."""
_UPLOAD = 600.0
"""The same for a request with a file in it."""
_MOST = 32 * 2**20
"""Bytes that a response may have: a full page of the largest objects has a few million."""
_CHUNK = 2**16


class Endless(stripe.APIConnectionError):
    """A response that took too long or is too long: another try would be the same.

    Attributes:
        passes: As in a `ForeignAnswer`.
    """

    def __init__(self, why: str) -> None:
        # The SDK leaves its errors' constructors untyped.
        super().__init__(f"(Network error: {why})")  # type: ignore[no-untyped-call]
        self.passes = False


class Network:
    """Sends requests for `stripe.StripeClient`; any number of threads may use one.

    Unlike the SDK's own client it never follows a redirect, which would send body and idempotency
    key to another server; it uses no login from `~/.netrc` or an address, which would replace the
    API key; and every response ends in time. Proxies and certificates are those that the
    environment names.
    """

    def __init__(self, *, whole: float = _WHOLE, most: int = _MOST) -> None:
        """Open nothing yet.

        Args:
            whole: Seconds that a request without a file may take, response included.
            most: Bytes that a response may have.
        """
        self._whole = whole
        self._most = most
        self._idle: collections.deque[requests.Session] = collections.deque()
        for proxy in urllib.request.getproxies().values():
            with contextlib.suppress(ValueError):  # not an address; the connection reports it
                remember(urlsplit(proxy).password)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send one request and read its response.

        Raises:
            stripe.APIConnectionError: if there is no response, or it does not end.
        """
        # The limit must also hold while a name is looked up and while headers arrive slowly, so
        # another thread waits.
        answers: queue.SimpleQueue[tuple[bytes, int, Mapping[str, str]] | Exception] = (
            queue.SimpleQueue()
        )

        def exchange() -> None:
            try:
                answers.put(self._exchange(method, url, headers, post_data))
            except Exception as error:  # noqa: BLE001 - the waiting thread raises it
                answers.put(error)

        threading.Thread(target=exchange, daemon=True).start()
        limit = self._whole if post_data is None or isinstance(post_data, str) else _UPLOAD
        try:
            answer = answers.get(timeout=limit)
        except queue.Empty:
            raise Endless(f"the answer was not complete after {limit:g} seconds") from None
        if isinstance(answer, stripe.StripeError):
            raise answer
        if isinstance(answer, Exception):
            # The SDK leaves its errors' constructors untyped.
            raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]
                f"(Network error: {type(answer).__name__}: {answer})"
            ) from answer
        return answer

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            session = self._idle.pop()
        except IndexError:
            session = _Session()
        try:
            with session.request(
                method, url, headers=headers, data=post_data, timeout=_SILENCE, stream=True
            ) as answer:
                return self._body(answer), answer.status_code, answer.headers
        finally:
            self._idle.append(session)

    def _body(self, answer: requests.Response) -> bytes:
        body = bytearray()
        for part in answer.iter_content(_CHUNK):
            body += part
            if len(body) > self._most:
                raise Endless(f"the answer has more than {self._most:,} bytes")
        return bytes(body)

    def close(self) -> None:
        """Close the connections that no request uses."""
        while self._idle:
            self._idle.pop().close()


class _Session(requests.Session):
    """Connections that are reused, with the environment's proxies and certificates."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = _as_it_is
        self.verify = stripe.ca_bundle_path

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Reach a server on this machine directly, or through a proxy on this machine.

        A proxy elsewhere could not reach it, and would get the key without encryption.
        """
        found = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if is_loopback(str(url)):
            chosen: dict[str, str] = found["proxies"]
            found["proxies"] = {name: at for name, at in chosen.items() if is_loopback(at)}
        return found

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Treat no response as a redirect: it would be followed, or its body read in full."""
        del resp


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep the API key in its header: without this function `requests` looks for other logins."""
    return request
