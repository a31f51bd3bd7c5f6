"""Logical names for the objects of an account, as a person would choose them.

A name depends on the object, on what it belongs to and on objects that were made before it: the
same account gives the same names, and one object more leaves the names of the others as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple, TypeAlias

from engine.address import ResourceAddress, address, is_logical_name
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType, Schemas
from engine.source import words
from engine.values.paths import get_path, parse_path

Key: TypeAlias = tuple[str, str, str]
"""What identifies an object: its type, its connected account, its id."""

_AT_ONCE = 60
"""Seconds within which objects are made in one go."""


class NamedObject(NamedTuple):
    """One object that is to have a name.

    Attributes:
        type: Its resource type.
        account: Connected account it is on; empty for the key's own.
        id: How states record it; that of a child begins with its parent's.
        object: As Stripe returned it.
    """

    type: str
    account: str
    id: str
    object: RemoteObject

    @property
    def key(self) -> Key:
        """What identifies it."""
        return self.type, self.account, self.id


def name_resources(
    objects: Iterable[NamedObject | tuple[str, str, str, RemoteObject]],
    schemas: Schemas,
    taken: Collection[str] = (),
    wanted: Mapping[Key, str] | None = None,
) -> Mapping[Key, ResourceAddress]:
    """Give each object an address that no other one has.

    Args:
        objects: Type, connected account, id and object of each, in any order.
        schemas: Resource types by name.
        taken: Addresses that are not free.
        wanted: Names that other tools gave, as far as they did.

    Returns:
        Addresses by type, connected account and id, in the order in which the objects were made.
    """
    listed = [NamedObject(*entry) for entry in objects]
    named = _Names(listed, schemas, taken, wanted or {})
    for known in named.ordered:
        named.name(known)
    # Lists have the newest first, also of those that were made in one second.
    oldest_first = listed[::-1]
    made = sorted(oldest_first, key=lambda known: _creation(known.object))
    return {known.key: named.found[known.key] for known in made}


def _creation(found: RemoteObject) -> tuple[bool, int, str]:
    """When an object was made, for its place among others; at last where that is not known."""
    created = found.get("created")
    return (False, created, "") if isinstance(created, int) else (True, 0, str(created or ""))


class _Names:
    """The names that were given so far.

    Attributes:
        ordered: The objects in the order in which they choose.
        found: The addresses they have.
    """

    def __init__(
        self,
        objects: list[NamedObject],
        schemas: Schemas,
        taken: Collection[str],
        wanted: Mapping[Key, str],
    ) -> None:
        self.schemas = schemas
        self.wanted = {key: name for key, name in wanted.items() if name}
        self.found: dict[Key, ResourceAddress] = {}
        self.ordered = sorted(objects, key=self._turn)
        self._holders: dict[str, NamedObject | None] = dict.fromkeys(map(str, taken))
        self._numbers: Counter[str] = Counter()
        self._began: set[Key] = set()
        self._by_id: dict[tuple[str, str, str], NamedObject] = {}
        for known in objects:
            kind = schemas[known.type]
            self._by_id[kind.object, known.account, kind.own_id(known.id)] = known

    def _turn(self, known: NamedObject) -> tuple[Any, ...]:
        """What another tool named comes first, then what is live, then what is older."""
        revival = self.schemas[known.type].life.revival
        ended = revival is not None and any(
            get_path(known.object, parse_path(path), value) != value
            for path, value in revival.live.items()
        )
        unknown, second, text = _creation(known.object)
        # What was made in one go has no order of its own: so that prices in two currencies get
        # names of one kind, whichever of them came first.
        apart = [
            str(get_path(known.object, parse_path(path), ""))
            for path in self.schemas[known.type].naming.apart
        ]
        made = (unknown, second // _AT_ONCE, text)
        return known.key not in self.wanted, ended, made, apart, known.key

    def name(self, known: NamedObject) -> str:
        """The logical name of an object; it gets one now if it has none."""
        if known.key not in self.found:
            if known.key in self._began:
                return ""  # two objects that are named after each other
            self._began.add(known.key)
            where = next(
                where
                for name in self._candidates(known)
                if (where := address(known.type, name)) not in self._holders
            )
            self.found[known.key] = where
            self._holders[where] = known
        return self.found[known.key].name

    def _candidates(self, known: NamedObject) -> Iterator[str]:
        """Names for an object, best first, without end."""
        kind = self.schemas[known.type]
        wanted = self.wanted.get(known.key, "")
        base = wanted if is_logical_name(wanted) else words.slug(wanted)
        base = base or self._chosen_key(known, kind) or self._described(known, kind)
        if base:
            yield base
            yield from self._set_apart(known, kind, base)
        else:
            base = words.kebab(kind.face)
            if kind.life.singleton:
                yield base
        for number in count(self._numbers[f"{known.type}.{base}"] + 1):
            self._numbers[f"{known.type}.{base}"] = number
            if number > 1 or base == words.kebab(kind.face):
                yield f"{base}-{number}"

    def _chosen_key(self, known: NamedObject, kind: ResourceType) -> str:
        """The name that comes from a key which a person chose, and which needs nothing else."""
        for key in kind.life.natural_keys:
            value = get_path(known.object, parse_path(key.attribute))
            if not isinstance(value, str) or key.with_fields:
                continue
            prefix = kind.id_prefix if key.attribute == "id" else ""
            if not words.is_generated(value, prefix) and (name := words.of_text(value)):
                return name
        return ""

    def _described(self, known: NamedObject, kind: ResourceType) -> str:
        """The name that comes from what it is called, what it belongs to and how it differs."""
        naming = kind.naming
        above = self._word(known, naming.under) if naming.under else ""
        fields = (self._word(known, path) for path in naming.fields)
        own = next((word for word in fields if word), "") or self._default(known, kind)
        own = own or self._generated_key(known, kind)
        with_fields = [self._word(known, path) for path in naming.with_fields]
        if own:
            rest = [word for word in with_fields if not words.holds(own, word)]
            head = [] if above and words.holds(own, above) else [above]
            # A nickname says what it is: the words of its fields are in it, or are not needed.
            return words.joined([*head, own, *(rest if not above else ())])
        return words.joined([above, *with_fields])

    def _default(self, known: NamedObject, kind: ResourceType) -> str:
        filters = kind.life.default_filters
        default = filters and all(known.object.get(name) == filters[name] for name in filters)
        return "default" if default else ""

    def _generated_key(self, known: NamedObject, kind: ResourceType) -> str:
        """The word of a key that Stripe made up and that people type, such as a code."""
        for key in kind.life.natural_keys:
            value = get_path(known.object, parse_path(key.attribute))
            prefixed = key.attribute == "id" and kind.id_prefix
            if isinstance(value, str) and not prefixed and kind.naming.under not in key.fields:
                return words.of_text(value)
        return ""

    def _set_apart(self, known: NamedObject, kind: ResourceType, base: str) -> Iterator[str]:
        """Names with what differs from the object that has the name."""
        holder = self._holders.get(address(known.type, base))
        own = [(path, self._word(known, path)) for path in kind.naming.apart]
        differing = [
            word
            for path, word in own
            if word and (holder is None or self._word(holder, path) != word)
        ]
        for word in differing:
            yield words.joined([base, word])
        if len(differing) > 1:
            yield words.joined([base, *differing])

    def _word(self, known: NamedObject, path: str) -> str:
        """What a field adds to a name; of an id, the name of the object that it names."""
        parts = tuple(int(part) if part.isdigit() else part for part in parse_path(path))
        value = get_path(known.object, parts)
        id = value.get("id") if isinstance(value, Mapping) else value
        if isinstance(value, Mapping) or self._is_reference(known, path):
            return self._name_by_id(known, path, id)
        if isinstance(value, str) and parts[-1] == "interval":
            return words.how_often(value, get_path(known.object, (*parts[:-1], "interval_count")))
        if isinstance(value, str):
            return words.of_text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return words.slug(str(value).removesuffix(".0").replace("-", "minus"))
        return ""

    def _is_reference(self, known: NamedObject, path: str) -> bool:
        return bool(self._named_object(known, path))

    def _named_object(self, known: NamedObject, path: str) -> str:
        """The object name that an id at a path names; empty if it is no id."""
        declared = path.replace(".data.", ".")
        at: tuple[str | int, ...] = tuple(
            int(part) if part.isdigit() else part for part in parse_path(declared)
        )
        attribute = self.schemas[known.type].root.at(at)
        return attribute.reference if attribute is not None else ""

    def _name_by_id(self, known: NamedObject, path: str, id: Any) -> str:
        named = self._named_object(known, path)
        other = self._by_id.get((named, known.account, str(id)))
        return self.name(other) if other is not None else ""
