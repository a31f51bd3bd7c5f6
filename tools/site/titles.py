"""Blocks that are files show their names, which are in comments above them."""

from __future__ import annotations

import re

_FILE = re.compile(
    r"^(?P<indent> *)<!-- (?:file|change): (?P<path>\S+) -->\n\s*```(?P<language>\w+)$",
    re.MULTILINE,
)


def with_titles(markdown: str) -> str:
    """The text of a page with the path of a file as the title of its block."""
    return _FILE.sub(r'\g<indent>```\g<language> title="\g<path>"', markdown)
