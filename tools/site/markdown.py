"""From the Markdown of code hosts to that of the site: links, lists, and titles of blocks.

In the repository a link is the path from one file to another, so that code hosts follow it. On the
site some files are at another place, and others are not at all.

On code hosts, what belongs to an item of a list is below its text: two columns in after `* `, three
after `1. `. Python-Markdown, which makes the site, wants four columns for each depth.
"""

from __future__ import annotations

import posixpath
import re

from tools.site.pages import ROOT, page_of, source_of

_LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<path>[^)#:\s]+)(?P<anchor>#[^)\s]*)?\)")
_ITEM = re.compile(r"(?:[*-]|\d+\.) +")
_FILE = re.compile(
    r"^(?P<indent> *)<!-- (?:file|change): (?P<path>\S+) -->\n\s*```(?P<language>\w+)$",
    re.MULTILINE,
)


def with_site_links(markdown: str, page: str) -> str:
    """The text of a page with its links to other files as links to pages.

    What the site does not show, such as a module, becomes its name.
    """
    source = source_of(page)

    def changed(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        if not (ROOT / target).exists():
            return link[0]
        found = page_of(target)
        if found is None:
            return link["text"]
        path = posixpath.relpath(found, posixpath.dirname(page) or ".")
        return f"[{link['text']}]({path}{link['anchor'] or ''})"

    return _LINK.sub(changed, markdown)


def with_deep_lists(markdown: str) -> str:
    """The same text, with four columns for each depth of a list."""
    written: list[str] = []
    columns: list[int] = []  # where the text of each open item begins
    fenced = False
    for line in markdown.split("\n"):
        text = line.lstrip(" ")
        column = len(line) - len(text)
        while columns and text and not fenced and column < columns[-1]:
            columns.pop()
        begins = columns[-1] if columns else 0
        written.append(" " * (4 * len(columns) + max(column - begins, 0)) + text if text else "")
        if text.startswith("```"):
            fenced = not fenced
        elif not fenced and (item := _ITEM.match(text)):
            columns.append(column + len(item[0]))
    return "\n".join(written)


def with_titles(markdown: str) -> str:
    """The text of a page with the path of a file as the title of its block."""
    return _FILE.sub(r'\g<indent>```\g<language> title="\g<path>"', markdown)
