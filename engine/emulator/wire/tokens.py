"""Page tokens, which continue v2's lists and searches."""

from __future__ import annotations

import base64

_PREFIX = "page_"


def token_of(position: int) -> str:
    """The token of the page that begins at a position."""
    return base64.urlsafe_b64encode(f"{_PREFIX}{position}".encode()).decode().rstrip("=")


def position_of(token: str) -> int | None:
    """The position that a token names; None if the token is invalid."""
    try:
        text = base64.urlsafe_b64decode(f"{token}{'=' * (-len(token) % 4)}").decode()
    # Non-ASCII text and invalid base64 raise `ValueError`.
    except ValueError:
        return None
    position = text.removeprefix(_PREFIX)
    return int(position) if position.isdecimal() and token_of(int(position)) == token else None
