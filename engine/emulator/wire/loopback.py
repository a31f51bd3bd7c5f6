"""Which hosts are this machine. No name is ever looked up."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its address or by a name of RFC 6761.

    Args:
        host: Without a port; an IPv6 address with or without its brackets.
    """
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False
