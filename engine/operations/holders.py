"""Finding the objects that hold the natural keys of what is about to be created."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.plan.basis import Sought
from engine.plan.keys import Claim, claim_of
from engine.plan.life import is_gone
from engine.provider.base import Provider, RemoteObject, composite_id
from engine.provider.schema import NaturalKey, ResourceType, Schemas
from engine.values import get_path, targets_in

_KEYS_AT_ONCE = 10  # D: lookup_keys takes up to ten


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One key that one declaration claims."""

    address: str
    kind: ResourceType
    key: NaturalKey
    claim: Claim
    arguments: Mapping[str, Any]
    account: str


def find_holders(
    provider: Provider, schemas: Schemas, wishes: Iterable[Sought]
) -> dict[str, RemoteObject]:
    """Objects that hold natural keys of declared resources, by address.

    Args:
        provider: Where the objects are.
        schemas: Resource types by name.
        wishes: Declared resources that have no object.
    """
    found: dict[str, RemoteObject] = {}
    together: dict[tuple[str, str, str], list[_Wanted]] = {}
    for sought in wishes:
        address, kind = str(sought.address), schemas[sought.type]
        if kind.singleton:
            single = _single(provider, kind, sought)
            if single is not None:
                found[address] = single
            continue
        for wanted in _wanted(address, kind, sought):
            if wanted.key.many:
                place = (kind.name, wanted.key.attribute, wanted.account)
                together.setdefault(place, []).append(wanted)
            elif address not in found and (holder := _holder(provider, wanted)) is not None:
                found[address] = holder
    for _, some in sorted(together.items(), key=lambda pair: pair[0]):
        found.update(_many(provider, some))
    return found


def _wanted(address: str, kind: ResourceType, sought: Sought) -> Iterator[_Wanted]:
    for key in kind.natural_keys:
        if not key.unique and not sought.adopt:
            continue  # it only helps to find what the author says exists
        fields = [get_path(sought.arguments, tuple(name.split("."))) for name in key.fields]
        claim = None if any(targets_in(fields)) else claim_of(kind, key, sought.arguments)
        if claim is not None:
            yield _Wanted(
                address=address,
                kind=kind,
                key=key,
                claim=claim,
                arguments=sought.arguments,
                account=sought.account,
            )


def _single(provider: Provider, kind: ResourceType, sought: Sought) -> RemoteObject | None:
    """What there is one of, of the account or of a parent that exists."""
    parent = sought.arguments.get(kind.parent, "") if kind.parent else kind.object
    if not isinstance(parent, str) or not parent or any(targets_in(parent)):
        return None
    return provider.read(kind, parent, account=sought.account)


def _holder(provider: Provider, wanted: _Wanted) -> RemoteObject | None:
    kind, key, account = wanted.kind, wanted.key, wanted.account
    if key.scan and kind.composite is not None:
        return provider.read(kind, composite_id(kind.composite, wanted.arguments), account=account)
    if not key.filter and not key.scan:
        found = provider.read(kind, str(_value(wanted)), account=account)
        return found if found is not None and _holds(wanted, found) else None
    for variant in key.variants:
        for entry in provider.find(kind, {**_filters(wanted), **variant}, account=account):
            if claim_of(kind, key, entry) == wanted.claim and _holds(wanted, entry):
                return entry
    return None


def _holds(wanted: _Wanted, found: RemoteObject) -> bool:
    """Whether an object still has its key: one that has ended for good may have let go of it."""
    return wanted.key.kept_by_removed or not is_gone(wanted.kind, found, {})


def _value(wanted: _Wanted) -> Any:
    return get_path(wanted.arguments, tuple(wanted.key.attribute.split(".")))


def _filters(wanted: _Wanted) -> dict[str, Any]:
    """List filters that narrow the search down, and the parent whose list it is."""
    kind, key = wanted.kind, wanted.key
    found: dict[str, Any] = {key.filter: _value(wanted)} if key.filter else {}
    for name in (*key.beside, *kind.list_needs, kind.parent):
        value = wanted.arguments.get(name)
        if value is not None and (name in kind.filters or name == kind.parent):
            found[name] = value
    return found


def _many(provider: Provider, wanted: list[_Wanted]) -> Iterator[tuple[str, RemoteObject]]:
    kind, key = wanted[0].kind, wanted[0].key
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        some = wanted[start : start + _KEYS_AT_ONCE]
        keys = [_value(entry) for entry in some]
        holders = {
            claim_of(kind, key, entry): entry
            for variant in key.variants
            for entry in provider.find(
                kind, {key.filter: keys, **variant}, account=wanted[0].account
            )
        }
        for entry in some:
            if entry.claim in holders:
                yield entry.address, holders[entry.claim]
