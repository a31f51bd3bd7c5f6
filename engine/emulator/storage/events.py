"""Events: what requests did to objects, as Stripe keeps it for thirty days.

An event holds its object as it was then. They are kept among the objects, so that they share
their order and their pages with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from engine.catalog import loader
from engine.emulator.shapes.paths import copied
from engine.emulator.storage.deliveries import to_deliver
from engine.emulator.storage.repository import Document, Repository
from engine.frozen import frozen

EVENT: Final = "event"
LIFE: Final = 30 * 24 * 3600
"""Seconds that events are kept (D)."""
KIND: Final = "_kind"
"""Where an event keeps the catalog's name of its object's type; no response holds it."""
_MOST: Final = 20_000
"""The most events that are kept of an account in one mode."""
_ID_LENGTH: Final = 24


@frozen
class Change:
    """What a request did to one object.

    Attributes:
        object: Object name in the catalog.
        word: What happened, `created`, `updated`, `deleted`, `deactivated`.
        before: The object before; None of one that is new.
        after: The object after, or as it was last.
        parts: What the events of its parts begin with, by the field that lists them.
    """

    object: str
    word: str
    before: Document | None
    after: Document
    parts: Mapping[str, str]


class Changes:
    """What one request did so far, one change an object, in the order of the first."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Change] = {}

    def add(
        self,
        object: str,
        word: str,
        before: Document | None,
        after: Document,
        parts: Mapping[str, str],
    ) -> None:
        """Add what was done to an object to what was done to it before."""
        key = (object, str(after["id"]))
        earlier = self._found.get(key)
        if earlier is not None and word == "updated":
            word = earlier.word
        if earlier is not None:
            before = earlier.before
        # The response is made of the same document, expanded.
        self._found[key] = Change(
            object=object, word=word, before=before, after=copied(after), parts=parts
        )

    def clear(self) -> None:
        """Forget them: what was done was undone."""
        self._found.clear()

    def __iter__(self) -> Iterator[Change]:
        return iter(self._found.values())


def has_events(object: str) -> bool:
    """Whether Stripe has events about objects of a type."""
    return bool(loader.event_types(object))


def add_events(
    repository: Repository,
    changes: Iterable[Change],
    *,
    now: int,
    version: str,
    request_id: str,
    request: Mapping[str, Any],
    livemode: bool,
    account: str,
    recipients: Callable[[str], Iterable[tuple[str, str]]],
) -> list[str]:
    """Keep an event of each change that Stripe has events for.

    Args:
        repository: Where.
        changes: What a request did.
        now: Seconds since 1970.
        version: API version of the objects.
        request_id: Of the request, from which ids of the events follow.
        request: What the events say of it.
        livemode: The objects are in live mode.
        account: Connected account that they are in; empty for the key's own.
        recipients: Returns ids and URLs of those that an event of a type is to be sent to.

    Returns:
        Their ids.
    """
    added: list[str] = []
    for type, data, object in (one for change in changes for one in _happened(change)):
        id = _id_of(f"{request_id}/{len(added) + 1}")
        document = {
            "id": id,
            "object": EVENT,
            **({"account": account} if account else {}),
            "api_version": version,
            "created": now,
            "data": data,
            "livemode": livemode,
            "pending_webhooks": 0,
            "request": dict(request),
            "type": type,
            KIND: object,
        }
        to_deliver(document, recipients(type))
        repository.insert(EVENT, document)
        added.append(id)
    return added


def drop_surplus(repository: Repository) -> None:
    """Remove the oldest events beyond the number that is kept."""
    repository.keep_newest(EVENT, _MOST)


def _happened(change: Change) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The events of a change: type, data, and the catalog's name of the object's type, if any."""
    type = _type_of(change)
    previous = _previous(change.before or {}, change.after) if _is_update(type) else {}
    if type and (previous or not _is_update(type)):
        data = {"object": change.after, **({"previous_attributes": previous} if previous else {})}
        yield type, data, change.object
    for field, prefix in change.parts.items():
        before, after = (_parts(one, field) for one in (change.before or {}, change.after))
        for word, here, there in (("deleted", before, after), ("created", after, before)):
            for part in (part for key, part in here.items() if key not in there):
                yield f"{prefix}.{word}", {"object": part}, ""


def _parts(document: Mapping[str, Any], field: str) -> dict[str, Any]:
    """The parts of an object by all but their ids: one that is sent again has a new one."""
    found = [part for part in document.get(field) or () if isinstance(part, dict)]
    without = ({**part, "id": None, "start": None} for part in found)
    return {repr(one): part for one, part in zip(without, found, strict=True)}


def _type_of(change: Change) -> str:
    """The type of the event of a change; empty if Stripe has none."""
    published = loader.event_types(change.object)
    if not published:
        return ""
    prefix = published[0].rpartition(".")[0]
    for word in (change.word, "updated"):
        if f"{prefix}.{word}" in published:
            return f"{prefix}.{word}" if word == change.word or change.before is not None else ""
    return ""


def _is_update(type: str) -> bool:
    return type.endswith(".updated")


def _previous(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The values that changed as they were, level by level; null for what was not there (S)."""
    found: dict[str, Any] = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old == new or name.startswith("_"):
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found[name] = _previous(old, new)
        else:
            found[name] = old
    return found


def _id_of(text: str) -> str:
    """An id that follows from a text: a random one would change the ids of the objects."""
    return f"evt_{hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]}"
