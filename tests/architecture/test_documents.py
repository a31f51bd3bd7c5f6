"""What documents point to is there: files of this repository, and parts of other documents."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
from tools.site.inserts import with_inserts

ROOT = Path(engine.__file__).parents[1]
DOCUMENTS = sorted(
    (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("state/*.md"),
    )
)
FILE = re.compile(r"`((?:engine|tests|docs)/[\w./-]*[\w/])`")
LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)]*))?\)")
EXAMPLE = re.compile(r"\b[A-Z]{3,}\b")
"""In a path: a word that a reader replaces."""


@functools.cache
def _anchors(document: Path) -> set[str]:
    text = with_inserts(document.read_text(encoding="utf-8"))
    heads = re.findall(r"^#+ (.*?)(?: \{#(\S+)\})?$", text, re.MULTILINE)
    return {own or re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head, own in heads}


def _missing(document: Path) -> Iterator[str]:
    text = document.read_text(encoding="utf-8")
    for path in FILE.findall(text):
        if not EXAMPLE.search(path) and not (ROOT / path).exists():
            yield path
    for path, anchor in LINK.findall(text):
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            yield f"{path}#{anchor}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_a_document_points_to_is_there(document: Path) -> None:
    """Files that it names, and links."""
    assert list(_missing(document)) == []
