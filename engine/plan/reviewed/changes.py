"""What was applied between two states of each stack of an environment, as changes of a plan.

A state does not say how it came to be: each change is what a run must have done, or one of the
things that it may have done, which its notes name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.address import parse_address
from engine.plan.compare.field_changes import new_fields
from engine.plan.inputs.ownership import ObjectKey, key_of
from engine.plan.model import Action, Change, FieldChange, FieldReason, OutputChange, Plan, Reason
from engine.plan.reviewed.leaves import recorded_changes
from engine.schema.lifecycle import Removal, Verb
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import ResourceState, State
from engine.values.markers import ABSENT
from engine.values.paths import Path
from engine.values.secret import holds_secret

ID_PATH: Path = ("id",)
"""The path of both ids among the leaves of a replacement."""

_REMOVED = Removal(verb=Verb.DELETE)
_FORGOTTEN_OR_GONE = "it stays on Stripe, unless it was deleted outside of the code"
_FORGOTTEN_OR_REMOVED = "or it was forgotten and stays on Stripe: the state does not say which"
_NOTHING_CHANGED = (
    "nothing of its declaration changed: it was replaced on request, or its object had ended "
    "outside of the code"
)


@dataclass(slots=True)
class Environment:
    """The states of one environment in two commits.

    Attributes:
        before: States of the earlier commit, by stack.
        after: States of the later commit, by stack.
        schemas: Resource types by name.
        were: Where each object was recorded.
        are: Where each object is recorded now.
        archived: Objects that were remembered as archived.
        remembered: Objects that are remembered as archived now.
    """

    before: Mapping[str, State]
    after: Mapping[str, State]
    schemas: Schemas
    were: dict[ObjectKey, tuple[str, str]] = field(init=False)
    are: dict[ObjectKey, tuple[str, str]] = field(init=False)
    archived: frozenset[ObjectKey] = field(init=False)
    remembered: frozenset[ObjectKey] = field(init=False)

    def __post_init__(self) -> None:
        self.were, self.are = _places(self.before), _places(self.after)
        self.archived, self.remembered = _archived(self.before), _archived(self.after)


def _places(states: Mapping[str, State]) -> dict[ObjectKey, tuple[str, str]]:
    return {
        key_of(entry): (name, address)
        for name, state in states.items()
        for address, entry in state.resources.items()
    }


def _archived(states: Mapping[str, State]) -> frozenset[ObjectKey]:
    return frozenset(
        ObjectKey(gone.type, gone.account, gone.id)
        for state in states.values()
        for gone in state.removed.values()
    )


def applied_between(environment: Environment) -> tuple[Plan, ...]:
    """What was applied to each stack whose state changed, in order of their names."""
    names = sorted({*environment.before, *environment.after})
    plans = (_applied(environment, name) for name in names)
    return tuple(plan for plan in plans if plan is not None)


def _applied(environment: Environment, name: str) -> Plan | None:
    before, after = environment.before.get(name), environment.after.get(name)
    if before == after:
        return None
    known = after or before
    assert known is not None  # noqa: S101 - a stack has a state on one side at least
    return Plan(
        stack=name,
        environment=known.environment,
        lineage=known.lineage,
        serial=known.serial,
        changes=tuple(_changes(environment, name)),
        outputs=tuple(_outputs(before, after)),
    )


def _changes(environment: Environment, name: str) -> Iterator[Change]:
    before, after = environment.before.get(name), environment.after.get(name)
    was = before.resources if before is not None else {}
    now = after.resources if after is not None else {}
    same_salt = before is not None and after is not None and before.lineage == after.lineage
    for address in sorted({*was, *now}, key=parse_address):
        old, new = was.get(address), now.get(address)
        if old == new:
            continue
        if new is None or (old is not None and _is_another(environment, old, new)):
            yield from _ended(environment, address, old)
            old = None
        if new is None:
            continue
        if old is not None:
            yield from _kept(environment, address, old, new, same_salt=same_salt)
        else:
            yield _begun(environment, name, address, new)


def _is_another(environment: Environment, old: ResourceState, new: ResourceState) -> bool:
    """Whether the resource of an address was another one, so that nothing was replaced."""
    return key_of(old) != key_of(new) and (
        key_of(new) in environment.were or key_of(old) in environment.are
    )


def _kept(
    environment: Environment,
    address: str,
    old: ResourceState,
    new: ResourceState,
    *,
    same_salt: bool,
) -> Iterator[Change]:
    """A resource that both states have under one address."""
    kind = environment.schemas.get(new.type)
    fields = recorded_changes(kind, old, new, same_salt=same_salt)
    if key_of(old) == key_of(new):
        if fields:
            yield _change(address, new, Action.UPDATE, fields, before=old)
        return
    removal, notes = _old_one(kind, old, new)
    if not fields:
        notes = (_NOTHING_CHANGED, *notes)
    if not any(one.path == ID_PATH for one in fields):  # an id that was chosen is declared
        ids = FieldChange(path=ID_PATH, before=old.id, after=new.id, reason=FieldReason.CHANGED)
        fields = (ids, *fields)
    change = _change(address, new, Action.REPLACE, fields, before=old)
    yield dataclasses.replace(change, removal=removal, notes=notes)


def _old_one(
    kind: ResourceType | None, old: ResourceState, new: ResourceState
) -> tuple[Removal | None, tuple[str, ...]]:
    """How the object that was replaced ended, and what else is to say of it."""
    if (old.account, old.id) in new.left:
        return None, (f"the old one, {old.id}, has still to be removed",)
    if old.removal_policy.keep:
        return None, (f"the old one, {old.id}, stays on Stripe",)
    removals = kind.life.removals if kind is not None else ()
    if (old.account, old.id) in new.archived:
        removals = tuple(removal for removal in removals if removal.verb is not Verb.DELETE)[:1]
    return (removals[0] if len(removals) == 1 else None), ()


def _begun(environment: Environment, name: str, address: str, new: ResourceState) -> Change:
    """A resource that was not under this address."""
    kind, key = environment.schemas.get(new.type), key_of(new)
    place = environment.were.get(key)
    if place is not None and not _still_records(environment, place, key):
        return _moved(environment, name, address, new, place)
    action = Action.IMPORT if place is not None or new.imported else Action.CREATE
    if key in environment.archived:
        action = Action.REVIVE
    fields = new_fields(kind, _shown(new), new.attributes) if kind is not None else ()
    change = _change(address, new, action, fields)
    if place is None:
        return change
    return dataclasses.replace(change, notes=(f"{place[0]}:{place[1]} still records it",))


def _still_records(environment: Environment, place: tuple[str, str], key: ObjectKey) -> bool:
    state = environment.after.get(place[0])
    entry = state.at(place[1]) if state is not None else None
    return entry is not None and key_of(entry) == key


def _moved(
    environment: Environment, name: str, address: str, new: ResourceState, place: tuple[str, str]
) -> Change:
    """A resource that was recorded elsewhere."""
    stack, was = place
    kind = environment.schemas.get(new.type)
    old = environment.before[stack].resources[was]
    after = environment.after[name]
    same_salt = environment.before[stack].lineage == after.lineage
    fields = recorded_changes(kind, old, new, same_salt=same_salt)
    action = Action.UPDATE if fields else Action.MOVE
    change = _change(address, new, action, fields, before=old)
    moved_from = was if stack == name else f"{stack}:{was}"
    return dataclasses.replace(
        change, moved_from=moved_from, reasons=(Reason.MOVED, *change.reasons)
    )


def _ended(environment: Environment, address: str, old: ResourceState | None) -> Iterator[Change]:
    """A resource that is no longer under this address."""
    if old is None or key_of(old) in environment.are:
        return  # where it is now says that it moved
    action, removal, notes = _how_it_ended(environment, environment.schemas.get(old.type), old)
    change = _change(address, old, action, (), before=old)
    forgotten = action is Action.FORGET
    yield dataclasses.replace(
        change,
        after={},
        removal=removal,
        notes=notes,
        reasons=(Reason.RELEASED,) if forgotten else (Reason.UNDECLARED,),
    )


def _how_it_ended(
    environment: Environment, kind: ResourceType | None, old: ResourceState
) -> tuple[Action, Removal | None, tuple[str, ...]]:
    removals = kind.life.removals if kind is not None else ()
    ends = tuple(removal for removal in removals if removal.verb is not Verb.DELETE)
    if key_of(old) in environment.remembered:
        return Action.DELETE, next(iter(ends), _REMOVED), ()
    if old.removal_policy.keep:
        return Action.FORGET, None, ()
    if kind is None or len(ends) < len(removals):
        return Action.DELETE, _REMOVED, (_FORGOTTEN_OR_REMOVED,)
    if kind.life.revival is not None or all(end.verb is Verb.KEEP for end in ends):
        return Action.FORGET, None, (_FORGOTTEN_OR_GONE,)
    return Action.DELETE, ends[0], (_FORGOTTEN_OR_REMOVED,)


def _change(
    address: str,
    entry: ResourceState,
    action: Action,
    fields: tuple[FieldChange, ...],
    *,
    before: ResourceState | None = None,
) -> Change:
    replaces = action is Action.REPLACE
    if not replaces:
        fields = tuple(dataclasses.replace(one, forces_replacement=False) for one in fields)
    return Change(
        address=parse_address(address),
        type=entry.type,
        action=action,
        reasons=tuple(_reasons(action, fields)),
        id=entry.id,
        before=_shown(before) if before is not None else {},
        after=_shown(entry),
        fields=fields,
        create_first=replaces,
        account=entry.account,
    )


def _reasons(action: Action, fields: tuple[FieldChange, ...]) -> Iterator[Reason]:
    leaves = [one for one in fields if one.path[0] != "lifecycle"]
    if action is Action.REPLACE:
        if any(one.forces_replacement for one in leaves):
            yield Reason.IMMUTABLE
    elif leaves and all(one.reason is FieldReason.DRIFT for one in leaves):
        yield Reason.DRIFTED
    elif fields:
        yield Reason.CHANGED


def _shown(entry: ResourceState) -> dict[str, Any]:
    """The declared fields of an object: what Stripe returned, or what was sent if it does not."""
    return {
        name: entry.attributes.get(name, value)
        for name, value in entry.declared.items()
        if value is not None
    }


def _outputs(before: State | None, after: State | None) -> Iterator[OutputChange]:
    was = before.outputs if before is not None else {}
    now = after.outputs if after is not None else {}
    for name in sorted({*was, *now}):
        old, new = was.get(name, ABSENT), now.get(name, ABSENT)
        if old != new:
            secret = holds_secret(old) or holds_secret(new)
            yield OutputChange(name=name, before=old, after=new, sensitive=secret)
