"""Which rules a declaration can break at all: most rules are about fields that it does not declare.

This is for speed. A rule that is left out holds; one that is not left out has to be checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from engine.schema.rules import Rule, RuleKind
from engine.values.markers import ABSENT
from engine.values.paths import Path, parse_path

_BROKEN_BY_ABSENCE = (RuleKind.REQUIRES, RuleKind.ONE_OF, RuleKind.AT_LEAST_ONE)

_Condition: TypeAlias = tuple[Path, Any]
"""A path as far as it names one place, and the value that has to be there: `...` for any."""


def relevant(rules: Iterable[Rule], arguments: Mapping[str, Any]) -> Iterator[Rule]:
    """The rules that a declaration may break.

    Args:
        rules: Those of its type.
        arguments: What it declares.
    """
    return (rule for rule in rules if _may_be_broken(rule, arguments))


def _may_be_broken(rule: Rule, arguments: Mapping[str, Any]) -> bool:
    conditions, fields = _subject(rule)
    for path, value in conditions:
        if not _may_hold(_first_value(arguments, path), value):
            return False
    if not fields:
        return True
    declared = sum(_first_value(arguments, path) is not None for path in fields)
    allowed = 1 if rule.kind is RuleKind.AT_MOST_ONE and not rule.each else 0
    return declared > allowed


@cache
def _subject(rule: Rule) -> tuple[tuple[_Condition, ...], tuple[Path, ...]]:
    """What switches a rule on, and the fields of which one has to be declared to break it."""
    switches = {path: value for path, value in rule.when.items() if value is not ABSENT}
    if rule.each:
        switches[rule.each] = ...
    conditions = tuple(
        (_fixed_part(path), ... if "*" in path else value) for path, value in switches.items()
    )
    by_absence = rule.kind in _BROKEN_BY_ABSENCE
    return conditions, () if by_absence else tuple(map(_fixed_part, rule.fields))


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
