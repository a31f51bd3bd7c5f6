"""The pages of the site can be found, and read alike on code hosts and on the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it has no types of its own

import engine
from tools.site.pages import borrowed

ROOT = Path(engine.__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
ITEM = re.compile(r"(?:[*-]|\d+\.) ")


def _listed(entry: Any) -> Iterator[str]:
    """The pages, and the folders of pages, of an entry of the navigation."""
    if isinstance(entry, str):
        yield entry
    for inner in entry.values() if isinstance(entry, dict) else ():
        yield from _listed(inner)
    for inner in entry if isinstance(entry, list) else ():
        yield from _listed(inner)


def test_every_page_is_in_the_navigation() -> None:
    """`nav` of mkdocs.yml, which is the end of that file, lists it or its folder, and no others."""
    _, _, end = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")
    listed = list(_listed(yaml.safe_load(end)))
    folders = tuple(entry for entry in listed if entry.endswith("/"))
    unlisted = [page for page in PAGES if page not in listed and not page.startswith(folders)]
    assert unlisted == [], "add it to nav in mkdocs.yml"
    assert len(listed) == len(set(listed))
    missing = {*listed} - {*PAGES, *folders, *borrowed().values()}
    assert missing == set(), "take it out of nav in mkdocs.yml"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_begins_with_its_title(page: str) -> None:
    """It is what the navigation shows."""
    text = (DOCS / page).read_text(encoding="utf-8")
    assert re.match(r"# \S", text)
    outside = re.sub(r"^\s*```.*?^\s*```", "", text, flags=re.MULTILINE | re.DOTALL)
    assert len(re.findall(r"^# ", outside, re.MULTILINE)) == 1


@pytest.mark.parametrize("page", PAGES)
def test_a_list_begins_after_a_blank_line(page: str) -> None:
    """Otherwise the site shows it as part of the paragraph above."""
    text = (DOCS / page).read_text(encoding="utf-8")
    outside = re.sub(r"^\s*```.*?^\s*```$", "", text, flags=re.MULTILINE | re.DOTALL)
    broken = [
        paragraph
        for paragraph in re.split(r"\n\s*\n", outside)
        if not re.match(rf" |{ITEM.pattern}", paragraph)
        and re.search(rf"^{ITEM.pattern}", paragraph, re.MULTILINE)
    ]
    assert broken == []
