"""Who changed what drifted, and when, as far as Stripe's events say.

Stripe names no person. An event names the request of the API that did it; without one it was the
Dashboard, or Stripe itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from engine.catalog import loader
from engine.errors import PermissionDeniedError, ProviderError
from engine.plan.drifted import Drifted, DriftedLeaf, DriftKind
from engine.ports.drift.report import Cause, Causes
from engine.ports.provider import Event, Provider
from engine.schema.attribute import Attribute
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.paths import Path

_MOST_PAGES = 10
"""So many pages of a hundred events are read of an account, and no more."""
_TOO_OLD = "no event of it is left, or it is not among the newest (Stripe keeps events for 30 days)"


def find_causes(
    provider: Provider, schemas: Schemas, drifted: Sequence[Drifted]
) -> tuple[Causes, ...]:
    """Ask for the events of what drifted, in as few pages as it takes.

    Args:
        provider: Where they are.
        schemas: Resource types by name.
        drifted: What drifted.

    Returns:
        What is known of each, in their order.
    """
    searches = [_Search(entry, schemas[entry.type]) for entry in drifted]
    accounts: dict[str, list[_Search]] = {}
    for search in searches:
        if search.types:
            accounts.setdefault(search.drifted.account, []).append(search)
    for account, some in sorted(accounts.items()):
        unknown = _TOO_OLD
        try:
            _read(provider, account, some)
        except PermissionDeniedError as error:
            unknown = f"the key may not read events: {error.message}"
        except ProviderError as error:
            unknown = f"the events could not be read: {error.message}"
        for search in some:
            search.unknown = unknown
    return tuple(search.result for search in searches)


def _read(provider: Provider, account: str, searches: Sequence[_Search]) -> None:
    types = sorted({name for search in searches for name in search.types})
    open_ = list(searches)
    for page in islice(provider.events(types, account=account), _MOST_PAGES):
        for event in page:
            for search in open_:
                search.look_at(event)
        open_ = [search for search in open_ if search.left]
        if not open_:
            return


class _Search:
    """The search for what changed one object: events are looked at from the newest on.

    Attributes:
        drifted: The object.
        types: Types of events that may say it; empty if Stripe has none.
        left: The leaves of which it is not known yet; a deletion is one without a path.
        unknown: Why it is not known of those.
    """

    def __init__(self, drifted: Drifted, kind: ResourceType) -> None:
        self.drifted = drifted
        self.types = tuple(
            name for name in loader.event_types(kind.object) if _word(name) != "created"
        )
        self.left: dict[Path, DriftedLeaf | None] = {leaf.path: leaf for leaf in drifted.leaves}
        if drifted.kind is DriftKind.DELETED:
            self.left = {(): None}
        self.unknown = "Stripe has no events of this type"
        self._kind = kind
        self._causes: list[Cause] = []

    def look_at(self, event: Event) -> None:
        """Take what an event says of the object, if it is about it."""
        if event.type not in self.types or not self._is_about(event):
            return
        paths = tuple(path for path, leaf in self.left.items() if self._explains(event, leaf))
        for path in paths:
            del self.left[path]
        if paths:
            self._causes.append(
                Cause(
                    event=event.id, type=event.type, at=event.at, request=event.request, paths=paths
                )
            )

    @property
    def result(self) -> Causes:
        """What is known, and why the rest is not."""
        return Causes(known=tuple(self._causes), unknown=self.unknown if self.left else "")

    def _is_about(self, event: Event) -> bool:
        if self._kind.life.singleton and "id" not in event.object:
            return True
        return bool(event.object.get("id") == self._kind.own_id(self.drifted.id))

    def _explains(self, event: Event, leaf: DriftedLeaf | None) -> bool:
        word = _word(event.type)
        if leaf is None:
            return word != "updated"
        if word in ("updated", "deleted"):
            return _touches(self._kind.root, event.before, leaf.path)
        return leaf.ends  # a verb, such as `deactivated`, changes nothing else


def _word(type: str) -> str:
    return type.rpartition(".")[2]


def _touches(outer: Attribute, before: Mapping[str, object], path: Path) -> bool:
    """Whether an update changed a leaf, by the values that it replaced.

    They are in the words of the response. Of a list the whole is there.
    """
    name, rest = str(path[0]), path[1:]
    child = outer.child(name)
    names = [name] if child is None else [name, child.source.partition(".")[0], child.twin]
    inner = next((before[word] for word in names if word in before), _ABSENT)
    if inner is _ABSENT:
        return False
    if child is None or not rest or not isinstance(inner, Mapping):
        return True
    return _touches(child, inner, rest)


_ABSENT = object()
