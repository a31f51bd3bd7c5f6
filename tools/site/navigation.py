"""The navigation: what `nav` of mkdocs.yml lists, where a folder is all of its pages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def navigation(entries: Any, pages: Collection[str]) -> Any:
    """The entries, with the pages of a folder in its place: its first one, then all by name.

    Args:
        entries: What `nav` says: a page, a folder that ends with `/`, or titles with such.
        pages: All pages of the site.
    """
    if isinstance(entries, list):
        return [navigation(entry, pages) for entry in entries]
    if isinstance(entries, dict):
        return {title: navigation(entry, pages) for title, entry in entries.items()}
    if not entries.endswith("/"):
        return entries
    first = f"{entries}index.md"
    return sorted(
        (page for page in pages if page.startswith(entries)), key=lambda page: (page != first, page)
    )
