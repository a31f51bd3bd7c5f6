"""The site as files: every link leads to something, and nothing is loaded from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.support.site import Links


@cache
def _parsed(site: Path) -> dict[Path, Links]:
    return {page: Links(page) for page in sorted(site.rglob("*.html"))}


def _target(site: Path, page: Path, path: str) -> Path:
    """The file that a link of a page leads to."""
    found = site / path.lstrip("/") if path.startswith("/") else page.parent / path
    found = found.resolve() if path else page
    return found / "index.html" if found.is_dir() else found


def _dead(site: Path) -> Iterator[str]:
    pages = _parsed(site)
    for page, parsed in pages.items():
        for link in {*parsed.links, *parsed.loaded}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = _target(site, page, unquote(parts.path))
            fragment = unquote(parts.fragment)
            anchors = pages[target].anchors if target in pages else set[str]()
            if not target.exists() or (fragment and fragment not in anchors):
                yield f"{page.relative_to(site)}: {link}"


def test_no_link_is_dead(site: Path) -> None:
    """Pages, parts of pages, files."""
    assert sorted(_dead(site)) == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """Scripts, styles, fonts and pictures are files of the site; styles name no others."""
    away = re.compile(r"^(?:[a-z]+:)?//")
    loaded = {
        link for parsed in _parsed(site).values() for link in parsed.loaded if away.match(link)
    }
    assert loaded == set()
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\([\"']?https?://[^)]*", styles) == []


def test_links_to_elsewhere_are_addresses(site: Path) -> None:
    """Of servers, by https, with a name."""
    wrong = {
        link
        for parsed in _parsed(site).values()
        for link in parsed.links
        if urlsplit(link).scheme
        and not re.fullmatch(r"https://[\w.-]+\.[a-z]{2,}(?:/[^\s<>]*)?|mailto:\S+@\S+", link)
    }
    assert wrong == set()


def test_no_mark_of_the_sources_is_left(site: Path) -> None:
    """Fences and links that were not read as such, and marks where something belongs."""
    for page in _parsed(site):
        text = page.read_text(encoding="utf-8")
        shown = re.sub(r"<(script|code)\b.*?</\1>", "", text, flags=re.DOTALL)
        assert "```" not in shown, page
        assert "<!-- site:" not in shown, page
        assert not re.search(r"\]\([^)\s]+\.md[^)]*\)", shown), page


def test_the_overview_has_every_page(site: Path) -> None:
    """Each page of the navigation is a line of llms.txt, and each line leads to a page."""
    listed = re.findall(
        r"^- \[.+?\]\((\S+?)\)", (site / "llms.txt").read_text("utf-8"), re.MULTILINE
    )
    assert len(listed) == len(set(listed))
    pages = {page.parent for page in _parsed(site) if page.name == "index.html"}
    assert {(site / path).resolve() for path in listed} == pages


def test_search_knows_every_page(site: Path) -> None:
    """The index is a file of the site."""
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"].partition("#")[0] for entry in index["docs"]}
    pages = (page.parent for page in _parsed(site) if page.name == "index.html")
    assert found >= {f"{page.relative_to(site).as_posix()}/".removeprefix("./") for page in pages}
