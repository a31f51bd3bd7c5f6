"""Tables whose cells know the heading of their column, so that a phone can show rows as lists."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor


class LabelledTables(Extension):  # type: ignore[misc] # the library has no types
    """Writes the text of each heading into the cells below it, as `data-label`."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        """Come after what makes inline code and links of the headings."""
        md.treeprocessors.register(_Labels(md), "labels", 5)


class _Labels(Treeprocessor):  # type: ignore[misc] # the library has no types
    def run(self, root: Element) -> None:
        """Label the cells of every table."""
        for table in root.iter("table"):
            label(table)


def label(table: Any) -> None:
    """Label the cells of one table; the first column is the title of its row."""
    headings = ["".join(heading.itertext()).strip() for heading in table.iter("th")]
    for row in table.iter("tr"):
        for heading, cell in zip(headings, row.findall("td"), strict=False):
            if heading:
                cell.set("data-label", heading)
