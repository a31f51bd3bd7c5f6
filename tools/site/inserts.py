"""What the program itself says, put into pages while the site is built.

In a page, `<!-- site: commands -->` is where the list of all commands goes, and so on for each
name in `INSERTS`. A word after the name is an argument: `<!-- site: words engine -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tools.site.commands import commands
from tools.site.documents import documents
from tools.site.words import words

INSERTS: Mapping[str, Callable[[str], str]] = {
    "commands": lambda _: commands(),
    "documents": lambda _: documents(),
    "words": words,
}
_MARK = re.compile(r"^<!-- site: (\w+) ?(\S*) -->$", re.MULTILINE)


def with_inserts(markdown: str) -> str:
    """The text of a page with what belongs at its marks."""
    return _MARK.sub(lambda mark: INSERTS[mark[1]](mark[2]), markdown)
