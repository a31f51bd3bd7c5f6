"""A server of Terraform's HTTP state protocol on loopback, strict or lacking something."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

GITLAB = "/api/v4/projects/42/terraform/state"


@dataclasses.dataclass(frozen=True)
class Canned:
    """What is answered in place of what a request asks for, which is not carried out."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class StateServer:
    """One server; each first part of the path is a place of its own.

    Attributes:
        documents: The documents, by path.
        versions: GitLab's versions of them, by path and serial.
        locks: The lock information of those that are locked, by path.
        requests: Method and path of each request.
        logins: What each request had as `Authorization`.
        fault: Called with the number of a request; what it returns says what happens to it:
            `before` and `after` cut the connection before or after it is carried out, `error`
            answers 500 after it. Empty for nothing.
        answers: Called with method and path before that; an answer takes the place of the request.
    """

    def __init__(
        self,
        *,
        gitlab: bool = False,
        fenced: bool = True,
        locking: bool = True,
        named: bool = True,
        careful: bool = True,
        login: tuple[str, str] | None = None,
        certificate: Path | None = None,
    ) -> None:
        """Start it.

        Args:
            gitlab: It behaves as GitLab does.
            fenced: It refuses writes without the lock's id.
            locking: It has locks.
            named: It returns whose lock it is that another one asks for.
            careful: It takes a lock back by its id alone.
            login: User and password that every request needs.
            certificate: File with a certificate and its key; without one it speaks plain HTTP.
        """
        self.gitlab, self.fenced, self.locking, self.named = gitlab, fenced, locking, named
        self._careful = careful
        self.login = f"Basic {base64.b64encode(':'.join(login).encode()).decode()}" if login else ""
        self.documents: dict[str, bytes] = {}
        self.versions: dict[str, dict[int, bytes]] = {}
        self.locks: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.logins: set[str] = set()
        self.fault: Callable[[int], str] = lambda _: ""
        self.answers: Callable[[str, str], Canned | None] = lambda _, __: None
        self._mutex = threading.Lock()
        handler = type("Bound", (_Handler,), {"state": self})
        self._http = _Listener(("127.0.0.1", 0), handler)
        if certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.address = (
            f"http{'s' if certificate else ''}://127.0.0.1:{self._http.server_address[1]}"
        )

    def close(self) -> None:
        """End it."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def carry_out(self, method: str, path: str, id: str, body: bytes) -> tuple[int, bytes]:
        """Answer a request."""
        if self.gitlab and path.endswith("/lock"):
            method = {"POST": "LOCK", "DELETE": "UNLOCK"}.get(method, "")
            path = path.removesuffix("/lock")
        with self._mutex:
            if method == "GET":
                content = self._found(path)
                return (200, content) if content is not None else (404, b"")
            if method == "POST":
                return self._post(path, id, body)
            if method in ("LOCK", "UNLOCK"):
                return self._locked(method, path, json.loads(body or b"{}"))
            if method == "DELETE":
                self.documents.pop(path, None)
                return 200, b""
        return 405, b""

    def _found(self, path: str) -> bytes | None:
        name, versions, serial = path.rpartition("/versions/")
        if self.gitlab and versions:
            return self.versions.get(name, {}).get(int(serial))
        return self.documents.get(path)

    def _post(self, path: str, id: str, body: bytes) -> tuple[int, bytes]:
        lock = self.locks.get(path, {}).get("ID", "")
        if self.fenced and id != lock:
            return (500 if self.gitlab else 423), b""
        if self.gitlab:
            serial = json.loads(body)["serial"]
            kept = self.versions.setdefault(path, {})
            if serial in kept:
                return 422, b'{"message": "version has already been taken"}'
            kept[serial] = body
            body = kept[max(kept)]
        self.documents[path] = body
        return 200, b""

    def _locked(self, method: str, path: str, info: dict[str, Any]) -> tuple[int, bytes]:
        if not self.locking:
            return (200, b"{}") if method == "LOCK" else (405, b"")
        there = self.locks.get(path)
        if method == "LOCK":
            if there is None:
                self.locks[path] = info
                return 200, json.dumps(info).encode()
            if not self.named:
                return 423, b""
            # GitLab keeps the id alone, and returns the rest of what was asked with.
            shown = {**info, "ID": there["ID"], "Who": "root"} if self.gitlab else there
            return (409 if self.gitlab else 423), json.dumps(shown).encode()
        wrong = there is not None and info.get("ID") not in (None, there["ID"])
        if there is None or (wrong and self._careful):
            return (409, b"") if there is not None or not self.gitlab else (200, b"")
        del self.locks[path]
        return 200, b""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that were killed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: ClassVar[StateServer]

    def _any(self) -> None:
        server = self.state
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        server.logins.add(self.headers.get("Authorization") or "")
        server.requests.append(f"{self.command} {parts.path}")
        fault = server.fault(len(server.requests))
        if fault == "before":
            self.close_connection = True
            return
        canned = server.answers(self.command, parts.path)
        if server.login and self.headers.get("Authorization") != server.login:
            canned = Canned(401)
        if canned is not None:
            self._send(canned.status, canned.body, canned.headers)
            return
        checksum = self.headers.get("Content-MD5")
        if body and checksum != base64.b64encode(hashlib.md5(body).digest()).decode():  # noqa: S324
            status, content = 400, b"Content-MD5"
        else:
            id = parse_qs(parts.query).get("ID", [""])[0]
            status, content = server.carry_out(self.command, parts.path, id, body)
        if fault == "after":
            self.close_connection = True
            return
        self._send(500 if fault == "error" else status, content)

    def _send(self, status: int, content: bytes, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(OSError):  # one who read enough goes away
            self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_LOCK = do_UNLOCK = _any  # noqa: N815 - the names of methods

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
