"""Plan-time checks, as data: what Stripe would refuse at apply and a plan can find out.

The rows of the catalog say which there are; `engine.stack.checks.rules` checks them.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.frozen import frozen


class RuleKind(enum.StrEnum):
    """The forms a plan-time check takes; `fields` and `value` are those of the rule.

    Attributes:
        REQUIRES: Each field is declared and not empty; with a value, equal to it.
        FORBIDS: No field is declared; with a value, none is equal to it.
        ONE_OF: Exactly one of the fields is declared.
        AT_LEAST_ONE: At least one of the fields is declared.
        AT_MOST_ONE: At most one of the fields is declared.
        AT_MOST: No number is greater than the value.
        MATCHES: Each text matches the regular expression in the value as a whole.
        RISING: Of the numbers that are declared, each is at least the value greater than the one
            before it, e.g. 1 for `active_from` and `expires_at`.
        WITHIN: No moment is more than the value ahead, in seconds.
        AHEAD: Each moment is in the future, unless the object has it already.
        LAST_ELEMENT: The last element of the list has the value, a field with what it holds, e.g.
            `up_to` with `inf` of tiers.
        RISING_ELEMENTS: The field of the elements that the value names rises, with `inf` as the
            greatest.
        UNIQUE_ELEMENTS: No two elements of the list have the same in the fields that the value
            names; if it names none, no two are equal.
        OTHER_KEYS: The map has no entry under what the field holds that the value names, e.g. none
            of `currency_options` for the `currency`.
        OWN_KEY: The map has that entry, in lower case, and no other.
        BELONGS: Each field names the object that the field in the value names; without a value,
            the declaration itself.
        ONE_CURRENCY: All fields are prices that have an amount in the currency of the field that
            the value names; without a value, in one and the same currency.
    """

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


@frozen(eq=False)
class Rule:
    """One plan-time check.

    Paths are dotted and start at the declaration; `*` is every element of a list and every entry of
    a map. A value that only an apply can know breaks no rule.

    Attributes:
        kind: What is demanded of `fields`.
        fields: Paths of the fields that it is about.
        value: See `RuleKind`; `...` if only presence counts.
        when: Leaves with the values that switch the rule on, all of them, e.g. `duration: once`; a
            value `...` means "declared at all", ABSENT "not declared". Empty: always on.
        message: Stripe's own text where it is known, with `{place}` for the object that `each` has
            reached and `{field}` for the field that breaks the rule.
        hint: What to write instead, with `{one}` for what is declared where the rule is broken,
            `{twin}` for the element that it is equal to, and `{place.FIELD}` for a field of the
            object that `each` has reached.
        each: Path of the objects that are checked one by one, e.g. `items.*`: paths that begin with
            it are about the object at hand. Empty for the declaration as a whole.
        follow: Paths of references that are followed, e.g. `items.*.price`: paths go on from there
            into the declaration that the reference names. What the stack does not declare is not
            known.
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
