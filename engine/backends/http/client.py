"""Requests of Terraform's HTTP state protocol. This is the only caller of httpx."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import weakref
from collections.abc import Callable
from typing import Any

from engine.backends.http.address import Server
from engine.errors import SettingsError, StoreUnavailableError
from engine.frozen import frozen

_LONGEST = 64 * 1024 * 1024
_TIMEOUT = 30.0
_TRIES = 4
_DONE = (200, 201, 204)
_LOCKED = (409, 423)
_NO_LOGIN = (401, 403)
_TOO_LARGE = 413


@frozen
class Lock:
    """What a server says of a lock that was asked for.

    Attributes:
        had: The lock is had.
        id: Id of the lock that is there; empty if the server does not return it.
        who: Who has it, by the server.
        since: Since when, by the server.
    """

    had: bool
    id: str = ""
    who: str = ""
    since: str = ""


class Client:
    """One server; safe to use from several threads."""

    def __init__(
        self,
        server: Server,
        login: tuple[str, str] | None,
        *,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises: SettingsError: if httpx is not installed."""
        try:
            import ssl

            import httpx
        except ImportError as error:
            raise SettingsError(
                "states in https:// need the package httpx, which is not installed",
                hint="pip install 'stripe-stack-engine[http]'",
            ) from error
        self.server = server
        self._errors: Any = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
        self._wait = wait
        # What certificates this machine trusts takes time to load.
        tls: Any = server.base.startswith("https:") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # Redirects are not followed: the login is for this server alone.
        self._http = httpx.Client(
            auth=login,
            timeout=_TIMEOUT,
            follow_redirects=False,
            verify=tls,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )
        # A backend is never closed: its connections are when it is no longer used.
        weakref.finalize(self, self._http.close)

    def read(self, name: str) -> bytes | None:
        """The content of a document; None if there is none.

        Raises:
            StoreUnavailableError: if the server does not return it.
        """
        status: int | None = None
        for tried in range(_TRIES):
            status, content = self._send("GET", name)
            if status == 200:  # noqa: PLR2004
                return content or None
            if status in (204, 404):
                return None
            if status is not None and status < 500 and status != 429:  # noqa: PLR2004
                break
            self._pause(tried)
        raise self.unavailable(name, "read", status)

    def write(self, name: str, content: bytes, lock: str) -> bool:
        """Write a document under a lock; False if it may not have arrived.

        Raises:
            StoreUnavailableError: if the server refuses it for good.
        """
        status, _ = self._send(self.server.update_method, name, content, lock=lock)
        if status in _NO_LOGIN or status == _TOO_LARGE:
            raise self.unavailable(name, "written", status)
        return status in _DONE

    def lock(self, name: str, info: dict[str, str]) -> Lock:
        """Ask for the lock of a document, again if no answer arrives.

        Raises:
            StoreUnavailableError: if the server has no answer to it.
        """
        status: int | None = None
        for tried in range(_TRIES):
            body = json.dumps(info).encode()
            path = name + self.server.lock_path
            status, content = self._send(self.server.lock_method, path, body)
            if status in _DONE:
                return Lock(had=True, id=info["ID"])
            if status in _LOCKED:
                found = _lock_in(content)
                if found.id == info["ID"]:  # the answer to an earlier try was lost
                    return Lock(had=True, id=found.id)
                if tried and not found.id and self.unlock(name, info["ID"]):
                    continue  # an earlier try had it, and the server does not say whose it is
                return found
            if status is not None and status < 500 and status != 429:  # noqa: PLR2004
                break
            self._pause(tried)
        raise self.unavailable(name, "locked", status)

    def unlock(self, name: str, id: str) -> bool:
        """Give a lock back; False if the server did not take it, or did not answer."""
        body = json.dumps({"ID": id}).encode()
        path = name + self.server.lock_path
        for tried in range(_TRIES):
            # Without an id GitLab would take any lock away, and proxies drop bodies of DELETE.
            status, _ = self._send(self.server.unlock_method, path, body, lock=id)
            if status is not None and status < 500 and status != 429:  # noqa: PLR2004
                return status in _DONE
            self._pause(tried)
        return False

    def remove(self, name: str) -> None:
        """Remove a document that nothing depends on, if the server does that."""
        self._send("DELETE", name)

    def unavailable(self, name: str, what: str, status: int | None) -> StoreUnavailableError:
        """The error that a request was not carried out."""
        place = f"{self.server.base}/{name}"
        if status in _NO_LOGIN:
            return StoreUnavailableError(
                f"{place} cannot be {what}: the server refuses the login ({status})",
                hint="set TF_HTTP_USERNAME and TF_HTTP_PASSWORD; in GitLab, a token with the scope "
                "api of a user who is at least Maintainer, or the job's own CI_JOB_TOKEN",
            )
        if status == _TOO_LARGE:
            return StoreUnavailableError(
                f"{place} cannot be {what}: it is larger than the server takes",
                hint="raise the limit of the server (GitLab: max_terraform_state_size_bytes), or "
                "split the stack",
            )
        cause = "It did not answer." if status is None else f"It answered {status}."
        return StoreUnavailableError(
            f"{place} cannot be {what}",
            cause=cause,
            hint="see whether the address in `state` is right and the server works, and run the "
            "command again",
        )

    def _pause(self, tried: int) -> None:
        if tried + 1 < _TRIES:
            self._wait(0.2 * 4**tried)

    def _send(
        self, method: str, path: str, body: bytes | None = None, *, lock: str = ""
    ) -> tuple[int | None, bytes]:
        """The status and the content of a response; no status if none arrived whole."""
        headers = {}
        if body is not None:
            checksum = hashlib.md5(body, usedforsecurity=False).digest()
            headers["Content-MD5"] = base64.b64encode(checksum).decode()
            headers["Content-Type"] = "application/json"
        url = f"{self.server.base}/{path}"
        params = {"ID": lock} if lock else None
        try:
            with self._http.stream(
                method, url, content=body, headers=headers, params=params
            ) as response:
                content = bytearray()
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > _LONGEST:
                        return None, b""
                return int(response.status_code), bytes(content)
        except self._errors:
            return None, b""


def _lock_in(content: bytes) -> Lock:
    """The lock that a refusal names, as far as it does."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Lock(had=False)
    id, who, since = (found.get(name) for name in ("ID", "Who", "Created"))
    texts = [
        text if isinstance(text, str) and text.isprintable() and len(text) <= 255 else ""  # noqa: PLR2004
        for text in (id, who, since)
    ]
    return Lock(had=False, id=texts[0], who=texts[1], since=texts[2])
