"""Finds the pages, and reads them."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def references() -> tuple[str, ...]:
    """The references that have a page, sorted."""
    return tuple(sorted(page.stem for page in _FOLDER.glob("*.md")))


def page_of(reference: str) -> str:
    """The page of a reference, as Markdown; empty if it has none."""
    if reference not in references():  # what a person typed is no path
        return ""
    return (_FOLDER / f"{reference}.md").read_text(encoding="utf-8")


def summary_of(page: str) -> str:
    """What a page says in its first paragraph, on one line."""
    return " ".join(page.split("\n\n")[1].split())
