"""Objects of managed types that no state of the project owns: counted, or listed.

A count reads one page of each type, so that it says "at least" of a type with more.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from engine.errors import ProviderError
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.cross_checks.owners import owners_in
from engine.operations.refresh.concurrent import at_once
from engine.operations.run.session import Session
from engine.plan.compare.liveness import is_gone, is_live, is_past
from engine.plan.inputs.ownership import ObjectKey
from engine.ports.drift.report import UnmanagedObject, UnmanagedType
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.source.names import name_resources
from engine.state.model import State

_PAGE = 100
"""So many objects are on a page; there may be more behind a full one."""
_NAMED_BY = ("name", "display_name", "nickname", "lookup_key", "code", "url", "domain_name")
"""The fields that people know an object by, best first."""


def find_unmanaged(session: Session, *, whole: bool) -> tuple[UnmanagedType, ...]:
    """Find objects of managed types that no state owns.

    Archived ones are left out, and so are types whose objects belong to customers, or are made
    while a business runs: that these are not managed says nothing.

    Args:
        session: The session of the run.
        whole: List them all; otherwise they are only counted, from one page of each type.
    """
    states = [*session.states.values(), *(one for one in other_states(session).values() if one)]
    schemas = session.context.schemas
    places = sorted(
        {
            (entry.type, entry.account)
            for state in states
            for entry in state.resources.values()
            if _lists_alone(schemas[entry.type])
        }
    )
    owned = _owned(session, states)
    reads: list[Callable[[], UnmanagedType]] = [
        functools.partial(_of_type, session, schemas[name], account, owned, whole=whole)
        for name, account in places
    ]
    found = at_once(reads)
    return tuple(entry for entry in found if entry.count or entry.unread)


def _lists_alone(kind: ResourceType) -> bool:
    """Whether a type is configuration with a list of its own."""
    listed = kind.collection and not (kind.parent or kind.list_needs or kind.life.singleton)
    return bool(listed) and not kind.on_request


def _owned(session: Session, states: list[State]) -> frozenset[tuple[str, str]]:
    """Account and id of every object that a state records, also of one that it ended."""
    ownership = owners_in(session)
    keys: Iterator[ObjectKey] = iter((*ownership.owners, *ownership.leaving))
    return frozenset(
        {
            *((key.account, key.id) for key in keys),
            *((entry.account, entry.id) for s in states for entry in s.resources.values()),
            *(left for s in states for entry in s.resources.values() for left in entry.left),
            *((gone.account, gone.id) for s in states for gone in s.removed.values()),
        }
    )


def _of_type(
    session: Session,
    kind: ResourceType,
    account: str,
    owned: frozenset[tuple[str, str]],
    *,
    whole: bool,
) -> UnmanagedType:
    found: dict[str, RemoteObject] = {}
    more, unread = False, ""
    try:
        for half in _live_halves(kind):
            pages = session.provider.pages(kind, half, account=account)
            for page in pages if whole else islice(pages, 1):
                more = more or (not whole and len(page) >= _PAGE)
                found.update(
                    (id_of(entry), entry)
                    for entry in page
                    if (account, id_of(entry)) not in owned and _is_in_use(kind, entry)
                )
    except ProviderError as error:
        unread = error.message
    return UnmanagedType(
        type=kind.name,
        title=kind.title,
        account=account,
        count=len(found),
        more=more,
        unread=unread,
        objects=tuple(_named(session, kind, account, found)) if whole else (),
    )


def _live_halves(kind: ResourceType) -> Iterator[Mapping[str, Any]]:
    """Filters of the lists that hold a type's live objects."""
    live = kind.life.revival.live if kind.life.revival is not None else {}
    for half in kind.lists:
        if all(live.get(name, value) == value for name, value in half.items()):
            yield half


def _is_in_use(kind: ResourceType, entry: RemoteObject) -> bool:
    return is_live(kind, entry) and not is_gone(kind, entry, {}) and not is_past(kind, entry)


def _named(
    session: Session, kind: ResourceType, account: str, found: Mapping[str, RemoteObject]
) -> Iterator[UnmanagedObject]:
    """The objects, newest first, each with the address that it could have."""
    taken = [
        address
        for graph in session.graphs
        for address in (*graph.declarations, *session.states[graph.stack.name].resources)
    ]
    objects = [(kind.name, account, id, entry) for id, entry in found.items()]
    addresses = name_resources(objects, session.context.schemas, taken)
    for key, address in addresses.items():
        entry = found[key[2]]
        names = (entry.get(name) for name in _NAMED_BY)
        created = entry.get("created")
        yield UnmanagedObject(
            id=key[2],
            name=next((name for name in names if isinstance(name, str) and name), ""),
            created=created if isinstance(created, int) else None,
            address=address,
        )
