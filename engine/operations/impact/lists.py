"""Ask Stripe's lists what uses some objects: each list once, and only its first pages."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.catalog.loader import type_name
from engine.errors import PermissionDeniedError, ProviderError
from engine.frozen import frozen
from engine.operations.impact.touched import Touched
from engine.operations.refresh.concurrent import at_once
from engine.ports.provider import Provider
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import Schemas
from engine.schema.usage import UsedBy
from engine.values.paths import ANY_PART, get_path, parse_path, set_path
from engine.values.tree import children

MOST_PAGES = 30
"""Pages that are read in all of the lists of one type; but one at least of each."""
MOST_LISTS = 200
"""Lists of one type that are read, one for each object; for further objects nothing is counted."""

# L: the refusal of a list names the permission to read it.
_PERMISSION = re.compile(r"'(?:rak_)?(\w+_read)'")


class _Question(NamedTuple):
    """One list.

    Attributes:
        object: Object name of what it shows.
        account: Connected account that is asked; empty for the key's own.
        filter: The filter that takes an id, dotted; empty if there is none.
        id: The id.
        variant: Further filters.
        expand: Fields to expand.
        pages: Most pages to read.
    """

    object: str
    account: str
    filter: str
    id: str
    variant: tuple[tuple[str, Any], ...]
    expand: tuple[str, ...]
    pages: int


@frozen(kw_only=False)
class _Listed:
    """The response to a question: the objects, whether there are more, and why there are none."""

    objects: Sequence[RemoteObject] = ()
    more: bool = False
    error: str = ""


@frozen(kw_only=False)
class Counted:
    """What uses an object in one way.

    Attributes:
        objects: The objects by id.
        more: There are more of them.
        unread: Why they could not be counted, or not all; empty if they were.
    """

    objects: Mapping[str, RemoteObject]
    more: bool = False
    unread: str = ""


class Lists:
    """The lists that were read for a plan."""

    def __init__(self, provider: Provider, schemas: Schemas) -> None:
        """Read nothing yet."""
        self._provider = provider
        self._schemas = schemas
        self._read: dict[_Question, _Listed] = {}

    def read_for(self, objects: Sequence[Touched]) -> None:
        """Read all lists that show what uses some objects, many at once."""
        pairs = [(one, use) for one in objects for use in asked_about(one)]
        self._ask(
            question
            for one, use in pairs
            for question in _questions(use.through or use, one.account, one.id)
        )
        self._ask(
            question
            for one, use in pairs
            if use.through is not None
            for id in self.count(use.through, one.account, one.id).objects
            for question in _questions(use, one.account, id)
        )

    def count(self, use: UsedBy, account: str, id: str) -> Counted:
        """Count what uses an object in one way, from the lists that were read."""
        between: tuple[str, ...] = (id,)
        more, unread = False, ""
        if use.through is not None:
            first = self.count(use.through, account, id)
            between, more, unread = tuple(first.objects), first.more, first.unread
        found: dict[str, RemoteObject] = {}
        looked_at = 0
        for one in between:
            for question in _questions(use, account, one):
                listed = self._read[question]
                users = [entry for entry in listed.objects if _uses(entry, use, one)]
                found.update({id_of(entry): entry for entry in users})
                unread = unread or listed.error or _cut(listed.objects, use, one)
                more = more or listed.more
                looked_at += len(listed.objects)
        if more and not found and not unread:
            unread = f"none is among the newest {looked_at:,}, and there are more"
        return Counted(found, more, unread)

    def _ask(self, questions: Iterable[_Question]) -> None:
        by_object: dict[str, list[_Question]] = {}
        for question in dict.fromkeys(questions):
            if question not in self._read:
                by_object.setdefault(question.object, []).append(question)
        asked = {
            question: max(1, min(question.pages, MOST_PAGES // len(some)))
            for some in by_object.values()
            for question in some[:MOST_LISTS]
        }
        answers = at_once([functools.partial(self._answer, *pair) for pair in asked.items()])
        beyond = _Listed(error=f"more than {MOST_LISTS} lists of them would have to be read")
        self._read.update({one: beyond for some in by_object.values() for one in some})
        self._read.update(zip(asked, answers, strict=True))

    def _answer(self, question: _Question, pages: int) -> _Listed:
        kind = self._schemas[type_name(question.object)]
        filters: dict[str, Any] = dict(question.variant)
        if question.filter:
            set_path(filters, parse_path(question.filter), question.id)
        try:
            found, more = self._provider.first_pages(
                kind, filters, pages, expand=question.expand, account=question.account
            )
        except PermissionDeniedError as error:
            named = _PERMISSION.search(error.message)
            lacks = f"lacks the permission {named[1]}" if named else "may not list them"
            return _Listed(error=f"the key {lacks}")
        except ProviderError as error:
            return _Listed(error=error.message)
        return _Listed(found, more)


def asked_about(used: Touched) -> Iterator[UsedBy]:
    """The ways in which an object can be used, of those of its type."""
    for use in used.usage.by:
        if used.found is None or _has(used.found, use.when):
            yield use


def _questions(use: UsedBy, account: str, id: str) -> Iterator[_Question]:
    """The lists that show what uses an object; those without a filter are the same for all."""
    for variant in use.variants:
        yield _Question(
            object=use.object,
            account=account,
            filter=use.filter,
            id=id if use.filter else "",
            variant=tuple(variant.items()),
            expand=use.expand,
            pages=use.pages,
        )


def _uses(found: RemoteObject, use: UsedBy, id: str) -> bool:
    """Whether an object of a list uses another one; a filter has sorted that out already."""
    named = not use.at or any(id in _values(found, parse_path(path)) for path in use.at)
    return named and _has(found, use.among)


def _cut(listed: Sequence[RemoteObject], use: UsedBy, id: str) -> str:
    """Why some may use an object although that is not seen: the list does not show all of them."""
    paths = [(*parse_path(path), "has_more") for path in use.expand]
    cut = sum(
        any(get_path(found, path) is True for path in paths) and not _uses(found, use, id)
        for found in listed
    )
    return f"of {cut} of them the list does not show all entries" if cut else ""


def _has(found: RemoteObject, wanted: Mapping[str, tuple[Any, ...]]) -> bool:
    return all(get_path(found, parse_path(path)) in values for path, values in wanted.items())


def _values(document: Any, path: Sequence[str]) -> Iterator[Any]:
    """The values at a path with `*` for every element."""
    if not path:
        yield document
    elif path[0] == ANY_PART:
        for _, inner in children(document):
            yield from _values(inner, path[1:])
    else:
        yield from _values(get_path(document, (path[0],)), path[1:])
