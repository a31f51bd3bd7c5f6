"""What uses an object that changes, in words that all formats share."""

from __future__ import annotations

from collections.abc import Sequence

from engine.plan.impact import Impact, Use

NOTHING = "nothing that was found"
"""What uses an object where all was counted and nothing was found."""
_SHOWN = 3
"""Names that a line has of one sort; more are counted."""


def users_by_address(impacts: Sequence[Impact]) -> dict[str, str]:
    """Who uses each of some objects; empty where all was counted and nothing was found."""
    found: dict[str, list[str]] = {}
    for impact in impacts:
        users = found.setdefault(impact.address, [])
        users += map(user_words, impact.uses)
        if impact.unread:
            users.append("perhaps what could not be counted")
    return {address: ", ".join(users) for address, users in found.items()}


def impact_words(impact: Impact) -> str:
    """Say what uses an object, and what could not be counted, in one line."""
    parts = [use_words(use) for use in impact.uses]
    if impact.unread:
        parts.append(f"not counted: {impact.unread}")
    return "; ".join(parts) or NOTHING


def use_words(use: Use) -> str:
    """Say how many of one sort there are, and name them where their names are known.

    For example `1,000+ active subscriptions: they keep paying the old price`.
    """
    return f"{user_words(use)}: {use.note}" if use.note else user_words(use)


def user_words(use: Use) -> str:
    """The same without what it means for them.

    For example `payment link stripe_payment_link.pro (and plink_123 that no stack manages)`.
    """
    single = use.what.removesuffix("s")
    managed = _listed(use.where, len(use.where))
    others = use.count - len(use.where)
    rest = f"{_listed(use.unmanaged, others, use.more)} that no stack manages"
    if not use.where and not use.unmanaged:
        return f"{use.number} {single if use.number == '1' else use.what}"
    noun = single if len(use.where or use.unmanaged) == 1 else use.what
    if not use.unmanaged:
        return f"{noun} {managed}"
    return f"{noun} {managed} (and {rest})" if use.where else f"{noun} {rest}"


def _listed(names: Sequence[str], count: int, more: bool = False) -> str:  # noqa: FBT001, FBT002 - a count has it
    """The first of some names, and how many there are beyond them."""
    left = count - len(names[:_SHOWN])
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {left:,}{'+' if more else ''} more" if left or more else shown
