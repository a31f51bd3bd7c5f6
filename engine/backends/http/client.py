"""Requests of Terraform's HTTP state protocol. This is the only caller of httpx."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import weakref
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from engine.backends.http.address import Server
from engine.backends.http.answers import NO_ANSWER, Answer, Lock, Why, lock_in, unavailable
from engine.errors import SettingsError, StoreUnavailableError
from engine.settings.model import is_loopback

_LONGEST = 64 * 1024 * 1024
_TIMEOUT = 30.0
_LONGEST_ANSWER = 120.0
"""Seconds after which an answer that still arrives is given up."""
_LONGEST_PAUSE = 30.0
_TRIES = 4


class Client:
    """One server; safe to use from several threads."""

    def __init__(
        self,
        server: Server,
        login: tuple[str, str] | None,
        *,
        wait: Callable[[float], None] = time.sleep,
        longest: int = _LONGEST,
    ) -> None:
        """Prepare requests to a server; none is sent yet.

        Args:
            server: The server.
            login: User and password, sent to this server alone.
            wait: Waits some seconds before a request is sent again.
            longest: Bytes of the longest answer that is read.

        Raises:
            SettingsError: if httpx is not installed.
        """
        try:
            import ssl

            import httpx
        except ImportError as error:
            raise SettingsError(
                "states in https:// need httpx, which cannot be imported",
                hint="pip install 'stripe-stack-engine[http]'",
            ) from error
        self.server = server
        self._errors: Any = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
        self._timeouts: Any = httpx.TimeoutException
        self._wait = wait
        self._longest = longest
        # What certificates this machine trusts takes time to load.
        tls: Any = server.base.startswith("https:") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        parts = urlsplit(server.base)
        # What is on this machine needs no proxy.
        no_proxy: Any = (
            {f"{parts.scheme}://{parts.netloc}": None} if is_loopback(server.base) else {}
        )
        # Redirects are not followed: the login is for this server alone.
        self._http = httpx.Client(
            auth=login,
            timeout=_TIMEOUT,
            follow_redirects=False,
            verify=tls,
            mounts=no_proxy,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Cache-Control": "no-cache",  # a cache in between has to ask the server
            },
        )
        # A backend is never closed: its connections are when it is no longer used.
        weakref.finalize(self, self._http.close)

    def read(self, name: str) -> bytes | None:
        """The content of a document; None if there is none.

        Raises:
            StoreUnavailableError: if the server does not return it.
        """
        answer = self._patiently("GET", name)
        if answer.found:
            return answer.content or None
        if answer.missing:
            return None
        raise self.unavailable(name, "read", answer)

    def write(self, name: str, content: bytes, lock: str) -> Answer:
        """Write a document under a lock; an answer that is not `done` may have arrived.

        Raises:
            StoreUnavailableError: if the server refuses it for good.
        """
        answer = self._send(self.server.update_method, name, content, lock=lock)
        if answer.final:
            raise self.unavailable(name, "written", answer)
        return answer

    def lock(self, name: str, info: dict[str, str]) -> Lock:
        """Ask for the lock of a document, again if no answer arrives.

        Raises:
            StoreUnavailableError: if the server has no answer to it.
        """
        body, path, answer = json.dumps(info).encode(), name + self.server.lock_path, NO_ANSWER
        for tried in range(_TRIES):
            answer = self._send(self.server.lock_method, path, body)
            if answer.done:
                return Lock(had=True, id=info["ID"])
            if answer.locked:
                found = lock_in(answer.content)
                if found.id == info["ID"]:  # the answer to an earlier try was lost
                    return Lock(had=True, id=found.id)
                if tried and not found.id and self.unlock(name, info["ID"]):
                    continue  # an earlier try had it, and the server does not say whose it is
                return found
            if not answer.passing:
                break
            self.pause(tried, answer)
        raise self.unavailable(name, "locked", answer)

    def unlock(self, name: str, id: str) -> bool:
        """Give a lock back; False if the server did not take it, or did not answer."""
        body = json.dumps({"ID": id}).encode()
        # Without an id GitLab would take any lock away, and proxies drop bodies of DELETE.
        path = name + self.server.lock_path
        return self._patiently(self.server.unlock_method, path, body, lock=id).done

    def remove(self, name: str) -> None:
        """Remove a document that nothing depends on, if the server does that."""
        self._send("DELETE", name)

    def unavailable(self, name: str, what: str, answer: Answer) -> StoreUnavailableError:
        """The error that a request was not carried out."""
        return unavailable(self.server.base, name, what, answer)

    def _patiently(
        self, method: str, path: str, body: bytes | None = None, *, lock: str = ""
    ) -> Answer:
        """Send a request again while what is in its way may pass."""
        answer = NO_ANSWER
        for tried in range(_TRIES):
            answer = self._send(method, path, body, lock=lock)
            if not answer.passing:
                break
            self.pause(tried, answer)
        return answer

    def pause(self, tried: int, answer: Answer) -> None:
        """Wait before a request is sent again, for longer each time; not after the last try."""
        if tried + 1 < _TRIES:
            self._wait(max(0.2 * 4**tried, min(answer.pause, _LONGEST_PAUSE)))

    def _send(self, method: str, path: str, body: bytes | None = None, *, lock: str = "") -> Answer:
        headers = {}
        if body is not None:
            checksum = hashlib.md5(body, usedforsecurity=False).digest()
            headers["Content-MD5"] = base64.b64encode(checksum).decode()
            headers["Content-Type"] = "application/json"
        url = f"{self.server.base}/{path}"
        params = {"ID": lock} if lock else None
        until = time.monotonic() + _LONGEST_ANSWER
        try:
            with self._http.stream(
                method, url, content=body, headers=headers, params=params
            ) as response:
                content = bytearray()
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > self._longest:
                        return Answer(why=Why.TOO_LONG)
                    if time.monotonic() > until:
                        return Answer(why=Why.TOO_SLOW)
                return Answer.of(int(response.status_code), response.headers, bytes(content))
        except self._timeouts:
            return Answer(why=Why.TOO_SLOW)
        except self._errors as error:
            untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
            return Answer(why=Why.NOT_TRUSTED if untrusted else Why.NONE)
