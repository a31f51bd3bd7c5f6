"""Rows that open: one for each change or resource, by stack, with the filters above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import htpy as h

from engine.frozen import frozen
from engine.views.html.parts import Section, symbol
from engine.views.plural import counted


@frozen
class Row:
    """One row.

    Attributes:
        stack: The stack it is in.
        address: What it is about.
        type: The type of that.
        sign: A symbol of the vocabulary; empty for none.
        colour: The colour of the row.
        name: What people call it.
        brief: What there is to say in one line.
        small: What there is to add in small print.
        line: Where it is declared; empty if nowhere.
        badge: What is shown next to the line.
        inside: What is shown when the row is open.
        groups: The value by which each group of chips chooses it.
    """

    stack: str
    address: str
    type: str
    name: str
    brief: str
    inside: h.Node
    sign: str = ""
    colour: str = "dim"
    small: str = ""
    line: str = ""
    badge: h.Node = None
    groups: Mapping[str, str]


@frozen
class Chip:
    """A count that chooses the rows that it counts.

    Attributes:
        group: Its group; chips of one group choose either, chips of several choose both.
        value: The rows it chooses: those with this value in the group.
        label: What it counts, with the number.
        sign: A symbol of the vocabulary; empty for none.
        colour: A colour of the vocabulary.
    """

    group: str
    value: str
    label: str
    colour: str
    sign: str = ""


def row_name(stack: str, address: str) -> str:
    """How a row is named in links."""
    return f"{stack}:{address}"


def row_section(
    title: str, noun: str, rows: Sequence[Row], chips: Sequence[Chip], *, of: str = "Stack"
) -> Section | None:
    """The rows of a page, by stack, below their filters; None if there are no rows.

    Args:
        title: The heading.
        noun: What a row is.
        rows: The rows, those of a stack one after the other.
        chips: The chips, those of a group one after the other.
        of: What the rows are in, as a heading names it.
    """
    if not rows:
        return None
    stacks = list(dict.fromkeys(row.stack for row in rows))
    whole = h.section("#rows", aria_labelledby="rows-title")[
        h.h2("#rows-title")[f"{title} ", h.span(".count")[f"{len(rows):,}"]],
        _filters(rows, stacks, chips),
        (_stack(of, name, noun, [row for row in rows if row.stack == name]) for name in stacks),
        h.p("#none.none", hidden=True)[f"No {noun} fits."],
    ]
    return Section("rows", title, whole)


def _filters(rows: Sequence[Row], stacks: Sequence[str], chips: Sequence[Chip]) -> h.Element:
    types = Counter(row.type for row in rows)
    by_stack = Counter(row.stack for row in rows)
    return h.div(".filters", role="search", aria_label="Filters")[
        h.div(".chips", role="group", aria_label="Filter by action or outcome")[map(_chip, chips)]
        if chips
        else None,
        h.input(
            "#text.scripted",
            type="search",
            hidden=True,
            placeholder="Filter by text ( / )",
            aria_label="Filter by text",
            aria_keyshortcuts="/",
            autocomplete="off",
            spellcheck="false",
        ),
        len(types) > 1
        and _select("type", "All types", {name: types[name] for name in sorted(types)}),
        len(stacks) > 1
        and _select("stack", "All stacks", {name: by_stack[name] for name in stacks}),
        h.button(
            ".scripted",
            type="button",
            data_act="open",
            data_open="Open all",
            data_close="Close all",
            aria_expanded="false",
            hidden=True,
        )["Open all"],
        h.button(".scripted", type="button", data_act="clear", hidden=True)["Clear filters"],
        h.span("#matches.matches.scripted", role="status", hidden=True),
    ]


def _chip(chip: Chip) -> h.Element:
    return h.button(
        class_=["chip", chip.colour],
        type="button",
        name=chip.group,
        value=chip.value,
        aria_pressed="false",
        disabled=True,
    )[chip.sign and h.span(".symbol", aria_hidden="true")[chip.sign], chip.label]


def _select(name: str, every: str, counts: Mapping[str, int]) -> h.Element:
    return h.select(".choice.scripted", name=name, aria_label=f"Filter by {name}", hidden=True)[
        h.option(value="")[every],
        (h.option(value=value)[f"{value} ({count:,})"] for value, count in counts.items()),
    ]


def _stack(of: str, name: str, noun: str, rows: Sequence[Row]) -> h.Element:
    return h.section(".stack", data_stack=name)[
        h.h3[f"{of} {name} ", h.span(".count")[counted(len(rows), noun)]],
        h.div(".rows")[map(_row, rows)],
    ]


def _row(row: Row) -> h.Element:
    data = {f"data-{group}": value for group, value in row.groups.items()}
    data |= {"data-stack": row.stack, "data-type": row.type}
    return h.details(class_=["row", row.colour, not row.sign and "plain"], **_attributes(data))[
        h.summary[
            row.sign and h.span[symbol(row.sign)],
            h.span(".who")[_who(row)],
            h.span(".what")[row.badge, row.brief, row.small and h.small[row.small]],
        ],
        h.div(".inside", id=row_name(row.stack, row.address))[row.inside],
    ]


def _attributes(data: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in data.items()}


def _who(row: Row) -> Iterator[h.Node]:
    if row.name:
        yield h.b[row.name]
    yield h.code[row.address]
    if row.line:
        yield " "
        yield h.span(".place")[row.line]
