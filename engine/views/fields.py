"""Leaves as text: one value, or one change of a value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from engine.frozen import frozen
from engine.plan.model import FieldChange, FieldReason
from engine.redaction import HIDDEN
from engine.values.markers import ABSENT, CLEAR, UNKNOWN
from engine.values.paths import Path, dotted
from engine.values.secret import is_secret
from engine.values.tree import leaves
from engine.views.money import money
from engine.views.style import Style, on_a_line

SENSITIVE = HIDDEN
"""What is shown instead of a secret."""

_LONGEST = 80
_CONTEXT = 16
_LIST_WIDTH = 72
_WIDEST_NAME = 60
_COLOURS = {"+": "green", "-": "red", "~": "yellow", ".": "dim"}


@frozen(kw_only=False)
class Leaf:
    """One line of a change before it is laid out.

    Attributes:
        symbol: `+`, `-`, `~` or `.`.
        name: Dotted path.
        text: Everything after the colon.
        more: Lines below it, symbol and text.
    """

    symbol: str
    name: str
    text: str
    more: tuple[tuple[str, str], ...] = ()


CurrencyAt: TypeAlias = Callable[[Path], str]
"""The currency of the amount at a path; empty if there is none."""


def no_currency(_: Path) -> str:
    """What is not known to be an amount has no currency."""
    return ""


def show(value: Any, currency: str = "", inner: CurrencyAt = no_currency) -> str:
    """Write one value on one line; an amount is followed by the money in brackets.

    Args:
        value: The value.
        currency: The currency that it is in, if it is an amount.
        inner: The currencies of what is in it, by the path from it.
    """
    if value is UNKNOWN or value is CLEAR or value is ABSENT:
        return str(value.value)
    if is_secret(value):
        return SENSITIVE
    text = (
        _quoted(_shorten(str.__str__(value))) if isinstance(value, str) else _compact(value, inner)
    )
    return text + _amount(value, currency)


def show_pair(before: Any, after: Any, currency: str = "", inner: CurrencyAt = no_currency) -> str:
    """Write `before -> after`; two long texts are cut to where they differ."""
    if isinstance(before, str) and isinstance(after, str):
        first, second = _shorten_pair(str.__str__(before), str.__str__(after))
        before, after = _amount(before, currency), _amount(after, currency)
        return f"{_quoted(first)}{before} -> {_quoted(second)}{after}"
    return f"{show(before, currency, inner)} -> {show(after, currency, inner)}"


def leaf(change: FieldChange, currency_at: CurrencyAt = no_currency) -> Iterator[Leaf]:
    """Break one field change into lines: nested new values give one line a leaf.

    Args:
        change: The field change.
        currency_at: The currencies of the amounts in the object, for what is nested in the field.
    """
    inner = below(currency_at, *change.path)
    name = dotted(change.path)
    before, after = _side(change.before), _side(change.after)
    mark = "  # forces replacement" if change.forces_replacement else ""
    if change.sensitive:
        yield Leaf(_symbol(before, after), name, SENSITIVE + mark)
    elif change.reason is FieldReason.STAYS:
        yield Leaf(".", name, f"{show(before, change.currency, inner)} (stays)")
    elif after is ABSENT:
        end = "removed" if isinstance(before, Mapping) else "cleared"
        if change.reason is FieldReason.GOES:
            end = "goes with this change"
        yield Leaf("-", name, f"{show(before, change.currency, inner)} ({end}){mark}")
    elif before is ABSENT:
        for path, value in leaves(after, change.path):
            currency = change.currency if path == change.path else currency_at(path)
            yield _new(dotted(path), value, currency, below(currency_at, *path), mark)
    elif _long_lists(before, after, inner):
        yield _list_change(name, before, after, inner, mark)
    elif change.reason is FieldReason.CLEARED:
        text = show_pair(before, after, change.currency, inner)
        yield Leaf("~", name, f"{text} (no longer declared: back to the default){mark}")
    else:
        yield Leaf("~", name, show_pair(before, after, change.currency, inner) + mark)


def below(currency_at: CurrencyAt, *path: str | int) -> CurrencyAt:
    """The same currencies by the paths from a place further in."""
    return lambda rest: currency_at((*path, *rest))


def lay_out(leaves: Sequence[Leaf], style: Style, indent: str) -> list[str]:
    """Align leaves under one another."""
    names = [on_a_line(entry.name) for entry in leaves]  # a key of metadata may be any text
    width = min(max(map(len, names), default=0), _WIDEST_NAME) + 1
    lines = []
    for entry, name in zip(leaves, names, strict=True):
        symbol = style.paint(entry.symbol, _COLOURS[entry.symbol])
        lines.append(f"{indent}{symbol} {name + ':':<{width}} {entry.text}")
        for sign, text in entry.more:
            lines.append(f"{indent}    {style.paint(sign, _COLOURS[sign])} {text}")
    return lines


def _side(value: Any) -> Any:
    """One side of a change; each kind of nothing becomes `ABSENT`."""
    return ABSENT if value is None or value is CLEAR else value


def _symbol(before: Any, after: Any) -> str:
    if before is ABSENT:
        return "+"
    return "-" if after is ABSENT else "~"


def _long_lists(before: Any, after: Any, inner: CurrencyAt) -> bool:
    if not (isinstance(before, (list, tuple)) and isinstance(after, (list, tuple))):
        return False
    return len(show(before, inner=inner)) + len(show(after, inner=inner)) > _LIST_WIDTH


def _new(name: str, value: Any, currency: str, inner: CurrencyAt, mark: str) -> Leaf:
    text = show(value, currency, inner)
    if isinstance(value, (list, tuple)) and len(text) > _LIST_WIDTH:
        entries = tuple(("+", entry) for entry in _entries(value, inner))
        return Leaf("+", name, f"{len(value)} entries{mark}", entries)
    return Leaf("+", name, text + mark)


def _list_change(name: str, before: Any, after: Any, inner: CurrencyAt, mark: str) -> Leaf:
    """Show the change of a long list by its entries."""
    was, will = _entries(before, inner), _entries(after, inner)
    gone = [("-", text) for text in was if text not in will]
    come = [("+", text) for text in will if text not in was]
    kept = sum(1 for text in will if text in was)
    if not gone and not come:
        entries = tuple(("~", text) for text in will)
        return Leaf("~", name, f"the same {kept} entries in another order{mark}", entries)
    return Leaf("~", name, f"{kept} of {len(was)} entries kept{mark}", (*gone, *come))


def _entries(values: Iterable[Any], inner: CurrencyAt) -> list[str]:
    """Write the elements of a list, each by itself."""
    return [show(entry, inner((at,)), below(inner, at)) for at, entry in enumerate(values)]


def _compact(value: Any, inner: CurrencyAt) -> str:
    """Write a value as JSON does; what JSON does not know is written as in a plan."""
    if isinstance(value, Mapping):
        parts = (
            f"{_quoted(str(key))}: {show(one, inner((key,)), below(inner, key))}"
            for key, one in value.items()
        )
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_entries(value, inner))}]"
    return json.dumps(value, default=str)


def _quoted(text: str) -> str:
    # JSON's escapes also keep control characters off the terminal.
    return json.dumps(text, ensure_ascii=False)


def _shorten(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - _CONTEXT]}… ({len(text)} characters)"


def _shorten_pair(before: str, after: str) -> tuple[str, str]:
    """Cut the common beginning of two long texts, but for the last few characters of it."""
    if max(len(before), len(after)) <= _LONGEST:
        return before, after
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    cut = max(0, head - _CONTEXT)
    lead = "…" if cut else ""
    return lead + _shorten(before[cut:]), lead + _shorten(after[cut:])


def _amount(value: object, currency: str) -> str:
    amount = money(value, currency) if currency else ""
    return f" ({amount})" if amount else ""
