"""What people call the objects of a plan: `Pro monthly`, `SPRING25`."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.plan.model import Change, Plan, StepKind
from engine.schema.resource_type import ResourceType, Schemas
from engine.source.words import how_often
from engine.values.markers import UNKNOWN
from engine.values.paths import Path, get_path, parse_path
from engine.values.secret import Sealed, is_secret
from engine.values.targets import AttributeTarget
from engine.values.templates import targets_in
from engine.values.tree import replaced
from engine.views.naming import written_at

_SENDING = (StepKind.CREATE, StepKind.UPDATE)
_LONGEST = 60
_HIDDEN = Sealed("")


class ObjectNames:
    """The names of all objects that a plan knows, each found when it is asked for."""

    def __init__(self, plan: Plan, schemas: Schemas) -> None:
        self.schemas = schemas
        self.sources = {step.address: step.params for step in plan.steps if step.kind in _SENDING}
        self.addresses: dict[str, str] = {
            change.id: change.address for change in plan.changes if change.id
        }
        self.changes: dict[str, Change] = {
            change.address: without_secrets(change) for change in plan.changes
        }
        self.removed: dict[str, list[str]] = {}
        for step in plan.steps:
            if step.kind is StepKind.REMOVE and step.id and step.type == step.address.type:
                self.removed.setdefault(step.address, []).append(step.id)
        self._found: dict[str, str] = {}

    def of_all(self, changes: Iterable[Change]) -> Mapping[str, str]:
        """Names by address; equal ones of one type are followed by the logical names.

        Args:
            changes: Changes of the plan, of which nothing has to be hidden any more.
        """
        named = {change.address: (change.type, self.of(change)) for change in changes}
        numbers = Counter(named.values())
        return {
            address: f"{name} ({address.name})" if numbers[kind, name] > 1 else name
            for address, (kind, name) in named.items()
        }

    def of(self, change: Change) -> str:
        """The name of a change's object."""
        if change.address not in self._found:
            self._found[change.address] = ""  # two objects that are named after each other
            self._found[change.address] = self._name(change)
        return self._found[change.address]

    def referred(self, change: Change, path: Path, value: Any) -> Sequence[Change]:
        """The changes of the objects that a value refers to, as far as they are in the plan.

        Args:
            change: The change of what refers to them.
            path: Of the value, in the declaration.
            value: An id, what is not known yet, or a list of these.
        """
        source = self.sources.get(change.address, {})
        ids = value if isinstance(value, (list, tuple)) else [value]
        known = [self.addresses[id] for id in ids if isinstance(id, str) and id in self.addresses]
        written = targets_in(written_at(source, path, self.addresses))
        waits = [target.address for target in written if isinstance(target, AttributeTarget)]
        found = dict.fromkeys([*known, *waits] if UNKNOWN in ids or not known else known)
        return [self.changes[address] for address in found if address in self.changes]

    def text(self, change: Change, kind: ResourceType, path: str) -> str:
        """What a field adds to a name; of a reference, the name of the object."""
        parts = _declared_path(path)
        value = get_path(change.after or change.before, parts)
        attribute = kind.root.at(parts)
        if attribute is None or attribute.sensitive or is_secret(value):
            return ""
        if attribute.reference:
            return next(map(self.of, self.referred(change, parts, value)), "")
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            return ""
        if parts[-1] == "interval":
            holder = get_path(change.after or change.before, parts[:-1], {})
            return how_often(str(value), holder.get("interval_count")).replace("-", " ")
        return short(str(value))

    def _name(self, change: Change) -> str:
        kind = self.schemas.get(change.type)
        logical = spoken(change.address.name)
        if kind is None:
            return capital(logical)
        if kind.life.singleton and not kind.parent:
            return capital(kind.title)
        head = self.text(change, kind, kind.naming.under) if kind.naming.under else ""
        for own in self._own(change, kind):
            return _below(head, own)
        for key in self._keys(change, kind):
            return key
        often = self._with_fields(change, kind)
        name = f"{head} {often}" if head and often else _below(head, logical)
        return capital(name) if name == logical else name

    def _own(self, change: Change, kind: ResourceType) -> Iterator[str]:
        for path in kind.naming.fields:
            if word := self.text(change, kind, path):
                rest = "" if kind.naming.under else self._with_fields(change, kind)
                yield f"{word} {rest}".strip()

    def _with_fields(self, change: Change, kind: ResourceType) -> str:
        words = (self.text(change, kind, path) for path in kind.naming.with_fields)
        return " ".join(filter(None, words))

    def _keys(self, change: Change, kind: ResourceType) -> Iterator[str]:
        """Keys that people type, such as a code; one that moves on its own is for programs."""
        for key in kind.life.natural_keys:
            if not key.transfer and (word := self.text(change, kind, key.attribute)):
                yield word


def without_secrets(change: Change) -> Change:
    """A change with nothing in its values that may not be shown."""
    paths = [entry.path for entry in change.fields if entry.sensitive]
    before, after = change.before, change.after
    for path in paths:
        before, after = (replaced(side, path, lambda _: _HIDDEN) for side in (before, after))
    return dataclasses.replace(change, before=before, after=after) if paths else change


def _below(head: str, own: str) -> str:
    """A name below that of what the object belongs to, which may be in it already."""
    return own if head.casefold() in own.casefold() else f"{head} {own}"


def spoken(name: str) -> str:
    """The words of a logical name."""
    return name.replace("-", " ").replace("_", " ")


def capital(text: str) -> str:
    """A text that begins with a capital."""
    return text[:1].upper() + text[1:]


def short(text: str) -> str:
    """A text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _declared_path(path: str) -> Path:
    """A path of a response as declarations have it, where a list is no object with `data`."""
    parts = (part for part in parse_path(path) if part != "data")
    return tuple(int(part) if part.isdigit() else part for part in parts)
