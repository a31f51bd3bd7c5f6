"""Pages of the site whose source is not in `docs/`: there is one copy of each text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FILES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "contributing/architecture.md",
    "CHANGELOG.md": "contributing/changelog.md",
    "CONTRIBUTING.md": "contributing/contributing.md",
    "SECURITY.md": "contributing/security.md",
    "state/README.md": "reference/state-files.md",
}
_FOLDERS = {"docs": "", "engine/explanations": "reference/errors/"}
"""Folders of pages, and where on the site their pages are."""


def borrowed() -> Mapping[str, str]:
    """Files of the repository that are no files of `docs/`, and the page that each of them is."""
    found = dict(_FILES)
    for folder, place in _FOLDERS.items():
        if folder != "docs":
            found |= {
                f"{folder}/{file.name}": place + file.name
                for file in sorted((ROOT / folder).glob("*.md"))
            }
    return found


def source_of(page: str) -> str:
    """The file of the repository that a page is written in."""
    if not (ROOT / "docs" / page).exists():
        for source, other in borrowed().items():
            if other == page:
                return source
    return f"docs/{page}"


def page_of(source: str) -> str | None:
    """The page that a file or a folder of the repository is; none if the site does not show it."""
    if source in _FILES:
        return _FILES[source]
    for folder, place in _FOLDERS.items():
        if source == folder or source.startswith(f"{folder}/"):
            inside = place + source.removeprefix(folder).lstrip("/")
            return (
                inside if inside.endswith(".md") else f"{inside.rstrip('/')}/index.md".lstrip("/")
            )
    return None
