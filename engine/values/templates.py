"""References inside nested values: finding and replacing them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from engine.redaction import HIDDEN
from engine.values.markers import UNKNOWN
from engine.values.paths import Path
from engine.values.secret import Sealed, Sensitive
from engine.values.targets import (
    REFERENCE_PATTERN,
    TEMPLATE,
    AttributeTarget,
    OutputTarget,
    Target,
    target_of,
)
from engine.values.tree import children, map_scalars

# References and escapes are passed over; stray is an escaped reference, and `${` that begins none.
_STRAY = re.compile(
    rf"{REFERENCE_PATTERN}|(?P<stray>\${REFERENCE_PATTERN}|\$\{{[^}}]*\}}?)|\$\$\{{"
)


def targets_in(value: object) -> Iterator[Target]:
    """Yield every reference anywhere inside a nested value, in reading order."""
    for _, target in targets_with_paths(value):
        yield target


def targets_with_paths(value: object) -> Iterator[tuple[Path, Target]]:
    """Yield every reference with the path of the leaf it is in, in reading order."""
    for path, target in templates_in(value):
        if target is not None:
            yield path, target


def templates_in(value: object) -> list[tuple[Path, Target | None]]:
    """Everything in a nested value that `resolve` replaces, in reading order.

    Each is the path of its leaf and what it refers to; None for a literal, `$${`.
    """
    return [
        (marked.path, target_of(match))
        for marked in _marked_in(value)
        if not marked.is_key
        for match in TEMPLATE.finditer(marked.text)
    ]


class _Marked(NamedTuple):
    """A text with `${` in it: a leaf or a key, and whether a secret holds it."""

    path: Path
    text: str
    is_key: bool
    secret: bool


def _marked_in(value: object) -> list[_Marked]:
    found: list[_Marked] = []
    _collect_marked(value, (), found, secret=False)
    return found


def _collect_marked(value: object, path: Path, found: list[_Marked], *, secret: bool) -> None:
    # Every leaf of every declaration comes by here: no generators, and cheap tests first.
    if isinstance(value, str):
        # What authors hold refuses to be looked into; what they passed on is plain text.
        if "${" in (text := str.__str__(value)):
            found.append(_Marked(path, text, is_key=False, secret=secret))
    elif isinstance(value, Sensitive):
        _collect_marked(value.value, path, found, secret=True)
    else:
        for key, inner in children(value):
            below = (*path, key)
            if isinstance(key, str) and "${" in (text := str.__str__(key)):
                found.append(_Marked(below, text, is_key=True, secret=secret))
            _collect_marked(inner, below, found, secret=secret)


def escaped(value: Any) -> Any:
    """A nested value as a declaration would write it, so that `resolve` gives it back as it is."""
    return map_scalars(
        value, lambda leaf: str.replace(leaf, "${", "$${") if isinstance(leaf, str) else leaf
    )


def unescaped(value: Any) -> Any:
    """A nested value with its literals resolved and its references as they are written."""
    return resolve(value, lambda target: f"${{{target}}}")


def is_reference(value: object) -> bool:
    """Whether a value is one reference and nothing else, so that its value may be null."""
    whole = TEMPLATE.fullmatch(value) if isinstance(value, str) else None
    return whole is not None and target_of(whole) is not None


def has_reference(text: str) -> bool:
    """Whether a text holds a reference."""
    return "${" in text and any(target_of(match) for match in TEMPLATE.finditer(text))


def stray_references(value: object) -> Iterator[tuple[Path, str]]:
    """Yield what looks like a reference and would be sent to the service as plain text.

    That is `${` that begins none, a reference behind another `$`, which escapes it, and any in a
    key. Each comes with the path of the leaf it is in.
    """
    for path, text, is_key, secret in _marked_in(value):
        for stray in [text] if is_key else (match["stray"] for match in _STRAY.finditer(text)):
            if stray:
                yield path, HIDDEN if secret else stray


def resolve(value: Any, lookup: Callable[[Target], Any]) -> Any:
    """Replace every reference inside a nested value.

    A string that is one reference becomes the target's value, of whatever type; a reference
    inside a longer string becomes its text. A string with any UNKNOWN part is UNKNOWN as a whole.

    Args:
        value: Nested dicts, lists and scalars.
        lookup: Gives the value of a target, UNKNOWN if it is known after the apply only.

    Returns:
        A new structure; the given one is untouched.
    """

    def resolved(leaf: Any) -> Any:
        if isinstance(leaf, Sensitive):
            inner = resolve(leaf.value, lookup)
            return inner if inner is UNKNOWN else Sensitive(inner)
        return _resolve_text(str.__str__(leaf), lookup) if isinstance(leaf, str) else leaf

    return map_scalars(value, resolved)


def rewritten(value: Any, change: Callable[[Target], Any]) -> Any:
    """A nested value with its references replaced, which is still written as a declaration is.

    Args:
        value: Nested dicts, lists and scalars; it stays as it is.
        change: What takes the place of a reference: another target, or a value. Where that is
            UNKNOWN the leaf is UNKNOWN as a whole, and where it is secret the leaf is.
    """

    def written(target: Target) -> Any:
        found = change(target)
        if isinstance(found, (AttributeTarget, OutputTarget)):
            return f"${{{found}}}"
        return Sensitive(escaped(found.value)) if isinstance(found, Sensitive) else escaped(found)

    def changed(leaf: Any) -> Any:
        if not isinstance(leaf, str):
            return leaf
        return _resolve_text(str.__str__(leaf), written, literal="$${")

    return map_scalars(value, changed)


def _resolve_text(text: str, lookup: Callable[[Target], Any], *, literal: str = "${") -> Any:
    if "${" not in text:
        return text
    whole = TEMPLATE.fullmatch(text)
    if whole is not None:
        target = target_of(whole)
        if target is not None:
            return lookup(target)
    parts: list[str] = []
    secret = False
    end = 0
    for match in TEMPLATE.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        target = target_of(match)
        if target is None:
            parts.append(literal)
            continue
        found = lookup(target)
        if found is UNKNOWN:
            return UNKNOWN
        if isinstance(found, Sensitive):
            secret, found = True, found.value
        elif isinstance(found, Sealed):
            secret = True  # a fingerprint, in place of a secret that only an apply reads
        parts.append(_as_text(found))
    joined = "".join([*parts, text[end:]])
    return Sensitive(joined) if secret else joined


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
