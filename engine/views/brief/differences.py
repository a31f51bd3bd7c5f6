"""What differs between two versions of an object, in a few words: `name: "Pro" -> "Pro plus"`."""

from __future__ import annotations

import functools
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from engine.plan.amounts import Amount, amount_at
from engine.plan.model import Action, Change, FieldChange, FieldReason
from engine.schema.attribute import Attribute, Kind, walk
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, dotted, get_path
from engine.views.brief.names import ObjectNames, short
from engine.views.brief.phrase import fields_of, part_phrase, phrase
from engine.views.fields import SENSITIVE, show
from engine.views.money import amount_words
from engine.views.plural import counted

_MOST = 4
"""Parts of a line; further fields are counted."""
_NAMED = 2
"""Entries and currencies that are named; more are counted."""
_WIDEST = 60
"""Both sides of a value; longer ones are left to the leaves."""
_WIDEST_KEY = 120
"""The same of a key, such as the URL of a webhook endpoint."""
_MADE = (Action.CREATE, Action.REPLACE)
_RECORDED = (FieldReason.STAYS, FieldReason.GOES)
# A number stays with its sign of percent.
_WORD = re.compile(r" (?!%)")


def differences(change: Change, kind: ResourceType, names: ObjectNames) -> Iterator[str]:
    """Say what becomes of an object: its phrase first, then other amounts, then the rest."""
    told: tuple[Path, ...] = ()
    before, after = _phrases(change, kind)
    if change.fields and before and after and before != after:
        told = fields_of(kind)
        yield from_to(before, after) + _share(kind, change, *told)
    rest = [entry for entry in change.fields if not _is_told(entry.path, told)]
    others = [entry for entry in rest if entry.reason is not FieldReason.REFERENCE]
    amounts: list[str] = []
    parts = [*_references(rest, change, names)]
    for where, entries in _grouped(kind.root, others).items():
        money = any(entry.currency for entry in entries)
        (amounts if money else parts).extend(_group(kind, where, entries, change))
    parts = [*amounts, *parts]
    yield from parts[:_MOST]
    if len(parts) > _MOST:
        yield f"and {len(parts) - _MOST} more"


def _phrases(change: Change, kind: ResourceType) -> tuple[str, str]:
    """The phrases of both sides; lists are in them only where one side is a list alone."""
    before, after = phrase(kind, change.before), phrase(kind, change.after)
    if bool(before) is bool(after):
        return before, after
    return phrase(kind, change.before, lists=True), phrase(kind, change.after, lists=True)


def from_to(before: str, after: str) -> str:
    """Write `before -> after`, and the words that both end with once.

    For example `$20.00 -> $24.00 a month`.
    """
    old, new = _WORD.split(before), _WORD.split(after)
    same = 0
    while same < min(len(old), len(new)) - 1 and old[-1 - same] == new[-1 - same]:
        same += 1
    cut = len(old) - same
    return f"{' '.join(old[:cut])} -> {' '.join(new)}"


def percent(old: Amount, new: Amount) -> str:
    """The change from one amount to another, `, +20 %`; empty if they do not compare."""
    alike = (old.currency, old.interval, old.interval_count) == (
        new.currency,
        new.interval,
        new.interval_count,
    )
    if not alike or not old.value or old.value == new.value:
        return ""
    share = (new.value - old.value) * 100 / abs(old.value)
    if abs(share) < 1:
        return f", {share:+.1g} %"
    return f", {share.quantize(Decimal('0.1'), ROUND_HALF_UP).normalize():+f} %"


def _share(kind: ResourceType, change: Change, *paths: Path) -> str:
    """The change of the first of several amounts, in percent."""
    for path in paths:
        old = amount_at(kind.root, path, change.before)
        new = amount_at(kind.root, path, change.after)
        if old is not None and new is not None:
            return percent(old, new)
    return ""


def currencies_of(kind: ResourceType, values: Mapping[str, Any]) -> Iterator[str]:
    """Say in which further currencies an object has its amounts."""
    for path in _by_currency(kind):
        if isinstance(held := get_path(values, path), Mapping) and held:
            yield f"also in {', '.join(held)}"


@functools.cache
def _by_currency(kind: ResourceType) -> tuple[Path, ...]:
    """The maps of a type that have an entry for each currency."""
    return tuple(path for path, attribute in walk(kind.root) if attribute.currency_keys)


def _is_told(path: Path, told: Container[Path]) -> bool:
    return any(path[:length] in told for length in range(1, len(path) + 1))


# ── references ────────────────────────────────────────────────────────────────────────────


def _references(
    entries: Iterable[FieldChange], change: Change, names: ObjectNames
) -> Iterator[str]:
    """Say which new objects it points to, where its declaration is as it was."""
    found: dict[str, list[str]] = {}
    unknown = []
    for entry in entries:
        if entry.reason is not FieldReason.REFERENCE:
            continue
        kept = entry.before if isinstance(entry.before, (list, tuple)) else [entry.before]
        known = [
            target
            for target in names.referred(change, entry.path, entry.after)
            if target.action in _MADE or target.id not in kept
        ]
        for target in known:
            new = "the new " if target.action in _MADE else ""
            found.setdefault(f"{new}{kind_title(target, names)}", []).append(names.of(target))
        if not known:
            unknown.append(dotted(entry.path))
    for noun, named in found.items():
        listed = list(dict.fromkeys(named))
        if len(listed) > _NAMED:
            yield f"points to {len(listed)} {noun.removeprefix('the ')}s"
        else:
            yield f"points to {noun}{'s' if len(listed) > 1 else ''} {' and '.join(listed)}"
    if unknown:
        yield f"{', '.join(unknown[:_NAMED])} follows what it refers to"


def kind_title(change: Change, names: ObjectNames) -> str:
    """What people call the type of a change's object."""
    kind = names.schemas.get(change.type)
    return kind.title if kind is not None else change.type


# ── groups of fields ──────────────────────────────────────────────────────────────────────


def _grouped(root: Attribute, entries: Iterable[FieldChange]) -> Mapping[Path, list[FieldChange]]:
    """The changes by the list or map that they are in; others each by itself."""
    groups: dict[Path, list[FieldChange]] = {}
    for entry in entries:
        where = entry.path
        for length, attribute in root.along(entry.path[:-1]):
            if attribute.kind in (Kind.LIST, Kind.MAP):
                where = length
                break
        groups.setdefault(where, []).append(entry)
    return groups


def _group(
    kind: ResourceType, where: Path, entries: Sequence[FieldChange], change: Change
) -> Iterator[str]:
    attribute = kind.root.at(where)
    if attribute is not None and attribute.currency_keys:
        yield from _currencies(kind.root, where, entries, change)
    elif attribute is not None and attribute.kind is Kind.LIST and where != entries[0].path:
        yield _entries(kind, where, entries, change)
    elif len(entries) > 1:
        yield f"{len(entries)} keys of {dotted(where)}"
    else:
        yield _one(kind, entries[0], change)


def _currencies(
    root: Attribute, where: Path, entries: Iterable[FieldChange], change: Change
) -> Iterator[str]:
    """Say which currencies come, go and change."""
    codes = list(
        dict.fromkeys(
            str(entry.path[len(where)]) for entry in entries if len(entry.path) > len(where)
        )
    )
    had, has = get_path(change.before, where) or {}, get_path(change.after, where) or {}
    come = [code for code in codes if code not in had]
    gone = [code for code in codes if code not in has]
    changed = [code for code in codes if code in had and code in has]
    if come:
        yield f"also in {', '.join(come)}"
    if gone:
        yield f"no longer in {', '.join(gone)}"
    if len(changed) > _NAMED:
        yield f"{len(changed)} other currencies changed ({', '.join(changed)})"
        return
    for code in changed:
        pairs = [
            pair
            for entry in entries
            if entry.path[len(where)] == code and (pair := _money_pair(root, entry, change))
        ]
        yield pairs[0] if len(pairs) == 1 else f"{code} changed"


def _entries(
    kind: ResourceType, where: Path, entries: Sequence[FieldChange], change: Change
) -> str:
    """Say what changes in a list of objects: of one its phrase, of several how many."""
    touched = list(dict.fromkeys(entry.path[len(where)] for entry in entries))
    noun = str(where[-1]).replace("_", " ").removesuffix("s")
    element = (*where, touched[0])
    before, after = (part_phrase(kind, element, values) for values in (change.before, change.after))
    if len(touched) > 1 or not before or not after:
        return f"{counted(len(touched), noun)} changed"
    pairs = (_share(kind, change, entry.path) for entry in entries)
    return from_to(before, after) + next(filter(None, pairs), "")


def _money_pair(root: Attribute, entry: FieldChange, change: Change) -> str:
    """Both sides of an amount, with its percentage; empty if it is none or has one side alone."""
    old, new = (amount_at(root, entry.path, values) for values in (change.before, change.after))
    if old is None or new is None:
        return ""
    return from_to(amount_words(old), amount_words(new)) + percent(old, new)


def _one(kind: ResourceType, entry: FieldChange, change: Change) -> str:
    """Say how one field changes."""
    name = dotted(entry.path)
    if entry.sensitive:
        return f"{name}: {SENSITIVE}"
    if entry.reason in _RECORDED:
        return f"{name} {entry.reason.value}"
    if pair := _money_pair(kind.root, entry, change):
        return f"{name}: {pair}"
    if entry.after in (None, ABSENT):
        return f"{name} cleared"
    if _is_list(entry.before) and _is_list(entry.after):
        return _list(name, entry.before, entry.after)
    text = show(entry.after, entry.currency)
    if entry.before not in (None, ABSENT):
        text = f"{show(entry.before, entry.currency)} -> {text}"
    keys = {key.attribute for key in kind.life.natural_keys}
    widest = _WIDEST_KEY if name in keys else _WIDEST
    return f"{name}: {text}" if len(text) <= widest and entry.after is not UNKNOWN else name


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _list(name: str, before: Sequence[Any], after: Sequence[Any]) -> str:
    """Say what a list of plain values gets and loses."""
    label = name.replace("_", " ") if "." not in name else name
    come = [entry for entry in after if entry not in before]
    gone = [entry for entry in before if entry not in after]
    if not come and not gone:
        return f"{label} in another order"
    parts = [f"+{_listed(come)}"] if come else []
    parts += [f"-{_listed(gone)}"] if gone else []
    return f"{label}: {' '.join(parts)}"


def _listed(entries: Sequence[Any]) -> str:
    plain = all(isinstance(entry, str) and len(entry) <= _WIDEST for entry in entries)
    return ", ".join(map(short, entries)) if plain and len(entries) <= _NAMED else str(len(entries))
