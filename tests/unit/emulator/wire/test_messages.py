"""How forms and JSON become documents."""

from __future__ import annotations

from typing import Any

import pytest

from engine.emulator.wire import messages
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.messages import Headers, Request


def decoded(text: str) -> messages.Form:
    """Decode a form."""
    return messages.nested(messages.pairs_of(Request(method="POST", path="/", body=text.encode())))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("name=Pro", {"name": "Pro"}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[1]=y&a[0]=x", {"a": {"1": "y", "0": "x"}}),
        ("a[][b]=1&a[][b]=2", {"a": [{"b": "1"}, {"b": "2"}]}),
        ("a%5Bb%5D=x+y%26z", {"a": {"b": "x y&z"}}),
        ("a=&b", {"a": "", "b": ""}),
    ],
)
def test_a_form_nests_by_brackets(text: str, form: dict[str, Any]) -> None:
    """Names in brackets become nested documents."""
    assert decoded(text) == form


def test_the_last_of_two_equal_names_wins() -> None:
    """A name given twice keeps its last value."""
    assert decoded("a=1&a=2") == {"a": "2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=1&a[b]=2", "expected Hash (got String) for param `a'"),
        ("a[b]=2&a=1", "expected String (got Hash) for param `a'"),
        ("a[]=2&a[b]=1", "expected Hash (got Array) for param `a'"),
    ],
)
def test_a_name_is_a_value_or_a_parent(text: str, message: str) -> None:
    """A name used both ways is refused."""
    with pytest.raises(StripeRefusal) as caught:
        decoded(text)
    assert caught.value.message == message


def test_nesting_has_a_limit() -> None:
    """A name with more brackets is no form; what reads it would run out of stack."""
    assert decoded("a" + "[b]" * 99 + "=1")
    with pytest.raises(StripeRefusal) as caught:
        decoded("a" + "[b]" * 100 + "=1")
    assert caught.value.status == 400


def test_parameters_of_query_and_body_are_one() -> None:
    """A POST may carry parameters in its URL too."""
    request = Request.to("post", "/v1/products?name=Pro", {}, "active=false")
    assert messages.nested(messages.pairs_of(request)) == {"name": "Pro", "active": "false"}


def test_a_json_body_is_no_form() -> None:
    """A v1 body of JSON is refused with Stripe's hint at the content type."""
    headers = {"Content-Type": "application/json"}
    with pytest.raises(StripeRefusal) as caught:
        messages.pairs_of(Request.to("POST", "/v1/products", headers, "{}"))
    assert caught.value.message.startswith("Invalid request (check that your POST content type is")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 200_000,
        b'{"a":' * 101 + b"1" + b"}" * 101,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"name": NaN}',
        b'{"name": -Infinity}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        '{"name": "Pro"}'.encode("utf-16"),
        b'{"name": %s}' % (b"9" * 5000),
        b"[1]",
        b"{",
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """Text that is not JSON, nests too deeply, or cannot be encoded again."""
    with pytest.raises(StripeRefusal) as caught:
        messages.json_of(Request(method="POST", path="/v2/core/event_destinations", body=body))
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")


def test_json_may_nest_as_deep_as_anybody_needs() -> None:
    """A hundred levels are taken."""
    body = b'{"a":' * 100 + b"1" + b"}" * 100
    assert "a" in messages.json_of(Request(method="POST", path="/v2/x", body=body))


@pytest.mark.parametrize(
    ("query", "body"), [("name=%FF", b""), ("", b"name=%FF"), ("", b"name=\xff")]
)
def test_a_form_is_utf_8(query: str, body: bytes) -> None:
    """Bytes that are none are refused, instead of becoming another text."""
    with pytest.raises(StripeRefusal) as caught:
        messages.pairs_of(Request(method="POST", path="/v1/products", query=query, body=body))
    assert caught.value.status == 400


def test_headers_are_found_under_any_spelling() -> None:
    """The case of header names is ignored."""
    headers = Headers({"Request-Id": "req_1"})
    assert headers["request-ID"] == headers.get("REQUEST-id") == "req_1"
    assert "Request-id" in headers
