"""Who may speak to the server: this machine, and no page of another site in its browser.

A page on the internet can send requests to loopback: by a name of its own that it points at
127.0.0.1 (DNS rebinding), and by forms. Both tell on themselves. What must not live here: API
keys, which are Stripe's way to know a caller.
"""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address

from engine.emulator.doors.http11 import BadRequest, Head

_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\s,]+)(:\d{1,5})?")
_ORIGIN = re.compile(r"https?://(?P<authority>[^/?#]+)")


def check_visitor(head: Head) -> None:
    """Refuse a request that was not sent to this machine, or not from it.

    Raises:
        BadRequest: 403; 400 if it does not say where it was sent to.
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
    if found is None:
        return False
    name = found["host"].lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
