"""The file around a page: its head, style and script, and a policy by which it loads nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import htpy as h
from markupsafe import Markup, escape

from engine.redaction import hide
from engine.views.picture.theme import paired_style
from engine.views.style import inert

DRAWING = '<div class="drawing"'
"""What a page with a picture has, so that it gets the style of one."""
# In markup that is written by `htpy` neither a text nor a value has any of these signs itself.
_TEXT = re.compile(r"""(?<=>)[^<>]+|(?<==")[^"<>]+""")


def document(page: Mapping[str, Any], *, ascii: bool) -> str:
    """Write a page as a file that needs nothing else.

    Args:
        page: `title`, a text, and `body`, the markup in it.
        ascii: Write other characters as references to them.
    """
    style, script = _own("page.css"), _own("page.js")
    if DRAWING in page["body"]:
        style += paired_style()
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    whole = h.html(lang="en")[
        h.head[
            h.meta(charset="utf-8"),
            h.meta(http_equiv="Content-Security-Policy", content=policy),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.meta(name="color-scheme", content="light dark"),
            h.meta(name="referrer", content="no-referrer"),
            h.title[_harmless(str(page["title"]))],
            h.style[Markup(style)],  # noqa: S704 - our own file
        ],
        h.body[
            Markup(_TEXT.sub(_harmless_text, page["body"])),  # noqa: S704 - markup
            h.script[Markup(script)],  # noqa: S704 - our own file
        ],
    ]
    text = "".join(whole.iter_chunks())
    return text.encode("ascii", "xmlcharrefreplace").decode() if ascii else text


@functools.cache
def _own(name: str) -> str:
    """A file of this room as it is put into a page."""
    return f"\n{resources.files(__package__).joinpath(name).read_text(encoding='ascii')}"


def _digest(text: str) -> str:
    """How a policy names a style or a script that is written in the page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _harmless(text: str) -> str:
    """A text without secrets, in which characters without a shape are spelled out."""
    return inert(str(hide(text)))


def _harmless_text(match: re.Match[str]) -> str:
    # A secret may have been spelled twice, as a quoted value and then as HTML.
    text = match[0]
    return str(escape(_harmless(html.unescape(text)))) if "&" in text else _harmless(text)
