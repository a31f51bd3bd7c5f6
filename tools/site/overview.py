"""`llms.txt`: every page of the site with a line on what it says, for programs that read it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_SENTENCE = re.compile(r".*?\.(?=\s|$)", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


class PageLine(NamedTuple):
    """A page.

    Attributes:
        part: The title of its part of the site; empty for the first page.
        title: Its title.
        path: Where it is, from the root of the site.
        markdown: Its text.
    """

    part: str
    title: str
    path: str
    markdown: str


def overview(name: str, about: str, pages: Iterable[PageLine]) -> str:
    """The text of the file: a heading for each part, a line for each page."""
    lines = [f"# {name}", "", f"> {about}"]
    part = ""
    for page in pages:
        if page.part != part:
            part = page.part
            lines += ["", f"## {part}", ""]
        elif not part and lines[-1].startswith(">"):
            lines.append("")
        what = first_sentence(page.markdown)
        lines.append(f"- [{page.title}]({page.path or './'})" + (f": {what}" if what else ""))
    return "\n".join(lines) + "\n"


def first_sentence(markdown: str) -> str:
    """The first sentence of a page's first paragraph; empty if it begins with something else."""
    for paragraph in re.split(r"\n\s*\n", re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)):
        text = " ".join(_LINK.sub(r"\1", paragraph).split())
        if not text or text.startswith("#"):
            continue
        if not text[0].isalpha() and text[0] not in "`[":
            return ""
        found = _SENTENCE.match(text)
        return found[0] if found else text.rstrip(":")
    return ""
