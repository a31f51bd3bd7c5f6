"""Find the permissions that a restricted key lacks, by asking Stripe.

Stripe checks permissions before it looks for the object. So a write to an object that cannot exist
is answered with "no such object" if it is allowed, and with the name of the permission if it is
not; in both cases nothing is changed. A request that could create something is never sent.
"""

from __future__ import annotations

import re

from engine.errors import PermissionDeniedError
from engine.frozen import frozen
from engine.ports.provider import OUT_OF_REACH
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType
from engine.stripe.paths import SEPARATOR, filled

_NO_OBJECT = "engine-asks-for-permission-only"
"""An id that no object has."""
_RESTRICTED = "rk_"
# L: the text for today's accounts, and the text for older ones.
_NAMED = re.compile(r"Enabling \"(?P<title>[^\"]+)\" \('(?P<name>\w+)'\)")
_NAMED_BEFORE = re.compile(r"Having the '(?:rak_)?(?P<name>\w+)' permission")
# Refusals that are not about the key's permissions.
_OTHER_REASONS = frozenset({OUT_OF_REACH, "platform_account_required"})


@frozen
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
    """The write that shows whether a key may write a type; None if any could change something."""
    if kind.life.composite is not None:
        return Question(method="post", path=kind.calls[kind.life.composite.remove].path)
    if kind.life.singleton:
        return None  # it always exists, so each write changes it
    no_object = f"{_NO_OBJECT}{SEPARATOR}{_NO_OBJECT}" if kind.parent else _NO_OBJECT
    if kind.updatable:
        return Question(method="post", path=filled(kind.item, kind, no_object))
    for removal in kind.life.removals:
        if removal.call:
            call = kind.calls[removal.call]
            return Question(method=call.method, path=filled(call.path, kind, no_object))
        if removal.verb is Verb.DELETE:
            return Question(method="delete", path=filled(kind.item, kind, no_object))
    return None


def permission_in(error: PermissionDeniedError) -> str | None:
    """The permission that a refusal names, or its text; None if it is about something else."""
    if error.code in _OTHER_REASONS:
        return None
    named = _NAMED.search(error.message)
    if named is not None:
        return f"{named['title']} ({named['name']})"
    before = _NAMED_BEFORE.search(error.message)
    return before["name"] if before is not None else error.message
