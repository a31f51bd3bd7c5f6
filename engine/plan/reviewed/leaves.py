"""The leaves in which an object that two states record differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.plan.compare.field_changes import currency_of, write_only_at
from engine.plan.model import ACCOUNT_PATH, FieldChange, FieldReason
from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType
from engine.state.model import ResourceState
from engine.values.markers import ABSENT
from engine.values.paths import Path
from engine.values.secret import Sealed, holds_secret
from engine.values.templates import targets_in
from engine.values.tree import leaves

_EMPTY: tuple[Any, ...] = (None, {}, [], ())
_UNKNOWN = Attribute(kind=Kind.ANY)
_SEALED = "a secret"


def recorded_leaves(kind: ResourceType | None, entry: ResourceState) -> dict[Path, Any]:
    """What a state shows of an object: what Stripe returned, and what it never returns.

    Args:
        kind: Its resource type; None if this engine does not know it.
        entry: What the state records of it.
    """
    found = {path: value for path, value in leaves(entry.attributes) if value not in _EMPTY}
    for path, value in leaves(entry.declared):
        if path not in found and value not in _EMPTY and kind is not None:
            unseen = write_only_at(kind.root, path) is not None
            if unseen:
                found[path] = value
    return found


def recorded_changes(
    kind: ResourceType | None,
    before: ResourceState,
    after: ResourceState,
    *,
    same_salt: bool = True,
) -> tuple[FieldChange, ...]:
    """The leaves that differ between two records of a resource, in path order.

    Args:
        kind: The resource type; None if this engine does not know it.
        before: What the earlier state records.
        after: What the later state records.
        same_salt: Fingerprints of both states can be compared.
    """
    if before == after:
        return ()
    return (*_lifecycle(before, after), *_leaves(kind, before, after, same_salt=same_salt))


def _leaves(
    kind: ResourceType | None, before: ResourceState, after: ResourceState, *, same_salt: bool
) -> Iterator[FieldChange]:
    was, now = recorded_leaves(kind, before), recorded_leaves(kind, after)
    for path in sorted({*was, *now}, key=_order):
        old, new = was.get(path, ABSENT), now.get(path, ABSENT)
        if _compared(old, same_salt=same_salt) == _compared(new, same_salt=same_salt):
            continue
        declared = [path[0] in entry.declared for entry in (before, after)]
        if ABSENT in (old, new) and not any(declared):
            continue  # what another resource refers to now, or no longer
        attribute = (kind.root.at(path) if kind is not None else None) or _UNKNOWN
        yield FieldChange(
            path=path,
            before=old,
            after=new,
            reason=_reason(path, old, new, before, after),
            forces_replacement=attribute.immutable,
            sensitive=attribute.sensitive or holds_secret(old) or holds_secret(new),
            currency=currency_of(attribute, path, after.attributes, before.attributes),
        )


def _reason(
    path: Path, old: Any, new: Any, before: ResourceState, after: ResourceState
) -> FieldReason:
    name = str(path[0])
    declared = before.declared.get(name), after.declared.get(name)
    if declared[0] == declared[1]:
        return FieldReason.REFERENCE if any(targets_in(declared[1])) else FieldReason.DRIFT
    if old is ABSENT:
        return FieldReason.SET
    return FieldReason.CLEARED if new is ABSENT else FieldReason.CHANGED


def _lifecycle(before: ResourceState, after: ResourceState) -> Iterator[FieldChange]:
    """What is declared about removal, which the next plans obey."""
    one, other = before.removal_policy, after.removal_policy
    sides: Mapping[Path, tuple[Any, Any]] = {
        ("lifecycle", "protect"): (one.protect, other.protect),
        ("lifecycle", "on_remove"): (_on_remove(keep=one.keep), _on_remove(keep=other.keep)),
        ACCOUNT_PATH: (one.account or ABSENT, other.account or ABSENT),
    }
    for path, (old, new) in sides.items():
        if old != new:
            yield FieldChange(path=path, before=old, after=new, reason=FieldReason.CHANGED)


def _on_remove(*, keep: bool) -> str:
    return "keep" if keep else "remove"


def _compared(value: Any, *, same_salt: bool) -> Any:
    if isinstance(value, Sealed):
        return value if same_salt else _SEALED
    return [_compared(one, same_salt=same_salt) for one in value] if _is_list(value) else value


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _order(path: Path) -> tuple[tuple[bool, str], ...]:
    return tuple(
        (True, part) if isinstance(part, str) else (False, str(part).zfill(6)) for part in path
    )
