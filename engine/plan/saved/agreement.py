"""Check that a plan that was read shows what it carries out.

People look at changes, an apply sends steps. A plan that the engine made derives both from one
decision; in a file they are two lists, and an edited file could show one change and carry out
another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.plan.compare.normalize import comparable
from engine.plan.inputs.stamp import stamp
from engine.plan.model import Action, Change, FieldReason, Plan, Step, StepKind
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.schema.remote import STAMP_PATH
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.markers import ABSENT, CLEAR, UNKNOWN, Marker
from engine.values.paths import Path, dotted, get_path
from engine.values.secret import Sealed
from engine.values.templates import targets_in, unescaped
from engine.values.tree import scalars

_BRINGING = frozenset({StepKind.CREATE, StepKind.UPDATE, StepKind.RECORD, StepKind.CALL})
_NEEDED: Mapping[Action, frozenset[StepKind]] = {
    # What was archived may take the place of a new object.
    Action.CREATE: _BRINGING,
    Action.REPLACE: _BRINGING,
    Action.DELETE: frozenset({StepKind.REMOVE}),
    Action.FORGET: frozenset({StepKind.FORGET}),
}
"""The kinds of which each action needs at least one step."""
_MAKING = frozenset({Action.CREATE, Action.REPLACE})
_STATE_ONLY = frozenset({StepKind.RECORD, StepKind.FORGET})
_CHANGING = _MAKING | {Action.UPDATE, Action.IMPORT, Action.REVIVE}
_ALLOWED: Mapping[StepKind, frozenset[Action]] = {
    StepKind.CREATE: _MAKING,
    StepKind.UPDATE: _CHANGING,
    StepKind.SETTLE: _CHANGING,
    StepKind.CALL: _CHANGING,
    StepKind.FORGET: frozenset({Action.FORGET}),
}
"""The actions that a step can be part of; a kind that is not here can be part of any."""


def disagreement(plan: Plan, schemas: Schemas) -> str:
    """Find the first thing that a plan carries out and does not show, or the other way round.

    Args:
        plan: The plan.
        schemas: Resource types by name.

    Returns:
        It in words, for a message; empty if there is none.
    """
    return next(_disagreements(plan, schemas), "")


def _disagreements(plan: Plan, schemas: Schemas) -> Iterator[str]:
    if plan.refresh_only:
        for step in plan.steps:
            if step.kind not in _STATE_ONLY:
                yield f"{step.key} is sent to Stripe, and only the state is to be refreshed"
        return
    changes = {change.address: change for change in plan.changes}
    steps: dict[str, list[Step]] = {address: [] for address in changes}
    for step in plan.steps:
        change = changes.get(step.address)
        if change is None:
            yield f"{step.key} is carried out and not shown"
        elif step.type != step.address.type or step.type != change.type:
            yield f"{step.key} is of another type than {step.address}"
        else:
            steps[step.address].append(step)
            if step.kind in _BRINGING and step.account != change.account:
                yield f"{step.key} is sent to another account than is shown"
            yield from _unshown(plan, change, step, schemas[step.type])
    for address, change in changes.items():
        yield from _contradictions(change, schemas[change.type])
        yield from _not_carried_out(change, steps[address], schemas[change.type])


# ── what is carried out ───────────────────────────────────────────────────────────────────


def _unshown(plan: Plan, change: Change, step: Step, kind: ResourceType) -> Iterator[str]:
    if change.action not in _ALLOWED.get(step.kind, frozenset(Action)):
        yield f"{step.key} is carried out, and shown is: {change.action.value}"
    if step.other and not _names(change, step.other):
        yield f"{step.key} is about {step.other}, which is not shown"
    if step.removal is not None and change.removal not in (None, step.removal):
        yield f"{step.key} removes it by {step.removal.verb.value}, and shows another way"
    if step.kind is StepKind.REMOVE:
        if not _ends_what_is_shown(change, step, kind):
            yield f"{step.key} ends what is not shown"
        return
    shown = _Shown(change, kind)
    for path, value in _leaves(step.params):
        if path == STAMP_PATH and value == stamp(plan.lineage, step.address):
            right = True
        elif step.kind is StepKind.DETACH and value is CLEAR:
            right = True  # until what takes its place is there
        else:
            right = shown.has(path, value)
        if not right:
            yield f"{step.key} sends another {dotted(path)} than is shown"


def _names(change: Change, other: str) -> bool:
    """Whether a change shows a resource of another stack."""
    return change.moved_from == other or any(note.startswith(f"{other} ") for note in change.notes)


def _ends_what_is_shown(change: Change, step: Step, kind: ResourceType) -> bool:
    """Whether the notes name everything that ends together with the object."""
    titles = {brought.at: brought.object for brought in kind.life.companions}
    return all(
        name in titles
        and any(note.startswith(f"{id}, the {titles[name]} ") for note in change.notes)
        for name, id in step.params.items()
    )


class _Shown:
    """The values that a change shows of a resource."""

    def __init__(self, change: Change, kind: ResourceType) -> None:
        self._kind = kind
        self._after = change.after
        self._fields = {
            field.path: field.after
            for field in change.fields
            if field.reason is not FieldReason.STAYS
        }
        sides = [change.after, change.before]
        self._any: dict[Path, list[Any]] = {}
        for path, value in (*(leaf for side in sides for leaf in _leaves(side)),):
            self._any.setdefault(_named(path), []).append(value)
        for path, value in self._fields.items():
            for inner, leaf in _leaves(value, path):
                self._any.setdefault(_named(inner), []).append(leaf)

    def has(self, path: Path, value: Any) -> bool:
        """Whether a leaf that is sent is shown."""
        attribute = self._kind.root.at(path) or Attribute(kind=Kind.ANY)
        if path in self._fields and _ordered(self._kind.root, path):
            return _same(attribute, value, self._fields[path])
        shown = get_path(self._after, path, ABSENT)
        if shown is not ABSENT and _ordered(self._kind.root, path):
            return _same(attribute, value, shown)
        others = self._any.get(_named(path), ())
        if any(_same(attribute, value, other) for other in others):
            return True
        return not others and (value is CLEAR or self._is_ours(path, value))

    def _is_ours(self, path: Path, value: Any) -> bool:
        """Whether the engine itself sends it in addition to what is declared."""
        kind = self._kind
        taken_over = {key.transfer for key in kind.life.natural_keys} | {
            rule.field for rule in kind.life.inherits
        }
        if value is True and len(path) == 1 and path[0] in taken_over:
            return True
        attribute = kind.root.at(path)
        if attribute is not None and attribute.required_in_update:
            return True  # sent with the value that Stripe has
        if (
            kind.life.revival is not None
            and get_path(kind.life.revival.params or {}, path, ABSENT) == value
        ):
            return True
        holder = kind.root.at(path[:-2]) if len(path) > 1 else None
        return holder is not None and (
            path[-1] == holder.handle or (holder.drop or {}).get(str(path[-1]), ABSENT) == value
        )


def _ordered(root: Attribute, path: Path) -> bool:
    """Whether the position of a leaf in its lists has a meaning."""
    for depth, part in enumerate(path):
        holder = root.at(path[:depth])
        if isinstance(part, int) and (
            holder is None or holder.order is not ListOrder.ORDERED or holder.handle
        ):
            return False
    return True


def _same(attribute: Attribute, sent: Any, shown: Any) -> bool:
    if sent is CLEAR:
        return shown in (ABSENT, None, "", [], {}, CLEAR) or shown == attribute.neutral
    if isinstance(sent, Sealed) or isinstance(shown, Sealed):
        return isinstance(shown, Sealed)
    if isinstance(sent, str) and any(targets_in(sent)):
        return shown is UNKNOWN or not isinstance(shown, Marker)
    if isinstance(shown, Marker):
        return False
    same: bool = comparable(attribute, unescaped(sent)) == comparable(attribute, shown)
    return same


def _contradictions(change: Change, kind: ResourceType) -> Iterator[str]:
    """Fields of a change that show another value than the change as a whole."""
    for field in change.fields:
        attribute, shown = kind.root.at(field.path), get_path(change.after, field.path, ABSENT)
        if attribute is None or shown is ABSENT or field.reason is FieldReason.STAYS:
            continue
        same = shown == field.after or field.after is ABSENT
        if not same and not _same(attribute, shown, field.after):
            yield f"{change.address} shows two values of {dotted(field.path)}"


# ── what is shown ─────────────────────────────────────────────────────────────────────────


def _not_carried_out(change: Change, steps: list[Step], kind: ResourceType) -> Iterator[str]:
    kinds = {step.kind for step in steps}
    needed = _NEEDED.get(change.action)
    if needed is not None and not kinds & needed:
        yield f"{change.address} is shown as {change.action.value}, and nothing carries it out"
    # Where no object is made, the one that takes its place has most of the values already.
    elif change.action in _CHANGING and (StepKind.CREATE in kinds or change.action not in _MAKING):
        yield from _not_sent(change, steps, kind)


def _not_sent(change: Change, steps: list[Step], kind: ResourceType) -> Iterator[str]:
    """Fields that are shown with a value that no step sends."""
    making = any(step.kind is StepKind.CREATE for step in steps)
    sent = {_named(path) for step in steps for path, _ in _leaves(step.params)}
    for field in change.fields:
        if field.reason is FieldReason.STAYS or not field.path or field.forces_replacement > making:
            continue
        attribute = kind.root.at(field.path)
        if attribute is None or _is_nothing(attribute, field.after):
            continue  # it may go with something else: an element of a list, a key that is passed on
        named = _unplaced(kind.root, field.path)
        if not any(path[: len(named)] == named or named[: len(path)] == path for path in sent):
            yield f"{change.address} shows another {dotted(field.path)}, and nothing sends it"


def _is_nothing(attribute: Attribute, value: Any) -> bool:
    """Whether an object has this value if nothing is sent."""
    if value in (ABSENT, None, "", []):
        return True
    nothing: bool = comparable(attribute, value) == comparable(attribute, None)
    return nothing


def _unplaced(root: Attribute, path: Path) -> Path:
    """A path without the indexes and keys in its lists."""
    found = list[str | int]()
    for depth, part in enumerate(path):
        holder = root.at(path[:depth]) if depth else root
        if holder is None or holder.kind is not Kind.LIST:
            found.append(part)
    return tuple(found)


def _named(path: Path) -> Path:
    """A path without the indexes in its lists."""
    return tuple(part for part in path if not isinstance(part, int))


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    return (leaf for leaf in scalars(value, path) if leaf[1] is not None)
