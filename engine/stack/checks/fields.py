"""Checking arguments against a resource type: kinds, words, lengths, and Stripe's own rules.

Pure: yields findings as (path, message, hint, reference). References count as present and of the
right kind, since only an apply can tell their values; rules that follow them into other
declarations are a check of their own.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.catalog.currencies import CODES, COMMON
from engine.schema.attribute import Attribute, Kind
from engine.schema.remote import STAMP_KEY
from engine.schema.resource_type import ResourceType
from engine.schema.rules import Rule
from engine.stack.checks.empty_values import is_blank
from engine.stack.checks.findings import Finding, believed, wrong_kind
from engine.stack.checks.followed_references import Declared, followed
from engine.stack.checks.relevant_rules import relevant
from engine.stack.checks.rules import Breach, CheckContext, breaches
from engine.stack.foreign_words import parameter_meant, word_meant
from engine.suggest import nearest
from engine.values.paths import Path, dotted, get_path
from engine.values.secret import Sensitive
from engine.values.templates import has_reference, targets_in


def check_arguments(
    kind: ResourceType, arguments: Mapping[str, Any], circumstances: CheckContext
) -> Iterator[Finding]:
    """Yield everything wrong with the arguments of one declaration by itself."""
    findings = list(_check_object(kind.root, arguments, (), kind))
    yield from findings
    if circumstances.stamped and kind.has_metadata:
        yield from _check_stamp(kind.root.fields["metadata"], arguments.get("metadata"))
    told = believed(arguments, findings)
    for rule in relevant(kind, told, following=False):
        yield from _broken(rule, told, told, circumstances)


def _check_stamp(attribute: Attribute, metadata: Any) -> Iterator[Finding]:
    """Find metadata that leaves no room for the ownership stamp."""
    if not isinstance(metadata, Mapping):
        return
    off = "or set ownership-stamp = false in [tool.engine]"
    if STAMP_KEY in metadata:
        yield Finding(
            ("metadata", STAMP_KEY),
            f"metadata.{STAMP_KEY} is where the engine writes whose the object is",
            f"give it another key, {off}",
            "reserved-key",
        )
    elif attribute.max_length and len(metadata) == attribute.max_length:
        yield Finding(
            ("metadata",),
            f"metadata has {len(metadata)} keys; with the engine's own key, {STAMP_KEY!r}, that is "
            f"one more than the {attribute.max_length} that Stripe takes",
            f"leave one out, {off}",
            "too-long",
        )


def check_references(
    kind: ResourceType,
    arguments: Mapping[str, Any],
    circumstances: CheckContext,
    declared: Declared,
) -> Iterator[Finding]:
    """Yield what is wrong with the arguments of one declaration together with those it refers to.

    Args:
        kind: Its type.
        arguments: What it says.
        circumstances: When and where.
        declared: Gives what a reference names.
    """
    for rule in relevant(kind, arguments, following=True):
        reached = followed(arguments, rule.follow, declared)
        yield from _broken(rule, arguments, reached, circumstances)


def _broken(
    rule: Rule,
    arguments: Mapping[str, Any],
    reached: Mapping[str, Any],
    circumstances: CheckContext,
) -> Iterator[Finding]:
    for breach in breaches(rule, reached, circumstances):
        hint = _with_names(rule.hint, breach, arguments)
        yield Finding(breach.path, breach.message, hint, "stripe-rule")


_PLACE = re.compile(r"\{(one|twin|place\.(\w+))\}")


def _with_names(hint: str, breach: Breach, arguments: Mapping[str, Any]) -> str:
    """A rule's hint with what is declared in the places that it speaks of."""

    def name(match: re.Match[str]) -> str:
        named = {"one": breach.path, "twin": breach.twin}
        path = (*breach.place, match[2]) if match[2] else named[match[1]]
        return _named(get_path(arguments, path))

    return _PLACE.sub(name, hint)


def _named(value: Any) -> str:
    """What a declaration has in a place: of a reference the address of what it names."""
    targets = list(targets_in(value))
    named = getattr(targets[0], "address", None) if len(targets) == 1 else None
    return str(named or value)


def _check_object(
    attribute: Attribute, value: Mapping[str, Any], path: Path, kind: ResourceType
) -> Iterator[Finding]:
    meant: set[str] = set()
    for name, inner in value.items():
        child = attribute.fields.get(name)
        if child is None or not child.declarable:
            known = [name for name, field in attribute.fields.items() if field.declarable]
            finding = _unknown(attribute, known, name, (*path, name), kind)
            meant.add(finding.meant)
            yield finding
        elif inner is not None and not is_blank(attribute, child, inner):
            yield from _check_value(child, inner, (*path, name), kind)
    for name, child in attribute.needed.items():
        if _is_missing(child, value.get(name)):
            where = dotted((*path, name))
            if where not in meant:
                yield Finding(
                    path,
                    f"missing required parameter {where}",
                    f"add {_example(name, child, nested=bool(path))}",
                    "missing-parameter",
                )


def _is_missing(attribute: Attribute, value: Any) -> bool:
    """Whether Stripe sees nothing of a parameter; what is empty cannot be sent."""
    if attribute.kind is Kind.LIST and not attribute.min_length:
        return value is None or value == []
    needs_more = any(child.required for child in attribute.fields.values())
    return value is None or (attribute.kind is Kind.OBJECT and value == {} and not needs_more)


def _unknown(
    attribute: Attribute, known: Iterable[str], name: object, path: Path, kind: ResourceType
) -> Finding:
    hint, meant = parameter_meant(kind, path)
    if name in attribute.fields and not hint:
        return Finding(
            path,
            f"{dotted(path)} is set by Stripe and cannot be declared",
            "leave it out",
            "computed-parameter",
        )
    near = nearest(str(name), list(known))
    if not hint and near:
        hint, meant = f"did you mean {near!r}?", dotted((*path[:-1], near))
    if not hint:
        place = f"{kind.face}.{dotted(path[:-1])}" if len(path) > 1 else kind.face
        hint = f"{place} takes: {', '.join(sorted(known))}"
    message = f"unknown parameter {dotted(path)}"
    return Finding(path, message, hint, "unknown-parameter", meant)


def _example(name: str, attribute: Attribute, *, nested: bool) -> str:
    sample = {
        Kind.STRING: f'"{attribute.values[0]}"' if attribute.values else '"..."',
        Kind.INTEGER: "1000",
        Kind.NUMBER: "12.5",
        Kind.DECIMAL: '"0.5"',
        Kind.BOOLEAN: "True",
        Kind.LIST: "[...]",
    }.get(attribute.kind, "{...}")
    return f'"{name}": {sample}' if nested else f"{name}={sample}"


def _check_value(
    attribute: Attribute, value: Any, path: Path, kind: ResourceType
) -> Iterator[Finding]:
    if isinstance(value, Sensitive):
        for finding in _check_value(attribute, value.value, path, kind):
            message = f"{dotted(finding.path)} is not what Stripe takes; its value is not shown"
            yield dataclasses.replace(finding, message=message, hint="")
        return
    if isinstance(value, str) and has_reference(value):
        if attribute.kind in (Kind.OBJECT, Kind.LIST, Kind.MAP):
            yield wrong_kind(attribute, value, path)
        return
    if attribute.kind is Kind.OBJECT:
        if not isinstance(value, Mapping):
            yield wrong_kind(attribute, value, path)
        else:
            yield from _check_object(attribute, value, path, kind)
    elif attribute.kind is Kind.MAP:
        yield from _check_map(attribute, value, path, kind)
    elif attribute.kind is Kind.LIST:
        yield from _check_list(attribute, value, path, kind)
    else:
        yield from _check_scalar(attribute, value, path)


def _check_map(
    attribute: Attribute, value: Any, path: Path, kind: ResourceType
) -> Iterator[Finding]:
    if not isinstance(value, Mapping):
        yield wrong_kind(attribute, value, path)
        return
    if attribute.max_length and len(value) > attribute.max_length:
        yield Finding(
            path,
            f"{dotted(path)} has {len(value)} keys; Stripe takes {attribute.max_length}",
            "",
            "too-long",
        )
    for key, inner in value.items():
        if attribute.currency_keys and isinstance(key, str):
            yield from _check_currency(key, (*path, key))
        if not isinstance(key, str) or (
            attribute.pattern and not re.fullmatch(attribute.pattern, key)
        ):
            yield Finding(
                (*path, key),
                f"{dotted(path)} cannot have the key {key!r}",
                attribute.says or f"keys match {attribute.pattern}",
                "bad-key",
            )
        elif attribute.element is not None and not _deletes(attribute.element, inner):
            yield from _check_value(attribute.element, inner, (*path, key), kind)


def _deletes(element: Attribute, value: Any) -> bool:
    """Whether a value of a map deletes its entry, as an empty text does in a map of texts."""
    empty = type(value) is str and not value
    return value is None or (empty and element.kind is Kind.STRING)


def _check_list(
    attribute: Attribute, value: Any, path: Path, kind: ResourceType
) -> Iterator[Finding]:
    if not isinstance(value, (list, tuple)):
        yield wrong_kind(attribute, value, path)
        return
    limit = attribute.max_length
    if limit and len(value) > limit:
        yield Finding(
            path, f"{dotted(path)} has {len(value)} entries; Stripe takes {limit}", "", "too-long"
        )
    if len(value) < attribute.min_length:
        yield Finding(
            path,
            f"{dotted(path)} needs at least {_count(attribute.min_length, 'entry', 'entries')}",
            "",
            "too-short",
        )
    for index, inner in enumerate(value):
        if attribute.element is not None:
            yield from _check_value(attribute.element, inner, (*path, index), kind)


_PYTHON_KINDS: Mapping[Kind, tuple[type, ...]] = {
    Kind.STRING: (str,),
    Kind.INTEGER: (int,),
    Kind.NUMBER: (int, float, Decimal),
    Kind.DECIMAL: (str, int, Decimal),
    Kind.BOOLEAN: (bool,),
}


def _check_scalar(attribute: Attribute, value: Any, path: Path) -> Iterator[Finding]:
    words = attribute.words
    if words and any(value == word for word in words) and not isinstance(value, bool):
        return
    kinds = _PYTHON_KINDS.get(attribute.kind)
    if kinds is None:
        return
    if not isinstance(value, kinds) or (
        isinstance(value, bool) and attribute.kind is not Kind.BOOLEAN
    ):
        yield wrong_kind(attribute, value, path)
        return
    if attribute.kind is Kind.DECIMAL:
        yield from _check_decimal(value, path)
    elif isinstance(value, (float, Decimal)) and not math.isfinite(value):
        yield Finding(path, f"{dotted(path)} is not a number: {value!r}", "", "wrong-type")
    if attribute.values and not attribute.open_values and value not in attribute.values:
        message = f"{dotted(path)} cannot be {value!r}"
        yield Finding(path, message, word_meant(str(value), attribute.values), "wrong-enum")
    if isinstance(value, str):
        yield from _check_text(attribute, value, path)
    if attribute.kind in (Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL):
        yield from _check_size(attribute, value, path)


def _check_size(attribute: Attribute, value: Any, path: Path) -> Iterator[Finding]:
    if attribute.least is None and attribute.above is None and attribute.most is None:
        return
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        return  # no number, which is a finding of its own
    for bound, missed, words in (
        (attribute.least, number < (attribute.least or 0), "greater than or equal to"),
        (attribute.above, number <= (attribute.above or 0), "greater than"),
        (attribute.most, number > (attribute.most or 0), "less than or equal to"),
    ):
        if bound is not None and missed:
            # L, in the words of Stripe's refusal.
            text = f"{dotted(path)} must be {words} {bound} (it is {value})"
            yield Finding(path, text, "", "out-of-range")


_DECIMAL_PLACES = 12


def _check_decimal(value: Any, path: Path) -> Iterator[Finding]:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        yield Finding(path, f"{dotted(path)} is not a number: {value!r}", "", "wrong-type")
        return
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > _DECIMAL_PLACES:
        yield Finding(
            path,
            f"{dotted(path)} has more than {_DECIMAL_PLACES} decimal places: {value}",
            "",
            "too-long",
        )


def _check_text(attribute: Attribute, value: str, path: Path) -> Iterator[Finding]:
    if value != value.strip() or "\0" in value:
        yield Finding(
            path,
            f"{dotted(path)} begins or ends with white space, which Stripe strips",
            f"write {value.strip()!r}",
            "white-space",
        )
    if attribute.max_length and len(value) > attribute.max_length:
        yield Finding(
            path,
            f"{dotted(path)} has {len(value)} characters; Stripe takes {attribute.max_length}",
            "",
            "too-long",
        )
    least = attribute.min_length or int(not attribute.clearable)
    if len(value) < least:
        yield Finding(
            path,
            f"{dotted(path)} needs at least {_count(least, 'character', 'characters')}",
            "",
            "too-short",
        )
    elif attribute.currency and re.fullmatch(attribute.pattern, value):
        yield from _check_currency(value, path)
    elif value and attribute.pattern and not re.fullmatch(attribute.pattern, value):
        yield Finding(
            path,
            f"{dotted(path)} cannot be {value!r}",
            attribute.says.replace("{value}", value)
            or f"Stripe takes what matches {attribute.pattern}",
            "bad-value",
        )


def _check_currency(code: str, path: Path) -> Iterator[Finding]:
    if code.lower() not in CODES:
        near = nearest(code.lower(), COMMON)
        yield Finding(
            path,
            f"{dotted(path)}: there is no currency {code!r}",
            f"did you mean {near!r}?" if near else "a currency is its code in ISO 4217",
            "wrong-enum",
        )


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
