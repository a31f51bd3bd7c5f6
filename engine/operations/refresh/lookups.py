"""Read the objects that stacks look up and do not manage."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine.errors import EngineError
from engine.graph.build import ResourceGraph
from engine.operations.refresh.concurrent import at_once
from engine.operations.refresh.key_holders import KEYS_AT_ONCE
from engine.operations.refresh.read import Connected, Place, read_all
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.stack.model import Lookup
from engine.values.paths import get_path, parse_path

_Matches = Mapping[str, Sequence[RemoteObject]]


def look_up(session: Connected, graph: ResourceGraph, schemas: Schemas) -> dict[str, RemoteObject]:
    """Read the objects that a stack looks up.

    Lookups by id, or by a key of which Stripe's list takes several, share requests.

    Args:
        session: Connects to Stripe when something has to be read.
        graph: What is declared.
        schemas: Resource types by name.

    Returns:
        The objects, by the address of the lookup.

    Raises:
        EngineError: if a lookup finds nothing, or more than one object.
    """
    lookups = graph.stack.lookups
    places = {
        address: (lookup.address.type, lookup.account, str(lookup.criteria["id"]))
        for address, lookup in lookups.items()
        if "id" in lookup.criteria
    }
    others = {address: lookup for address, lookup in lookups.items() if address not in places}
    matches: dict[str, Sequence[RemoteObject]] = {**_by_id(session, schemas, places)}
    for some in at_once(list(_requests(session, schemas, others))):
        matches.update(some)
    return {
        address: _the_one(lookup, schemas[lookup.address.type], matches[address])
        for address, lookup in lookups.items()
    }


def _the_one(lookup: Lookup, kind: ResourceType, matches: Sequence[RemoteObject]) -> RemoteObject:
    if len(matches) != 1:
        what = ", ".join(f"{name}={value!r}" for name, value in lookup.criteria.items())
        asked = f"{lookup.location}: {kind.face}.lookup({what})"
        if matches:
            ids = ", ".join(map(id_of, matches[:_SHOWN]))
            raise EngineError(
                f"{asked} finds more than one {kind.title}: {ids}"
                + (", ..." if len(matches) > _SHOWN else ""),
                hint=f"narrow it with a further filter, or name the one that is meant: "
                f'{kind.face}.lookup(id="{id_of(matches[0])}")',
            )
        raise EngineError(
            f"{asked} finds nothing on {_where(lookup)}",
            hint=f"look in the Dashboard for the {kind.title}, in the mode of this run's "
            f"key{_left_out(lookup, kind)}; or declare it with {kind.face}(...)",
        )
    return matches[0]


def _where(lookup: Lookup) -> str:
    return f"account {lookup.account}" if lookup.account else "this account"


_SHOWN = 2
"""Most objects that an error names; a search stops there."""


def _left_out(lookup: Lookup, kind: ResourceType) -> str:
    """What to say of objects that exist and that the list of a lookup's type leaves out."""
    keys = [kind.lookup_keys[name] for name in lookup.criteria if name in kind.lookup_keys]
    if not any(len(key.variants) > 1 for key in keys):
        return ""
    return "; what is archived is found by its id alone"


def _by_id(session: Connected, schemas: Schemas, places: Mapping[str, Place]) -> _Matches:
    read = read_all(session, schemas, places.values())
    return {address: [read[place]] if place in read else [] for address, place in places.items()}


def _requests(
    session: Connected, schemas: Schemas, lookups: Mapping[str, Lookup]
) -> Iterator[Callable[[], _Matches]]:
    together: dict[tuple[str, str, str], dict[str, Any]] = {}
    for address, lookup in lookups.items():
        kind = schemas[lookup.address.type]
        name, value = next(iter(lookup.criteria.items()), ("", None))
        key = kind.lookup_keys.get(name)
        if len(lookup.criteria) == 1 and key is not None and key.many:
            together.setdefault((kind.name, lookup.account, name), {})[address] = value
        else:
            yield functools.partial(_by_filters, session, kind, address, lookup)
    for (type_name, account, name), wanted in together.items():
        pairs = list(wanted.items())
        for start in range(0, len(pairs), KEYS_AT_ONCE):
            some = dict(pairs[start : start + KEYS_AT_ONCE])
            yield functools.partial(_by_keys, session, schemas[type_name], account, name, some)


def _by_filters(session: Connected, kind: ResourceType, address: str, lookup: Lookup) -> _Matches:
    """Objects that fit the criteria of a lookup; the search stops at the second one."""
    found: list[RemoteObject] = []
    filters = _as_filters(kind, lookup.criteria)
    for page in session.provider.pages(kind, filters, account=lookup.account):
        found += page
        if len(found) > 1:
            break
    return {address: found}


def _by_keys(
    session: Connected, kind: ResourceType, account: str, name: str, wanted: Mapping[str, Any]
) -> _Matches:
    """Objects that have some keys, of which one request takes all."""
    key = kind.lookup_keys[name]
    values = list(dict.fromkeys(wanted.values()))
    filters = {key.filter: values, **key.variants[0]}
    found = session.provider.find(kind, filters, account=account)
    path = parse_path(name)
    return {
        address: [entry for entry in found if get_path(entry, path) == value]
        for address, value in wanted.items()
    }


def _as_filters(kind: ResourceType, criteria: Mapping[str, Any]) -> dict[str, Any]:
    """Criteria as list filters: `lookup_key="pro"` becomes `lookup_keys=["pro"]`."""
    found: dict[str, Any] = {}
    for name, value in criteria.items():
        key = kind.lookup_keys.get(name)
        if key is None:
            found[name] = value
        else:
            found |= {key.filter: [value] if key.many else value, **key.variants[0]}
    return found
