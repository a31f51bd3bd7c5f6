"""Plan-time checks: what Stripe would refuse at apply and a plan can already tell, as rows.

Pure data. `engine.stack.checks.rules` reads them; the catalog says which there are.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
    AHEAD = "ahead"
    LAST_ELEMENT = "last-element"
    RISING_ELEMENTS = "rising-elements"
    UNIQUE_ELEMENTS = "unique-elements"
    OTHER_KEYS = "other-keys"
    OWN_KEY = "own-key"
    BELONGS = "belongs"
    ONE_CURRENCY = "one-currency"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
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
            moment is more than `value` seconds ahead. AHEAD: each moment is yet to come, unless the
            object has it already. LAST_ELEMENT: the last element of the list
            has `value` (a field and what it holds). RISING_ELEMENTS: the field of the elements
            that `value` names rises, `inf` above all. UNIQUE_ELEMENTS: no two elements of the list
            have the same in the fields of `value`; of none, no two are the same. OTHER_KEYS: the
            map has no entry under what the field named by `value` holds. OWN_KEY: it has that
            entry, in lower case, and no other. BELONGS: each names the object that the field
            `value` names, or, without `value`, the declaration itself. ONE_CURRENCY: all are prices
            that have an amount in the currency of the field `value`; if there is none, in one
            currency.
        value: See `fields`; `...` if only presence counts.
        message: Stripe's own text where it is known; `{place}` stands for the object that `each`
            came to, `{field}` for the field that breaks it.
        hint: What to write instead; `{one}` stands for what is declared where the rule is broken,
            `{twin}` for the element that it is the same as, `{place.FIELD}` for a field of the
            object that `each` came to.
        each: Path of the objects that the rule is about, one by one: paths that begin alike speak
            of the one at hand. Empty for the declaration as a whole.
        follow: References that are followed: what the stack declares there stands in the place of
            its id, so that paths go on into it. Whatever else stands there is not known.
        live: Refused in live mode only.
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
