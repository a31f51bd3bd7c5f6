"""A page ends below its size, whole, and says what it leaves out."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from engine.views.markdown.inline import size
from engine.views.markdown.page import Section, page

PARSER = MarkdownIt("commonmark", {"html": True})


def sections(count: int, text: str) -> list[Section]:
    """A page of each sort of section, with many entries."""
    entries = [f"{number} {text}" for number in range(count)]
    return [
        Section(title="#### Money", entries=entries, noun="changes of money"),
        Section(title="#### None", entries=[], noun="nothings"),
        Section(title="#### Code", entries=entries, noun="outputs", code="diff"),
        Section(title="Every field", entries=entries, noun="changes", code="diff", folded=True),
    ]


@pytest.mark.parametrize("text", ["x", "ü" * 50, "```" * 20, "🌈" * 300])
@pytest.mark.parametrize("count", [1, 20, 1_000, 20_000])
@pytest.mark.parametrize("limit", [5_000, 60_000])
def test_a_page_ends_below_its_size_and_is_whole(count: int, text: str, limit: int) -> None:
    """In bytes of UTF-8; folds and blocks are closed."""
    written = page("### Head", sections(count, text), where="`show`", limit=limit)
    assert size(written) <= limit
    assert written.count("<details>") == written.count("</details>")
    for token in PARSER.parse(written):
        assert "details" not in token.content or token.type == "html_block"
        if token.type == "fence":
            assert token.content.strip()


def test_what_is_left_out_is_counted_by_section() -> None:
    """And the page says where it is."""
    entries = [f"{number:04} {'x' * 95}" for number in range(1000)]
    written = page(
        "### Head",
        [Section(title="#### Removed", entries=entries, noun="removals")],
        where="`engine show FILE` shows all",
        limit=10_000,
    )
    shown = written.count("x" * 95)
    assert 80 < shown < 100
    assert written.endswith(f"_and {1000 - shown} more removals: `engine show FILE` shows all_")


def test_a_long_list_is_folded_after_its_first_entries() -> None:
    """The first ones are seen."""
    entries = [f"entry {number}" for number in range(40)]
    written = page("### H", [Section(title="", entries=entries, noun="things")], where="")
    seen, _, folded = written.partition("<details><summary>25 more things</summary>")
    assert seen.count("- entry") == 15
    assert folded.count("- entry") == 25


def test_a_section_without_an_entry_is_left_out() -> None:
    """No empty heading."""
    assert page("### H", [Section(title="#### X", entries=[], noun="x")], where="") == "### H"
