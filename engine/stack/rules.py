"""Stripe's own rules, as the semantics table words them, against what one declaration says.

Pure. What must not live here: kinds and limits of single fields (`check`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.provider.schema import Rule, RuleKind
from engine.values import ABSENT, Path, get_path

_MISSING = object()


def broken_at(rule: Rule, arguments: Mapping[str, Any]) -> Path | None:
    """Where arguments break a rule; None if they do not.

    Args:
        rule: What Stripe would refuse.
        arguments: What one declaration says.

    Returns:
        The path of the field that is wrong, or of what is nearest to one that is missing; empty
        if that is the declaration as a whole.
    """
    if not all(_holds(arguments, path, wanted) for path, wanted in rule.when.items()):
        return None
    broken = _BROKEN[rule.kind](rule, arguments)
    if broken is None:
        return None
    path = tuple(broken.split("."))
    while path and get_path(arguments, path, _MISSING) is _MISSING:
        path = path[:-1]
    if not path and rule.when:
        path = tuple(next(iter(rule.when)).split("."))
    return path


def _holds(arguments: Mapping[str, Any], path: str, wanted: Any) -> bool:
    value = _value(arguments, path)
    if wanted is ...:
        return value is not ABSENT
    if wanted is ABSENT:
        return value is ABSENT
    return bool(value == wanted)


def _value(arguments: Mapping[str, Any], path: str) -> Any:
    found = get_path(arguments, tuple(path.split(".")), None)
    return ABSENT if found is None else found


def _present(arguments: Mapping[str, Any], path: str) -> bool:
    return _value(arguments, path) not in (ABSENT, "", [], {})


def _requires(rule: Rule, arguments: Mapping[str, Any]) -> str | None:
    for path in rule.fields:
        if rule.value is ...:
            if not _present(arguments, path):
                return path
        elif not _holds(arguments, path, rule.value):
            return path
    return None


def _forbids(rule: Rule, arguments: Mapping[str, Any]) -> str | None:
    for path in rule.fields:
        if _present(arguments, path) and rule.value in (..., _value(arguments, path)):
            return path
    return None


def _one_of(rule: Rule, arguments: Mapping[str, Any]) -> str | None:
    given = [path for path in rule.fields if _value(arguments, path) is not ABSENT]
    if not given:
        return rule.fields[0]
    return given[-1] if len(given) > 1 else None


def _at_most_one(rule: Rule, arguments: Mapping[str, Any]) -> str | None:
    given = [path for path in rule.fields if _value(arguments, path) is not ABSENT]
    return given[-1] if len(given) > 1 else None


def _last_element(rule: Rule, arguments: Mapping[str, Any]) -> str | None:
    field, wanted = rule.value
    for path in rule.fields:
        elements = _value(arguments, path)
        if (
            isinstance(elements, (list, tuple))
            and elements
            and get_path(elements[-1], (field,)) != wanted
        ):
            return f"{path}"
    return None


def _unique_elements(rule: Rule, arguments: Mapping[str, Any]) -> str | None:
    for path in rule.fields:
        elements = _value(arguments, path)
        if isinstance(elements, (list, tuple)):
            keys = [repr(get_path(element, (rule.value,))) for element in elements]
            if len(set(keys)) != len(keys):
                return path
    return None


def _other_keys(rule: Rule, arguments: Mapping[str, Any]) -> str | None:
    own = _value(arguments, rule.value)
    for path in rule.fields:
        entries = _value(arguments, path)
        if isinstance(own, str) and isinstance(entries, Mapping) and own.lower() in entries:
            return f"{path}.{own.lower()}"
    return None


_BROKEN = {
    RuleKind.REQUIRES: _requires,
    RuleKind.FORBIDS: _forbids,
    RuleKind.ONE_OF: _one_of,
    RuleKind.AT_MOST_ONE: _at_most_one,
    RuleKind.LAST_ELEMENT: _last_element,
    RuleKind.UNIQUE_ELEMENTS: _unique_elements,
    RuleKind.OTHER_KEYS: _other_keys,
}
