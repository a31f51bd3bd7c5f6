"""Read the objects that stacks look up and do not manage.

What Stripe's list has no filter for is compared here, object by object. Where the criteria name a
key, what is archived is found too, if nothing live has it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine.graph.build import ResourceGraph
from engine.operations.refresh.concurrent import at_once
from engine.operations.refresh.key_holders import KEYS_AT_ONCE
from engine.operations.refresh.lookup_errors import found_nothing, found_several
from engine.operations.refresh.read import Connected, Place, read_all
from engine.plan.compare.liveness import is_live
from engine.plan.compare.normalize import comparable
from engine.plan.compare.response import read
from engine.schema.attribute import Attribute
from engine.schema.remote import RemoteObject
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
    for archived in (False, True):
        left = {name: lookup for name, lookup in others.items() if not matches.get(name)}
        for some in at_once(list(_requests(session, schemas, left, archived=archived))):
            matches.update(some)
    return {
        address: _the_one(session, lookup, schemas[lookup.address.type], matches.get(address, ()))
        for address, lookup in lookups.items()
    }


def _the_one(
    session: Connected, lookup: Lookup, kind: ResourceType, matches: Sequence[RemoteObject]
) -> RemoteObject:
    matches = [entry for entry in matches if is_live(kind, entry)] or matches
    if len(matches) > 1:
        raise found_several(lookup, kind, matches)
    if not matches:
        raise found_nothing(session, lookup, kind)
    return matches[0]


def _by_id(session: Connected, schemas: Schemas, places: Mapping[str, Place]) -> _Matches:
    found = read_all(session, schemas, places.values())
    return {address: [found[place]] if place in found else [] for address, place in places.items()}


def _requests(
    session: Connected, schemas: Schemas, lookups: Mapping[str, Lookup], *, archived: bool
) -> Iterator[Callable[[], _Matches]]:
    """Searches for what some lookups name, of live objects or of those that are in other lists."""
    by_key: dict[tuple[str, str, str], dict[str, Any]] = {}
    by_list: dict[tuple[str, str, str], dict[str, Lookup]] = {}
    for address, lookup in lookups.items():
        kind = schemas[lookup.address.type]
        variants = _variants(kind, lookup, archived=archived)
        name, value = next(iter(lookup.criteria.items()), ("", None))
        key = kind.lookup_keys.get(name)
        if variants and len(lookup.criteria) == 1 and key is not None and key.many:
            by_key.setdefault((kind.name, lookup.account, name), {})[address] = value
        elif variants:
            lists = repr((variants, sorted(_filters(kind, lookup).items())))
            by_list.setdefault((kind.name, lookup.account, lists), {})[address] = lookup
    for (type_name, account, name), wanted in by_key.items():
        pairs, kind = list(wanted.items()), schemas[type_name]
        for start in range(0, len(pairs), KEYS_AT_ONCE):
            some = dict(pairs[start : start + KEYS_AT_ONCE])
            yield functools.partial(_by_keys, session, kind, account, name, some, archived=archived)
    for (type_name, *_), alike in by_list.items():
        yield functools.partial(_by_list, session, schemas[type_name], alike, archived=archived)


def _variants(
    kind: ResourceType, lookup: Lookup, *, archived: bool
) -> tuple[Mapping[str, Any], ...]:
    """Filters of the lists to search for what a lookup names: first of what is live, then others.

    Without a key among the criteria there is one list, as Stripe gives it.
    """
    named = {*kind.lookup_keys, *kind.compared}.intersection(lookup.criteria)
    if not named:
        return () if archived else ({},)
    keys = [key for key in kind.life.natural_keys if parse_path(key.attribute)[0] in named]
    first = keys[0].variants if keys else ({},)
    if not archived:
        return first[:1]
    if any(name in lookup.criteria for variant in (*first, *kind.lists) for name in variant):
        return ()  # which of them are meant is among the criteria
    others = [variant for variant in (*first[1:], *kind.lists) if variant != first[0]]
    return tuple(variant for at, variant in enumerate(others) if variant not in others[:at])


def _by_list(
    session: Connected, kind: ResourceType, lookups: Mapping[str, Lookup], *, archived: bool
) -> _Matches:
    """Objects that fit the criteria of lookups which share their lists.

    The search stops once no further object can matter.
    """
    first = next(iter(lookups.values()))
    found: dict[str, list[RemoteObject]] = {address: [] for address in lookups}
    for variant in _variants(kind, first, archived=archived):
        filters = {**variant, **_filters(kind, first)}
        for page in session.provider.pages(kind, filters, account=first.account):
            for address, lookup in lookups.items():
                found[address] += [entry for entry in page if _fits(kind, lookup, entry)]
            if all(_is_enough(kind, lookups[name], some) for name, some in found.items()):
                break
    return found


def _is_enough(kind: ResourceType, lookup: Lookup, found: Sequence[RemoteObject]) -> bool:
    """Whether what was found answers a lookup: the one object with a key, or two of several."""
    unique = any(
        key.unique and all(parse_path(name)[0] in lookup.criteria for name in key.fields)
        for key in kind.life.natural_keys
    )
    return sum(is_live(kind, entry) for entry in found) > (0 if unique else 1)


def _fits(kind: ResourceType, lookup: Lookup, found: RemoteObject) -> bool:
    """Whether an object has what no list filter takes."""
    return all(
        _agrees(kind.root.fields[name], value, read(kind.root.fields[name], name, found))
        for name, value in lookup.criteria.items()
        if name in kind.compared
    )


def _agrees(attribute: Attribute, wanted: Any, actual: Any) -> bool:
    """Whether a value is the one that is meant; of an object the fields that are named."""
    if isinstance(wanted, Mapping):
        return isinstance(actual, Mapping) and all(
            _agrees(child, value, read(child, name, actual))
            for name, value in wanted.items()
            if (child := attribute.child(name)) is not None
        )
    one, other = comparable(attribute, wanted), comparable(attribute, actual)
    return bool(one == other)


def _by_keys(
    session: Connected,
    kind: ResourceType,
    account: str,
    name: str,
    wanted: Mapping[str, Any],
    *,
    archived: bool,
) -> _Matches:
    """Objects that have some keys, of which one request takes all."""
    key = kind.lookup_keys[name]
    values = list(dict.fromkeys(wanted.values()))
    variants = key.variants[1:] if archived else key.variants[:1]
    found = [
        entry
        for variant in variants
        for entry in session.provider.find(kind, {key.filter: values, **variant}, account=account)
    ]
    path = parse_path(name)
    return {
        address: [entry for entry in found if get_path(entry, path) == value]
        for address, value in wanted.items()
    }


def _filters(kind: ResourceType, lookup: Lookup) -> dict[str, Any]:
    """Criteria as list filters: `lookup_key="pro"` becomes `lookup_keys=["pro"]`."""
    found: dict[str, Any] = {}
    for name, value in lookup.criteria.items():
        key = kind.lookup_keys.get(name)
        if key is not None:
            found[key.filter] = [value] if key.many else value
        elif name not in kind.compared:
            found[name] = value
    return found
