"""Comparing what is wanted with what Stripe has: normalised first, `==` next, DeepDiff last.

The only module that knows deepdiff. Both sides become *comparable* trees, shaped by what is (or
was) declared: numbers as numbers, sets sorted, keyed lists as mappings, aliases and fill-ins
undone. A field that nobody declared, now or before, is in neither tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.plan.compare.match_elements import aligned, key_of
from engine.plan.compare.normalize import Normalizer, is_nothing
from engine.plan.compare.response import read
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, get_path
from engine.values.secret import Sealed, Sensitive, plain
from engine.values.targets import Target
from engine.values.templates import resolve
from engine.values.tree import is_scalar_list, overlaid


@dataclass(frozen=True, slots=True)
class Difference:
    """One leaf that differs between two comparable trees.

    Attributes:
        path: Where; elements of keyed lists under their key, as text.
        before: ABSENT if only `after` has it.
        after: ABSENT if only `before` has it.
    """

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two comparable trees.

    Attributes:
        before: What Stripe has, where it was or is declared.
        after: What is wanted.
    """

    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The leaves that differ, in path order; empty without any work if nothing does."""
        if self.before == self.after:
            return ()
        return tuple(sorted(_deep(self.before, self.after), key=lambda found: _order(found.path)))


def compare(
    normal: Normalizer,
    root: Attribute,
    wanted: Mapping[str, Any],
    actual: Mapping[str, Any],
    prior: Mapping[str, Any] | None,
    *,
    as_of: Callable[[Target], Any] | None = None,
) -> Comparison:
    """Make the comparable trees of one resource.

    Args:
        normal: What makes values comparable.
        root: The type's fields.
        wanted: The declaration, references resolved, UNKNOWN where that cannot be told.
        actual: The object as Stripe answered.
        prior: What the last apply declared, sealed but for secrets that are declared as they were;
            None if it declared nothing that is known.
        as_of: What the references of the last apply stand for; None leaves them unread.
    """
    walker = _Walker(normal, as_of)
    before, after = walker.object(root, wanted, actual, prior)
    return Comparison(before, after)


def drifted(
    normal: Normalizer, root: Attribute, seen: Mapping[str, Any], actual: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """The leaves in which an object differs from what the last apply saw of it.

    Returns:
        Differences whose `before` is what was seen and `after` what there is now.
    """
    pair = compare(normal, root, seen, actual, None)
    return Comparison(pair.after, pair.before).differences


def veiled(normal: Normalizer, pair: Comparison, seen: Mapping[str, Any]) -> Comparison:
    """The trees without what the last apply knew to be a secret, where it is to be another."""
    return Comparison(_veiled(normal, pair.before, pair.after, seen), pair.after)


def _veiled(normal: Normalizer, before: Any, after: Any, seen: Any) -> Any:
    if isinstance(seen, Sealed):
        plain = before not in (None, after) and not isinstance(before, Sealed)
        return normal.sealed(before) if plain else before
    if isinstance(before, Mapping) and isinstance(seen, Mapping):
        return {
            name: _veiled(normal, inner, get_path(after, (name,)), seen.get(name))
            for name, inner in before.items()
        }
    return before


class _Walker:
    """One walk over a declaration, the answer beside it and the last declaration behind it."""

    __slots__ = ("_as_of", "_normal")

    def __init__(self, normal: Normalizer, as_of: Callable[[Target], Any] | None) -> None:
        self._normal = normal
        self._as_of = as_of

    def object(
        self,
        attribute: Attribute,
        wanted: Mapping[str, Any],
        actual: Any,
        prior: Mapping[str, Any] | None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        names = [
            name for name, value in wanted.items() if not _says_nothing(attribute, name, value)
        ]
        for name in names:
            child = attribute.child(name)
            if child is None:
                continue
            was = get_path(prior, (name,))
            if was is None and child.twin:
                was = get_path(prior, (child.twin,))
            pair = self.declared(child, wanted[name], read(child, name, actual), was, prior)
            if pair[0] is not ABSENT:
                before[name] = pair[0]
            after[name] = pair[1]
        for name, was in (prior or {}).items():
            child = attribute.child(name)
            if child is None or name in names or child.twin in names:
                continue
            if _says_nothing(attribute, name, was):
                continue
            left = self._undeclared(child, was, read(child, name, actual))
            if left is not ABSENT:
                before[name] = left
        return before, after

    def declared(
        self,
        attribute: Attribute,
        wanted: Any,
        actual: Any,
        was: Any,
        prior: Mapping[str, Any] | None,
    ) -> tuple[Any, Any]:
        """The two sides of a field that is declared now."""
        if wanted is UNKNOWN:
            return self._normal.comparable(attribute, actual), UNKNOWN
        if attribute.write_only:
            return self._write_only(attribute, wanted, was, prior)
        if attribute.kind in (Kind.OBJECT, Kind.MAP) and isinstance(wanted, Mapping):
            unheard: Mapping[str, Any] | None = None if prior is None else {}
            inner = was if isinstance(was, Mapping) else unheard
            return self.object(attribute, wanted, actual or {}, inner)
        if attribute.kind is Kind.LIST and isinstance(wanted, (list, tuple)):
            return self._list(attribute, wanted, actual, was)
        return self._scalar(attribute, wanted, actual, was)

    def _scalar(self, attribute: Attribute, wanted: Any, actual: Any, was: Any) -> tuple[Any, Any]:
        after = self._normal.comparable(attribute, wanted)
        if attribute.resolved and wanted in attribute.words and was in (None, wanted):
            # A word such as `now` is told as the moment it came to.
            return (None if actual is None else after), after
        before = self._normal.comparable(attribute, actual)
        if isinstance(wanted, Sensitive):
            # A fingerprint is of one spelling: what means the same is compared without.
            told, said = self._scalar(attribute, wanted.value, actual, plain(was))
            if told == said:
                return after, after
        if attribute.lowered and before == str(after).lower() and self._as_it_was(was, wanted):
            return after, after
        if isinstance(after, Sealed) and not isinstance(before, Sealed) and before is not None:
            before = self._normal.sealed(before if actual is None else actual)
        return before, after

    def _as_it_was(self, was: Any, wanted: Any) -> bool:
        """Whether a field is declared as it was, or was never declared before."""
        then = was if self._as_of is None else resolve(was, self._as_of)
        return then in (None, wanted)

    def _write_only(
        self, attribute: Attribute, wanted: Any, was: Any, prior: Mapping[str, Any] | None
    ) -> tuple[Any, Any]:
        """Stripe never tells it: only the declarations can be compared, by what they mean."""
        told = replace(attribute, write_only=False)
        was = resolve(was, self._as_of or _unread)
        earlier = None if prior is None else _unresolved(self._normal.seal(was), wanted)
        if prior is None:
            after = self._normal.comparable(attribute, wanted)
            return after, after
        if earlier is None:
            return ABSENT, self._normal.comparable(attribute, wanted)
        return _Walker(self._normal, None).declared(told, wanted, earlier, earlier, {})

    def _undeclared(self, attribute: Attribute, was: Any, actual: Any) -> Any:
        """What is left on Stripe of a field that was declared and is no more; ABSENT if nothing."""
        if attribute.write_only:
            # Stripe never tells it: what was declared is still there.
            return self._left(attribute, was if self._as_of is None else resolve(was, self._as_of))
        if isinstance(was, Sealed):
            return ABSENT if actual in (None, "") else self._normal.sealed(actual)
        if attribute.kind in (Kind.OBJECT, Kind.MAP) and isinstance(was, Mapping):
            left, _ = self.object(attribute, {}, actual or {}, was)
            return left or ABSENT
        return self._left(attribute, actual)

    def _left(self, attribute: Attribute, value: Any) -> Any:
        found = self._normal.comparable(attribute, value)
        return ABSENT if is_nothing(attribute, found) else found

    def _list(
        self, attribute: Attribute, wanted: Sequence[Any], actual: Any, was: Any
    ) -> tuple[Any, Any]:
        element = attribute.element
        if isinstance(actual, Sealed):
            # Of a list with a secret in it state keeps the fingerprint of the whole.
            return actual, self._normal.sealed(plain(list(wanted)))
        have = list(actual or ())
        if element is None or element.kind not in (Kind.OBJECT, Kind.MAP):
            sides = [self._normal.comparable(attribute, side) for side in (have, list(wanted))]
            if any(isinstance(entry, Sealed) for entry in sides[1]):
                same = sides[0] == self._normal.comparable(attribute, plain(list(wanted)))
                sides = [self._sealed(attribute, side) for side in sides]
                return (sides[1] if same else sides[0]), sides[1]
            return sides[0], sides[1]
        earlier = was if isinstance(was, list) else []
        if attribute.order is ListOrder.KEYED:
            return self._keyed(attribute, element, wanted, have, earlier)
        return self._paired(attribute, element, wanted, have, earlier)

    def _paired(
        self,
        attribute: Attribute,
        element: Attribute,
        wanted: Sequence[Any],
        have: Sequence[Any],
        earlier: Sequence[Any],
    ) -> tuple[Any, Any]:
        """Both sides in the declaration's order, and what goes behind it."""
        then = earlier if self._as_of is None else resolve(earlier, self._as_of)
        matched, left = self._aligned(attribute, element, wanted, have)
        before: list[Any] = []
        after: list[Any] = []
        olds, _ = self._aligned(attribute, element, wanted, then)
        for entry, match, old in zip(wanted, matched, olds, strict=True):
            if match is None:
                before.append({})
                after.append(self._normal.comparable(element, entry))
                continue
            was = earlier[old] if old is not None else None
            pair = self.object(element, entry, have[match], was)
            before.append(pair[0])
            after.append(pair[1])
        while matched and matched.pop() is None:
            before.pop()
        before.extend(self._normal.comparable(element, have[index]) for index in left)
        return before, after

    def _aligned(
        self, attribute: Attribute, element: Attribute, wanted: Sequence[Any], have: Sequence[Any]
    ) -> tuple[list[int | None], list[int]]:
        """Which element is which; in a set those that are equal are the same."""
        if attribute.order is not ListOrder.SET:
            return aligned(attribute, wanted, have)
        left = list(range(len(have)))
        found: list[int | None] = [None] * len(wanted)
        for place, entry in enumerate(wanted):
            pairs = ((at, self.object(element, entry, have[at], None)) for at in left)
            match = next((at for at, (before, after) in pairs if before == after), None)
            if match is not None:
                found[place] = match
                left.remove(match)
        return [left.pop(0) if at is None and left else at for at in found], left

    def _sealed(self, attribute: Attribute, entries: Sequence[Any]) -> Any:
        """A list of scalars, some of them secret, whose entries are all fingerprints."""
        hidden = [
            entry if entry is UNKNOWN or isinstance(entry, Sealed) else Sensitive(entry)
            for entry in entries
        ]
        return self._normal.comparable(attribute, hidden)

    def _keyed(
        self,
        attribute: Attribute,
        element: Attribute,
        wanted: Sequence[Any],
        have: Sequence[Any],
        earlier: Sequence[Any],
    ) -> tuple[Any, Any]:
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        by_key = {key_of(attribute, entry): entry for entry in have}
        for index, entry in enumerate(wanted):
            key = key_of(attribute, entry) or f"[{index}]"
            # References in earlier declarations are text, so those align by position.
            was = earlier[index] if index < len(earlier) else None
            if key in by_key:
                before[key], after[key] = self.object(element, entry, by_key[key], was)
            else:
                after[key] = self._normal.comparable(element, entry)
        for key, entry in by_key.items():
            if key not in after:
                before[key] = self._normal.comparable(element, entry)
        return before, after


def _says_nothing(holder: Attribute, name: str, value: Any) -> bool:
    """Whether a declared value is none: null, or an empty one where only a create could set it.

    A create has nothing to clear, so it is not sent there, and Stripe fills in what it likes.
    """
    if value is None or value not in ("", [], {}):
        return value is None
    child = holder.child(name)
    return child is not None and child.immutable


def _unread(_: Target) -> Any:
    return UNKNOWN


def _unresolved(was: Any, after: Any) -> Any:
    """The earlier declaration, and `after` itself where nobody can tell what was declared."""
    return overlaid(was, after, lambda then, now: now if then is UNKNOWN else ABSENT)


def _deep(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """The differing leaves, by DeepDiff."""
    # deepdiff costs 60 ms at import: only a plan with differences pays for it.
    from deepdiff import DeepDiff

    found = DeepDiff(
        before,
        after,
        threshold_to_diff_deeper=0,
        ignore_numeric_type_changes=True,
        ignore_private_variables=False,  # a key such as `__a` is a key like any other
        # Not flat rows: those read their paths back from text, which keys with quotes garble.
        view="tree",
    )
    seen: set[Path] = set()
    for level in (level for levels in found.values() for level in levels):
        for path in _leaf_paths(tuple(level.path(output_format="list")), before, after):
            if path not in seen:
                seen.add(path)
                yield Difference(
                    path, get_path(before, path, ABSENT), get_path(after, path, ABSENT)
                )


def _leaf_paths(path: Path, before: Any, after: Any) -> Iterator[Path]:
    """The leaves at or below a differing place.

    A list of scalars, a list that is declared no more, and a secret are one leaf.
    """
    for length in range(1, len(path)):
        head = path[:length]
        sides = [get_path(side, head, ABSENT) for side in (before, after)]
        if any(is_scalar_list(side) or isinstance(side, Sealed) for side in sides):
            yield head
            return
    sides = [get_path(side, path, ABSENT) for side in (before, after)]
    children = [
        side for side in sides if isinstance(side, (Mapping, list)) and not is_scalar_list(side)
    ]
    around = get_path(after, path[:-1], ABSENT)
    gone = isinstance(sides[0], list) and sides[1] is ABSENT and around is not ABSENT
    if gone or not children or any(s is not ABSENT and s not in children for s in sides):
        yield path
        return
    parts: list[Any] = []
    for side in children:
        parts.extend(key for key in _keys(side) if key not in parts)
    for part in parts:
        yield from _leaf_paths((*path, part), before, after)


def _keys(side: Any) -> Sequence[Any]:
    return list(side) if isinstance(side, Mapping) else range(len(side))


def _order(path: Path) -> tuple[tuple[bool, str], ...]:
    return tuple(
        (True, part) if isinstance(part, str) else (False, str(part).zfill(6)) for part in path
    )
