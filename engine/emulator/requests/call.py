"""One request under way: its caller, its time, and the objects of that account and mode.

It is the `AccountView` of behaviours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine.emulator.accounts.keys import Caller, application_id
from engine.emulator.params.bounds import check_bounds, check_metadata
from engine.emulator.shapes.paths import containers, copied, drop, values_at
from engine.emulator.storage.events import Changes, has_events
from engine.emulator.storage.history import CreatedObject
from engine.emulator.storage.repository import Condition, Document, Repository
from engine.emulator.types.kinds import ObjectKind, kind_of, returned_word
from engine.emulator.wire import errors
from engine.emulator.wire.ids import Ids
from engine.schema.attribute import Kind

_YEAR = 365 * 24 * 3600
_FURTHEST = 5 * _YEAR


@dataclass(slots=True, kw_only=True)
class Call:
    """One request's view of the emulator.

    Attributes:
        caller: Who sends it.
        now: Seconds since 1970.
        ids: Makes ids.
        repository: The objects of this account and mode.
        version: API version of the emulator.
        asked: API version that the request asks for.
        gone: Parameters that only that version has, by path.
        related: Names the objects of the account that this one is connected to, or that the path
            names: of some types, parameters may name those, too.
        local_endpoints: Webhook endpoints may be on loopback addresses.
        begun: Execution has begun: from here on an idempotency key remembers the response.
        made: The objects it has made so far.
        changes: What it has done so far to objects of types that have events.
    """

    caller: Caller
    now: int
    ids: Ids
    repository: Repository
    version: str
    related: str = ""
    asked: str = field(default="")
    gone: dict[str, str] = field(default_factory=dict)
    local_endpoints: bool = False
    begun: bool = field(default=False)
    made: list[CreatedObject] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)

    def kind(self, object: str) -> ObjectKind:
        """An emulated type by object name."""
        found = kind_of(object)
        if found is None:
            raise KeyError(object)
        return found

    def emulates(self, object: str) -> bool:
        """Whether a type is emulated, so that its ids can be checked."""
        return kind_of(object) is not None

    def find(self, object: str, path: str, value: Any, *, folded: bool = False) -> list[Document]:
        """Objects whose field has a value, newest first."""
        condition = Condition(path, "eq", value, folded)
        found = self.repository.select(self.kind(object).table, [condition])
        return [one for one in found if one.get("deleted") is not True]

    def get(self, object: str, id: str) -> Document | None:
        """The object of an id; None if there is none, or it is deleted."""
        found = self.repository.get(self.kind(object).table, id)
        return None if found is None or found.get("deleted") is True else found

    def named(self, object: str, id: str) -> Document | None:
        """The object that a parameter or a field names; None if there is none."""
        found, kind = self.get(object, id), self.kind(object)
        if found is None and self.related and kind.row.life.named_across_accounts:
            found = self.repository.get(kind.table, id, self.related)
        return found

    def require(
        self, object: str, id: str, *, param: str, in_path: bool = False, parent: str = ""
    ) -> Document:
        """The object of an id.

        Args:
            object: Object name.
            id: The id.
            param: Parameter that held it.
            in_path: The path held it.
            parent: Id of the parent it must have; empty if it may have any.

        Raises:
            StripeRefusal: There is none, or only in the other mode.
        """
        kind = self.kind(object)
        found = self.get(object, id) if in_path else self.named(object, id)
        if found is not None and (not parent or found.get(kind.parent_field) == parent):
            return found
        refusal = kind.behaviour.not_found(self, id) if in_path else None
        if refusal is not None:
            raise refusal
        other = self.caller.other_mode.mode
        elsewhere = self.repository.holds(kind.table, id, self.caller.other_mode.scope)
        word = param.rpartition("[")[2].removesuffix("]")
        raise errors.resource_missing(
            word if kind.behaviour.called_as_param and not in_path else kind.title,
            id,
            param=param,
            in_path=in_path,
            other_mode=other if elsewhere else "",
        )

    def require_parent(self, kind: ObjectKind, parent: str) -> None:
        """Refuse a path below an object that does not exist.

        Raises:
            StripeRefusal: 404, as for a request of the parent itself.
        """
        if kind.parent_object and not self._is_own_account(kind.parent_object, parent):
            self.require(kind.parent_object, parent, param=kind.parent, in_path=True)

    def save(self, document: Document, *, word: str = "updated") -> None:
        """Store a new version of an object.

        Args:
            document: The object; one that is marked as deleted is.
            word: What its event says that was done.
        """
        kind = self.kind(document["object"])
        if has_events(kind.object):
            before = self.repository.get(kind.table, document["id"])
            if document.get("deleted") is True and before is not None:
                self.changed(kind, "deleted", before, before)
            else:
                self.changed(kind, word, before, document)
        self.repository.replace(kind.table, document)
        kind.behaviour.stored(self, document)

    def store_beside(self, document: Document) -> None:
        """Store what is another view of an object, with an event of its own."""
        kind = self.kind(document["object"])
        before = self.repository.get(kind.table, document["id"])
        self.repository.put(kind.table, document)
        self.changed(kind, "created" if before is None else "updated", before, document)

    def check_future(self, param: str, moment: int | None) -> None:
        """Refuse a time in the past, or more than five years ahead (L).

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
        check_bounds(params, kind.entry.params("create"), kind.limits, kind.row)
        kind.behaviour.check_create(self, params)

    def create(self, object: str, params: dict[str, Any], parent: str = "") -> Document:
        """Make an object from typed, checked parameters.

        Raises:
            StripeRefusal: The account's other objects exclude it.
        """
        kind = self.kind(object)
        self.begun = True
        self._require_named(kind, params)
        document = self._fresh(kind, self._response_fields(kind, params))
        for path in kind.creation_only:
            drop(document, path)
        if self.caller.platform and "application" in kind.fields:
            document["application"] = application_id(self.caller.platform)  # S
        if kind.parent:
            document[kind.parent_field] = parent
        document["id"] = self._new_id(kind, params)
        kind.behaviour.creating(self, params, document)
        existing = kind.behaviour.object_to_replace(self, document)
        if existing is not None:
            document.update({name: existing[name] for name in ("id", "created")})
            self.repository.replace(kind.table, document)
        else:
            id = document["id"]
            made = CreatedObject(object=kind.object, id=id, params=params, caller=self.caller)
            self.made.append(made)
            self.repository.insert(kind.table, document)
        self.changed(kind, "created", None, document)
        kind.behaviour.stored(self, document)
        kind.behaviour.created(self, params, document)
        return document

    def create_inside(self, object: str, params: dict[str, Any], prefix: str) -> Document:
        """Make an object from the parameters inside another type's parameter, `prefix`.

        Raises:
            StripeRefusal: As for a request of its own, with parameter names as they were sent.
        """
        kind = self.kind(object)
        try:
            self.check_create(kind, params)
            return self.create(object, params)
        except errors.StripeRefusal as refusal:
            raise refusal.inside(prefix) from None

    def seed(self, kind: ObjectKind, many: Iterable[Mapping[str, Any]]) -> Iterator[Document]:
        """Make objects from fields of their responses; no permission or rule is checked.

        Each is yielded once it is stored; they share their default values.
        """
        bare = self._fresh(kind, {})
        for fields in many:
            known = {name: fields[name] for name in fields if name in kind.fields}
            document = {**bare, **known, "id": fields.get("id") or self._new_id(kind, {})}
            self.repository.put(kind.table, document)
            kind.behaviour.stored(self, document)
            yield document

    def only_one(self, object: str, parent: str = "") -> Document:
        """The one object of a type, or of a type below a parent; a new one if none is stored."""
        kind = self.kind(object)
        id = parent or object
        found = self.repository.get(kind.table, id)
        if found is not None:
            return found
        document = self._fresh(kind, {})
        document["id"] = id
        if kind.parent:
            document[kind.parent_field] = parent
        kind.behaviour.creating(self, {}, document)
        return document

    def update(self, object: str, before: Document, params: dict[str, Any]) -> Document:
        """Change an object by typed, checked parameters.

        Raises:
            StripeRefusal: It may not change in this way.
        """
        kind = self.kind(object)
        self._require_named(kind, params)
        after = kind.builder.merge(before, self._response_fields(kind, params))
        if isinstance(after.get("metadata"), dict):
            check_metadata(after["metadata"])
        kind.behaviour.updating(self, params, before, after)
        if after != before:
            self.touch(kind, after)
            if kind.singleton:
                self.repository.put(kind.table, after)
            else:
                self.repository.replace(kind.table, after)
            self.changed(kind, "updated", before, after)
            kind.behaviour.stored(self, after)
        return after

    def changed(
        self, kind: ObjectKind, word: str, before: Document | None, after: Document
    ) -> None:
        """Remember what was done to an object, if its type has events."""
        if has_events(kind.object):
            self.changes.add(kind.object, word, before, after, kind.behaviour.parts_with_events)

    def touch(self, kind: ObjectKind, document: Document) -> None:
        """Set when an object changed, if its response has a field for it."""
        if "updated" in kind.fields:
            document["updated"] = self._moment(kind, "updated")

    def _fresh(self, kind: ObjectKind, fields: Mapping[str, Any]) -> Document:
        document = {"id": "", "object": kind.table, **kind.builder.build(fields)}
        stamps = {
            "created": self._moment(kind, "created"),
            "updated": self._moment(kind, "updated"),
            "livemode": self.caller.livemode,
        }
        document.update({name: value for name, value in stamps.items() if name in kind.fields})
        document["object"] = kind.table
        return document

    def _moment(self, kind: ObjectKind, name: str) -> int | str:
        """Now, in the type's form: v2 writes times as text."""
        shape = kind.fields.get(name)
        if shape is not None and shape.kind is Kind.STRING:
            return datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return self.now

    def _require_named(self, kind: ObjectKind, params: Mapping[str, Any]) -> None:
        """Refuse ids in parameters that name no object of an emulated type."""
        found = [
            (param, object, value)
            for path, object in kind.named_by_params.items()
            if path.partition(".")[0] in params and self.emulates(object)
            for param, value in values_at(params, path.split("."))
            if isinstance(value, str) and not self._is_own_account(object, value)
        ]
        for param, object, id in sorted(found, key=lambda one: (one[0].count("["), one[0])):
            self.require(object, id, param=param)

    def _is_own_account(self, object: str, id: str) -> bool:
        return object == "account" and id == self.caller.account

    def _new_id(self, kind: ObjectKind, params: Mapping[str, Any]) -> str:
        chosen = params.get("id") if kind.chosen_id else None
        if chosen is not None:
            if self.repository.holds(kind.table, chosen):
                raise errors.already_exists(kind.title.capitalize())
            return str(chosen)
        while True:
            fresh = self.ids.object_id(
                kind.row.id_prefix, kind.behaviour.id_form, self.caller.account
            )
            # Two emulators on one file may have been given the same seed.
            if not self.repository.holds(kind.table, fresh):
                return fresh

    def _response_fields(self, kind: ObjectKind, params: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters under the response's names, with `now` as a time."""
        fields: dict[str, Any] = copied(params)
        for param, alias in kind.row.aliases.items():
            for holder, name in list(containers(fields, param)):
                if isinstance(holder, dict) and holder.get(name) is not None:
                    word = returned_word(alias.source_words, holder[name])
                    _put_at(holder, alias.source or name, word)
        for name, value in fields.items():
            shape = kind.fields.get(name)
            if value == "now" and shape is not None and shape.kind is Kind.INTEGER:
                fields[name] = self.now
        return fields


def _put_at(holder: dict[str, Any], source: str, value: Any) -> None:
    """Set a field that may be deeper than its parameter."""
    *steps, last = source.split(".")
    for step in steps:
        inner = holder.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        holder = inner
    holder[last] = value
