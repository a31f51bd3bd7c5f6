"""Choose which objects of an account are imported, and count why others are not."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from engine.catalog.loader import type_name
from engine.operations.import_account.survey import Survey, owner_of
from engine.plan.compare.liveness import is_gone, is_live, is_over
from engine.plan.inputs.ownership import ObjectKey
from engine.plan.inputs.stamp import read_stamp
from engine.plan.translate.untold import undeclarable
from engine.plan.translate.written import written
from engine.ports.reports import LeftOut, WhyLeft
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType

NAMED_BY = (
    "id",
    "name",
    "display_name",
    "nickname",
    "lookup_key",
    "code",
    "url",
    "domain_name",
    "event_name",
)
"""The fields that a pattern is compared with: what people know an object by."""


def matches(pattern: str, kind: ResourceType, entry: RemoteObject) -> bool:
    """Whether a field that people know an object by matches a pattern; every one does if empty.

    Case is not compared. How Stripe's ids of a type begin says nothing of an object, so an id is
    compared only with a pattern that begins like it: `pro*` is not every product.
    """
    low = pattern.lower()
    ids = not kind.id_prefix or low.startswith(kind.id_prefix)
    return not pattern or any(
        isinstance(value := entry.get(name), str) and fnmatch.fnmatchcase(value.lower(), low)
        for name in NAMED_BY
        if name != "id" or ids or not str(entry.get("id")).startswith(kind.id_prefix)
    )


@dataclass(slots=True)
class Choice:
    """The objects to import.

    Attributes:
        survey: What is on the account.
        types: Types of the import; other types are only taken if something refers to them.
        owned: Whether a stack of the project owns an object.
        known_lineages: Lineages of the states of the project.
        now: What the clock says.
        inactive: Take archived objects too.
        match: Pattern of those to take; empty for all.
        taken: The objects, by type and id.
        left: How many objects of a type are not taken, by the reason.
    """

    survey: Survey
    types: Collection[str]
    owned: Callable[[ObjectKey], bool]
    known_lineages: Collection[str]
    now: float
    inactive: bool = False
    match: str = ""
    taken: dict[str, dict[str, RemoteObject]] = field(default_factory=dict)
    left: Counter[tuple[str, WhyLeft]] = field(default_factory=Counter)

    def choose(self) -> None:
        """Choose among what was listed, then list what belongs to that, and what that refers to.

        Raises:
            ProviderError: if Stripe refuses or cannot be reached.
        """
        survey = self.survey
        for name in tuple(survey.found):
            self._choose_of(name, survey.found[name])
        # Deeper ones come later: an owner may itself be listed under another object.
        waiting = [name for name in self.types if name not in survey.found]
        while ready := [
            name for name in waiting if owner_of(survey.schemas[name])[1] in survey.found
        ]:
            for name in ready:
                waiting.remove(name)
                _, owner = owner_of(survey.schemas[name])
                survey.children(name, tuple(self._owners(owner)))
                self._choose_of(name, survey.found[name], belongs=True)
        self._close()

    def choose_only(self, ids: Mapping[str, Collection[str]]) -> None:
        """Choose some objects, whatever else there is.

        Args:
            ids: Their ids, by type.

        Raises:
            ProviderError: if Stripe refuses or cannot be reached.
        """
        self.types = frozenset(ids)
        for name, some in ids.items():
            self.survey.read_more(name, some)
            kind, taken = self.survey.schemas[name], self.taken.setdefault(name, {})
            found = self.survey.found[name]
            for id, entry in ((id, found[id]) for id in sorted(some) if id in found):
                why = self._why_never(kind, id, entry)
                if why in (None, WhyLeft.STAMPED):
                    taken[id] = entry
                else:
                    self.left[name, why] += 1

    def _owners(self, name: str) -> Iterator[str]:
        """Objects under which others are listed: those of this project too."""
        kind = self.survey.schemas[name]
        for id, entry in self.survey.found[name].items():
            alive = self.inactive or self._is_live(kind, entry)
            if alive and matches(self.match, kind, entry):
                yield id

    def _choose_of(
        self, name: str, objects: Mapping[str, RemoteObject], *, belongs: bool = False
    ) -> None:
        kind, taken = self.survey.schemas[name], self.taken.setdefault(name, {})
        for id, entry in objects.items() if name in self.types else ():
            why = self._why_not(kind, id, entry, belongs=belongs)
            if why is None:
                taken[id] = entry
            else:
                self.left[name, why] += 1

    def _is_live(self, kind: ResourceType, entry: RemoteObject) -> bool:
        return is_live(kind, entry) and not is_over(kind, entry, self.now)

    def _why_not(
        self, kind: ResourceType, id: str, entry: RemoteObject, *, belongs: bool
    ) -> WhyLeft | None:
        why = self._why_never(kind, id, entry)
        if why is None and not (self.inactive or self._is_live(kind, entry)):
            why = WhyLeft.ARCHIVED
        if why is None and not (belongs or matches(self.match, kind, entry)):
            why = WhyLeft.UNMATCHED
        return why

    def _why_never(self, kind: ResourceType, id: str, entry: RemoteObject) -> WhyLeft | None:
        """Why an object is not taken even if something refers to it."""
        if self.owned(ObjectKey(kind.name, "", id)):
            return WhyLeft.OWNED
        if is_gone(kind, entry, {}):
            return WhyLeft.ENDED
        if undeclarable(kind, entry):
            return WhyLeft.UNDECLARABLE
        stamp = read_stamp(entry)
        if stamp is not None and stamp[0] not in self.known_lineages:
            return WhyLeft.STAMPED
        return None

    # ── what the chosen objects refer to ────────────────────────────────────────────────────────

    def _close(self) -> None:
        """Take what the chosen objects refer to as well, if that is configuration."""
        new = {name: dict(objects) for name, objects in self.taken.items()}
        while new:
            wanted: dict[str, set[str]] = {}
            for name, objects in new.items():
                for entry in objects.values():
                    self._note_references(self.survey.schemas[name], entry, wanted)
            new = {name: self._take(name, ids) for name, ids in wanted.items()}
            new = {name: objects for name, objects in new.items() if objects}

    def _note_references(
        self, kind: ResourceType, entry: RemoteObject, wanted: dict[str, set[str]]
    ) -> None:
        def refer(object_name: str, id: str) -> None:
            name = type_name(object_name)
            other = self.survey.schemas.get(name)
            if other is None or (other.on_request and name not in self.types):
                return
            if id not in self.taken.get(name, {}):
                wanted.setdefault(name, set()).add(id)

        written(kind, entry, refer)

    def _take(self, name: str, ids: Collection[str]) -> dict[str, RemoteObject]:
        survey, kind = self.survey, self.survey.schemas[name]
        unseen = [id for id in ids if id not in survey.found.get(name, {})]
        # What was listed whole has no others.
        if unseen and name not in survey.found and not kind.parent:
            survey.read_more(name, unseen)
        objects: dict[str, RemoteObject] = {}
        for id in sorted(ids):
            entry = survey.found.get(name, {}).get(id)
            if entry is None:
                continue
            why = self._why_never(kind, id, entry)
            if why is None:
                objects[id] = entry
                self._forget(name, kind, entry)
        self.taken.setdefault(name, {}).update(objects)
        return objects

    def _forget(self, name: str, kind: ResourceType, entry: RemoteObject) -> None:
        """Take an object that is taken after all from the count of those that are not."""
        if name in self.types:
            alive = self.inactive or self._is_live(kind, entry)
            why = WhyLeft.UNMATCHED if alive else WhyLeft.ARCHIVED
            self.left[name, why] -= 1

    def left_out(self) -> tuple[LeftOut, ...]:
        """What is not taken, by type and reason."""
        titles = self.survey.schemas
        return tuple(
            LeftOut(type=name, title=titles[name].title, why=why, count=count)
            for (name, why), count in sorted(self.left.items())
            if count > 0
        )
