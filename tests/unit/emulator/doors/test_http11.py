"""How a request is framed, and who may send one."""

from __future__ import annotations

from io import BufferedReader, BytesIO

import pytest

from engine.emulator.doors.http11 import BadRequest, Head, read_body, read_head
from engine.emulator.doors.visitors import check_visitor

HOST = b"Host: 127.0.0.1:12111\r\n"
CHUNKED = b"POST /v1/products HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


def on_the_wire(text: bytes) -> BufferedReader:
    """Bytes as a connection gives them."""
    return BufferedReader(BytesIO(text))


def read(text: bytes) -> tuple[Head, bytes, bytes]:
    """The head and the body of a request, and what follows it."""
    incoming = on_the_wire(text)
    head = read_head(incoming)
    assert head is not None
    return head, read_body(incoming, head), incoming.read()


def refusal(text: bytes) -> BadRequest:
    """How a request is refused."""
    with pytest.raises(BadRequest) as caught:
        read(text)
    return caught.value


def post(*headers: bytes, body: bytes = b"") -> bytes:
    """A POST with further headers."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST /v1/products HTTP/1.1\r\n" + HOST + lines + b"\r\n" + body


def test_the_length_says_where_a_body_ends() -> None:
    """What follows is the next request."""
    head, body, rest = read(post(b"Content-Length: 8", body=b"name=ProGET "))
    assert (head.method, head.path, head.query, head.length) == ("POST", "/v1/products", "", 8)
    assert (body, rest) == (b"name=Pro", b"GET ")


@pytest.mark.parametrize(
    "chunks",
    [
        b"8\r\nname=Pro\r\n0\r\n\r\n",
        b"4\r\nname\r\n1\r\n=\r\n3\r\nPro\r\n0\r\n\r\n",
        b'008;name=value;quoted="a;b"\r\nname=Pro\r\n0;last\r\n\r\n',
        b"8 \t ; a\r\nname=Pro\r\n0\r\nDigest: x\r\nExpires: never\r\n\r\n",
    ],
)
def test_chunks_make_a_body(chunks: bytes) -> None:
    """Sizes are hexadecimal; extensions and trailers are ignored (RFC 9112 7.1)."""
    head, body, rest = read(CHUNKED + chunks + b"GET ")
    assert (head.length, body, rest) == (None, b"name=Pro", b"GET ")


def test_trailers_are_no_headers() -> None:
    """Trailers after a body do not change its headers."""
    head, _, _ = read(CHUNKED + b"0\r\nAuthorization: Bearer sk_test_x\r\n\r\n")
    assert "authorization" not in head.headers


def test_a_size_may_be_in_either_case() -> None:
    """`1A` is 26."""
    assert read(CHUNKED + b"1A\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n")[1] == b"x" * 26


@pytest.mark.parametrize(
    "text",
    [
        post(b"Content-Length: 20", body=b"name=Enterpri"),
        post(b"Content-Length: 20"),
        CHUNKED,
        CHUNKED + b"8",
        CHUNKED + b"8\r\nname=",
        CHUNKED + b"8\r\nname=Pro",
        CHUNKED + b"8\r\nname=Pro\r\n",
        CHUNKED + b"8\r\nname=Pro\r\n0",
        CHUNKED + b"8\r\nname=Pro\r\n0\r\n",
        CHUNKED + b"8\r\nname=Pro\r\n0\r\nDigest: x\r\n",
        b"POST /v1/products HTTP/1.1\r\nHost: x",
        b"POST /v1/products HTTP/1.1\r\n" + HOST,
        b"POST /v1/prod",
    ],
)
def test_what_was_cut_short_is_no_request(text: bytes) -> None:
    """At any place."""
    refused = refusal(text)
    assert refused.status == 400
    assert refused.message.endswith("; nothing was done.")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET  /v1/products HTTP/1.1\r\n\r\n", 400),
        (b"GET /v1/products\r\n\r\n", 400),
        (b"GET v1/products HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", 400),
        (b"GET /v1/products/\xc3\xbc HTTP/1.1\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\n", 505),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (post(b"no colon"), 400),
        (post(b"Name : value"), 400),
        (post(b" folded: value"), 400),
        (post(b"Name: a\0b"), 400),
        (post(b"Name: " + b"x" * 70_000), 431),
        (post(*[b"Name: value"] * 201), 431),
        (post(*[b"Name: " + b"x" * 60_000] * 5), 431),
        (post(b"Content-Length: many"), 400),
        (post(b"Content-Length: -1"), 400),
        (post(b"Content-Length: +8", body=b"name=Pro"), 400),
        (post(b"Content-Length: 0_8", body=b"name=Pro"), 400),
        (post(b"Content-Length:"), 400),
        (post("Content-Length: ٨".encode(), body=b"name=Pro"), 400),
        (post(b"Content-Length: 8", b"Content-Length: 9", body=b"name=Pro."), 400),
        (post(b"Content-Length: 8, 9", body=b"name=Pro."), 400),
        (post(b"Content-Length: 99999999999"), 413),
        (post(b"Content-Length: 8", b"Transfer-Encoding: chunked", body=b"name=Pro"), 400),
        (post(b"Transfer-Encoding: gzip, chunked"), 501),
        (post(b"Transfer-Encoding: chunked, chunked"), 501),
        (post(b"Transfer-Encoding:"), 501),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (post(b"Expect: the impossible"), 417),
        (CHUNKED + b"x\r\n", 400),
        (CHUNKED + b"-1\r\n", 400),
        (CHUNKED + b"0x8\r\nname=Pro\r\n0\r\n\r\n", 400),
        (CHUNKED + b"8\nname=Pro\n0\n\n", 400),
        (CHUNKED + b"7\r\nname=Pro\r\n0\r\n\r\n", 400),
        (CHUNKED + b"9" * 20 + b"\r\n", 400),
        (CHUNKED + b"8;" + b"x" * 5000 + b"\r\nname=Pro\r\n0\r\n\r\n", 400),
        (CHUNKED + b"FFFFFFFF\r\n", 413),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text: bytes, status: int) -> None:
    """With the status for its mistake."""
    assert refusal(text).status == status


def test_equal_lengths_are_one() -> None:
    """RFC 9110 8.6: a proxy may have doubled the header."""
    assert read(post(b"Content-Length: 8", b"Content-Length: 8", body=b"name=Pro"))[1] == (
        b"name=Pro"
    )


def test_there_may_be_nothing_to_read() -> None:
    """A client hangs up between two requests, or after an empty line."""
    assert read_head(on_the_wire(b"")) is None
    assert read_head(on_the_wire(b"\r\n")) is None


def test_an_empty_line_before_a_request_is_passed_over() -> None:
    """RFC 9112 2.2."""
    head, _, _ = read(b"\r\n" + post())
    assert head.method == "POST"


def test_a_url_may_be_the_target() -> None:
    """As for a proxy; its host replaces the header's (RFC 9112 3.2.2)."""
    head, _, _ = read(b"GET http://localhost:1/v1/products?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (head.path, head.query) == ("/v1/products", "limit=1")
    assert head.headers["host"] == "localhost:1"
    head, _, _ = read(b"GET http://localhost?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (head.path, head.query) == ("/", "limit=1")


@pytest.mark.parametrize(
    ("text", "last"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nConnection: TE, Close\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: TE\r\nConnection: close\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", False),
    ],
)
def test_a_client_says_whether_more_is_to_come(text: bytes, *, last: bool) -> None:
    """By its version, and by the words of its Connection header."""
    assert read(text)[0].last is last


@pytest.mark.parametrize(
    ("headers", "version", "expected"),
    [
        ([b"Expect: 100-continue", b"Content-Length: 8"], b"1", True),
        ([b"Expect: 100-Continue", b"Transfer-Encoding: chunked"], b"1", True),
        ([b"Expect: 100-continue", b"Content-Length: 0"], b"1", False),
        ([b"Expect: 100-continue", b"Content-Length: 8"], b"0", False),
        ([b"Content-Length: 8"], b"1", False),
    ],
)
def test_a_client_may_wait_for_a_word(
    headers: list[bytes], version: bytes, *, expected: bool
) -> None:
    """Only if there is a body (RFC 9110 10.1.1)."""
    lines = b"".join(line + b"\r\n" for line in headers)
    head = read_head(on_the_wire(b"POST / HTTP/1." + version + b"\r\n" + HOST + lines + b"\r\n"))
    assert head is not None
    assert head.expects_continue is expected


def visit(*headers: bytes, version: bytes = b"1") -> int:
    """The status a visitor is refused with; 0 if it is let in."""
    lines = b"".join(header + b"\r\n" for header in headers)
    head = read_head(on_the_wire(b"GET / HTTP/1." + version + b"\r\n" + lines + b"\r\n"))
    assert head is not None
    try:
        check_visitor(head)
    except BadRequest as refused:
        return refused.status
    return 0


@pytest.mark.parametrize(
    "host",
    [
        b"127.0.0.1:12111",
        b"127.0.0.1",
        b"127.8.9.1:80",
        b"localhost",
        b"LOCALHOST:12111",
        b"localhost.:12111",
        b"stripe.localhost:12111",
        b"[::1]:12111",
    ],
)
def test_this_machine_has_many_names(host: bytes) -> None:
    """All of them are accepted, as hosts and as origins."""
    assert visit(b"Host: " + host) == 0
    assert visit(b"Host: localhost", b"Origin: http://" + host) == 0


@pytest.mark.parametrize(
    "host",
    [
        b"evil.example",
        b"evil.example:12111",
        b"127.0.0.1.evil.example",
        b"localhost.evil.example",
        b"evillocalhost",
        b"0.0.0.0:12111",
        b"192.168.0.1",
        b"[::2]",
        b"localhost@evil.example",
        b"127.0.0.1, evil.example",
        b"",
    ],
)
def test_any_other_name_is_refused(host: bytes) -> None:
    """A page reaches loopback by a name that resolves to it (DNS rebinding)."""
    assert visit(b"Host: " + host) == 403
    assert visit(b"Host: localhost", b"Origin: https://" + host) == 403


@pytest.mark.parametrize("origin", [b"null", b"file://", b"chrome-extension://abc", b""])
def test_a_page_without_a_place_is_foreign(origin: bytes) -> None:
    """Sandboxed frames and opened files send these values."""
    assert visit(b"Host: localhost", b"Origin: " + origin) == 403


def test_a_request_says_where_it_is_sent_to() -> None:
    """RFC 9112 3.2; once, and HTTP/1.0 need not."""
    assert visit() == 400
    assert visit(b"Host: localhost", b"Host: localhost") == 403
    assert visit(version=b"0") == 0
    assert visit(b"Host: evil.example", version=b"0") == 403
    assert visit(b"Origin: http://evil.example", version=b"0") == 403
