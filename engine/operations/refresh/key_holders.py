"""Find the objects that have the natural keys of declared resources without an object."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from engine.frozen import frozen
from engine.operations.refresh.concurrent import at_once
from engine.plan.compare.liveness import is_gone, is_live
from engine.plan.compare.natural_keys import Claim, claim_of, has_key
from engine.plan.saved.preconditions import KeyClaim
from engine.ports.provider import Provider
from engine.schema.lifecycle import NaturalKey
from engine.schema.remote import RemoteObject, composite_id, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.paths import get_path, parse_path
from engine.values.templates import targets_in

Holders: TypeAlias = tuple[RemoteObject, ...]
"""The objects that have one key, best first."""
KEYS_AT_ONCE = 10
"""Most keys that a list filter takes at once (D: `lookup_keys`)."""
_NO_KEY = NaturalKey(attribute="", scan=True)


@frozen
class _Wanted:
    """One key that one declaration claims."""

    address: str
    kind: ResourceType
    key: NaturalKey
    claim: Claim
    arguments: Mapping[str, Any]
    account: str

    @property
    def value(self) -> Any:
        """The key as declared."""
        return get_path(self.arguments, parse_path(self.key.attribute))

    @property
    def filters(self) -> dict[str, Any]:
        """List filters for the search, the parent among them."""
        kind, found = self.kind, {}
        for name in (*self.key.with_fields, *kind.list_needs, kind.parent):
            value = self.arguments.get(name)
            if value is not None and (name in kind.filters or name == kind.parent):
                found[name] = value
        return found

    @property
    def place(self) -> tuple[Any, ...]:
        """What keys must have in common to be searched together."""
        filters = tuple(sorted((name, repr(value)) for name, value in self.filters.items()))
        return (self.kind.name, self.key.fields, self.account, filters)


def find_holders(
    provider: Provider, schemas: Schemas, claims: Iterable[KeyClaim]
) -> dict[str, RemoteObject]:
    """Find the holders of natural keys of declared resources, by address.

    Of several objects with one key it is the first of `find_all_holders`.
    """
    found = find_all_holders(provider, schemas, claims)
    return {address: holders[0] for address, holders in found.items()}


def find_all_holders(
    provider: Provider, schemas: Schemas, claims: Iterable[KeyClaim]
) -> dict[str, Holders]:
    """Find all objects that have the natural keys of declared resources, by address.

    Live ones are first, and if there are any, ended ones are left out.

    Keys of one kind are searched together: first in as many pages of the list as single requests
    would cost, then one by one. So the search never costs more than twice the cheaper way, and a
    type without objects costs one request.

    Args:
        provider: Reads the objects.
        schemas: Resource types by name.
        claims: Declared resources that have no object.
    """
    singles: list[_Wanted] = []
    groups: dict[tuple[Any, ...], list[_Wanted]] = {}
    for sought in claims:
        kind = schemas[sought.type]
        for wanted in _wanted(kind, sought):
            if wanted.key is _NO_KEY or (wanted.key.scan and kind.life.composite is not None):
                singles.append(wanted)
            else:
                groups.setdefault(wanted.place, []).append(wanted)
    tasks = [functools.partial(_read_one, provider, wanted) for wanted in singles]
    tasks += [functools.partial(_in_group, provider, some) for some in groups.values()]
    found: dict[str, Holders] = {}
    for holders in at_once(tasks):
        for address, some in holders.items():
            found.setdefault(address, some)
    return found


def _read_one(provider: Provider, wanted: _Wanted) -> dict[str, Holders]:
    """Read a singleton, or an object that its fields identify: one request."""
    kind = wanted.kind
    if kind.life.default_filters and wanted.key is _NO_KEY:
        found = provider.find(kind, kind.life.default_filters, account=wanted.account)
        return {wanted.address: tuple(found[:1])} if found else {}
    if kind.life.singleton:
        id = wanted.arguments.get(kind.parent, "") if kind.parent else kind.object
    else:
        assert kind.life.composite is not None  # noqa: S101 - the caller passes one of the two
        id = composite_id(kind.life.composite, wanted.arguments)
    holder = provider.read(kind, id, account=wanted.account)
    return {} if holder is None else {wanted.address: (holder,)}


def _in_group(provider: Provider, some: list[_Wanted]) -> dict[str, Holders]:
    """The holders of keys of one kind, by address."""
    search = _Search(some)
    if not search.by_pages(provider):
        left = [wanted for wanted in some if not search.is_settled(wanted.claim)]
        for entries in at_once(list(_requests(provider, left))):
            search.look(entries)
    return {wanted.address: holders for wanted in some if (holders := search.holders(wanted.claim))}


@dataclass(slots=True)
class _Search:
    """The holders of keys of one kind that were found so far, by claim and id."""

    some: list[_Wanted]
    found: dict[Claim, dict[str, RemoteObject]] = field(default_factory=dict)
    wanted: dict[tuple[str, ...], set[Claim]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.some:
            self.wanted.setdefault(entry.claim.texts, set()).add(entry.claim)

    def look(self, entries: Iterable[RemoteObject]) -> None:
        """Find holders among some objects."""
        kind, key = self.some[0].kind, self.some[0].key
        for entry in entries:
            claim = claim_of(kind, key, entry)
            if claim is None or not _holds(key, kind, entry):
                continue
            for wanted in self.wanted.get(claim.texts, ()):
                if claim.clashes(wanted):
                    self.found.setdefault(wanted, {}).setdefault(id_of(entry), entry)

    def holders(self, claim: Claim) -> Holders:
        """The objects that have a key; of a unique one the first."""
        found = tuple(self.found.get(claim, {}).values())
        kind, key = self.some[0].kind, self.some[0].key
        live = tuple(entry for entry in found if is_live(kind, entry)) or found
        return live[:1] if key.unique else live

    def is_settled(self, claim: Claim) -> bool:
        """Whether no other object can be a better holder of a key than what was found."""
        kind, key = self.some[0].kind, self.some[0].key
        found = self.found.get(claim, {}).values()
        return key.unique and any(key.kept_by_removed or is_live(kind, one) for one in found)

    def by_pages(self, provider: Provider) -> bool:
        """Search the list, in at most as many pages as single requests would be needed.

        Returns:
            Whether the search is complete.
        """
        kind, key, account = self.some[0].kind, self.some[0].key, self.some[0].account
        asked = -(-len(self.some) // KEYS_AT_ONCE) if key.many else len(self.some)
        only_way = key.scan and not key.filter
        budget = asked * len(key.variants)
        if budget <= len(key.variants) and not only_way:
            return False
        for variant in key.variants:
            for page in provider.pages(kind, {**self.some[0].filters, **variant}, account=account):
                self.look(page)
                budget -= 1
                if all(self.is_settled(entry.claim) for entry in self.some):
                    return True
                if budget <= 0 and not only_way:
                    return False
        return True


def _requests(
    provider: Provider, some: list[_Wanted]
) -> Iterator[Callable[[], Sequence[RemoteObject]]]:
    """Requests for single keys, or for as many as a filter takes at once."""
    if not some:
        return
    kind, key, account = some[0].kind, some[0].key, some[0].account
    if not key.filter:
        for wanted in some:
            yield functools.partial(_read_by_id, provider, wanted)
        return
    size = KEYS_AT_ONCE if key.many else 1
    for start in range(0, len(some), size):
        values = [wanted.value for wanted in some[start : start + size]]
        asked = {**some[0].filters, key.filter: values if key.many else values[0]}
        for variant in key.variants:
            yield functools.partial(provider.find, kind, {**asked, **variant}, account=account)


def _read_by_id(provider: Provider, wanted: _Wanted) -> Sequence[RemoteObject]:
    found = provider.read(wanted.kind, str(wanted.value), account=wanted.account)
    return () if found is None else (found,)


def _holds(key: NaturalKey, kind: ResourceType, found: RemoteObject) -> bool:
    """Whether an object still has its key; an ended object may have lost it."""
    return key.kept_by_removed or not is_gone(kind, found, {})


def _nameless(kind: ResourceType, sought: KeyClaim) -> _Wanted:
    """The search for a singleton, which has no key."""
    return _Wanted(
        address=sought.address,
        kind=kind,
        key=_NO_KEY,
        claim=Claim(()),
        arguments=sought.arguments,
        account=sought.account,
    )


def _wanted(kind: ResourceType, sought: KeyClaim) -> Iterator[_Wanted]:
    address = sought.address
    by_default = sought.adopt and kind.life.default_filters
    if by_default and not has_key(kind, sought.arguments):
        yield _nameless(kind, sought)
    if kind.life.singleton:
        parent = sought.arguments.get(kind.parent, "") if kind.parent else kind.object
        if isinstance(parent, str) and parent and not any(targets_in(parent)):
            yield _nameless(kind, sought)
        return
    for key in kind.life.natural_keys:
        if not key.unique and not sought.adopt:
            continue  # it is used only to find an object that the author says exists
        claim = claim_of(kind, key, sought.arguments)
        if claim is not None and any(targets_in(list(claim.texts))):
            continue  # what it refers to does not exist yet, so nothing can hold it
        if claim is not None:
            yield _Wanted(
                address=address,
                kind=kind,
                key=key,
                claim=claim,
                arguments=sought.arguments,
                account=sought.account,
            )
