"""Plan-time checks: what Stripe would refuse at apply and a plan can already tell, as rows.

Pure data. How rules are read is `engine.stack.rules`'s business; which there are is said in the
catalogue.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.values import ABSENT


class RuleKind(enum.StrEnum):
    """The forms a plan-time check takes."""

    REQUIRES = "requires"
    FORBIDS = "forbids"
    ONE_OF = "one-of"
    AT_LEAST_ONE = "at-least-one"
    AT_MOST_ONE = "at-most-one"
    AT_MOST = "at-most"
    MATCHES = "matches"
    RISING = "rising"
    WITHIN = "within"
    LAST_ELEMENT = "last-element"
    RISING_ELEMENTS = "rising-elements"
    UNIQUE_ELEMENTS = "unique-elements"
    OTHER_KEYS = "other-keys"
    OWN_KEY = "own-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One plan-time check.

    Paths are dotted and start at the declaration; `*` stands for every element of a list and
    every entry of a map. What only an apply can tell breaks no rule.

    Attributes:
        kind: How `fields` are read.
        when: Leaves and the values that switch the rule on, all of them; a value `...` means
            "declared at all", ABSENT "not declared". Empty: always on.
        fields: Paths it speaks of. REQUIRES: each declared and not empty, or, with `value`, equal
            to it. FORBIDS: none declared, or, with `value`, none equal to it. ONE_OF,
            AT_LEAST_ONE, AT_MOST_ONE: how many are declared. AT_MOST: no number is above `value`.
            MATCHES: each text matches the regular expression `value` as a whole. RISING: of the
            numbers that are declared, each is at least `value` above the one before. WITHIN: no
            moment is more than `value` seconds ahead. LAST_ELEMENT: the last element of the list
            has `value` (a field and what it holds). RISING_ELEMENTS: the field of the elements
            that `value` names rises, `inf` above all. UNIQUE_ELEMENTS: no two elements of the list
            have the same in the fields of `value`; of none, no two are the same. OTHER_KEYS: the
            map has no entry under what the field named by `value` holds. OWN_KEY: it has that
            entry, in lower case, and no other.
        value: See `fields`; `...` if only presence counts.
        message: Stripe's own text where it is known; `{place}` stands for the object that `each`
            came to.
        hint: What to write instead.
        each: Path of the objects that the rule is about, one by one: paths that begin alike speak
            of the one at hand. Empty for the declaration as a whole.
        follow: References that are followed: what the stack declares there stands in the place of
            its id, so that paths go on into it. Whatever else stands there is not known.
        live: Refused in live mode only.
        speaks_of: Sets of top-level fields: without one of each declared it cannot be broken.
    """

    kind: RuleKind
    fields: tuple[str, ...]
    message: str
    when: Mapping[str, Any] = field(default_factory=dict)
    value: Any = ...
    hint: str = ""
    each: str = ""
    follow: tuple[str, ...] = ()
    live: bool = False
    speaks_of: tuple[frozenset[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        heads = [path.partition(".")[0] for path in self.fields]
        switches = [path for path, wanted in self.when.items() if wanted is not ABSENT]
        sets = [frozenset((path.partition(".")[0],)) for path in (self.each, *switches) if path]
        if self.kind not in _MISSED:
            sets.append(frozenset(heads))
        object.__setattr__(self, "speaks_of", tuple(sets))

    def may_break(self, arguments: Mapping[str, Any]) -> bool:
        """Whether a declaration says anything at all that the rule is about: most do not."""
        return all(not names.isdisjoint(arguments) for names in self.speaks_of)


_MISSED = (RuleKind.REQUIRES, RuleKind.ONE_OF, RuleKind.AT_LEAST_ONE)
"""The forms that are broken by what is not there."""
