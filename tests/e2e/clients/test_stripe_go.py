"""What Stripe's SDK for Go sends, byte for byte, as was recorded of it.

Over HTTP/1.1 its bodies come in chunks, since it does not say how long they are. Lists have
indexes, an empty list is an empty value, and a GET has the content type of a form. What has
parameters and is no GET has an idempotency key.
"""

from __future__ import annotations

import http.client
import itertools
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.emulator.doors.server import EmulatorServer

FORM = "application/x-www-form-urlencoded"
AGENT = (
    '{"application":null,"bindings_version":"84.4.1","lang":"go","lang_version":"go1.25.0",'
    '"platform":"linux amd64"}'
)
KEYS = (f"1796049896300898787_{number:06}" for number in itertools.count())
Answer = tuple[int, dict[str, str], Any]
Send = Callable[..., Answer]


class _Client:
    """One connection that is kept alive, as Go's transport keeps them."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._host = f"127.0.0.1:{port}"
        self._last = ""

    def send(self, method: str, path: str, body: bytes = b"", **further: str) -> Answer:
        """Send a request; header names have underscores."""
        headers = {
            "Authorization": "Bearer sk_test_golang",
            "Content-Type": FORM,
            "Stripe-Version": "2025-10-29.clover",
            "X-Stripe-Client-User-Agent": AGENT,
            **{name.replace("_", "-"): value for name, value in further.items()},
        }
        if body:
            headers.setdefault("Idempotency-Key", next(KEYS))
        if self._last:
            metrics = {"request_duration_ms": 3, "request_id": self._last, "usage": None}
            telemetry = json.dumps({"last_request_metrics": metrics}, separators=(",", ":"))
            headers["X-Stripe-Client-Telemetry"] = telemetry
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}"]
        lines.append("User-Agent: Stripe/v1 GoBindings/84.4.1")
        if method == "POST":
            lines.append("Transfer-Encoding: chunked")
        lines += [f"{name}: {headers[name]}" for name in sorted(headers)]
        lines.append("Accept-Encoding: gzip")
        chunks = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        tail = chunks + b"0\r\n\r\n" if method == "POST" else b""
        self._socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + tail)
        answer = http.client.HTTPResponse(self._socket, method=method)
        answer.begin()
        document = json.loads(answer.read())
        got = {name.lower(): value for name, value in answer.getheaders()}
        self._last = got["request-id"]
        return answer.status, got, document

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


@pytest.fixture
def send(served: EmulatorServer) -> Iterator[Send]:
    """Sends requests on one connection."""
    client = _Client(served.port)
    yield client.send
    client.close()


def test_a_catalogue(send: Send) -> None:
    """Forms with indexes, expansions, an empty value, an empty body."""
    form = (
        b"marketing_features[0][name]=SSO&marketing_features[1][name]=Audit&metadata[a]=1&name=Go"
    )
    status, headers, product = send("POST", "/v1/products", form, Idempotency_Key="go-1")
    assert (status, headers["connection"]) == (200, "keep-alive")
    assert [one["name"] for one in product["marketing_features"]] == ["SSO", "Audit"]
    status, headers, again = send("POST", "/v1/products", form, Idempotency_Key="go-1")
    assert (headers["idempotent-replayed"], again["id"]) == ("true", product["id"])
    path = f"/v1/products/{product['id']}"
    assert send("POST", path)[2]["metadata"] == {"a": "1"}
    assert send("POST", path, b"marketing_features=")[2]["marketing_features"] == []
    price = (
        b"currency=usd&expand[0]=product&product=%b&recurring[interval]=month"
        b"&tax_behavior=exclusive&unit_amount=0" % product["id"].encode()
    )
    assert send("POST", "/v1/prices", price)[2]["product"]["name"] == "Go"
    listed = send("GET", f"/v1/prices?expand[0]=data.product&limit=3&product={product['id']}")[2]
    assert [one["product"]["name"] for one in listed["data"]] == ["Go"]
    assert send("GET", "/v1/products/search?query=name%3A%27Go%27")[2]["data"][0]["name"] == "Go"
    assert send("DELETE", path)[0] == 400


def test_a_space_in_a_path_is_a_plus(send: Send) -> None:
    """As in a query; floats have four digits."""
    assert send("POST", "/v1/coupons", b"id=a+b%2Fc&percent_off=12.5000")[0] == 200
    assert send("GET", "/v1/coupons/a+b%2Fc")[2]["percent_off"] == 12.5


def test_errors_can_be_told_apart(send: Send) -> None:
    """By status, type and code, each with the id of the request."""
    status, headers, body = send("GET", "/v1/products/prod_none")
    error = body["error"]
    assert (status, error["type"], error["code"]) == (
        404,
        "invalid_request_error",
        "resource_missing",
    )
    assert headers["request-id"].startswith("req_")
    assert send("GET", "/v1/products", Stripe_Account="acct_none")[0] == 403
    assert send("GET", "/v1/products", Stripe_Context="acct_none")[0] == 403
    status, headers, _ = send("GET", "/v1/products", Authorization="Bearer nonsense")
    assert (status, headers["www-authenticate"]) == (401, 'Basic realm="Stripe"')


def test_v2_is_json_with_nulls(send: Send) -> None:
    """In a POST; the parameters of a GET are in its query, with indexes."""
    body = {
        "name": "All",
        "description": None,
        "type": "webhook_endpoint",
        "event_payload": "snapshot",
        "enabled_events": ["product.created"],
        "webhook_endpoint": {"url": "https://example.com/go"},
    }
    path, json_type = "/v2/core/event_destinations", "application/json"
    made = send("POST", path, json.dumps(body).encode(), Content_Type=json_type)[2]
    query = "include[0]=webhook_endpoint.url&limit=1"
    listed = send("GET", f"{path}?{query}", Content_Type=json_type)[2]
    assert [one["id"] for one in listed["data"]] == [made["id"]]
    assert listed["data"][0]["webhook_endpoint"]["url"] == "https://example.com/go"
    assert send("DELETE", f"{path}/{made['id']}", Content_Type=json_type)[0] == 200


def test_a_file_in_parts(send: Send) -> None:
    """With a boundary of sixty digits, in chunks too."""
    mark = "5f" * 30
    body = (
        f'--{mark}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbusiness_logo\r\n'
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body += b"\x89PNG\r\n\x1a\n" + f"\r\n--{mark}--\r\n".encode()
    made = send("POST", "/v1/files", body, Content_Type=f"multipart/form-data; boundary={mark}")[2]
    assert (made["size"], made["filename"]) == (8, "a.png")
