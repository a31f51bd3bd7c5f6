"""Why a lookup names no object, or more than one, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.errors import EngineError
from engine.operations.refresh.read import Connected
from engine.plan.compare.apart import apart
from engine.plan.compare.normalize import comparable
from engine.plan.compare.response import read
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.stack.model import Lookup
from engine.suggest import alike

_NEAR = 3
"""Most keys that a hint suggests."""
_FEW = 5
"""Most objects, or keys, that are all named."""


def found_several(
    lookup: Lookup, kind: ResourceType, matches: Sequence[RemoteObject]
) -> EngineError:
    """The error that several objects are named, with what sets them apart.

    The search stopped early, so that there may be more of them.
    """
    more = ("...",) if len(matches) > _FEW else ()
    some = "; ".join((*apart(matches[:_FEW]), *more))
    return EngineError(
        f"{_asked(lookup, kind)} finds more than one {kind.title}: {some}",
        hint=f"narrow it with a further one of {', '.join(_further(lookup, kind))}; or name the "
        f'one that is meant: {kind.face}.lookup(id="{id_of(matches[0])}")',
    )


def found_nothing(session: Connected, lookup: Lookup, kind: ResourceType) -> EngineError:
    """The error that no object is named, with the keys that are most like the one that was meant.

    Raises:
        ProviderError: if Stripe refuses to list them.
    """
    where = f"account {lookup.account}" if lookup.account else "this account"
    return EngineError(
        f"{_asked(lookup, kind)} finds nothing on {where}",
        cause=_nearest(session, lookup, kind) or None,
        hint=f"look in the Dashboard for the {kind.title}, in the mode of this run's key; or "
        f"declare it with {kind.face}(...)",
    )


def _asked(lookup: Lookup, kind: ResourceType) -> str:
    what = ", ".join(f"{name}={value!r}" for name, value in lookup.criteria.items())
    return f"{lookup.location}: {kind.face}.lookup({what})"


def _further(lookup: Lookup, kind: ResourceType) -> Iterator[str]:
    yield from (name for name in kind.criteria if name != "id" and name not in lookup.criteria)


def _nearest(session: Connected, lookup: Lookup, kind: ResourceType) -> str:
    """The keys of one page of objects that are most like the one that finds nothing."""
    name = next((name for name in _keys(kind) if isinstance(lookup.criteria.get(name), str)), "")
    if not name:
        return ""
    field, known = kind.root.fields[name], dict[str, None]()
    for variant in kind.lists:
        filters = {**_needed(lookup, kind), **variant}
        page = next(iter(session.provider.pages(kind, filters, account=lookup.account)), ())
        values = (comparable(field, read(field, name, entry)) for entry in page)
        known |= dict.fromkeys(value for value in values if isinstance(value, str))
    near = alike(lookup.criteria[name], known, at_most=_NEAR)
    if near:
        return f"Most like it: {', '.join(f'{name}={value!r}' for value in near)}."
    if known and len(known) <= _FEW:
        return f"There is {', '.join(f'{name}={value!r}' for value in known)}."
    return ""


def _keys(kind: ResourceType) -> tuple[str, ...]:
    return (*kind.lookup_keys, *kind.compared)


def _needed(lookup: Lookup, kind: ResourceType) -> Mapping[str, Any]:
    """The criteria without which Stripe lists nothing."""
    return {name: lookup.criteria[name] for name in kind.lookup_needs if name in lookup.criteria}
