"""Servers of objects on loopback: Azurite, a small Google Cloud Storage, and two that are wrong."""

from __future__ import annotations

import atexit
import base64
import contextlib
import functools
import hmac
import itertools
import json
import logging
import os
import re
import shutil
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import requests

S3_LOGIN = {
    "AWS_ACCESS_KEY_ID": "AKIACANARY",
    "AWS_SECRET_ACCESS_KEY": "canary-secret-key",
    "AWS_REGION": "us-east-1",
}
"""What a test sets in its environment: moto takes any."""


@contextmanager
def forgetful_server() -> Iterator[str]:
    """A server that speaks the little of S3 that a probe needs, and ignores all conditions."""
    objects: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self, status: int, content: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hash(content)}"')
            self.send_header("Last-Modified", "Mon, 30 Nov 2026 00:00:00 GMT")
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            content = objects.get(self.path)
            self._answer(404 if content is None else 200, content or b"")

        def do_PUT(self) -> None:
            objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200)

        def do_DELETE(self) -> None:
            objects.pop(self.path, None)
            self._answer(204)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    with _served(Handler) as url:
        yield url


@contextmanager
def google_server(on_answer: Callable[[str], object] = str) -> Iterator[str]:
    """The part of Google Cloud Storage that the library uses, which enforces generations.

    Args:
        on_answer: Called with the method of each request before it is answered.
    """
    objects: dict[str, tuple[int, bytes]] = {}
    lock = threading.Lock()
    generations = itertools.count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self, status: int, content: bytes = b"", generation: int = 0) -> None:
            on_answer(self.command)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{generation}"')
            self.send_header("x-goog-generation", str(generation))
            self.send_header("Last-Modified", "Mon, 30 Nov 2026 00:00:00 GMT")
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.query:
                prefix = dict(parse_qsl(parts.query)).get("prefix", "")
                self._answer(200, _listing(objects, unquote(parts.path), prefix))
                return
            found = objects.get(unquote(parts.path))
            if found is None:
                self._answer(404)
            else:
                self._answer(200, found[1], found[0])

        def do_PUT(self) -> None:
            name = unquote(self.path)
            content = self.rfile.read(int(self.headers["Content-Length"]))
            expected = self.headers.get("x-goog-if-generation-match")
            with lock:
                if expected is not None and int(expected) != objects.get(name, (0, b""))[0]:
                    self._answer(412)
                    return
                generation = next(generations)
                objects[name] = (generation, content)
            self._answer(200, generation=generation)

        def do_DELETE(self) -> None:
            self._answer(404 if objects.pop(unquote(self.path), None) is None else 204)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    with _served(Handler) as url:
        yield url


def _listing(objects: Mapping[str, tuple[int, bytes]], bucket: str, prefix: str) -> bytes:
    start = f"{bucket}/{prefix}"
    entries = "".join(
        f"<Contents><Key>{name.removeprefix(bucket + '/')}</Key><Size>{len(content)}</Size>"
        f"<LastModified>2026-11-30T00:00:00.000Z</LastModified><ETag>{generation}</ETag></Contents>"
        for name, (generation, content) in sorted(objects.items())
        if name.startswith(start)
    )
    return f"<ListBucketResult>{entries}</ListBucketResult>".encode()


def google_login(url: str) -> dict[str, str]:
    """What a test sets in its environment: a service account that asks for no token."""
    account = {
        "gcs_base_url": url,
        "disable_oauth": True,
        "client_email": "",
        "private_key": "",
        "private_key_id": "",
    }
    return {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account)}


AZURE_LOGIN = {
    "AZURE_STORAGE_ACCOUNT_NAME": "devstoreaccount1",
    "AZURE_STORAGE_ACCOUNT_KEY": (
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    ),
}
"""The account that Azurite has, with the key that its documentation publishes."""
_AZURITE = os.environ.get("ENGINE_AZURITE")
"""Where Azurite is; many tests take the variable away."""


def azurite_command() -> list[str] | None:
    """How Azurite is run; None where it or node is missing."""
    folder, node = _AZURITE, shutil.which("node")
    if not folder or not node:
        return None
    return [
        node,
        f"{folder}/node_modules/.bin/azurite-blob",
        *("--blobHost", "127.0.0.1", "--blobPort", "0"),
        *("--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"),
    ]


@contextmanager
def azurite(command: list[str]) -> Iterator[str]:
    """Azurite, and the address of its account."""
    with subprocess.Popen(  # noqa: S603 - the server of the test
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = (re.search(r"listens on (http://\S+)", line) for line in process.stdout)
            found = next(filter(None, said))
            yield f"{found[1]}/{AZURE_LOGIN['AZURE_STORAGE_ACCOUNT_NAME']}"
        finally:
            process.kill()


def make_container(account: str, name: str) -> None:
    """Make a container in Azurite, which obstore cannot."""
    login = AZURE_LOGIN["AZURE_STORAGE_ACCOUNT_NAME"]
    now = formatdate(usegmt=True)
    text = (
        "PUT" + "\n" * 12 + f"x-ms-date:{now}\nx-ms-version:2021-08-06\n"
        f"/{login}/{login}/{name}\nrestype:container"
    )
    key = base64.b64decode(AZURE_LOGIN["AZURE_STORAGE_ACCOUNT_KEY"])
    signature = base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
    headers = {
        "x-ms-date": now,
        "x-ms-version": "2021-08-06",
        "Authorization": f"SharedKey {login}:{signature}",
        "Content-Length": "0",
    }
    put(f"{account}/{name}?restype=container", headers)


def put(url: str, headers: Mapping[str, str] | None = None) -> None:
    """Send an empty PUT, past any proxy of the surroundings."""
    with requests.Session() as session:
        session.trust_env = False
        session.put(url, headers=headers).raise_for_status()


@contextmanager
def s3_server() -> Iterator[str]:
    """A server of S3, by moto; the test is skipped where it is not installed.

    moto looks at the condition of a write first and writes then; S3 does both at once.
    """
    server = pytest.importorskip("moto.server", reason="needs the extra `stores`")
    objects = pytest.importorskip("moto.s3.responses").S3Response
    put, at_once = objects.put_object, threading.Lock()

    def put_at_once(request: Any) -> Any:
        with at_once:
            return put(request)

    objects.put_object = put_at_once
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        running.stop()


@contextmanager
def _azurite() -> Iterator[str]:
    command = azurite_command()
    if command is None:
        pytest.skip("needs node, and ENGINE_AZURITE with the folder that npm put azurite in")
    with azurite(command) as url:
        yield url


@functools.cache
def _running(serve: Callable[[], AbstractContextManager[str]]) -> str:
    """The address of a server that runs as long as this process of tests."""
    ending = contextlib.ExitStack()
    atexit.register(ending.close)
    return ending.enter_context(serve())


def fresh_bucket(kind: str) -> tuple[str, dict[str, str]]:
    """The address of a store in an empty bucket, and the login to set in the environment.

    Args:
        kind: `s3`, `gcs` or `azure`; skips where its server is missing.
    """
    pytest.importorskip("obstore", reason="needs the extra `cloud`")
    bucket = f"b{uuid.uuid4().hex}"
    if kind == "s3":
        url = _running(s3_server)
        put(f"{url}/{bucket}")
        return f"s3://{bucket}/engine?endpoint={url}&region=us-east-1", S3_LOGIN
    if kind == "gcs":
        url = _running(google_server)
        return f"gs://{bucket}/engine?endpoint={url}", google_login(url)
    url = _running(_azurite)
    make_container(url, bucket)
    return f"az://{bucket}/engine?endpoint={url}", AZURE_LOGIN


@contextmanager
def refusing_server(status: int, body: str) -> Iterator[str]:
    """A server that answers each request in one way."""

    class Handler(BaseHTTPRequestHandler):
        def _refuse(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_PUT = do_DELETE = _refuse  # noqa: N815 - what the library calls

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    with _served(Handler) as url:
        yield url


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
