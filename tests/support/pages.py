"""The pages that people read, and the blocks of code in them.

The comment above a block says what it is for:

* `<!-- file: stacks/shop.py -->`: it is that file of the project that the page is about.
* `<!-- change: stacks/shop.py -->`: a `diff` that is made to that file.
* `<!-- run -->`, `<!-- run, exits 2 -->`: a session at a terminal, and how its last command ends;
  `exits 2 4` is of the last two.
* `<!-- not run: REASON -->`: a session that cannot be tried, and why.
* `<!-- before: CODE -->`: what a part of a module needs to be one.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import engine

ROOT = Path(engine.__file__).resolve().parents[1]
_BLOCK = re.compile(
    r"(?:^ *<!-- ?(?P<mark>(?:(?!-->).)*?) ?-->\n+)?"
    r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n`]*\n(?P<text>.*?)^ *```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of code in a page.

    Attributes:
        page: The file, from the root of the repository.
        line: The line that opens it.
        mark: What the comment above it says; empty if there is none.
        language: E.g. `console`.
        text: What is in it, without the indentation of a list around it.
        span: Where the text is in the page.
        indent: The columns by which each line is indented there.
    """

    page: str
    line: int
    mark: str
    language: str
    text: str
    span: tuple[int, int]
    indent: int

    def of(self, mark: str) -> str:
        """What the comment says after `MARK: `; empty if it is another mark."""
        name, colon, value = self.mark.partition(":")
        return value.strip() if colon and name == mark else ""

    @property
    def exits(self) -> list[int] | None:
        """The exit codes of the last commands of a session that is run; none if it is none."""
        found = re.fullmatch(r"run(?:, exits ([\d ]+))?", self.mark)
        return None if found is None else [int(code) for code in (found[1] or "0").split()]


def pages() -> list[str]:
    """Every page that a person writes, from the root of the repository."""
    files = {
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("engine/**/*.md"),
        *ROOT.glob("state/README.md"),
    }
    generated = ROOT / "docs" / "reference" / "types"
    return sorted(
        file.relative_to(ROOT).as_posix() for file in files if generated not in file.parents
    )


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, in their order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        yield Block(
            page=page,
            line=text.count("\n", 0, found.start("indent")) + 1,
            mark=(found["mark"] or "").strip(),
            language=found["language"],
            text=textwrap.dedent(found["text"]) if found["indent"] else found["text"],
            span=found.span("text"),
            indent=len(found["indent"]),
        )


def rewrite(page: str, texts: dict[Block, str]) -> None:
    """Write other texts into blocks of a page."""
    path = ROOT / page
    written = path.read_text(encoding="utf-8")
    for block, text in sorted(texts.items(), key=lambda one: one[0].span, reverse=True):
        begin, end = block.span
        written = written[:begin] + textwrap.indent(text, " " * block.indent) + written[end:]
    path.write_text(written, encoding="utf-8")
