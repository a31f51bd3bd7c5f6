"""What is wrong with one argument, and how a message names a value of the wrong kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from engine.frozen import frozen
from engine.schema.attribute import Attribute, Kind
from engine.stack.checks.followed_references import blurred
from engine.values.markers import UNKNOWN
from engine.values.paths import Path, dotted
from engine.values.tree import replaced


@frozen(kw_only=False)
class Finding:
    """Something wrong with one argument.

    Attributes:
        path: Where in the arguments.
        message: What is wrong.
        hint: What would be right.
        reference: Stable identifier of the kind of finding.
        meant: Of a misspelt parameter, the dotted path that was meant; empty otherwise.
    """

    path: Path
    message: str
    hint: str
    reference: str
    meant: str = ""


def believed(arguments: Mapping[str, Any], findings: Iterable[Finding]) -> Mapping[str, Any]:
    """The arguments as rules see them, without what is wrong, so that one mistake is one finding.

    A wrong word may have been meant as any, so it is unknown; a misspelt name is not missing.
    """
    found: Any = arguments
    for finding in findings:
        if finding.meant:
            name = finding.meant.rpartition(".")[2]
            found = replaced(found, finding.path[:-1], partial(_with_unknown, name=name))
        elif finding.path and finding.reference != "missing-parameter":
            found = blurred(found, finding.path)
    return dict(found)


def _with_unknown(held: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {**held, name: UNKNOWN}


_WORDS = {
    Kind.STRING: "a string",
    Kind.INTEGER: "a whole number",
    Kind.NUMBER: "a number",
    Kind.DECIMAL: "a decimal as a string, int or Decimal",
    Kind.BOOLEAN: "True or False",
    Kind.OBJECT: "a dict",
    Kind.LIST: "a list",
    Kind.MAP: "a dict",
}


def wrong_kind(attribute: Attribute, value: Any, path: Path) -> Finding:
    """Say what a field takes and what it was given, with the way to write it."""
    hint = ""
    if attribute.kind is Kind.STRING and isinstance(value, (int, float, bool)):
        hint = f'write "{str(value).lower() if isinstance(value, bool) else value}"'
    elif attribute.kind is Kind.INTEGER and isinstance(value, str) and value.isdigit():
        hint = f"write {value}"
    elif attribute.kind is Kind.INTEGER and isinstance(value, float):
        hint = "amounts are whole numbers of minor units: 2900 is $29.00"
    elif attribute.kind is Kind.DECIMAL and isinstance(value, float):
        hint = f'write "{value}", so that no digit is lost'
    elif attribute.kind is Kind.BOOLEAN and str(value).lower() in ("true", "false"):
        hint = f"write {str(value).capitalize()}"
    elif attribute.kind is Kind.LIST:
        several = isinstance(value, (set, frozenset))
        hint = "write [...] for {...}" if several else "put it into a list: [...]"
    return Finding(
        path,
        f"{dotted(path)} takes {_WORDS[attribute.kind]}, not {_short(value)}",
        hint,
        "wrong-type",
    )


def _short(value: Any) -> str:
    text = repr(value)
    longest = 60
    return f"{type(value).__name__} " + (text if len(text) <= longest else text[:longest] + "...")
