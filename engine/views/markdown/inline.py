"""Text in Markdown: words in which nothing has a meaning, code, and blocks of code.

What comes from an account may say anything, and hosts give a meaning to more than Markdown does: a
mention sends a mail, `#12` and `!12` refer, an address becomes a link. So a word of letters, digits
and plain punctuation is written as it is, and any other one as code, in which nothing is read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from engine.redaction import hide
from engine.views.style import inert

_LONGEST = 600
"""Characters of one text within a line; more are counted."""
_LONGEST_LINE = 2_000

# A dot is part of a number only, no dash is between a letter and a digit (`GH-12`), and what hosts
# read as a reference (`#1`, `@a`, `!1`, `~a`, `%1`, `&1`, `$a`) is not there.
_WORD = r"(?:[^\W_]|[^\W_]['-](?=[^\W\d_])|(?<=\d)[.,](?=\d)|(?<=\d)-(?=\d))"
_MONEY = "[-+]?[$€£¥₹]?"
_PLAIN = re.compile(
    rf"""[("]*{_MONEY}(?!(?i:www)\b)(?:{_WORD})+\+?%?[)"]*[.,;:?)…]*|->|→|[-+=%&$€£¥₹][.,;:)]*"""
)
_AROUND = re.compile(r'([("]*)(.+?)([)"]*[.,;:]*)')
_TICKS = re.compile("`+")
_BREAKS = {ord("\n"): "\\n", ord("\t"): "\\t"}


def words(text: str) -> str:
    """A text within a line: what is more than plain words is written as code."""
    parts: list[str] = []
    coded: list[str] = []
    for word in _one_line(text).split():
        around = None if _PLAIN.fullmatch(word) else _AROUND.fullmatch(word)
        if coded and (around is None or around[1]):
            parts.append(_span(" ".join(coded)))
            coded = []
        if around is None:
            parts.append(word)
            continue
        before, core, after = around.groups()
        if before:
            parts.append(before + _span(core) + after)
        elif after:
            parts.append(_span(" ".join([*coded, core])) + after)
            coded = []
        else:
            coded.append(core)
    if coded:
        parts.append(_span(" ".join(coded)))
    return " ".join(parts)


def code(text: str) -> str:
    """A text as code within a line."""
    return _span(_one_line(text))


def name(text: str) -> str:
    """A name that is to be seen first."""
    shown = _one_line(text).strip()
    plain = all(_PLAIN.fullmatch(word) for word in shown.split(" "))
    return f"**{shown}**" if shown and plain else f"**{_span(shown)}**"


def in_html(text: str) -> str:
    """A text as code within a line of HTML, such as the one that opens a fold."""
    return f"<code>{html.escape(_one_line(text))}</code>"


def block(lines: Sequence[str], language: str = "") -> str:
    """Lines as a block of code, which nothing in them can end."""
    shown = [_one_line(line, longest=_LONGEST_LINE) for line in lines]
    longest = max((len(run[0]) for line in shown for run in _TICKS.finditer(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence + language, *shown, fence])


def size(text: str) -> int:
    """How much of a limit a text takes: bytes of UTF-8, never fewer than characters."""
    return len(text.encode("utf-8", "surrogatepass"))


def _one_line(text: str, *, longest: int = _LONGEST) -> str:
    """A text without secrets, line ends, and characters that are obeyed and not shown."""
    shown = inert(str(hide(text))).translate(_BREAKS)
    if len(shown) > longest:
        return f"{shown[:longest]}… ({len(shown):,} characters)"
    return shown


def _span(text: str) -> str:
    longest = max((len(run[0]) for run in _TICKS.finditer(text)), default=0)
    fence = "`" * (longest + 1)
    # Markdown takes one blank off each side if both have one.
    pad = " " if text[:1] in ("`", " ", "") or text[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{text}{pad}{fence}"
