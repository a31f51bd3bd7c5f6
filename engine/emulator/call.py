"""One request under way: who calls, when, and the objects of that account and mode.

Behaviours see the emulator through this and nothing else. What must not live here: the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.emulator import errors
from engine.emulator.bounds import check_bounds, check_metadata
from engine.emulator.ids import Ids
from engine.emulator.keys import Caller
from engine.emulator.kinds import ObjectKind, answer_word, kinds
from engine.emulator.tables import Condition, Document, Tables

_YEAR = 365 * 24 * 3600
_FURTHEST = 5 * _YEAR


@dataclass(slots=True, kw_only=True)
class Call:
    """One request's view of the emulator.

    Attributes:
        caller: Who calls.
        now: Seconds since 1970.
        ids: Where ids come from.
        tables: The objects of this account and mode.
        version: API version the request asked for.
        begun: Execution has begun: from here on an idempotency key remembers the answer.
    """

    caller: Caller
    now: int
    ids: Ids
    tables: Tables
    version: str
    begun: bool = field(default=False)

    def kind(self, object: str) -> ObjectKind:
        """An emulated type by object name."""
        return kinds()[object]

    def find(self, object: str, path: str, value: Any, *, folded: bool = False) -> list[Document]:
        """Objects whose field has a value, newest first."""
        return self.tables.select(object, [Condition(path, "eq", value, folded)])

    def require(self, object: str, id: str, *, param: str, in_path: bool = False) -> Document:
        """The object of an id.

        Raises:
            StripeRefusal: There is none, or only in the other mode.
        """
        found = self.tables.get(object, id)
        if found is not None:
            return found
        other = "test" if self.caller.livemode else "live"
        elsewhere = self.tables.elsewhere(object, id, f"{self.caller.account}/{other}")
        raise errors.resource_missing(
            self.kind(object).title,
            id,
            param=param,
            in_path=in_path,
            other_mode=other if elsewhere else "",
        )

    def save(self, document: Document) -> None:
        """Store a new version of an object."""
        self.tables.replace(document["object"], document)

    def check_future(self, param: str, moment: int | None) -> None:
        """Refuse a time that is over, or more than five years ahead (L).

        Raises:
            StripeRefusal: It is.
        """
        if moment is None:
            return
        if moment <= self.now:
            raise errors.in_the_past(param, moment)
        if moment - self.now > _FURTHEST:
            raise errors.too_far_ahead(param)

    def check_create(self, kind: ObjectKind, params: dict[str, Any]) -> None:
        """Refuse parameters of a create that can be refused without looking at the account.

        Raises:
            StripeRefusal: They are out of bounds, or contradict each other.
        """
        check_bounds(params, kind.limits, kind.row.references)
        kind.behaviour.check_create(self, params)

    def create(self, kind: ObjectKind, params: dict[str, Any]) -> Document:
        """Make an object from typed, checked parameters.

        Raises:
            StripeRefusal: The account rules it out.
        """
        self.begun = True
        document = {
            "id": "",
            "object": kind.object,
            **kind.filling.complete(_told(kind, params)),
        }
        for name in kind.told_once:
            document.pop(name, None)
        document.update(self._stamps(kind))
        document["object"] = kind.object
        document["id"] = self._new_id(kind, params)
        kind.behaviour.creating(self, params, document)
        self.tables.insert(kind.object, document)
        kind.behaviour.created(self, params, document)
        return document

    def create_inside(self, object: str, params: dict[str, Any], prefix: str) -> Document:
        """Make an object from parameters that stand inside another type's.

        Raises:
            StripeRefusal: As by itself, with the parameters' names as they were sent.
        """
        kind = self.kind(object)
        try:
            self.check_create(kind, params)
            return self.create(kind, params)
        except errors.StripeRefusal as refusal:
            raise refusal.inside(prefix) from None

    def update(self, kind: ObjectKind, before: Document, params: dict[str, Any]) -> Document:
        """Change an object by typed, checked parameters.

        Raises:
            StripeRefusal: It may not change so.
        """
        after = kind.filling.merged(before, _told(kind, params))
        if isinstance(after.get("metadata"), dict):
            check_metadata(after["metadata"])
        kind.behaviour.updating(self, params, before, after)
        if after != before:
            if "updated" in after:
                after["updated"] = self.now
            self.tables.replace(kind.object, after)
        return after

    def _stamps(self, kind: ObjectKind) -> dict[str, Any]:
        stamps = {"created": self.now, "updated": self.now, "livemode": self.caller.livemode}
        return {name: value for name, value in stamps.items() if name in kind.fields}

    def _new_id(self, kind: ObjectKind, params: Mapping[str, Any]) -> str:
        chosen = params.get("id") if kind.chosen_id else None
        if chosen is not None:
            if self.tables.get(kind.object, chosen) is not None:
                raise errors.already_exists(kind.title.capitalize())
            return str(chosen)
        while True:
            fresh = self.ids.object_id(
                kind.row.id_prefix, kind.behaviour.id_form, self.caller.account
            )
            # Two emulators on one file may have been given the same seed.
            if self.tables.get(kind.object, fresh) is None:
                return fresh


def _told(kind: ObjectKind, params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters under the names the answer has for them."""
    told = dict(params)
    for param, alias in kind.row.aliases.items():
        if params.get(param) is not None:
            told[alias.source] = answer_word(alias.words, params[param])
    return told
