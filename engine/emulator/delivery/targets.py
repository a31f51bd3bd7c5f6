"""Where on this machine a delivery goes. No other machine is ever contacted.

A declared endpoint is often the one of production: its events go to the application that
`--forward-to` names, or nowhere.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from engine.emulator.wire.loopback import is_loopback
from engine.errors import UsageError
from engine.frozen import frozen

_HTTP: Final = 80
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_UNFIT = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]")
_NAMES_OF_LOOPBACK: Final = ("127.0.0.1", "::1")
"""What localhost is, without a look-up: servers listen on the one or on the other."""


@frozen
class Target:
    """A server on this machine, and a path of it.

    Attributes:
        addresses: Its loopback addresses; the first that takes a connection is used.
        authority: Host and port, as the `Host` header has them.
        port: Its port.
        path: Path and query; empty if none was named.
    """

    addresses: tuple[str, ...]
    authority: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.authority}{self.path}"


def target_of(url: str) -> Target | None:
    """The server on this machine that a URL names; None if it names another, or none."""
    parts = _split(url)
    if parts is None or parts.scheme != "http" or parts.hostname is None or "@" in parts.netloc:
        return None
    host, port = parts.hostname, parts.port or _HTTP
    if "%" in host or not is_loopback(host):
        return None
    literal = host[0].isdigit() or ":" in host
    query = f"?{parts.query}" if parts.query else ""
    return Target(
        addresses=(host,) if literal else _NAMES_OF_LOOPBACK,
        authority=parts.netloc,
        port=port,
        path=f"{parts.path}{query}",
    )


def forward_target(text: str) -> Target:
    """The server that `--forward-to` names; `http://` may be left out.

    Raises:
        UsageError: It is not on this machine, or not an address.
    """
    url = text if _SCHEME.match(text) else f"http://{text}"
    found = target_of(url)
    if found is not None:
        return found
    parts = _split(url)
    if parts is not None and parts.scheme == "https":
        why = "it speaks https, and the emulator sends plain http to this machine"
    elif parts is not None and "@" in parts.netloc:
        why = "it holds a login, which the emulator does not send"
    else:
        why = "it is not on this machine, and the emulator contacts no other"
    raise UsageError(
        f"--forward-to cannot be {_shown(parts)}: {why}",
        hint="name a local application, --forward-to http://127.0.0.1:4242/webhooks",
    )


def aim(url: str, forward: Target | None) -> Target | None:
    """Where the events of an endpoint go; None if nowhere.

    Args:
        url: The endpoint's; empty for a listener.
        forward: Gets the events of endpoints that are not on this machine; its own path is used,
            or without one the endpoint's.
    """
    own = target_of(url)
    if own is not None or forward is None or forward.path not in {"", "/"}:
        return own or forward
    parts = _split(url)
    if parts is None:
        return forward
    query = f"?{parts.query}" if parts.query else ""
    return Target(
        addresses=forward.addresses,
        authority=forward.authority,
        port=forward.port,
        path=f"{parts.path}{query}",
    )


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; None if it is none that can be sent."""
    if _UNFIT.search(url):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it raises if it is no number
    except ValueError:
        return None
    return parts


def _shown(parts: SplitResult | None) -> str:
    """An address without what may be secret in it."""
    if parts is None:
        return "that"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"
