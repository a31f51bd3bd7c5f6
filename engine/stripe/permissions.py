"""Find the permissions that a restricted key lacks, by asking Stripe.

Stripe checks permissions before it looks for the object. So a write to an object that cannot exist
is answered with "no such object" if it is allowed, and with the name of the permission if it is
not; in both cases nothing is changed. A request that could create something is never sent. What can
be read is asked for with one object of a list, or with one that cannot exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import PermissionDeniedError, ProviderError
from engine.frozen import frozen
from engine.ports.provider import OUT_OF_REACH
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType
from engine.stripe.http.client import StripeHTTP
from engine.stripe.paths import SEPARATOR, filled

_NO_OBJECT = "engine-asks-for-permission-only"
"""An id that no object has."""
_RESTRICTED = "rk_"
# L: the text for today's accounts, and the text for older ones.
_NAMED = re.compile(r"Enabling \"(?P<title>[^\"]+)\" \('(?P<name>\w+)'\)")
_NAMED_BEFORE = re.compile(r"Having the '(?:rak_)?(?P<name>\w+)' permission")
# Refusals that are not about the key's permissions.
_OTHER_REASONS = frozenset({OUT_OF_REACH, "platform_account_required"})


_NO_SUCH_OBJECT = (400, 404)


@frozen
class Question:
    """A request that changes nothing.

    Attributes:
        method: `get`, `post` or `delete`.
        path: Of an object that does not exist, or, to read, of a list or of one that always exists.
        lists: It is that of a list.
    """

    method: str
    path: str
    lists: bool = False


class KeyPermissions:
    """Asks what one key may do; a key that is not restricted may do everything."""

    def __init__(self, http: StripeHTTP, api_key: str) -> None:
        """Args: http: sends the requests, with the key; api_key: the key, for its kind."""
        self._http = http
        self._restricted = is_restricted(api_key)

    def missing_to_write(self, kind: ResourceType, account: str) -> str | None:
        """The permission that the key lacks to write a type; None if it has it, or if unknown."""
        question = question_about(kind) if self._restricted else None
        if question is None:
            return None
        if question.method == "delete":
            return self._refused(lambda: self._http.delete(question.path, account=account), account)
        return self._refused(
            lambda: self._http.post(question.path, {}, idempotency_key="", account=account), account
        )

    def may_ask_to_write(self, kind: ResourceType) -> bool:
        """Whether it can be known what the key lacks to write a type."""
        return not self._restricted or question_about(kind) is not None

    def missing_to_read(
        self, kind: ResourceType, account: str, expanding: Mapping[str, Any]
    ) -> str | None:
        """The permission that the key lacks to read a type; None if it has it.

        Args:
            kind: The type.
            account: Connected account; empty for the key's own.
            expanding: Parameters of a list that expand what a plan reads.
        """
        question = reading_question_about(kind)
        params = {**expanding, "limit": 1} if question.lists else {}
        return self._refused(
            lambda: self._http.get(question.path, params, account=account, route=kind.collection),
            account,
        )

    def _refused(self, ask: Callable[[], object], account: str) -> str | None:
        """The permission that a refusal of a request names; None if the key may send it."""
        try:
            ask()
        except PermissionDeniedError as error:
            if error.code == OUT_OF_REACH and not (account or self._http.account):
                return None  # L: so Stripe says that there is no account of that id
            permission = permission_in(error)
            if permission is None:
                raise
            return permission
        except ProviderError as error:
            if error.status not in _NO_SUCH_OBJECT:
                raise
        return None


def is_restricted(api_key: str) -> bool:
    """Whether a key has permissions of its own; any other may do everything."""
    return api_key.startswith(_RESTRICTED)


def question_about(kind: ResourceType) -> Question | None:
    """The write that shows whether a key may write a type; None if any could change something."""
    if kind.life.composite is not None:
        return Question(method="post", path=kind.calls[kind.life.composite.remove].path)
    if kind.life.singleton:
        return None  # it always exists, so each write changes it
    if kind.updatable:
        return Question(method="post", path=_of_no_object(kind, kind.item))
    for removal in kind.life.removals:
        if removal.call:
            call = kind.calls[removal.call]
            return Question(method=call.method, path=_of_no_object(kind, call.path))
        if removal.verb is Verb.DELETE:
            return Question(method="delete", path=_of_no_object(kind, kind.item))
    return None


def reading_question_about(kind: ResourceType) -> Question:
    """The read that shows whether a key may read a type."""
    if kind.life.composite is not None:
        return Question(method="get", path=kind.calls[kind.life.composite.read].path)
    if kind.collection and not (kind.life.singleton or kind.lookup_needs):
        return Question(method="get", path=kind.collection, lists=True)
    return Question(method="get", path=_of_no_object(kind, kind.item))


def _of_no_object(kind: ResourceType, path: str) -> str:
    several = kind.parent and not kind.life.singleton
    return filled(path, kind, f"{_NO_OBJECT}{SEPARATOR}{_NO_OBJECT}" if several else _NO_OBJECT)


def permission_in(error: PermissionDeniedError) -> str | None:
    """The permission that a refusal names, or its text; None if it is about something else."""
    if error.code in _OTHER_REASONS:
        return None
    named = _NAMED.search(error.message)
    if named is not None:
        return f"{named['title']} ({named['name']})"
    before = _NAMED_BEFORE.search(error.message)
    return before["name"] if before is not None else error.message
