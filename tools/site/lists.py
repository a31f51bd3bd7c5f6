"""Lists as the Markdown of the site has them.

On code hosts, what belongs to an item is below its text: two columns in after `* `, three after
`1. `. Python-Markdown, which makes the site, wants four columns for each depth.
"""

from __future__ import annotations

import re

_ITEM = re.compile(r"(?:[*-]|\d+\.) +")


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
