"""Text of an account within Markdown: it is seen, and nothing in it has an effect."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.redaction import remember
from engine.views.markdown import inline

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

HOSTILE = (
    "@octocat",
    "@all please",
    "Pro @team/leads plan",
    "#123",
    "GH-123",
    "owner/repo#1",
    "!12 and %3 and ~bug and &4 and $5",
    "<img src=x onerror=alert(1)>",
    "<!-- engine-ci -->",
    "</details>",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example",
    "www.evil.example",
    "mail@evil.example",
    "a | b | c",
    "`code` and ``more``",
    "```",
    "**bold** _it_ ~~gone~~",
    "\\",
    "ends with \\",
    "one\ntwo",
    "one\n\n# two",
    "one\r\n- two",
    "&lt;b&gt; &amp; &#64;octocat",
    "\u202eevil\u202c",
    "zero\u200bwidth",
    "\x1b[31mred\x1b[0m",
    ":tada:",
    "[^1]",
    "/close",
    "$`x`$",
    "$$x$$",
)
# What GitHub and GitLab read in text that Markdown has left alone.
EFFECT = re.compile(
    r"@\w|#\w|(?i:gh)-\d|https?:|(?i:www)\.|\w@\w|[<>`*_|\[\]\\~]|&\w|!\w|%\w|:\w+:|\$\$|^/",
    re.MULTILINE,
)


def tokens(text: str) -> Iterator[Token]:
    """What is within the lines of a text."""
    for token in PARSER.parse(text):
        yield from token.children or [token]


def assert_harmless(written: str) -> None:
    """Nothing but text, code, and what makes text strong."""
    for token in tokens(written):
        assert token.type in {
            "paragraph_open",
            "paragraph_close",
            "text",
            "code_inline",
            "strong_open",
            "strong_close",
        }, token
        if token.type == "text":
            assert not EFFECT.search(token.content.replace("->", "")), token.content


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("write", [inline.words, inline.code, inline.name])
def test_hostile_text_is_seen_and_has_no_effect(write: object, text: str) -> None:
    """As words, as code and as a name."""
    assert callable(write)
    written = write(text)
    assert "\n" not in written
    assert_harmless(f"x {written} y")


@given(
    st.text(alphabet=st.one_of(st.sampled_from("`@#<>[]()!*_|~\\&$%:/.-w \n1a"), st.characters()))
)
def test_any_text_is_harmless(text: str) -> None:
    """Whatever an account says."""
    for written in (inline.words(text), inline.code(text), inline.name(text)):
        assert_harmless(f"x {written} y")


@pytest.mark.parametrize(
    "text",
    [
        "$20.00 -> $24.00 a month, +20 %, the old price is archived",
        "1,000+ active subscriptions (they keep paying the old price)",
        "€8.00 a month, $9.00 a month",
        "Über-Plan für 5 €",
        "usage-based",
    ],
)
def test_plain_words_stay_as_they_are(text: str) -> None:
    """Money in words reads as a sentence."""
    assert inline.words(text) == text


def test_a_file_and_its_line_are_code_and_the_sentence_goes_on() -> None:
    """What comes after a word is no part of the code."""
    assert (
        inline.words("see stacks/shop.py:12, or stripe_price.pro-monthly (price_1).")
        == "see `stacks/shop.py:12`, or `stripe_price.pro-monthly` (`price_1`)."
    )


def test_a_name_is_strong() -> None:
    """Plain or not."""
    assert inline.name("Pro monthly") == "**Pro monthly**"
    assert inline.name("@all") == "**`@all`**"


@pytest.mark.parametrize("line", ["```", "````", "~~~", "</details>", "``` ``` `````"])
def test_no_line_ends_a_block(line: str) -> None:
    """The fence is longer than any run of backticks in it."""
    found = PARSER.parse(inline.block(["a", line, "b"], "diff"))
    assert [token.type for token in found] == ["fence"]
    assert found[0].content == f"a\n{line}\nb\n"


def test_a_long_text_is_cut_and_counted() -> None:
    """Its length is there."""
    assert inline.words("a" * 5000) == f"{'a' * 600}… (5,000 characters)"


def test_a_secret_is_hidden_before_anything_is_cut_or_escaped() -> None:
    """Half a secret is one too."""
    value = "very*secret*value"
    remember(value)
    assert "secret*value" not in inline.code("x" * 595 + value)
    assert inline.code(value) == "`(sensitive)`"


def test_html_in_the_title_of_a_fold_is_text() -> None:
    """There Markdown is not read, and HTML is."""
    assert inline.in_html("<b>`@x`") == "<code>&lt;b&gt;`@x`</code>"
