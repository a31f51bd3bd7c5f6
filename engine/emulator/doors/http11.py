"""Requests as HTTP/1.1 frames them (RFC 9112): the head, the body, and where a request ends.

Framing is strict: a body that was cut short or misread would become a wrong object.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final, Protocol

from engine.emulator.wire.messages import Headers
from engine.frozen import frozen

_LONGEST_LINE: Final = 64 * 1024
_LONGEST_HEAD: Final = 256 * 1024
_MOST_HEADERS: Final = 200
_LARGEST_BODY: Final = 16 * 1024 * 1024
_LONGEST_CHUNK_LINE: Final = 4 * 1024
_TLS_HANDSHAKE: Final = b"\x16"

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(%b) ([\x21-\x7e]+) HTTP/(\d)\.(\d)" % _TOKEN)
_ABSOLUTE = re.compile(rb"(?i:https?)://([^/?#]+)([^#]*)")
# RFC 9112 2.2: a line may end with a line feed alone.
_FIELD = re.compile(rb"(%b):[ \t]*([^\0\r\n]*)\r?\n" % _TOKEN)
_EMPTY_LINES: Final = (b"\r\n", b"\n")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;[^\0\r\n]*)?\r\n")


class Incoming(Protocol):
    """Where the bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Read so many bytes, fewer only at the end."""

    def readline(self, size: int, /) -> bytes:
        """Read a line with its end, at most so many bytes of it."""

    def peek(self, size: int, /) -> bytes:
        """Look at what comes next, without taking it; empty only at the end."""


class BadRequest(Exception):  # noqa: N818 - named after its response
    """What arrived is not a request that can be carried out; nothing after it is read.

    Attributes:
        status: HTTP status of the response.
        message: What is wrong with it.
    """

    def __init__(self, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.message = message
        self.status = int(status)


@frozen
class Head:
    """A request up to its body.

    Attributes:
        method: Upper case.
        path: Of the target, without its query.
        query: Of the target, without the question mark.
        headers: By name; values of a name that was sent several times are joined by commas.
        length: Bytes of the body; None if it comes in chunks.
        expects_continue: The client waits for `100 Continue` before it sends the body.
        last: The client closes the connection after this request.
        old: The client speaks HTTP/1.0.
    """

    method: str
    path: str
    query: str
    headers: Headers
    length: int | None
    expects_continue: bool
    last: bool
    old: bool


def read_head(incoming: Incoming) -> Head | None:
    """Read a request up to its body.

    Returns:
        The head; None if the client has hung up between two requests.

    Raises:
        BadRequest: It is malformed, or too large.
    """
    if incoming.peek(1).startswith(_TLS_HANDSHAKE):
        # A handshake has no line end, so each side would wait for the other.
        raise BadRequest("The server speaks http, not https.")
    line = _line(incoming)
    if line == b"":
        # RFC 9112 2.2: old clients send an empty line after a body.
        line = _line(incoming)
    if line is None:
        return None
    method, target, old = _request_line(line)
    headers = _headers(incoming)
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None:
        # RFC 9112 3.2.2: a proxy gets the whole URL; its host replaces the header's.
        headers["host"] = absolute[1].decode()
        target = absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
    path, _, query = target.decode().partition("?")
    kept = _words(headers, "connection")
    length = _length(headers, old=old)
    return Head(
        method=method.decode().upper(),
        path=path,
        query=query,
        headers=headers,
        length=length,
        expects_continue=_expects_continue(headers) and not old and length != 0,
        last="close" in kept or (old and "keep-alive" not in kept),
        old=old,
    )


def read_body(incoming: Incoming, head: Head) -> bytes:
    """Read the body that follows a head.

    Raises:
        BadRequest: It is malformed, too large, or ended before it was whole.
    """
    return _chunked(incoming) if head.length is None else _exactly(incoming, head.length)


def _request_line(line: bytes) -> tuple[bytes, bytes, bool]:
    """Method, target, and whether the version is 1.0."""
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise BadRequest("The request does not begin with a line of HTTP.")
    if found[3] != b"1":
        raise BadRequest("Only HTTP/1.1 is spoken.", HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    if not found[2].startswith(b"/") and found[2] != b"*" and not _ABSOLUTE.fullmatch(found[2]):
        raise BadRequest("The request's target is neither a path nor a URL.")
    return found[1], found[2], found[4] == b"0"


def _headers(incoming: Incoming) -> Headers:
    joined: dict[str, str] = {}
    size = 0
    for _ in range(_MOST_HEADERS + 1):
        line = incoming.readline(_LONGEST_LINE)
        if line in _EMPTY_LINES:
            return Headers(joined)
        size += len(line)
        if size > _LONGEST_HEAD:
            break
        field = _FIELD.fullmatch(line)
        if field is None:
            raise _no_header(line)
        name, value = field[1].decode().lower(), field[2].decode("latin-1").rstrip(" \t")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    raise BadRequest("The headers are too large.", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


def _no_header(line: bytes) -> BadRequest:
    if line.endswith(b"\n"):
        return BadRequest("A header is malformed.")
    if len(line) == _LONGEST_LINE:
        return BadRequest("A header is too long.", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    return BadRequest("The request ended within its headers; nothing was done.")


def _length(headers: Headers, *, old: bool) -> int | None:
    """How long the body is; None if it comes in chunks (RFC 9112 6.3)."""
    declared = headers.get("content-length")
    if "transfer-encoding" in headers:
        if declared is not None:
            raise BadRequest("Both Transfer-Encoding and Content-Length were sent.")
        if old:
            raise BadRequest("HTTP/1.0 has no Transfer-Encoding.")
        if _words(headers, "transfer-encoding") != ["chunked"]:
            raise BadRequest(
                "Of the transfer encodings only `chunked` is taken.", HTTPStatus.NOT_IMPLEMENTED
            )
        return None
    if declared is None:
        return 0
    lengths = {length.strip(" \t") for length in declared.split(",")}
    if len(lengths) > 1:
        raise BadRequest("Several Content-Length headers were sent, and they differ.")
    (length,) = lengths
    if not _LENGTH.fullmatch(length):
        raise BadRequest("The Content-Length is not a number of bytes.")
    return _bounded(int(length))


def _bounded(length: int) -> int:
    if length > _LARGEST_BODY:
        raise BadRequest(
            f"The body is larger than {_LARGEST_BODY} bytes.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        )
    return length


def _expects_continue(headers: Headers) -> bool:
    expected = _words(headers, "expect")
    if expected and expected != ["100-continue"]:
        raise BadRequest("Only 100-continue can be expected.", HTTPStatus.EXPECTATION_FAILED)
    return bool(expected)


def _words(headers: Headers, name: str) -> list[str]:
    words = (word.strip(" \t").lower() for word in headers.get(name, "").split(","))
    return [word for word in words if word]


def _chunked(incoming: Incoming) -> bytes:
    """Put a body together from its chunks (RFC 9112 7.1); extensions and trailers are left out."""
    body = bytearray()
    while size := _chunk_size(incoming):
        _bounded(len(body) + size)
        body += _exactly(incoming, size)
        if _exactly(incoming, 2) != b"\r\n":
            raise BadRequest("A chunk of the body is longer than declared.")
    _headers(incoming)
    return bytes(body)


def _chunk_size(incoming: Incoming) -> int:
    line = incoming.readline(_LONGEST_CHUNK_LINE)
    found = _CHUNK_SIZE.fullmatch(line)
    if found is not None:
        return int(found[1], 16)
    if line.endswith(b"\n") or len(line) == _LONGEST_CHUNK_LINE:
        raise BadRequest("A chunk of the body does not begin with its size.")
    raise _cut()


def _exactly(incoming: Incoming, length: int) -> bytes:
    body = incoming.read(length) if length else b""
    if len(body) < length:
        raise _cut()
    return body


def _cut() -> BadRequest:
    return BadRequest("The body ended before it was whole; nothing was done.")


def _line(incoming: Incoming) -> bytes | None:
    """The first line of a request, without its end; None if the client has hung up before it.

    Raises:
        BadRequest: It is too long, or the client hung up within it.
    """
    line = incoming.readline(_LONGEST_LINE)
    if line.endswith(b"\n"):
        return line[:-1].removesuffix(b"\r")
    if len(line) == _LONGEST_LINE:
        raise BadRequest("The request's target is too long.", HTTPStatus.REQUEST_URI_TOO_LONG)
    if line:
        raise BadRequest("The request ended within its first line; nothing was done.")
    return None
