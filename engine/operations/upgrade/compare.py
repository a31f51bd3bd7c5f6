"""Compares the parameters of a type in two API versions; no file is read, and nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator

from engine.ports.upkeep.upgrade import Difference, FieldDifference
from engine.schema.attribute import Attribute
from engine.values.paths import ANY_PART

Path = tuple[str, ...]
_FEW = 6


def differences(before: Attribute, after: Attribute) -> dict[Path, tuple[FieldDifference, ...]]:
    """What is different of each parameter below an attribute.

    What is below a parameter that appears or vanishes is not listed.

    Returns:
        The differences by path, in the order of the paths.
    """
    found: dict[Path, tuple[FieldDifference, ...]] = {}
    for path, old, new in _pairs(before, after, ()):
        own = tuple(_own(".".join(path), old, new))
        if own:
            found[path] = own
    return found


def _pairs(
    before: Attribute, after: Attribute, path: Path
) -> Iterator[tuple[Path, Attribute | None, Attribute | None]]:
    parts = {name: (before.fields.get(name), after.fields.get(name)) for name in before.fields}
    parts |= {name: (before.fields.get(name), new) for name, new in after.fields.items()}
    if before.element is not None or after.element is not None:
        parts[ANY_PART] = before.element, after.element
    for name, (old, new) in sorted(parts.items()):
        own = (*path, name)
        yield own, old, new
        if old is not None and new is not None and old.kind is new.kind:
            yield from _pairs(old, new, own)


def _own(path: str, old: Attribute | None, new: Attribute | None) -> Iterator[FieldDifference]:
    was, now = _declarable(old), _declarable(new)
    if was is None and now is not None:
        yield FieldDifference(path=path, what=Difference.APPEARS, after=_words(now))
        if now.required:
            yield FieldDifference(path=path, what=Difference.REQUIRED)
    elif was is not None and now is None:
        yield FieldDifference(path=path, what=Difference.VANISHES, before=_words(was))
    elif was is not None and now is not None:
        yield from _changed(path, was, now)


def _declarable(attribute: Attribute | None) -> Attribute | None:
    return attribute if attribute is not None and attribute.declarable else None


def _changed(path: str, old: Attribute, new: Attribute) -> Iterator[FieldDifference]:
    if old.kind is not new.kind:
        yield FieldDifference(
            path=path, what=Difference.KIND, before=old.kind.value, after=new.kind.value
        )
        return
    if set(old.values) != set(new.values):
        lost, gained = _apart(old.values, new.values), _apart(new.values, old.values)
        yield FieldDifference(path=path, what=Difference.WORDS, before=lost, after=gained)
    flags = (
        (old.required, new.required, Difference.REQUIRED, Difference.OPTIONAL),
        (old.immutable, new.immutable, Difference.IMMUTABLE, Difference.MUTABLE),
        (old.clearable, new.clearable, Difference.CLEARABLE, Difference.NOT_CLEARABLE),
        (old.in_response, new.in_response, Difference.RETURNED, Difference.NOT_RETURNED),
    )
    for was, now, becomes, ends in flags:
        if was != now:
            yield FieldDifference(path=path, what=becomes if now else ends)
    if old.max_length != new.max_length:
        yield FieldDifference(
            path=path,
            what=Difference.LENGTH,
            before=str(old.max_length or ""),
            after=str(new.max_length or ""),
        )
    if old.reference != new.reference:
        yield FieldDifference(
            path=path, what=Difference.REFERENCE, before=old.reference, after=new.reference
        )


def _apart(words: tuple[str, ...], others: tuple[str, ...]) -> str:
    """The words that are not among others."""
    return ", ".join(word for word in words if word not in others)


def _words(attribute: Attribute) -> str:
    """What a parameter takes, in a few words."""
    if not attribute.values:
        return attribute.kind.value
    rest = len(attribute.values) - _FEW
    return ", ".join(attribute.values[:_FEW]) + (f" and {rest} more" if rest > 0 else "")
