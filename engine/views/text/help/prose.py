"""Markdown as text for a terminal: of Stripe's SDK, with its links and HTML, and of our own.

Its words are kept and its marks are not: links lose their address, tags go, lists and code keep
their lines. Nothing in it reaches the terminal as a control character.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from engine.views.style import PLAIN, WIDTH, Style, inert, wrapped

_CODE = re.compile(r"(`+[^`]+`+)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_TAGS = "a|b|i|em|strong|code|pre|span|div|sup|sub|table|thead|tbody|tr|td|th|ul|ol|h[1-6]"
_BREAK = re.compile(r"<(?:br|p)\b[^<>]*>|</(?:p|div|li|tr|h[1-6])>", re.IGNORECASE)
_ITEM = re.compile(r"<li\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_TAGS}|p|li)\b[^<>]*>", re.IGNORECASE)
_BOLD = re.compile(r"\*\*(\S(?:[^*]*\S)?)\*\*")
_BULLET = re.compile(r"\s*(?:[-*]|\d+\.)\s+")
_SENTENCE = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)\s")


def plain(markdown: str) -> str:
    """The words of a text, with its lines."""
    # Code is kept as it is: what is a tag elsewhere is an example there.
    parts = _CODE.split(markdown)
    return inert("".join(part if part[:1] == "`" else _words(part) for part in parts)).strip()


def _words(markdown: str) -> str:
    text = markdown
    for _ in range(2):  # a link may be within the words of another
        text = _LINK.sub(r"\1", text)
    text = _ITEM.sub("\n- ", _BREAK.sub("\n", text))
    return html.unescape(_BOLD.sub(r"\1", _TAG.sub("", text)))


def summary(markdown: str) -> str:
    """The first sentence of a text, on one line."""
    return _SENTENCE.split(" ".join(plain(markdown).split()), maxsplit=1)[0]


def prose(
    markdown: str, *, indent: str = "", width: int = WIDTH, style: Style = PLAIN
) -> Iterator[str]:
    """The lines of a text, wrapped; code keeps its lines.

    Args:
        markdown: Headings, paragraphs, lists and fenced code.
        indent: What each line begins with.
        width: Columns of a line.
        style: Decoration.
    """
    code = False
    paragraph: list[str] = []
    for line in markdown.expandtabs(4).strip().split("\n"):
        fence = line.lstrip().startswith("```")
        if paragraph and (fence or not line.strip() or line[:1] == "#" or _BULLET.match(line)):
            yield from _paragraph(paragraph, indent, width)
            paragraph = []
        if fence:
            code = not code
        elif code:
            yield f"{indent}    {inert(line)}".rstrip()
        elif line[:1] == "#":
            yield indent + style.paint(plain(line.lstrip("#")), "bold")
        elif line.strip():
            paragraph.append(line)
        else:
            yield ""
    if paragraph:
        yield from _paragraph(paragraph, indent, width)


def _paragraph(lines: list[str], indent: str, width: int) -> Iterator[str]:
    lead = " " * (len(lines[0]) - len(lines[0].lstrip()))
    for text in plain(" ".join(map(str.strip, lines))).split("\n"):
        bullet = _BULLET.match(text)
        begin = indent + (lead if bullet else "")
        further = begin + " " * (len(bullet[0]) if bullet else 0)
        yield from wrapped(" ".join(text.split()), begin, further, width=width)
