"""Which rules a declaration can break at all: most rules are about fields that it does not declare.

This is for speed: a rule that is left out holds, and one that is not has to be checked. One choice
is made here: of fields that exclude each other an empty object or list does not count as declared,
since no request carries it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from engine.schema.resource_type import ResourceType
from engine.schema.rules import Rule, RuleKind
from engine.values.markers import ABSENT
from engine.values.paths import Path, parse_path

_BROKEN_BY_ABSENCE = (RuleKind.REQUIRES, RuleKind.ONE_OF, RuleKind.AT_LEAST_ONE)

_Condition: TypeAlias = tuple[Path, Any]
"""A path as far as it names one place, and the value that has to be there: `...` for any."""


class _Subject(NamedTuple):
    """What a rule is about.

    Attributes:
        rule: The rule.
        first: A field of the declaration without which it holds; empty if there is none.
        conditions: What switches it on.
        fields: Fields of which one has to be declared to break it; empty if none has to.
        counted: Fields of the declaration of which it allows one; empty if it does not count.
    """

    rule: Rule
    first: str
    conditions: tuple[_Condition, ...]
    fields: tuple[Path, ...]
    counted: tuple[str, ...]


def relevant(
    kind: ResourceType, arguments: Mapping[str, Any], *, following: bool
) -> Iterator[Rule]:
    """The rules that a declaration may break.

    Args:
        kind: Its type.
        arguments: What it declares.
        following: Those that follow a reference, or those about the declaration by itself.
    """
    for subject in _subjects(kind, following=following):
        if (not subject.first or subject.first in arguments) and _may_be_broken(subject, arguments):
            yield subject.rule


def _may_be_broken(subject: _Subject, arguments: Mapping[str, Any]) -> bool:
    for path, value in subject.conditions:
        if not _may_hold(_first_value(arguments, path), value):
            return False
    if subject.counted:
        declared = sum(arguments.get(name) not in (None, [], {}) for name in subject.counted)
        return declared > 1 or (declared == 0 and subject.rule.kind is RuleKind.ONE_OF)
    for path in subject.fields:
        if _first_value(arguments, path) is not None:
            return True
    return not subject.fields


@cache
def _subjects(kind: ResourceType, *, following: bool) -> tuple[_Subject, ...]:
    return tuple(_subject(rule) for rule in kind.rules if bool(rule.follow) is following)


def _subject(rule: Rule) -> _Subject:
    switches = {path: value for path, value in rule.when.items() if value is not ABSENT}
    if rule.each:
        switches[rule.each] = ...
    conditions = tuple(
        (_fixed_part(path), ... if "*" in path else value) for path, value in switches.items()
    )
    fields = tuple(map(_fixed_part, rule.fields))
    counts = rule.kind in (RuleKind.ONE_OF, RuleKind.AT_MOST_ONE) and not rule.each
    by_absence = rule.kind in _BROKEN_BY_ABSENCE
    needed = conditions[0][0] if conditions else fields[0] if len(fields) == 1 else ()
    return _Subject(
        rule=rule,
        first="" if not needed or (by_absence and not conditions) else str(needed[0]),
        conditions=conditions,
        fields=() if by_absence else fields,
        counted=rule.fields if counts and not any("." in name for name in rule.fields) else (),
    )


def _fixed_part(path: str) -> Path:
    """A dotted path up to its first `*`."""
    fixed = path.partition("*")[0].rstrip(".")
    return parse_path(fixed)


def _may_hold(present: Any, value: Any) -> bool:
    if present is None or value is ...:
        return present is not None
    return present == value or not _is_plain(present)


def _first_value(value: Any, path: Path) -> Any:
    """What is at a path, or where the path cannot be followed any further; None if nothing is."""
    for part in path:
        if not isinstance(value, dict):
            return value
        value = value.get(part)
    return value


def _is_plain(value: Any) -> bool:
    """Whether a value is what it seems: no secret, no reference, nothing that is not known yet."""
    return isinstance(value, (str, int)) and not (isinstance(value, str) and "${" in value)
