"""What a restricted key lacks, told by Stripe itself.

Stripe refuses for a missing permission before it looks for the object. So a write to an object
that cannot exist answers "no such object" where it is allowed, and names the permission where it
is not; either way nothing is changed. A request that could create something is never sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import PermissionDeniedError
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType
from engine.stripe.paths import SEPARATOR, filled

_NOBODY = "engine-asks-for-permission-only"
"""An id that Stripe gives to nothing, and nobody chooses."""
_RESTRICTED = "rk_"
# L: the text of today, and that of older accounts.
_NAMED = re.compile(r"Enabling \"(?P<title>[^\"]+)\" \('(?P<name>\w+)'\)")
_NAMED_BEFORE = re.compile(r"Having the '(?:rak_)?(?P<name>\w+)' permission")
# What is refused for another reason than the key's permissions.
_OTHER_REASONS = frozenset({"account_invalid", "platform_account_required"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A write that changes nothing.

    Attributes:
        method: `post` or `delete`.
        path: Of an object that does not exist.
    """

    method: str
    path: str


def is_restricted(api_key: str) -> bool:
    """Whether a key has permissions of its own; any other may do everything."""
    return api_key.startswith(_RESTRICTED)


def question_about(kind: ResourceType) -> Question | None:
    """The write that finds out whether a key may write a type; None if every one could do harm."""
    if kind.life.composite is not None:
        return Question(method="post", path=kind.calls[kind.life.composite.remove].path)
    if kind.life.singleton:
        return None  # it is there always, so each write is one
    nobody = f"{_NOBODY}{SEPARATOR}{_NOBODY}" if kind.parent else _NOBODY
    if kind.updatable:
        return Question(method="post", path=filled(kind.item, kind, nobody))
    for removal in kind.life.removals:
        if removal.call:
            call = kind.calls[removal.call]
            return Question(method=call.method, path=filled(call.path, kind, nobody))
        if removal.verb is Verb.DELETE:
            return Question(method="delete", path=filled(kind.item, kind, nobody))
    return None


def permission_in(error: PermissionDeniedError) -> str | None:
    """The permission that a refusal names, or all it says; None if it is about something else."""
    if error.code in _OTHER_REASONS:
        return None
    named = _NAMED.search(error.message)
    if named is not None:
        return f"{named['title']} ({named['name']})"
    before = _NAMED_BEFORE.search(error.message)
    return before["name"] if before is not None else error.message
