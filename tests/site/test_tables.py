"""Tables on the site: a phone shows each row as a list, so each cell knows its heading."""

from __future__ import annotations

import pytest


def test_a_cell_knows_the_heading_of_its_column() -> None:
    """With the words of code and links; a heading without words labels nothing."""
    markdown = pytest.importorskip("markdown", reason="no Markdown: pip install '.[docs]'")
    from tools.site.tables import LabelledTables  # noqa: PLC0415 - it needs the library

    text = "| key | the `default` | |\n|---|---|---|\n| a | [b](c.md) | d |\n"
    html = markdown.markdown(text, extensions=["tables", LabelledTables()])
    assert '<td data-label="key">a</td>' in html
    assert '<td data-label="the default"><a href="c.md">b</a></td>' in html
    assert "<td>d</td>" in html
