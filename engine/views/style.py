"""Colours, and characters that a terminal must not get.

Plain escape codes, so that a plan costs no import of a rendering library.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

from engine.frozen import frozen
from engine.redaction import redact

WIDTH = 100
"""Columns of a line, where its words allow it."""
NARROW = 78
"""The same of a list of names, which has no need of more and may be long."""

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


_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f"
)
"""What a terminal obeys instead of showing it: control characters, and characters that change the
direction of text or have no width."""
_CODE = "|".join(("0", *_CODES.values()))
_FOR_EYES = re.compile(f"(\x1b\\[(?:{_CODE})(?:;(?:{_CODE}))*m)|[{_UNSEEN}]")
_IN_TEXT = re.compile(f"[{_UNSEEN}]")


def visible(text: str) -> str:
    """A text for a terminal: with our own escape codes, and with all other ones spelled out."""
    return _FOR_EYES.sub(lambda match: match[1] or _escaped(match[0]), text)


def inert(text: str, instead: str = "") -> str:
    """A text in which what a terminal obeys is spelled out as in JSON, or replaced."""
    return _IN_TEXT.sub(lambda match: instead or _escaped(match[0]), text)


def on_a_line(text: str) -> str:
    """A text in which line ends are spelled out, too."""
    return inert(text).replace("\n", "\\n").replace("\t", "\\t")


def printable(text: str) -> str:
    """Make a text fit for a terminal or a log: no secret in it, and no control characters."""
    return inert(redact(text), "?")


def _escaped(sign: str) -> str:
    """A character as JSON escapes it."""
    units = sign.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


@frozen(kw_only=False)
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

    The option decides, then `NO_COLOR`, then `FORCE_COLOR`, then whether it is a terminal. A
    variable counts if it is set and not empty.

    Args:
        terminal: The stream is a terminal.
        refused: `--no-color` was given, or the format is not for people.
        environ: Environment variables.
    """
    if refused or environ.get("NO_COLOR"):
        return False
    forced = environ.get("FORCE_COLOR", "")
    if forced:
        return forced != "0"
    return terminal and environ.get("TERM") != "dumb"


def wrapped(text: str, indent: str, further: str | None = None, *, width: int = WIDTH) -> list[str]:
    """A text in lines, each after the same; no word is broken.

    Args:
        text: Its words.
        indent: What each line begins with.
        further: The same of the lines after the first, if it is another one.
        width: Columns of a line.
    """
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if further is None else further,
        break_long_words=False,
        break_on_hyphens=False,
    )
