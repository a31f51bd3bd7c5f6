"""What pages are made of: the top, panels, symbols, tables of leaves and of values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import htpy as h

from engine.version import VERSION
from engine.views import vocabulary
from engine.views.fields import Leaf

FORCES = "forces replacement"
"""The remark of a leaf that Stripe cannot change in place."""

_FEW = 2
"""Sections that need no list of contents."""
_ARROW = re.compile(r'("(?:[^"\\]|\\.)*")| -> ')
AT_ONCE = 20
"""Things of a list that are shown at once; more of them open on request."""
_LEAF_COLOURS = {"+": "green", "-": "red", "~": "yellow", ".": "dim"}


class Section(NamedTuple):
    """A part of a page that can be gone to.

    Attributes:
        name: Its name in links.
        title: Its heading.
        content: All of it.
    """

    name: str
    title: str
    content: h.Element


def page(title: str, top: h.Node, *sections: Section | None, foot: str = "") -> Mapping[str, Any]:
    """A page: its title, and its body as markup.

    Args:
        title: Its title.
        top: What it is about.
        sections: The rest, in order.
        foot: What its last line adds.
    """
    there = [section for section in sections if section is not None]
    made = f"Written by engine {VERSION}. This file loads nothing from anywhere."
    body = h.fragment[
        h.a(".skip", href="#main")["Skip to the content"],
        top,
        len(there) > _FEW and _contents(there),
        h.main("#main.wide", tabindex="-1")[(section.content for section in there)],
        h.footer(".wide")[f"{made} {foot}"],
    ]
    return {"title": title, "body": str(body)}


def _contents(sections: Sequence[Section]) -> h.Element:
    return h.nav(".contents.wide", aria_label="Contents")[
        (h.a(href=f"#{section.name}")[section.title] for section in sections)
    ]


def top(
    heading: str,
    lead: Sequence[str],
    facts: Sequence[tuple[str, str]],
    *,
    livemode: bool | None = None,
) -> h.Element:
    """The top of a page.

    Args:
        heading: What it shows.
        lead: What it comes to, a sentence each.
        facts: Names and values of what it is about; what is empty is left out.
        livemode: Real money; None if that is not known.
    """
    return h.header(".top.live" if livemode else ".top")[
        h.div(".wide")[
            h.h1[heading],
            (h.p(".lead")[line] for line in lead if line),
            h.dl(".facts")[
                (h.div[h.dt[name], h.dd[text]] for name, text in facts if text),
                livemode is not None and h.div[h.dt["Mode"], h.dd[_mode(livemode=livemode)]],
            ],
            h.button(
                ".theme.scripted",
                type="button",
                data_act="theme",
                aria_pressed="false",
                hidden=True,
            )["Dark theme"],
        ]
    ]


def _mode(*, livemode: bool) -> h.Element:
    return h.span(".mode.red" if livemode else ".mode")["LIVE MODE" if livemode else "test mode"]


def panel(title: str, *content: h.Node, tone: str = "", name: str = "") -> Section:
    """A section of its own.

    Args:
        title: Its heading.
        content: What is in it.
        tone: A colour of the vocabulary; empty for none.
        name: Its name in links; from the title if it is not given.
    """
    name = name or title.lower().replace(" ", "-")
    whole = h.section(
        class_=["panel", tone and "toned", tone], id=name, aria_labelledby=f"{name}-title"
    )[h.h2(id=f"{name}-title")[title], content]
    return Section(name, title, whole)


def listed(entries: Iterable[h.Node]) -> h.Node:
    """Several things, one below the other; beyond the first ones they open on request."""
    return folded([h.li[entry] for entry in entries], lambda some: h.ul[some])


def folded(entries: Sequence[h.Node], whole: Callable[[Sequence[h.Node]], h.Node]) -> h.Node:
    """Several things, and a fold with those that are too many to be shown at once.

    Args:
        entries: The things.
        whole: Makes a list or a table of some.
    """
    left = len(entries) - AT_ONCE
    if left <= 0:
        return whole(entries)
    more = h.details(".more-of-it")[h.summary[f"{left:,} more"], whole(entries[AT_ONCE:])]
    return whole(entries[:AT_ONCE]), more


def symbol(sign: str, colour: str = "") -> h.Node:
    """A symbol, and its meaning for those who do not see it."""
    meaning = vocabulary.SYMBOLS[sign][0]
    return (
        h.span(class_=["symbol", colour], aria_hidden="true", title=meaning)[sign],
        h.span(".unseen")[f"{meaning}: "],
    )


def colour_of(sign: str) -> str:
    """The colour of a symbol."""
    return vocabulary.SYMBOLS[sign][1]


def leaf_table(leaves: Sequence[Leaf]) -> h.Node:
    """Leaves, each with what comes or goes in it; nothing if there are none."""
    if not leaves:
        return None
    return h.table(".leaves")[(line for entry in leaves for line in _leaf_rows(entry))]


def _leaf_rows(entry: Leaf) -> Iterator[h.Element]:
    yield _leaf_row(entry.symbol, h.th[entry.name], entry.text)
    for sign, text in entry.more:
        yield _leaf_row(sign, h.td, text)


def _leaf_row(sign: str, name: h.Element, text: str) -> h.Element:
    # What follows the sign of a comment is a remark, or the end of a value: nothing is left out.
    value, mark, remark = text.partition("  # ")
    return h.tr(class_=_LEAF_COLOURS[sign])[
        h.td[sign],
        name,
        h.td[value, mark and h.i(class_=remark.startswith(FORCES) and "forces")[f"{mark}{remark}"]],
    ]


def values(rows: Iterable[tuple[str, str]]) -> h.Node:
    """Names and their values; nothing if there are none."""
    rows = list(rows)
    return h.dl(".values")[([h.dt[name], h.dd[text]] for name, text in rows)] if rows else None


def arrows(words: str) -> str:
    """Our own words with an arrow for `->`; values in quotes are shown as they are."""
    return _ARROW.sub(lambda match: match[1] or " \N{RIGHTWARDS ARROW} ", words)
