"""Policies about what is declared: labels, keys, metadata, URLs, currencies.

They hold for what a plan makes or changes: what stays as it is may have been made before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.plan.model import Action
from engine.policies.plan import UNKNOWN, Change, Plan
from engine.schema.attribute import Attribute
from engine.values.paths import Path, dotted
from engine.values.tree import children, is_nested, scalars

_STAY = (
    *(Action.CREATE, Action.UPDATE, Action.REPLACE),
    *(Action.IMPORT, Action.REVIVE),
)
_HTTP = re.compile(r"\s*http://", re.IGNORECASE)
_URL = "https?://"
"""How the pattern of a field begins that takes a URL."""


def _staying(plan: Plan) -> Iterator[Change]:
    yield from (change for change in plan.changes if change.action in _STAY)


def labelled_removals(plan: Plan, label: str) -> Iterator[tuple[Change, str]]:
    """What a live account loses although its metadata does not have a label."""
    if not plan.environment.live:
        return
    for change in plan.changes:
        if change.action is not Action.DELETE or change.metadata.get(label):
            continue
        message = (
            f"it is not labelled for removal: put its declaration back with metadata={{{label!r}: "
            '"yes"}, apply that, then remove it'
        )
        if not change.kind.has_metadata:
            message = (
                f"a {change.kind.title} has no metadata for the label {label!r}: list its address "
                "under allow of this policy"
            )
        yield change, message


def lookup_keys(plan: Plan, _: None) -> Iterator[tuple[Change, str]]:
    """What could have a lookup key and has none."""
    for change in _staying(plan):
        for key in change.kind.life.natural_keys:
            # A key that moves from one object to the next is what applications look up.
            if key.transfer and not change.after.get(key.attribute):
                yield change, f"it has no {key.attribute}, by which applications find it"


def metadata_keys(plan: Plan, names: Sequence[str]) -> Iterator[tuple[Change, str]]:
    """What could have metadata and lacks keys of it."""
    for change in _staying(plan):
        if change.kind.has_metadata and "metadata" in change.kind.root.fields:
            lacking = [name for name in names if change.metadata.get(name) in (None, "")]
            if lacking:
                yield change, f"its metadata lacks {', '.join(lacking)}"


def https_only(plan: Plan, _: None) -> Iterator[tuple[Change, str]]:
    """URLs that are plain http."""
    for change in _staying(plan):
        for path, value in scalars(change.after):
            attribute = change.kind.root.at(path)
            takes_url = attribute is not None and attribute.pattern.startswith(_URL)
            if takes_url and isinstance(value, str) and _HTTP.match(value):
                yield change, f"its {dotted(path)} is plain http: write https://"


def currencies(plan: Plan, codes: Sequence[str]) -> Iterator[tuple[Change, str]]:
    """Amounts that are not there in every currency."""
    for change in _staying(plan):
        for path, values in _in_currencies(change.after, change.kind.root, ()):
            of = f"{dotted(path)}." if path else ""
            options = values.get("currency_options")
            if UNKNOWN in (options, values["currency"]):
                yield change, f"its {of}currency_options are known after the apply only"
                continue
            there = {str(values["currency"]).lower()}
            there.update(str(code).lower() for code, _ in children(options or {}))
            lacking = [code for code in codes if code not in there]
            if lacking:
                yield change, f"its {of}currency_options lack {', '.join(lacking)}"


def _in_currencies(
    values: Any, attribute: Attribute | None, path: Path
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The parts of an object that have a currency, and can have amounts in others."""
    if attribute is None or not is_nested(values):
        return
    if isinstance(values, Mapping) and values.get("currency") is not None:
        options = attribute.fields.get("currency_options")
        if options is not None and options.declarable:
            yield path, values
    for key, inner in children(values):
        yield from _in_currencies(inner, attribute.child(key), (*path, key))
