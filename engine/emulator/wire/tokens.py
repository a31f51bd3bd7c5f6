"""Tokens of pages, for lists that go on by one: v2's lists, and searches.

What must not live here: how a page is made.
"""

from __future__ import annotations

import base64

_PREFIX = "page_"


def token_of(position: int) -> str:
    """The token of the page that begins at a position."""
    return base64.urlsafe_b64encode(f"{_PREFIX}{position}".encode()).decode().rstrip("=")


def position_of(token: str) -> int | None:
    """The position that a token names; None if it is no token of ours."""
    try:
        text = base64.urlsafe_b64decode(f"{token}{'=' * (-len(token) % 4)}").decode()
    # Of letters beyond ASCII, and of what is no base64, it says `ValueError`.
    except ValueError:
        return None
    position = text.removeprefix(_PREFIX)
    return int(position) if position.isdecimal() and token_of(int(position)) == token else None
