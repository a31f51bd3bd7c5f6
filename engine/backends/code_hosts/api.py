"""Requests to the API of a code host: JSON, pages, retries."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from engine.ports.ci.code_host import CodeHostError
from engine.redaction import remember
from engine.settings.model import is_loopback

_TRIES = 4
_LONGEST_WAIT = 60.0
_PAGE = 100
_MOST_PAGES = 50
_LARGEST = 64 * 1024 * 1024
_TOO_MANY = 429
_LIMITED = (403, _TOO_MANY)
_SERVER_ERROR = 500
_TIMEOUT = 30


class Api:
    """An API, and the token for it.

    A redirect leads to another machine, which must not get the token: it is sent along with the
    first request alone.
    """

    def __init__(
        self,
        base: str,
        headers: Mapping[str, str],
        *,
        token_header: str,
        token: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Args: base: address; headers: of each request; sleep: waits between tries."""
        plain = base.startswith("http://") and is_loopback(base)
        if not (base.startswith("https://") or plain):
            raise CodeHostError(
                f"the API at {urlsplit(base).hostname} is not reached over https",
                hint="a token must not go over the network without encryption",
            )
        remember(token.removeprefix("Bearer "))
        self._base = base.rstrip("/")
        self._headers = headers
        self._token = (token_header, token)
        self._sleep = sleep

    def get(self, path: str, **query: Any) -> Any:
        """The document at a path."""
        return json.loads(self.read(path, **query))

    def read(self, path: str, **query: Any) -> bytes:
        """The bytes at a path."""
        return self._send("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def pages(self, path: str, within: str = "", **query: Any) -> Iterator[Any]:
        """Every entry of a list, page after page.

        Args:
            path: The list.
            within: The key that the list is under; empty if the document is the list.
            query: What chooses the entries.
        """
        for number in range(1, _MOST_PAGES + 1):
            found = self.get(path, **query, per_page=_PAGE, page=number)
            entries = found[within] if within else found
            yield from entries
            if len(entries) < _PAGE:
                return

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Change something; the document that describes it."""
        raw = self._send(method, path, None if body is None else json.dumps(body).encode())
        return json.loads(raw) if raw.strip() else None

    def _send(self, method: str, path: str, body: bytes | None) -> bytes:
        for left in reversed(range(_TRIES)):
            request = self._request(method, path, body)
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - checked
                    raw: bytes = answer.read(_LARGEST)
                    return raw
            except urllib.error.HTTPError as error:
                with error:
                    wait = _wait(error, method)
                    if wait is None or not left:
                        raise _refused(error, method, path) from None
            except (OSError, http.client.HTTPException) as error:
                if not left:
                    raise CodeHostError(f"{method} {path}: no response ({error})") from error
                wait = 1.0
            self._sleep(wait)
        raise AssertionError

    def _request(self, method: str, path: str, body: bytes | None) -> urllib.request.Request:
        headers = {**self._headers, "User-Agent": "engine"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(  # noqa: S310 - the address is checked
            f"{self._base}{path}", data=body, headers=headers, method=method
        )
        name, token = self._token
        if token:
            request.add_unredirected_header(name, token)
        return request


def _wait(error: urllib.error.HTTPError, method: str) -> float | None:
    """Seconds after which the same request may work; None if it will not."""
    after = error.headers.get("Retry-After", "")
    spent = error.headers.get("X-RateLimit-Remaining") == "0"
    if error.code in _LIMITED and (after or spent or error.code == _TOO_MANY):
        wait = float(after) if after.isdigit() else 1.0
        return wait if wait <= _LONGEST_WAIT else None
    # What a request that failed there has done is not known, so only reading is tried again.
    return 1.0 if error.code >= _SERVER_ERROR and method == "GET" else None


def _refused(error: urllib.error.HTTPError, method: str, path: str) -> CodeHostError:
    try:
        document = json.loads(error.read(_LARGEST))
        why = document.get("message") or document.get("error") or ""
    except (ValueError, AttributeError, OSError):
        why = ""
    where = path.partition("?")[0]
    return CodeHostError(
        f"{method} {where} was refused with {error.code}",
        status=error.code,
        cause=str(why)[:500] or None,
    )
