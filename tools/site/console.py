"""Sessions at a terminal: what is typed, what is printed, and what a plan marks.

Pygments takes the `#` that begins a line of a plan for a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import escape

_SIGNS = {"+": "gi", "-": "gd", "~": "gu", "+/-": "gr", "-/+": "gr", "#": "gh"}
"""The class of a line that begins with a sign of a plan, as the theme colours it."""
_FIRST = re.compile(r"\s*(\S+) ")


def session_html(text: str) -> str:
    """A session as a block of code: prompts, commands and output apart.

    The theme's button copies `data-copy`, which is what one types.
    """
    typed = "\n".join(line[2:] for line in text.split("\n") if line.startswith("$ "))
    body = "".join(_lines(text))
    return (
        f'<div class="highlight" data-copy="{escape(typed)}"><pre><code>{body}</code></pre></div>'
    )


def _lines(text: str) -> Iterator[str]:
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("$ "):
            yield f'<span class="gp">$ </span>{escape(line[2:])}\n'
            continue
        first = _FIRST.match(line)
        sign = _SIGNS.get(first[1], "") if first else ""
        yield f'<span class="{f"go {sign}".strip()}">{escape(line)}\n</span>'
