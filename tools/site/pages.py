"""Pages of the site whose source is not in `docs/`: there is one copy of each text."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BORROWED = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "contributing/architecture.md",
    "CHANGELOG.md": "contributing/changelog.md",
    "CONTRIBUTING.md": "contributing/contributing.md",
    "SECURITY.md": "contributing/security.md",
    "state/README.md": "reference/state-files.md",
}
"""Files of the repository, and the page of the site that each of them is."""


def source_of(page: str) -> str:
    """The file of the repository that a page is written in."""
    sources = {page: source for source, page in BORROWED.items()}
    if page in sources and not (ROOT / "docs" / page).exists():
        return sources[page]
    return f"docs/{page}"


def page_of(source: str) -> str | None:
    """The page that a file or a folder of the repository is; none if the site does not show it."""
    if source in BORROWED:
        return BORROWED[source]
    inside = source.removeprefix("docs/")
    if inside == source:
        return None
    return inside if inside.endswith(".md") else f"{inside}/index.md"
