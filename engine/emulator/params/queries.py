"""Stripe's search query language: from a text to clauses, and whether an object meets them.

The language is that of https://docs.stripe.com/search: `name~"pro" AND -active:"false"`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from engine.emulator.shapes.paths import get
from engine.emulator.wire.errors import StripeRefusal
from engine.frozen import frozen

_MOST_CLAUSES: Final = 10
_SHORTEST_PART: Final = 3
_METADATA: Final = "metadata"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'"
_CLAUSE = re.compile(
    rf"(?P<negated>-)?(?P<field>\w[\w.]*)(?:\[(?P<key>{_QUOTED})\])?"
    rf"(?P<operator>:|~|>=|<=|>|<)(?P<value>{_QUOTED}|[^\s\"']+)(?=\s|$)"
)
_JOINT = re.compile(r"\s+(?:(?P<word>AND|OR)\s+)?", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,12})?")
_ESCAPED = re.compile(r"\\(.)")
_COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ":": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class SearchOperators(Enum):
    """The operators that a field takes: the types of Stripe's tables of query fields."""

    TOKEN = "token"  # noqa: S105 - the word of Stripe's tables
    STRING = "string"
    NUMERIC = "numeric"

    @property
    def operators(self) -> frozenset[str]:
        """The operators between the field and a value."""
        return _OPERATORS[self]


_OPERATORS: Mapping[SearchOperators, frozenset[str]] = {
    SearchOperators.TOKEN: frozenset({":"}),
    SearchOperators.STRING: frozenset({":", "~"}),
    SearchOperators.NUMERIC: frozenset(_COMPARISONS),
}


@frozen
class Clause:
    """What a field of an object must be.

    Attributes:
        field: Dotted path.
        key: Metadata key; None for any other field.
        operator: Between field and value.
        value: Without quotes; None for `null`, which is a field without a value.
        quoted: The value was in quotes.
        negated: The object must not match it.
    """

    field: str
    key: str | None
    operator: str
    value: str | None
    quoted: bool
    negated: bool


@frozen
class Query:
    """What is searched for.

    Attributes:
        clauses: In their order.
        any: One matching clause is enough; otherwise all must match.
        fields: The operators of each field of the type.
    """

    clauses: tuple[Clause, ...]
    any: bool
    fields: Mapping[str, SearchOperators]

    def meets(self, document: Mapping[str, Any]) -> bool:
        """Whether an object matches."""
        found = (self._meets(clause, document) for clause in self.clauses)
        return any(found) if self.any else all(found)

    def _meets(self, clause: Clause, document: Mapping[str, Any]) -> bool:
        found = get(document, clause.field)
        if clause.key is not None:
            found = (found or {}).get(clause.key)
        how = self.fields[clause.field]
        return _is_met(clause, how, found) != clause.negated


def parse(text: str, fields: Mapping[str, SearchOperators], resource: str) -> Query:
    """Read a query.

    Args:
        text: As it was sent.
        fields: The operators of each field of the type.
        resource: What Stripe calls the type's objects, `products`.

    Raises:
        StripeRefusal: It cannot be read, or names a field that cannot be searched.
    """
    clauses: list[Clause] = []
    words: set[str] = set()
    text, position = text.strip(), 0
    while True:
        found = _CLAUSE.match(text, position)
        if found is None:
            raise _unreadable()
        clauses.append(_clause(found))
        joint = _JOINT.match(text, found.end())
        if joint is None:
            break
        words.add((joint["word"] or "AND").upper())
        position = joint.end()
    if len(words) > 1:
        # D that they exclude each other, and how many there may be; the texts are ours (?).
        raise _unreadable("You cannot combine AND and OR in the same query.")
    if len(clauses) > _MOST_CLAUSES:
        raise _unreadable(f"You can combine at most {_MOST_CLAUSES} clauses.")
    for clause in clauses:
        _check(clause, fields, resource)
    return Query(clauses=tuple(clauses), any=words == {"OR"}, fields=fields)


def _clause(found: re.Match[str]) -> Clause:
    value, key = found["value"], found["key"]
    quoted = value[0] in "\"'"
    return Clause(
        field=found["field"],
        key=None if key is None else _unquoted(key),
        operator=found["operator"],
        value=None if value.lower() == "null" else _unquoted(value) if quoted else value,
        quoted=quoted,
        negated=found["negated"] is not None,
    )


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1])


def _check(clause: Clause, fields: Mapping[str, SearchOperators], resource: str) -> None:
    how = fields.get(clause.field)
    if how is None or (clause.key is None) == (clause.field == _METADATA):
        raise _unsearchable(clause.field, resource)
    if clause.operator not in how.operators:
        # D which operators go with which fields; the text is ours (?).
        raise StripeRefusal(
            f"Field `{clause.field}` does not support the operator `{clause.operator}`."
        )
    if clause.value is None:
        if clause.operator != ":":
            raise _unreadable()
    elif how is SearchOperators.NUMERIC:
        if not _NUMBER.fullmatch(clause.value):
            raise _unreadable()
    elif not clause.quoted:
        # D: only numbers may be without quotes.
        raise _unreadable()
    elif clause.operator == "~" and len(clause.value) < _SHORTEST_PART:
        # D how long it must be; the text is ours (?).
        raise _unreadable(
            f"The operator `~` needs a value of at least {_SHORTEST_PART} characters."
        )


def _is_met(clause: Clause, how: SearchOperators, found: Any) -> bool:
    if clause.value is None or found is None:
        return clause.value is None and found in (None, "")
    if how is SearchOperators.NUMERIC:
        return _COMPARISONS[clause.operator](Decimal(str(found)), Decimal(clause.value))
    # D: case is ignored.
    text, value = _text(found).casefold(), clause.value.casefold()
    return value in text if clause.operator == "~" else value == text


def _text(found: Any) -> str:
    return str(found).lower() if isinstance(found, bool) else str(found)


def _unreadable(reason: str = "") -> StripeRefusal:
    """A search query that cannot be parsed (R for the text without a reason)."""
    hint = reason or (
        'Try using the format `metadata["key"]:"value"` to query for metadata or key:"value" to '
        "query for other fields."
    )
    return StripeRefusal(f"We were unable to parse your search query. {hint}", param="query")


def _unsearchable(field: str, resource: str) -> StripeRefusal:
    """A field of a type that cannot be searched (R)."""
    return StripeRefusal(
        f"Field `{field}` is an unsupported search field for resource `{resource}`. See "
        f"http://stripe.com/docs/search#query-fields-for-{resource} for a list of supported fields."
    )
