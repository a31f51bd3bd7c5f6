"""One word for one thing: comments, docstrings and messages keep to the glossary."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine

ROOT = Path(engine.__file__).parents[1]
WORDS = {
    r"told|tells": "say what Stripe *returns*, or what a message *says*",
    r"said": "an argument is *declared*",
    r"beside": "*next to*, or *in addition to*",
    r"whoever|somebody|nobody": "name who it is: a person, a run, another program",
    r"(declared|held|known|there|sent|managed|shown) no more": "*no longer*",
    r"stands": "*is*, or *means*",
    r"hand(s|ed|ing)? out": "a stack *offers* outputs, a lock is *given*",
    r"let(s|ting)? go": "*remove*, *release*, *forget* or *clear*",
    r"t(aken?|aking|akes|ook) up": "a run is *recovered*, an object *adopted*",
    r"makes? it so": "*carry out*",
    r"glance": "*the fast check*",
    r"one a line": "*one on each line*",
}
"""What is not written, and what is written instead; `docs/reference/glossary.md` has the words."""
FOUND = re.compile(r"\b(?:" + "|".join(f"(?:{words})" for words in WORDS) + r")\b", re.IGNORECASE)
DOCUMENTS = sorted(
    file
    for file in (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("state/*.md"),
    )
    if file.name != "glossary.md"
)


def _texts(file: Path) -> Iterator[tuple[int, str]]:
    """Lines of comments and strings, with their numbers."""
    source = file.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        # A string without a blank is a key of a file, and those stay as they are.
        if token.type in (tokenize.STRING, tokenize.COMMENT) and " " in token.string:
            yield from enumerate(token.string.split("\n"), start=token.start[0])


@pytest.mark.parametrize(
    "file", sorted((ROOT / "engine").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_a_module_keeps_to_the_glossary(file: Path) -> None:
    """No word of a private dialect where the field has one."""
    assert [(number, line.strip()) for number, line in _texts(file) if FOUND.search(line)] == []


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_a_document_keeps_to_the_glossary(file: Path) -> None:
    """The same for what users read."""
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    assert [(number, line) for number, line in lines if FOUND.search(line)] == []
