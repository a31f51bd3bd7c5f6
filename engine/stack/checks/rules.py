"""Stripe's own rules, as the semantics table has them, applied to one declaration.

`fields` checks kinds and limits of single fields, and `linked` follows references into other
declarations.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, TypeAlias

from engine.frozen import frozen
from engine.schema.rules import Rule, RuleKind
from engine.stack.checks.related import not_sold_in, of_another
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import ANY_PART, Path, dotted, get_path, parse_path
from engine.values.secret import Sensitive, plain
from engine.values.templates import has_reference

_MISSING = object()


@frozen
class CheckContext:
    """What rules have to know in addition to declarations.

    Attributes:
        now: Unix seconds.
        live: Whether the environment is one of live mode; None if that is not known.
        stamped: The engine adds its own key to the metadata of what it makes.
        held: What the object of the declaration at hand was last declared with; empty if there is
            no object, None if that is not known.
        itself: Reference to the declaration at hand; empty if nothing is compared with it.
        account: The key's own account; empty if that is not known.
    """

    now: int
    live: bool | None = None
    stamped: bool = True
    held: Mapping[str, Any] | None = None
    itself: str = ""
    account: str = ""


@frozen(kw_only=False)
class Breach:
    """A place where a rule is broken.

    Attributes:
        path: The field that is wrong, or what is nearest to one that is missing; empty if that is
            the declaration as a whole.
        message: What is wrong.
        place: The object that the rule is about; empty for the declaration as a whole.
        twin: Of an element that is there twice, the first; empty otherwise.
    """

    path: Path
    message: str
    place: Path = ()
    twin: Path = ()


Place: TypeAlias = tuple[Path, Any]
"""Where a value is, with the value: ABSENT if there is none, UNKNOWN if it is not known."""


def breaches(
    rule: Rule, arguments: Mapping[str, Any], circumstances: CheckContext
) -> Iterator[Breach]:
    """Yield every place where arguments break a rule.

    Args:
        rule: What Stripe would refuse.
        arguments: What one declaration says, with the references followed that the rule follows.
        circumstances: When and where.
    """
    if rule.live and not circumstances.live:
        return
    pattern = parse_path(rule.each)
    for place, found in places(arguments, pattern) if pattern else [((), arguments)]:
        if not isinstance(found, Mapping):
            continue
        one = _Reading(rule, arguments, pattern, place, circumstances)
        path = one.broken()
        if path is not None:
            message = rule.message.replace("{place}", dotted(place))
            message = message.replace("{field}", dotted(path))
            switch = one.switch
            near = _nearest(path, arguments) or _nearest(switch, arguments) or switch[:1]
            yield Breach(near, message, place, one.twin)


def _nearest(path: Path, arguments: Mapping[str, Any]) -> Path:
    while path and get_path(arguments, path, _MISSING) is _MISSING:
        path = path[:-1]
    return path


def places(document: Any, path: Path, taken: Path = ()) -> Iterator[Place]:
    """Yield what is at a path, once for each element where it holds `*`."""
    document = document.value if isinstance(document, Sensitive) else document
    if not path:
        yield taken, ABSENT if document is None else document
        return
    part, rest = path[0], path[1:]
    if is_unknown(document):
        yield (*taken, *path), UNKNOWN
    elif part == ANY_PART:
        for key, inner in _entries(document):
            yield from places(inner, rest, (*taken, key))
    else:
        found = get_path(document, (part,))
        if found is not None:
            yield from places(found, rest, (*taken, part))
        elif ANY_PART not in rest:
            yield (*taken, *path), ABSENT


def _entries(document: Any) -> list[tuple[str | int, Any]]:
    if isinstance(document, Mapping):
        return list(document.items())
    return list(enumerate(document)) if isinstance(document, (list, tuple)) else []


def is_unknown(value: Any) -> bool:
    """Whether a value is known only after an apply."""
    return value is UNKNOWN or (isinstance(value, str) and has_reference(value))


def _is_declared(value: Any) -> bool:
    """Whether there certainly is a value, of any kind; an unknown one may be none."""
    return value is not ABSENT and value is not UNKNOWN


def _number(value: Any) -> Decimal | float | None:
    """A number as such; None if there is none, or it is not known."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    if value == "inf":
        return math.inf
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


class _Reading:
    """One rule read against one object."""

    def __init__(
        self,
        rule: Rule,
        document: Mapping[str, Any],
        pattern: Path,
        place: Path,
        circumstances: CheckContext,
    ) -> None:
        self.rule = rule
        self.place = place
        self.circumstances = circumstances
        self.twin: Path = ()
        self._document = document
        self._pattern = pattern

    @property
    def switch(self) -> Path:
        """The first field that switches the rule on; it is reported in place of a missing one."""
        return next((self._bound(path) for path in self.rule.when), ())

    def broken(self) -> Path | None:
        """Where the rule is broken; None if it is not, or not for certain."""
        if all(self._holds(path, wanted) for path, wanted in self.rule.when.items()):
            return _BROKEN[self.rule.kind](self)
        return None

    def at(self, path: str) -> list[Place]:
        """What is at a path of the rule's, seen from the object at hand."""
        return list(places(self._document, self._bound(path)))

    def everywhere(self) -> Iterator[Place]:
        """What is at each of the rule's fields, in their order."""
        for path in self.rule.fields:
            yield from self.at(path)

    def lists(self) -> Iterator[tuple[Path, list[Any]]]:
        """The fields that are lists."""
        for path, found in self.everywhere():
            if isinstance(found, (list, tuple)):
                yield path, list(found)

    def given(self) -> list[Path]:
        """Where the fields are that are declared, one for each."""
        held = [self.at(path) for path in self.rule.fields]
        first = [next((at for at, found in one if _is_declared(found)), None) for one in held]
        return [at for at in first if at is not None]

    def _bound(self, path: str) -> Path:
        """A path with the place at hand for as much of it as begins like `each`."""
        steps = parse_path(path)
        alike = 0
        for own, other in zip(steps, self._pattern, strict=False):
            if own != other:
                break
            alike += 1
        return (*self.place[:alike], *steps[alike:])

    def _holds(self, path: str, wanted: Any) -> bool:
        found = [value for _, value in self.at(path)]
        if wanted is ABSENT:
            return all(value is ABSENT for value in found)
        if wanted is ...:
            return any(_is_declared(value) for value in found)
        return any(value == wanted for value in found)


def _is_filled(value: Any) -> bool:
    return _is_declared(value) and value not in ("", [], {})


def _requires(one: _Reading) -> Path | None:
    wanted = one.rule.value
    for path, found in one.everywhere():
        if found is UNKNOWN or (wanted is not ... and is_unknown(found)):
            continue
        if not _is_filled(found) if wanted is ... else found != wanted:
            return path
    return None


def _forbids(one: _Reading) -> Path | None:
    for path, found in one.everywhere():
        if _is_filled(found) and one.rule.value in (..., found):
            return path
    return None


def _one_of(one: _Reading) -> Path | None:
    path = _at_least_one(one)
    return _at_most_one(one) if path is None else path


def _at_least_one(one: _Reading) -> Path | None:
    # What is empty cannot be sent.
    none = all(found is ABSENT or found in ([], {}) for _, found in one.everywhere())
    return one.place if none else None


def _at_most_one(one: _Reading) -> Path | None:
    given = one.given()
    return given[-1] if len(given) > 1 else None


def _at_most(one: _Reading) -> Path | None:
    return _above(one, one.rule.value)


def _within(one: _Reading) -> Path | None:
    return _above(one, one.circumstances.now + one.rule.value)


def _ahead(one: _Reading) -> Path | None:
    held = one.circumstances.held
    for path, found in one.everywhere():
        number = _number(found)
        over = number is not None and number <= one.circumstances.now
        # What began or ended long ago is not sent again.
        if over and held is not None and get_path(held, path) != found:
            return path
    return None


def _above(one: _Reading, most: int) -> Path | None:
    for path, found in one.everywhere():
        number = _number(found)
        if number is not None and number > most:
            return path
    return None


def _matches(one: _Reading) -> Path | None:
    for path, found in one.everywhere():
        known = isinstance(found, str) and not is_unknown(found)
        if known and re.fullmatch(one.rule.value, found) is None:
            return path
    return None


def _rising(one: _Reading) -> Path | None:
    numbers = [(path, _number(found)) for path, found in one.everywhere()]
    known = [(path, number) for path, number in numbers if number is not None]
    for (lower, low), (higher, high) in pairwise(known):
        if high < low + one.rule.value:
            # A value that is reached through a reference is a finding of its own declaration.
            return lower if one.rule.follow else higher
    return None


def _last_element(one: _Reading) -> Path | None:
    field, wanted = one.rule.value
    for path, elements in one.lists():
        last = get_path(elements[-1], (field,)) if elements else wanted
        if last != wanted and not is_unknown(last):
            return path
    return None


def _rising_elements(one: _Reading) -> Path | None:
    for path, elements in one.lists():
        numbers = [_number(get_path(element, (one.rule.value,))) for element in elements]
        known = [(index, number) for index, number in enumerate(numbers) if number is not None]
        for (_, low), (index, high) in pairwise(known):
            if high <= low:
                return (*path, index, one.rule.value)
    return None


def _unique_elements(one: _Reading) -> Path | None:
    names = one.rule.value
    for path, elements in one.lists():
        seen: dict[str, int] = {}
        for index, element in enumerate(elements):
            leaves = [value for name in names for _, value in places(element, parse_path(name))]
            leaves = plain(leaves if names else [element])
            if UNKNOWN in leaves or all(leaf is ABSENT for leaf in leaves):
                continue
            first = seen.setdefault(repr(leaves), index)
            if first != index:
                one.twin = (*path, first)
                return (*path, index)
    return None


def _other_keys(one: _Reading) -> Path | None:
    own = _own_key(one)
    for path, entries in one.everywhere():
        if own and isinstance(entries, Mapping) and own in entries:
            return (*path, own)
    return None


def _own_key_alone(one: _Reading) -> Path | None:
    own = _own_key(one)
    for path, entries in one.everywhere():
        if own and isinstance(entries, Mapping):
            given = [key for key, entry in entries.items() if entry is not None]
            others = [key for key in given if key != own]
            if others or own not in given:
                return (*path, *others[:1])
    return None


def _belongs(one: _Reading) -> Path | None:
    owner = one.rule.value
    expected = one.circumstances.itself if owner is ... else one.at(owner)[0][1]
    return of_another(one.everywhere(), expected or UNKNOWN)


def _one_currency(one: _Reading) -> Path | None:
    named = one.rule.value
    return not_sold_in(one.everywhere(), ABSENT if named is ... else one.at(named)[0][1])


def _own_key(one: _Reading) -> str:
    """What the field holds that names a key, in lower case; empty if it is not known."""
    ((_, own),) = one.at(one.rule.value)
    return own.lower() if isinstance(own, str) and not is_unknown(own) else ""


_BROKEN: Mapping[RuleKind, Callable[[_Reading], Path | None]] = {
    RuleKind.REQUIRES: _requires,
    RuleKind.FORBIDS: _forbids,
    RuleKind.ONE_OF: _one_of,
    RuleKind.AT_LEAST_ONE: _at_least_one,
    RuleKind.AT_MOST_ONE: _at_most_one,
    RuleKind.AT_MOST: _at_most,
    RuleKind.MATCHES: _matches,
    RuleKind.RISING: _rising,
    RuleKind.WITHIN: _within,
    RuleKind.AHEAD: _ahead,
    RuleKind.LAST_ELEMENT: _last_element,
    RuleKind.RISING_ELEMENTS: _rising_elements,
    RuleKind.UNIQUE_ELEMENTS: _unique_elements,
    RuleKind.OTHER_KEYS: _other_keys,
    RuleKind.OWN_KEY: _own_key_alone,
    RuleKind.BELONGS: _belongs,
    RuleKind.ONE_CURRENCY: _one_currency,
}
