"""Both sides of a resource as comparable trees: what Stripe has, and what is declared.

Both trees are shaped by what is or was declared: numbers as numbers, sets sorted, keyed lists as
mappings, aliases and Stripe's defaults undone. A field that is declared neither now nor by the last
apply is in neither tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from engine.frozen import frozen
from engine.plan.compare.deep_diff import Difference, differences
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
from engine.values.tree import overlaid, scalars

_Sides: TypeAlias = tuple[Any, Any]
"""What Stripe has of a field, and what is declared."""


@frozen(kw_only=False)
class Comparison:
    """Two comparable trees.

    Attributes:
        before: What Stripe has, where it was or is declared.
        after: What is declared.
    """

    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The leaves that differ, in path order."""
        return differences(self.before, self.after)


def compare(
    normal: Normalizer,
    root: Attribute,
    wanted: Mapping[str, Any],
    actual: Mapping[str, Any],
    prior: Mapping[str, Any] | None,
    *,
    as_of: Callable[[Target], Any] | None = None,
    imported: bool = False,
) -> Comparison:
    """Make the comparable trees of one resource.

    Args:
        normal: What makes values comparable.
        root: The type's fields.
        wanted: The declaration, references resolved, UNKNOWN where it is known after the apply
            only.
        actual: The object as Stripe returned it.
        prior: What the last apply declared, sealed except for secrets that are declared as they
            were; None if nothing is known of it.
        as_of: What the references of the last apply stood for; None leaves them unread.
        imported: The object was not made from here: what only a create can set and no response
            shows is as it is declared first.
    """
    comparer = _Comparer(normal, as_of, imported=imported)
    return Comparison(*comparer.object(root, wanted, actual, prior))


def taken_as_declared(
    root: Attribute, declared: Mapping[str, Any], prior: Mapping[str, Any] | None
) -> Iterator[Path]:
    """The fields of an imported object that only its declaration shows.

    Args:
        root: The type's fields.
        declared: The declaration.
        prior: What the last apply declared; None if there was none.
    """
    found: dict[Path, None] = {}
    for path, value in scalars(declared):
        hidden_at = next((where for where, leaf in root.along(path) if leaf.write_only), None)
        leaf = root.at(path)
        if hidden_at is None or leaf is None or not leaf.immutable or value is None:
            continue
        if get_path(prior, path) is None:
            found[path if get_path(prior, hidden_at) is not None else hidden_at] = None
    yield from found


def drifted(
    normal: Normalizer, root: Attribute, seen: Mapping[str, Any], actual: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """The leaves in which an object differs from what the last apply saw of it.

    Returns:
        Differences whose `before` is what was seen and `after` what there is now.
    """
    pair = compare(normal, root, seen, actual, None)
    return differences(pair.after, pair.before)


def with_secrets_sealed(
    normal: Normalizer, pair: Comparison, seen: Mapping[str, Any]
) -> Comparison:
    """The trees without what the last apply knew to be a secret, where it is to change."""
    return Comparison(_sealed(normal, pair.before, pair.after, seen), pair.after)


def _sealed(normal: Normalizer, before: Any, after: Any, seen: Any) -> Any:
    if isinstance(seen, Sealed):
        is_open = before not in (None, after) and not isinstance(before, Sealed)
        return normal.sealed(before) if is_open else before
    if isinstance(before, Mapping) and isinstance(seen, Mapping):
        return {
            name: _sealed(normal, inner, get_path(after, (name,)), seen.get(name))
            for name, inner in before.items()
        }
    return before


class _Comparer:
    """One walk over a declaration, the response and the last declaration at the same time."""

    __slots__ = ("_as_of", "_comparable", "_imported", "_normal")

    def __init__(
        self,
        normal: Normalizer,
        as_of: Callable[[Target], Any] | None,
        *,
        imported: bool = False,
    ) -> None:
        self._imported = imported
        self._normal = normal
        self._comparable = normal.comparable
        self._as_of = as_of

    def object(
        self,
        attribute: Attribute,
        wanted: Mapping[str, Any],
        actual: Any,
        prior: Mapping[str, Any] | None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The two sides of an object, field by field."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        names = [name for name, value in wanted.items() if not _is_none(attribute, name, value)]
        for name in names:
            child = attribute.child(name)
            if child is None:
                continue
            was = get_path(prior, (name,))
            if was is None and child.twin:
                was = get_path(prior, (child.twin,))
            returned = read(child, name, actual)
            old, after[name] = self.field(child, wanted[name], returned, was, prior)
            if old is not ABSENT:
                before[name] = old
        for name, was in (prior or {}).items():
            child = attribute.child(name)
            if child is None or name in names or child.twin in names:
                continue
            if not _is_none(attribute, name, was):
                left = self._no_longer_declared(child, was, read(child, name, actual))
                if left is not ABSENT:
                    before[name] = left
        return before, after

    def field(
        self,
        attribute: Attribute,
        wanted: Any,
        actual: Any,
        was: Any,
        prior: Mapping[str, Any] | None,
    ) -> _Sides:
        """The two sides of a field that is declared now."""
        if wanted is UNKNOWN:
            return self._comparable(attribute, actual), UNKNOWN
        if attribute.write_only:
            return self._write_only(attribute, wanted, was, prior)
        if attribute.kind in (Kind.OBJECT, Kind.MAP) and isinstance(wanted, Mapping):
            without_it: Mapping[str, Any] | None = None if prior is None else {}
            inner = was if isinstance(was, Mapping) else without_it
            return self.object(attribute, wanted, actual or {}, inner)
        if attribute.kind is Kind.LIST and isinstance(wanted, (list, tuple)):
            return self._list(attribute, wanted, actual, was)
        return self._scalar(attribute, wanted, actual, was)

    def _scalar(self, attribute: Attribute, wanted: Any, actual: Any, was: Any) -> _Sides:
        after = self._comparable(attribute, wanted)
        if attribute.resolved and wanted in attribute.words and was in (None, wanted):
            # A word such as `now` is returned as the moment that it meant.
            return (None if actual is None else after), after
        before = self._comparable(attribute, actual)
        if isinstance(wanted, Sensitive):
            # A fingerprint is of one spelling: what means the same is compared without it.
            old, new = self._scalar(attribute, wanted.value, actual, plain(was))
            if old == new:
                return after, after
        if attribute.lowered and before == str(after).lower() and self._is_as_before(was, wanted):
            return after, after
        if isinstance(after, Sealed) and not isinstance(before, Sealed) and before is not None:
            before = self._normal.sealed(before if actual is None else actual)
        return before, after

    def _is_as_before(self, was: Any, wanted: Any) -> bool:
        """Whether a field is declared as it was, or was never declared before."""
        return self._resolved(was) in (None, wanted)

    def _resolved(self, was: Any) -> Any:
        return was if self._as_of is None else resolve(was, self._as_of)

    def _write_only(
        self, attribute: Attribute, wanted: Any, was: Any, prior: Mapping[str, Any] | None
    ) -> _Sides:
        """Responses never hold it: only the declarations can be compared, by what they mean."""
        if prior is None:
            after = self._comparable(attribute, wanted)
            return after, after
        then = self._normal.seal(resolve(was, self._as_of or _unread))
        # Where it is not known what was declared, it was this.
        earlier = overlaid(then, wanted, lambda old, new: new if old is UNKNOWN else ABSENT)
        if self._imported:
            earlier = _with_unknown(attribute, earlier, wanted)
        if earlier is None:
            return ABSENT, self._comparable(attribute, wanted)
        returned = replace(attribute, write_only=False)
        return _Comparer(self._normal, None).field(returned, wanted, earlier, earlier, {})

    def _no_longer_declared(self, attribute: Attribute, was: Any, actual: Any) -> Any:
        """What Stripe still has of a field that only the last apply declared; ABSENT if nothing."""
        if attribute.write_only:
            # Responses never hold it: what was declared is still there.
            return self._unless_nothing(attribute, self._resolved(was))
        if isinstance(was, Sealed):
            return ABSENT if actual in (None, "") else self._normal.sealed(actual)
        if attribute.kind in (Kind.OBJECT, Kind.MAP) and isinstance(was, Mapping):
            left, _ = self.object(attribute, {}, actual or {}, was)
            return left or ABSENT
        return self._unless_nothing(attribute, actual)

    def _unless_nothing(self, attribute: Attribute, value: Any) -> Any:
        found = self._comparable(attribute, value)
        return ABSENT if is_nothing(attribute, found) else found

    # ── lists ─────────────────────────────────────────────────────────────────────────────

    def _list(self, attribute: Attribute, wanted: Sequence[Any], actual: Any, was: Any) -> _Sides:
        if isinstance(actual, Sealed):
            # Of a list with a secret in it state keeps the fingerprint of the whole.
            return actual, self._normal.sealed(plain(list(wanted)))
        have = list(actual or ())
        element = attribute.element
        if element is None or element.kind not in (Kind.OBJECT, Kind.MAP):
            return self._scalars(attribute, list(wanted), have)
        earlier = was if isinstance(was, list) else []
        if attribute.order is ListOrder.KEYED:
            return self._keyed(attribute, element, wanted, have, earlier)
        return self._paired(attribute, element, wanted, have, earlier)

    def _scalars(self, attribute: Attribute, wanted: list[Any], have: list[Any]) -> _Sides:
        before, after = (self._comparable(attribute, side) for side in (have, wanted))
        if not any(isinstance(entry, Sealed) for entry in after):
            return before, after
        same = before == self._comparable(attribute, plain(wanted))
        after = self._with_all_sealed(attribute, after)
        return after if same else self._with_all_sealed(attribute, before), after

    def _with_all_sealed(self, attribute: Attribute, entries: Sequence[Any]) -> Any:
        """A list of scalars, some of them secret, all as fingerprints."""
        hidden = [
            entry if entry is UNKNOWN or isinstance(entry, Sealed) else Sensitive(entry)
            for entry in entries
        ]
        return self._comparable(attribute, hidden)

    def _paired(
        self,
        attribute: Attribute,
        element: Attribute,
        wanted: Sequence[Any],
        have: Sequence[Any],
        earlier: Sequence[Any],
    ) -> _Sides:
        """Both sides in the declaration's order, and what only Stripe has behind it."""
        matched, left = self._aligned(attribute, element, wanted, have)
        before: list[Any] = []
        after: list[Any] = []
        olds, _ = self._aligned(attribute, element, wanted, self._resolved(earlier))
        for entry, match, old in zip(wanted, matched, olds, strict=True):
            if match is None:
                before.append({})
                after.append(self._comparable(element, entry))
                continue
            was = earlier[old] if old is not None else None
            pair = self.object(element, entry, have[match], was)
            before.append(pair[0])
            after.append(pair[1])
        while matched and matched.pop() is None:
            before.pop()
        before.extend(self._comparable(element, have[index]) for index in left)
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

    def _keyed(
        self,
        attribute: Attribute,
        element: Attribute,
        wanted: Sequence[Any],
        have: Sequence[Any],
        earlier: Sequence[Any],
    ) -> _Sides:
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
                after[key] = self._comparable(element, entry)
        for key, entry in by_key.items():
            if key not in after:
                before[key] = self._comparable(element, entry)
        return before, after


def _is_none(outer: Attribute, name: str, value: Any) -> bool:
    """Whether a declared value is none: null, or an empty one where only a create could set it.

    A create has nothing to clear, so it is not sent there, and Stripe fills in its own value.
    """
    if value is None or value not in ("", [], {}):
        return value is None
    child = outer.child(name)
    return child is not None and child.immutable


def _with_unknown(attribute: Attribute, earlier: Any, wanted: Any) -> Any:
    """What was declared of a field, with what was not as it is declared now."""
    if not attribute.immutable:
        return earlier  # an update sends it
    if earlier is None:
        return wanted
    if not isinstance(earlier, Mapping) or not isinstance(wanted, Mapping):
        return earlier
    added = {
        name: _with_unknown(child, earlier.get(name), inner)
        for name, child, inner in attribute.parts(wanted)
    }
    return {**earlier, **added}


def _unread(_: Target) -> Any:
    return UNKNOWN
