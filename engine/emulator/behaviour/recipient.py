"""What is sent events: a webhook endpoint, or another object that names a URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.frozen import frozen

SECRETS: Final = "_secrets"
"""Where an object keeps its signing secrets, newest first; no response holds them."""
_ANY: Final = "*"


@frozen
class Recipient:
    """What is sent events.

    Attributes:
        id: Of the object; empty for a listener that no object declares.
        url: Where it wants them.
        secrets: That sign them, newest first; several while one is rolled.
        enabled: Whether it gets any.
        types: Types of events that it wants; `*` for all.
        api_version: API version that it wants objects in; empty for the account's.
        from_own: It gets events of its own account.
        from_connected: It gets events of the accounts that are connected to its own.
    """

    id: str
    url: str
    secrets: tuple[str, ...]
    enabled: bool = True
    types: frozenset[str] = frozenset({_ANY})
    api_version: str = ""
    from_own: bool = True
    from_connected: bool = False

    def wants(self, type: str, *, connected: bool) -> bool:
        """Whether it gets an event of a type.

        Stripe leaves a few types out of `*`. The emulator makes none of these.

        Args:
            type: Of the event.
            connected: It happened in a connected account.
        """
        from_there = self.from_connected if connected else self.from_own
        return self.enabled and from_there and bool(self.types & {type, _ANY})


def first_secret(secret: str) -> list[dict[str, Any]]:
    """What an object keeps of its first signing secret."""
    return [{"secret": secret, "until": None}]


def rolled(kept: Sequence[Mapping[str, Any]], secret: str, until: int) -> list[dict[str, Any]]:
    """What an object keeps once its signing secret is rolled.

    Args:
        kept: What it keeps now.
        secret: The new one.
        until: When the one before ends, in seconds since 1970.
    """
    return [*first_secret(secret), *({**one, "until": until} for one in kept[:1])]


def secrets_of(document: Mapping[str, Any], now: int) -> tuple[str, ...]:
    """The signing secrets of an object that are in use at a time, newest first."""
    kept: Sequence[Mapping[str, Any]] = document.get(SECRETS, ())
    return tuple(one["secret"] for one in kept if one["until"] is None or one["until"] > now)
