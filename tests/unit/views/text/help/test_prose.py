"""Markdown and HTML of others as text for a terminal."""

from __future__ import annotations

import pytest

from engine.views.style import Style
from engine.views.text.help.prose import plain, prose, summary


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("See [the guide](https://a.b/c).", "See the guide."),
        ("A [default](https://a/b#c-(recommended)) one", "A default one"),
        ("[Price for <a href='x'>Product](y)</a>", "Price for Product"),
        ("![logo](https://a/b.png) it", "logo it"),
        ("**Note**: 2 * 3 * 4", "Note: 2 * 3 * 4"),
        ("<p>One</p><br/>Two", "One\n\nTwo"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n\n- Two"),
        ("`<a>` and `[x](y)` stay", "`<a>` and `[x](y)` stay"),
        ("less < more, a <name>, &lt;b&gt; &amp; &#39;", "less < more, a <name>, <b> & '"),
        ("\x1b[31mred\x07 \u202eback &#27;[1m", "\\u001b[31mred\\u0007 \\u202eback [1m"),
    ],
)
def test_words_without_marks(markdown: str, expected: str) -> None:
    """Links and tags go, what a terminal obeys is spelled out, code stays."""
    assert plain(markdown) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("One of `a`\nor b. More.", "One of `a` or b."),
        ("Such as e.g. this. More.", "Such as e.g. this."),
        ("Version 1.5 of it", "Version 1.5 of it"),
        ("", ""),
    ],
)
def test_a_summary_is_the_first_sentence(markdown: str, expected: str) -> None:
    """On one line."""
    assert summary(markdown) == expected


TEXT = """# Title

A paragraph of words
on two lines.
- one item that is long enough
  to go on
- two

```console
$ engine plan   --json
```
"""


def test_blocks_keep_their_lines() -> None:
    """Paragraphs and items are wrapped, code is not."""
    assert list(prose(TEXT, indent="  ", width=24)) == [
        "  Title",
        "",
        "  A paragraph of words",
        "  on two lines.",
        "  - one item that is",
        "    long enough to go on",
        "  - two",
        "",
        "      $ engine plan   --json",
    ]


def test_a_heading_is_bold() -> None:
    """Where there are colours."""
    assert next(prose("## Why", style=Style(colour=True))) == "\x1b[1mWhy\x1b[0m"
