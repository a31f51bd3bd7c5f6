"""From differing leaves to field changes: why each differs, and whether it forces replacement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.plan.compare.compare_fields import Comparison
from engine.plan.compare.deep_diff import Difference
from engine.plan.compare.normalize import presentable
from engine.plan.model import FieldChange, FieldReason
from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT
from engine.values.paths import Path, get_path, parse_path
from engine.values.secret import is_secret
from engine.values.templates import targets_in
from engine.values.tree import leaves

_CURRENCY = re.compile(r"[a-z]{3}")


def field_changes(
    kind: ResourceType,
    comparison: Comparison,
    declared: Mapping[str, Any],
    prior: Mapping[str, Any] | None,
    actual: Mapping[str, Any],
    moved: frozenset[Path],
) -> tuple[FieldChange, ...]:
    """Explain every difference.

    Args:
        kind: The resource type.
        comparison: What Stripe has, and the declaration.
        declared: The declaration as state would keep it (sealed, references as text).
        prior: The same of the last apply; None if there was none.
        actual: The object as Stripe returned it.
        moved: Leaves that changed on Stripe since the last apply.
    """
    found: dict[Path, FieldChange] = {}
    for difference in comparison.differences:
        for change in _explain(kind, difference, declared, prior, actual, moved):
            found.setdefault(change.path, change)
    return tuple(_with_entries_whole(kind.root, found.values(), comparison))


def _with_entries_whole(
    root: Attribute, changes: Iterable[FieldChange], comparison: Comparison
) -> Iterator[FieldChange]:
    """The changes, an entry of a list that is removed as one."""
    found: dict[Path, FieldChange] = {}
    for change in changes:
        path = _removed_entry(root, change.path, comparison.after)
        if path is not None:
            other = found.get(path, change)
            merged = replace(
                change,
                path=path,
                before=presentable(get_path(comparison.before, path)),
                after=ABSENT,
                forces_replacement=change.forces_replacement or other.forces_replacement,
                sensitive=change.sensitive or other.sensitive,
                currency="",
            )
            found[path] = merged
        else:
            found[change.path] = change
    yield from found.values()


def _removed_entry(root: Attribute, path: Path, after: Mapping[str, Any]) -> Path | None:
    """The entry of a list that a leaf is in, if the list stays and the entry does not."""
    for where, attribute in root.along(path[:-1]):
        entry = path[: len(where) + 1]
        stays = attribute.kind is Kind.LIST and get_path(after, where, ABSENT) is not ABSENT
        if stays and get_path(after, entry, ABSENT) is ABSENT:
            return entry
    return None


def _explain(
    kind: ResourceType,
    difference: Difference,
    declared: Mapping[str, Any],
    prior: Mapping[str, Any] | None,
    actual: Mapping[str, Any],
    moved: frozenset[Path],
) -> Iterator[FieldChange]:
    kept = _kept_element(kind.root, difference.path, declared)
    where = list_at(kind.root, difference.path, below=kept)
    if where is not None and get_path(declared, where) is None:
        # The list as a whole is no longer declared, so that none of its leaves is a change.
        difference = Difference(where, get_path(actual, where, difference.before), ABSENT)
    attribute = kind.root.at(difference.path) or Attribute(kind=Kind.ANY)
    if difference.after is ABSENT:
        write_only = write_only_at(kind.root, difference.path)
        unseen = write_only is not None and get_path(declared, write_only) is None
        # What Stripe turned into another object, such as a price, goes when that is declared.
        above = 0 if unseen else kept
        inside = list_at(kind.root, difference.path[:-1], below=above) is not None
        if not inside or (unseen and attribute.immutable):
            yield _cleared(kind, attribute, difference, declared, prior, actual, unseen=unseen)
            return
    reason = FieldReason.CHANGED
    before = difference.before
    if prior is not None and _same_declared(kind.root, difference.path, declared, prior):
        reason = _why_without_a_change(kind.root, difference.path, declared, moved)
    elif before in (ABSENT, None, []):
        reason, before = FieldReason.SET, ABSENT
    yield FieldChange(
        path=difference.path,
        before=presentable(before),
        after=presentable(difference.after),
        reason=reason,
        forces_replacement=attribute.immutable
        or before in attribute.frozen
        or _changes_entry(kind.root, difference.path, actual),
        sensitive=attribute.sensitive or is_secret(before) or is_secret(difference.after),
        currency=currency_of(attribute, difference.path, declared, actual),
    )


def _cleared(
    kind: ResourceType,
    attribute: Attribute,
    difference: Difference,
    declared: Mapping[str, Any],
    prior: Mapping[str, Any] | None,
    actual: Mapping[str, Any],
    *,
    unseen: bool,
) -> FieldChange:
    """A leaf that was declared and is no longer.

    Args:
        kind: The resource type.
        attribute: What the leaf looks like.
        difference: What it was.
        declared: The declaration as state would keep it.
        prior: The same of the last apply.
        actual: The object as Stripe returned it.
        unseen: It is write-only: only the last declaration shows that it is there.
    """
    path = difference.path
    after: Any = ABSENT
    reason, forces = FieldReason.CLEARED, False
    before = difference.before
    whole = _clearable_ancestor(kind.root, path, declared, prior, actual)
    if attribute.immutable:
        # What Stripe chooses when no value is sent is no reason to create a new object.
        name = ".".join(map(str, path))
        made_up = any(key.attribute == name and key.unique for key in kind.life.natural_keys)
        # Nor is a value that no response shows, unless the field has a neutral value.
        forces = not made_up and not (unseen and attribute.neutral is ABSENT)
        reason = FieldReason.CLEARED if forces else FieldReason.STAYS
        after = before if unseen and not forces else ABSENT
    elif _is_left_behind(kind.root, path, declared):
        reason = FieldReason.GOES
    elif difference.before in attribute.frozen:
        reason, after = FieldReason.STAYS, difference.before
    elif whole is not None:
        path = whole
        before = get_path(prior, whole, ABSENT) if prior is not None else before
    elif attribute.clearable or _is_text_entry(kind.root, path):
        pass
    elif attribute.neutral not in (ABSENT, None, []):
        after = attribute.neutral
    else:
        reason = FieldReason.STAYS
        after = difference.before
    return FieldChange(
        path=path,
        before=presentable(before),
        after=presentable(after),
        reason=reason,
        forces_replacement=forces,
        sensitive=attribute.sensitive or is_secret(before),
        currency=currency_of(attribute, path, declared, actual),
    )


def _is_left_behind(root: Attribute, path: Path, declared: Mapping[str, Any]) -> bool:
    """Whether a leaf is in one of several objects of which another is chosen now."""
    for where, attribute in (((), root), *root.along(path[:-1])):
        if attribute.chooser:
            name, choices = path[len(where)], attribute.fields[attribute.chooser].values
            chosen = get_path(declared, (*where, attribute.chooser))
            return name in choices and chosen not in (None, name)
    return False


def write_only_at(root: Attribute, path: Path) -> Path | None:
    """The outermost write-only field at or above a path; None if there is none."""
    return next((where for where, attribute in root.along(path) if attribute.write_only), None)


def _clearable_ancestor(
    root: Attribute,
    path: Path,
    declared: Mapping[str, Any],
    prior: Mapping[str, Any] | None,
    actual: Mapping[str, Any],
) -> Path | None:
    """The outermost object around a leaf that is no longer declared and clears as a whole.

    A map of strings is cleared key by key instead: others may have keys in it.
    """
    for where, attribute in root.along(path[:-1]):
        if not attribute.clearable or get_path(declared, where) is not None:
            continue
        if attribute.kind is Kind.OBJECT:
            return where
        if attribute.kind is Kind.MAP and not _is_text_map(attribute):
            ours = set(get_path(prior, where) or {})
            theirs = set(get_path(actual, where) or {}) - ours - {actual.get("currency")}
            if not theirs:
                return where
    return None


def _is_text_map(attribute: Attribute | None) -> bool:
    return (
        attribute is not None
        and attribute.kind is Kind.MAP
        and attribute.element is not None
        and attribute.element.kind is Kind.STRING
    )


def _is_text_entry(root: Attribute, path: Path) -> bool:
    """An entry of a map of strings, such as metadata, which an empty string deletes."""
    return _is_text_map(root.at(path[:-1]))


def _kept_element(root: Attribute, path: Path, declared: Mapping[str, Any]) -> int:
    """How long the path is to an element that keeps what an update does not mention; 0 if none."""
    where = list_at(root, path[:-1])
    around = root.at(where) if where is not None else None
    if where is None or around is None or not around.handle or around.whole:
        return 0
    length = len(where) + 1
    return length if get_path(declared, path[:length]) is not None else 0


def list_at(root: Attribute, path: Path, *, below: int = 0) -> Path | None:
    """The outermost list at or above a path; None if there is none.

    Args:
        root: The type's fields.
        path: Of a leaf.
        below: Only lists that are deeper than so many steps.
    """
    lists = (where for where, attribute in root.along(path) if attribute.kind is Kind.LIST)
    return next((where for where in lists if len(where) > below), None)


def _same_declared(
    root: Attribute, path: Path, declared: Mapping[str, Any], prior: Mapping[str, Any]
) -> bool:
    where = list_at(root, path) or path
    return bool(get_path(declared, where, ABSENT) == get_path(prior, where, ABSENT))


def _why_without_a_change(
    root: Attribute, path: Path, declared: Mapping[str, Any], moved: frozenset[Path]
) -> FieldReason:
    """Why a leaf differs although it is declared as it was."""
    if _is_among(root, path, moved):
        return FieldReason.DRIFT
    value = get_path(declared, list_at(root, path) or path)
    return FieldReason.REFERENCE if any(targets_in(value)) else FieldReason.DIFFERS


def _is_among(root: Attribute, path: Path, moved: frozenset[Path]) -> bool:
    """Whether a leaf, or the list it is in, changed on Stripe."""
    where = list_at(root, path)
    if where is None:
        return path in moved
    return any(other[: len(where)] == where for other in moved)


def _changes_entry(root: Attribute, path: Path, actual: Mapping[str, Any]) -> bool:
    """Whether a leaf is in an entry, already there, of a map that only takes new ones."""
    for where, attribute in root.along(path[:-1]):
        if attribute.add_only:
            return get_path(actual, path[: len(where) + 1], ABSENT) is not ABSENT
    return False


def currency_of(
    attribute: Attribute, path: Path, declared: Mapping[str, Any], actual: Mapping[str, Any]
) -> str:
    """The lower-case currency that an amount is in; empty if it is no amount.

    It is next to the amount, or next to what holds the amount, the innermost first: what gives the
    data of a price has a currency of its own.
    """
    if not attribute.money:
        return ""
    if attribute.money == "*":
        keys = [part for part in path if isinstance(part, str) and _CURRENCY.fullmatch(part)]
        return keys[-1] if keys else ""
    where = parse_path(attribute.money)
    for length in range(len(path) - 1, -1, -1):
        around = path[:length]
        found = get_path(declared, (*around, *where))
        if found is None and not any(isinstance(part, int) for part in around):
            found = get_path(actual, (*around, *where))
        if found is not None:
            return found.lower() if isinstance(found, str) and "${" not in found else ""
    return ""


def new_fields(
    kind: ResourceType, wanted: Mapping[str, Any], sent: Mapping[str, Any]
) -> tuple[FieldChange, ...]:
    """The leaves of an object that does not exist yet.

    Args:
        kind: The resource type.
        wanted: The declaration, references resolved.
        sent: The same with references as text, for the currency.
    """
    found: list[FieldChange] = []
    for path, value in leaves(wanted):
        if value is None:
            continue
        attribute = kind.root.at(path)
        secret = is_secret(value) or (attribute is not None and attribute.sensitive)
        found.append(
            FieldChange(
                path=path,
                before=ABSENT,
                after=presentable(value),
                reason=FieldReason.SET,
                sensitive=secret,
                currency=currency_of(attribute, path, sent, {}) if attribute else "",
            )
        )
    return tuple(found)
