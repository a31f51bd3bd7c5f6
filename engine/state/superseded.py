"""How state names the objects that a resource replaced: still to be removed, or archived since.

An id is on the account of the resource. `ACCOUNT:ID` is on another one, which the resource has
left, and `:ID` on the key's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ELSEWHERE = re.compile(r"(?P<account>(?:acct_[A-Za-z0-9]+)?):(?P<id>.+)")


def superseded_name(account: str, id: str, resource_on: str) -> str:
    """The text for a superseded object.

    Args:
        account: Connected account that the object is on; empty for the key's own.
        id: Its id.
        resource_on: Connected account that the resource is on.
    """
    return id if account == resource_on else f"{account}:{id}"


def superseded_object(name: str, resource_on: str) -> tuple[str, str]:
    """The account and the id that a text of `superseded_name` names."""
    found = _ELSEWHERE.fullmatch(name)
    return (found["account"], found["id"]) if found is not None else (resource_on, name)


def superseded_seen_from(names: Iterable[str], was_on: str, resource_on: str) -> tuple[str, ...]:
    """The texts for superseded objects after their resource has moved to another account."""
    if was_on == resource_on:
        return tuple(names)
    objects = (superseded_object(name, was_on) for name in names)
    return tuple(superseded_name(account, id, resource_on) for account, id in objects)
