"""Colours: whether there are any, and what they look like.

What must not live here: what is said in which colour's text. Plain escape codes, so that a plan
costs no import of a rendering library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


@dataclass(frozen=True, slots=True)
class Style:
    """How text is decorated.

    Attributes:
        colour: Escape codes are written; without, `paint` gives its text back.
    """

    colour: bool = False

    def paint(self, text: str, *names: str) -> str:
        """Decorate a text with one or more of the names above."""
        if not self.colour or not names or not text:
            return text
        codes = ";".join(_CODES[name] for name in names)
        return f"\x1b[{codes}m{text}\x1b[0m"


PLAIN = Style()
"""No decoration at all."""


def wants_colour(*, terminal: bool, refused: bool, environ: Mapping[str, str]) -> bool:
    """Decide whether a stream gets colours.

    The flag decides, then `NO_COLOR`, then `FORCE_COLOR`, then whether anybody is looking. A
    variable counts when it is set and not empty.

    Args:
        terminal: The stream is a terminal.
        refused: `--no-color` was given.
        environ: Environment variables.
    """
    if refused or environ.get("NO_COLOR"):
        return False
    forced = environ.get("FORCE_COLOR", "")
    if forced:
        return forced != "0"
    return terminal and environ.get("TERM") != "dumb"
