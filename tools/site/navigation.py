"""The navigation: what `nav` of mkdocs.yml lists, as far as it is there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def navigation(entries: list[Any], pages: Collection[str]) -> list[Any]:
    """The entries without those that have no page; a folder becomes its pages.

    Args:
        entries: What `nav` says: a page, or a title with a page or a list.
        pages: All pages of the site.
    """
    found = []
    for entry in entries:
        title, value = next(iter(entry.items())) if isinstance(entry, dict) else ("", entry)
        kept = _pages(value, pages)
        if kept:
            found.append({title: kept} if title else kept)
    return found


def _pages(value: Any, pages: Collection[str]) -> Any:
    if isinstance(value, list):
        return navigation(value, pages)
    if not value.endswith("/"):
        return value if value in pages else None
    inside = sorted(page for page in pages if page.startswith(value))
    first = f"{value}index.md"
    return [first, *(page for page in inside if page != first)] if first in inside else inside
