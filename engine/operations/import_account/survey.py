"""List the objects of an account, type by type, several lists at a time."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.catalog.loader import type_name
from engine.errors import NotFoundError, PermissionDeniedError, ProviderError
from engine.operations.refresh.concurrent import at_once
from engine.operations.refresh.lists import whole_list
from engine.ports.hook import Hook
from engine.ports.provider import Provider
from engine.ports.reports import Unread
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType, Schemas

_REFUSED = 400
"""S: with this Stripe refuses to list what an account is not set up to use."""


def types_of(schemas: Schemas, named: Collection[str]) -> tuple[str, ...]:
    """The types of an import: those that a person named, else all that are configuration."""
    return tuple(name for name in sorted(schemas) if name in named) or tuple(
        name for name in sorted(schemas) if not schemas[name].on_request
    )


def owner_of(kind: ResourceType) -> tuple[str, str]:
    """The field that names the object whose list an object of a type is in, and that one's type.

    Both are empty for a type with a list of its own.
    """
    for name in (kind.parent, *kind.list_needs):
        attribute = kind.root.fields.get(name)
        if attribute is not None and attribute.reference:
            return name, type_name(attribute.reference)
    return "", ""


@dataclass(slots=True)
class Survey:
    """What is on an account, as far as it was listed.

    Attributes:
        provider: Reads the lists.
        schemas: Resource types by name.
        hook: Notified of each page.
        named: Types that a person named: if one of them cannot be listed, that is an error.
        found: Objects by type and id; a type that was not listed is not in it.
        unread: Types that could not be listed, by name.
    """

    provider: Provider
    schemas: Schemas
    hook: Hook
    named: Collection[str] = ()
    found: dict[str, dict[str, RemoteObject]] = field(default_factory=dict)
    unread: dict[str, Unread] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def lists(self, names: Collection[str]) -> None:
        """List some types, but for those that are listed under another object each.

        Raises:
            ProviderError: if Stripe cannot be reached, or refuses to list a type that was named.
        """
        reads: list[Callable[[], None]] = []
        for name in names:
            kind = self.schemas[name]
            if owner_of(kind)[0]:
                continue
            self.found[name] = {}
            if kind.life.singleton:
                reads.append(functools.partial(self._read_one, kind))
                continue
            reads.extend(
                functools.partial(self._read_list, kind, filters) for filters in _filters(kind)
            )
        self._run(reads)

    def children(self, name: str, owners: Sequence[str]) -> None:
        """List the objects of a type under each of some objects.

        They are not asked for where no object can be there: what they need is not on the account.

        Args:
            name: The type.
            owners: Ids of these objects.

        Raises:
            ProviderError: as for `lists`.
        """
        kind = self.schemas[name]
        self.found[name] = {}
        where, _ = owner_of(kind)
        if any(not self.found.get(needed, True) for needed in needed_by(kind)):
            return
        read = self._read_owned if kind.life.singleton else self._read_list
        self._run([functools.partial(read, kind, {where: id}) for id in owners])

    def read_more(self, name: str, ids: Collection[str]) -> None:
        """Read objects of a type that no list showed, as far as they exist."""
        kind = self.schemas[name]
        known = self.found.setdefault(name, {})
        try:
            known.update(self.provider.read_many(kind, sorted(ids)))
        except ProviderError as error:
            self._note(kind, error)

    def _run(self, reads: Sequence[Callable[[], None]]) -> None:
        """Run reads concurrently; what is still being read ends with the first that fails."""
        try:
            at_once(reads)
        except BaseException:
            self._stopped.set()
            raise

    def _read_list(self, kind: ResourceType, filters: Mapping[str, Any]) -> None:
        known = self.found[kind.name]
        if kind.name in self.unread:
            return  # under another owner, which is refused in the same way
        try:
            for page in whole_list(self.provider, kind, filters):
                known.update((id_of(entry), entry) for entry in page)
                self.hook.listed(kind.title, len(page))
                if self._stopped.is_set():
                    return
        except ProviderError as error:
            self._note(kind, error)

    def _read_one(self, kind: ResourceType) -> None:
        self._read_owned(kind, {"": kind.object})

    def _read_owned(self, kind: ResourceType, owner: Mapping[str, str]) -> None:
        """Read what there is one of, in the account or in another object."""
        [id] = owner.values()
        try:
            found = self.provider.read(kind, id)
        except ProviderError as error:
            self._note(kind, error)
            return
        if found is not None:
            self.found[kind.name][id_of(found)] = found
            self.hook.listed(kind.title, 1)

    def _note(self, kind: ResourceType, error: ProviderError) -> None:
        """Note that a type cannot be listed; raise what is wrong with more than that."""
        refused = isinstance(error, (PermissionDeniedError, NotFoundError))
        if kind.name in self.named or not (refused or error.status == _REFUSED):
            raise error
        self.unread[kind.name] = Unread(type=kind.name, title=kind.title, reason=error.message)


def needed_by(kind: ResourceType) -> Iterator[str]:
    """Types without whose objects there can be none of a type that is listed under others."""
    where, owner = owner_of(kind)
    if where:
        yield owner
        for name in kind.required:
            reference = kind.root.fields[name].reference
            if name != where and reference:
                yield type_name(reference)


def _filters(kind: ResourceType) -> Iterator[Mapping[str, Any]]:
    """The filters of each list that a type needs."""
    if kind.needed_filters or not kind.list_needs:
        yield from kind.needed_filters or ({},)
        return
    [name] = kind.list_needs
    yield from ({name: value} for value in kind.root.fields[name].values)
