"""Who may send requests to the server: programs and pages of this machine alone.

A page on the internet can send requests to loopback: by a host name of its own that resolves to
127.0.0.1 (DNS rebinding), and by forms. The headers `Host` and `Origin` show both.
"""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPStatus

from engine.emulator.doors.http11 import BadRequest, Head
from engine.emulator.wire.loopback import is_loopback

_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\s,]+)(:\d{1,5})?")
_ORIGIN = re.compile(r"https?://(?P<authority>[^/?#]+)")


def check_visitor(head: Head) -> None:
    """Refuse a request that names another host, or comes from a page of another host.

    Raises:
        BadRequest: 403; 400 if it has no `Host`.
    """
    host = head.headers.get("host")
    if host is None and not head.old:
        raise BadRequest("The request has no Host header.")
    if host is not None and not _is_loopback(host):
        raise BadRequest(
            "The emulator answers to 127.0.0.1 and localhost only, and the request names another "
            "host. Send it to 127.0.0.1.",
            HTTPStatus.FORBIDDEN,
        )
    origin = head.headers.get("origin")
    if origin is not None and not _is_own_page(origin):
        raise BadRequest(
            "The emulator takes no requests from web pages of other hosts.", HTTPStatus.FORBIDDEN
        )


def _is_own_page(origin: str) -> bool:
    found = _ORIGIN.fullmatch(origin)
    return found is not None and _is_loopback(found["authority"])


@lru_cache(maxsize=64)
def _is_loopback(authority: str) -> bool:
    """Whether a host, with or without a port, is this machine (RFC 6761 for the names)."""
    found = _AUTHORITY.fullmatch(authority)
    return found is not None and is_loopback(found["host"])
