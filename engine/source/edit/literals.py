"""Values as Python: how a value is written, and which expressions are written values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import libcst as cst

from engine.values.targets import ONE_REFERENCE

Refer = Callable[[str], str | None]
"""Returns the Python of a reference, given its text; None to write the text."""


def literal(value: Any, quote: str = '"', refer: Refer = lambda _: None) -> str:
    """A value as Python on one line.

    Args:
        value: Nested value; references as text.
        quote: The quote that strings have.
        refer: What is written for a reference.
    """
    if isinstance(value, str):
        expression = refer(value) if ONE_REFERENCE.fullmatch(value) else None
        return quoted(value, quote) if expression is None else expression
    if isinstance(value, Mapping):
        entries = (
            f"{literal(key, quote)}: {literal(inner, quote, refer)}" for key, inner in value.items()
        )
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(inner, quote, refer) for inner in value) + "]"
    return repr(value)


def quoted(text: str, quote: str = '"') -> str:
    """A string as Python, in the other quotes where that needs no backslash."""
    if quote in text:
        other = "'" if quote == '"' else '"'
        quote = quote if other in text else other
    return quote + "".join(_escaped(character, quote) for character in text) + quote


def _escaped(character: str, quote: str) -> str:
    if character in (quote, "\\"):
        return "\\" + character
    return character if character.isprintable() else repr(character)[1:-1]


def like(node: cst.BaseExpression, value: Any, quote: str) -> str:
    """A scalar as Python, in the spelling of the expression that it takes the place of."""
    if isinstance(value, str) and isinstance(node, cst.SimpleString):
        if len(node.quote) > 1 and "\n" in value and not _needs_escapes(value, node.quote):
            return node.quote + value + node.quote
        return quoted(value, node.quote[0])
    is_count = isinstance(value, int) and not isinstance(value, bool)
    if is_count and isinstance(node, cst.Integer) and "_" in node.value:
        return f"{value:_}"
    return literal(value, quote)


def _needs_escapes(text: str, quote: str) -> bool:
    odd = any(not (one.isprintable() or one == "\n") for one in text)
    return odd or "\\" in text or quote in text or text.endswith(quote[0])


def is_written(node: cst.BaseExpression) -> bool:
    """Whether an expression is a value written out: no name and no computation is in it."""
    if isinstance(node, cst.Name):
        return node.value in ("None", "True", "False")
    if isinstance(node, cst.UnaryOperation):
        return isinstance(node.operator, cst.Minus) and is_written(node.expression)
    if isinstance(node, cst.ConcatenatedString):
        return is_written(node.left) and is_written(node.right)
    if isinstance(node, (cst.Dict, cst.List, cst.Tuple)):
        return all(map(_is_written_entry, node.elements))
    return isinstance(node, (cst.SimpleString, cst.Integer, cst.Float))


def _is_written_entry(entry: cst.BaseDictElement | cst.BaseElement) -> bool:
    if isinstance(entry, cst.DictElement):
        return is_written(entry.key) and is_written(entry.value)
    return isinstance(entry, cst.Element) and is_written(entry.value)


def text_of(node: cst.BaseExpression) -> str | None:
    """The text that a string is; None if the expression is no string written out."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)) and is_written(node):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


_WORDS: tuple[tuple[type[cst.CSTNode], str], ...] = (
    (cst.FormattedString, "an f-string"),
    (cst.ConcatenatedString, "an f-string"),
    (cst.Call, "the result of a call"),
    (cst.Attribute, "an attribute"),
    (cst.Subscript, "looked up in another value"),
    (cst.BaseComp, "a comprehension"),
    (cst.BinaryOperation, "computed"),
    (cst.BooleanOperation, "computed"),
    (cst.Comparison, "computed"),
    (cst.UnaryOperation, "computed"),
    (cst.IfExp, "one of two, by a condition"),
    (cst.Lambda, "a function"),
    (cst.NamedExpr, "assigned to a name in the call"),
    (cst.Name, "a name"),
)


def kind_of(node: cst.BaseExpression) -> str:
    """What an expression is that is no value written out, for a message."""
    return next((words for kind, words in _WORDS if isinstance(node, kind)), "an expression")
