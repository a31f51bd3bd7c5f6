"""Requests to a state server: what is taken for an answer, and what for none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.backends.http.address import parse_server
from engine.backends.http.answers import Lock
from engine.backends.http.client import Client
from engine.errors import SettingsError, StoreUnavailableError
from tests.support.state_server import Canned, StateServer

PASSWORD = "hunter22-hunter22"  # noqa: S105 - of a test
PAGE = Canned(200, b"<html>log in</html>", (("Content-Type", "text/html; charset=utf-8"),))
INFO = {"ID": "0f0f0f0f", "Operation": "apply", "Info": "", "Who": "ann", "Created": ""}


@pytest.fixture
def server() -> Iterator[StateServer]:
    """A server that keeps every promise."""
    made = StateServer()
    yield made
    made.close()


@pytest.fixture
def waits() -> list[float]:
    """Seconds that were waited."""
    return []


@pytest.fixture
def client(server: StateServer, waits: list[float]) -> Client:
    """A client that waits for nothing."""
    return a_client(server, waits)


def a_client(server: StateServer, waits: list[float], **options: Any) -> Client:
    """A client with other options."""
    there = parse_server(f"{server.address}/s")
    return Client(there, ("ann", PASSWORD), wait=waits.append, **options)


def always(server: StateServer, canned: Canned, *methods: str) -> None:
    """Answer so from now on."""
    server.answers = lambda method, _: canned if not methods or method in methods else None


@pytest.mark.parametrize("canned", [Canned(404, b"<html>"), Canned(204), Canned(200)])
def test_no_document(server: StateServer, client: Client, canned: Canned) -> None:
    """A server may say so in three ways; Terraform takes each."""
    always(server, canned)
    assert client.read("doc") is None


def test_a_document_comes_back(server: StateServer, client: Client) -> None:
    """With the login in each request, and nothing of a proxy or another login."""
    assert client.write("doc", b'{"serial": 1}', "").done
    assert client.read("doc") == b'{"serial": 1}'
    assert server.logins == {"Basic YW5uOmh1bnRlcjIyLWh1bnRlcjIy"}


def test_nothing_on_this_machine_is_asked_by_a_proxy(
    server: StateServer, waits: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither is a login of `~/.netrc` sent, where there is none for the server."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login eve password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    client = Client(parse_server(f"{server.address}/s"), None, wait=waits.append)
    assert client.read("doc") is None
    assert server.logins == {""}


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_is_refused(server: StateServer, client: Client, status: int) -> None:
    """It is said once, with where a login is set, and without it."""
    always(server, Canned(status, PASSWORD.encode()))
    for ask in (
        lambda: client.read("doc"),
        lambda: client.write("doc", b"{}", ""),
        lambda: client.lock("doc", INFO),
    ):
        asked = len(server.requests)
        with pytest.raises(StoreUnavailableError) as raised:
            ask()
        assert raised.value.cause == f"The server refuses the login ({status})."
        assert "TF_HTTP_PASSWORD" in str(raised.value.hint)
        assert PASSWORD not in f"{raised.value}{raised.value.cause}{raised.value.hint}"
        assert len(server.requests) == asked + 1


def test_a_page_is_no_answer(server: StateServer, client: Client, waits: list[float]) -> None:
    """Of a login page or a proxy: nothing was read, written or locked."""
    always(server, PAGE)
    with pytest.raises(StoreUnavailableError) as raised:
        client.read("doc")
    assert raised.value.cause == "It answered with a web page, as a login page or a proxy does."
    assert len(waits) == 3
    assert not client.write("doc", b"{}", "").done
    with pytest.raises(StoreUnavailableError):
        client.lock("doc", INFO)
    assert not client.unlock("doc", "0f0f0f0f")


def test_a_redirect_is_not_followed(server: StateServer, client: Client) -> None:
    """The login is for the one server alone; of where it sends only the host is shown."""
    other = StateServer()
    for status in (301, 302, 303, 307, 308):
        always(server, Canned(status, b"", (("Location", f"{other.address}/s?token=hunter22"),)))
        with pytest.raises(StoreUnavailableError) as raised:
            client.read("doc")
        assert raised.value.cause == (
            f"It answered {status}, which sends to http://127.0.0.1; that is not followed."
        )
        assert not client.write("doc", b"{}", "").done
        with pytest.raises(StoreUnavailableError):
            client.lock("doc", INFO)
    other.close()
    assert other.requests == []


@pytest.mark.parametrize("location", ["", "http://[x", "/elsewhere"])
def test_a_redirect_to_nowhere(server: StateServer, client: Client, location: str) -> None:
    """Only a host can be shown."""
    always(server, Canned(302, b"", (("Location", location),)))
    with pytest.raises(StoreUnavailableError) as raised:
        client.read("doc")
    assert raised.value.cause == "It answered 302."


def test_an_answer_that_is_too_long_is_not_read(server: StateServer, waits: list[float]) -> None:
    """Neither is it asked for again."""
    always(server, Canned(200, b"x" * 100_000))
    client = a_client(server, waits, longest=1000)
    with pytest.raises(StoreUnavailableError) as raised:
        client.read("doc")
    assert raised.value.cause == "Its answer is longer than any document of the engine."
    assert waits == []


def test_an_answer_that_arrives_too_slowly(
    server: StateServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte now and then would go on for ever."""
    always(server, Canned(200, b"{}"))
    monkeypatch.setattr("engine.backends.http.client._LONGEST_ANSWER", -1.0)
    with pytest.raises(StoreUnavailableError) as raised:
        client.read("doc")
    assert raised.value.cause == "It did not answer in time."


def test_a_server_that_is_busy_is_asked_again_when_it_says(
    server: StateServer, client: Client, waits: list[float]
) -> None:
    """Not later than after half a minute, whatever it says."""
    for after, waited in (("7", 7.0), ("9999", 30.0), ("soon", 0.2), ("", 0.2)):
        waits.clear()
        busy = Canned(429, b"", (("Retry-After", after),))

        def answers(_: str, __: str, busy: Canned = busy) -> Canned | None:
            return None if waits else busy

        server.answers = answers
        assert client.read("doc") is None
        assert waits == [waited]


def test_a_server_that_is_too_small(server: StateServer, client: Client) -> None:
    """It is not asked again."""
    always(server, Canned(413), "POST")
    with pytest.raises(StoreUnavailableError, match="cannot be written") as raised:
        client.write("doc", b"{}", "")
    assert "max_terraform_state_size_bytes" in str(raised.value.hint)


def test_a_certificate_has_to_be_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    """It is said how the authority of a company is made known; then it is."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    both, name = tmp_path / "both.pem", "subjectAltName=IP:127.0.0.1"
    made = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=states -addext {name}"
    subprocess.run(  # noqa: S603 - found above
        [openssl, *made.split(), "-keyout", both, "-out", tmp_path / "own.pem"],
        check=True,
        capture_output=True,
    )
    both.write_text(both.read_text() + (tmp_path / "own.pem").read_text())
    server = StateServer(certificate=both)
    with pytest.raises(StoreUnavailableError) as raised:
        a_client(server, waits).read("doc")
    assert raised.value.cause == "Its certificate is not trusted here."
    assert "SSL_CERT_FILE" in str(raised.value.hint)
    assert waits == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    assert a_client(server, waits).read("doc") is None
    server.close()


def test_a_server_that_is_silent(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked four times."""

    def silent(*_: Any, **__: Any) -> None:
        raise httpx.ReadTimeout("timed out")

    monkeypatch.setattr(client._http, "stream", silent)
    with pytest.raises(StoreUnavailableError) as raised:
        client.read("doc")
    assert raised.value.cause == "It did not answer in time."


@pytest.mark.parametrize("status", [409, 423])
@pytest.mark.parametrize(
    ("body", "lock"),
    [
        (b"", Lock(had=False)),
        (b"locked", Lock(had=False)),
        (b"[]", Lock(had=False)),
        (b"[" * 100_000, Lock(had=False)),
        (b'{"ID": 7, "Who": ["ann"]}', Lock(had=False)),
        (b'{"ID": "a\\u001b[2J", "Who": "ann"}', Lock(had=False, who="ann")),
        (json.dumps({"ID": "x" * 256}).encode(), Lock(had=False)),
        (
            b'{"ID": "a1", "Who": "ann@laptop", "Created": "2026-11-30", "More": 1}',
            Lock(had=False, id="a1", who="ann@laptop", since="2026-11-30"),
        ),
    ],
)
def test_a_lock_that_another_one_has(
    server: StateServer, client: Client, status: int, body: bytes, lock: Lock
) -> None:
    """As far as the server says whose it is; what it says is not trusted."""
    always(server, Canned(status, body), "LOCK")
    assert client.lock("doc", INFO) == lock


@pytest.mark.parametrize("named", [True, False])
def test_a_lock_whose_answer_was_lost_is_had(waits: list[float], *, named: bool) -> None:
    """Also where the server does not say whose lock it is."""
    server = StateServer(named=named)
    client = a_client(server, waits)
    server.fault = lambda number: "after" if number == 1 else ""
    assert client.lock("doc", INFO) == Lock(had=True, id="0f0f0f0f")
    assert server.locks["/s/doc"]["ID"] == "0f0f0f0f"
    assert client.unlock("doc", "0f0f0f0f")
    assert server.locks == {}
    server.close()


def test_without_httpx_the_extra_is_named(
    server: StateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a command to paste."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(SettingsError, match="need httpx") as raised:
        Client(parse_server(server.address), None)
    assert raised.value.hint == "pip install 'stripe-stack-engine[http]'"
