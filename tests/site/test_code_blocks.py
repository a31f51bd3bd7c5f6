"""Blocks of code in pages: Python has the right types, all else can be read as what it is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped] # it has no types of its own

from tests.support.pages import ROOT, Block, blocks, pages

EVERY = [block for page in pages() for block in blocks(page)]
OTHERS = {"console", "diff", "hcl", "html", "js", "mermaid", "sql", "text", "ts"}
"""Languages whose blocks are looked at elsewhere, or that nothing here can read."""


def _shell(text: str) -> None:
    """Let the shell read commands, without running them."""
    ended = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)  # noqa: S607
    if ended.returncode:
        raise ValueError(ended.stderr)


READERS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "sh": _shell,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
}


@pytest.mark.parametrize("language", READERS)
def test_a_block_can_be_read(language: str) -> None:
    """As what its first line says that it is."""
    wrong = []
    for block in EVERY:
        if block.language == language:
            try:
                READERS[language](block.text)
            except (ValueError, yaml.YAMLError) as error:
                wrong.append(f"{block.page}:{block.line}: {error}")
    assert wrong == []


def test_a_block_says_its_language() -> None:
    """So that the site can colour it and a test can read it."""
    known = {*READERS, *OTHERS, "python"}
    silent = [f"{block.page}:{block.line}" for block in EVERY if block.language not in known]
    assert silent == []


def test_python_has_the_right_types(tmp_path: Path) -> None:
    """All blocks of all pages in one run of mypy; lines are those of the page."""
    sources: dict[str, Block] = {}
    for page in pages():
        for name, block, text in _modules(page):
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
            sources[name] = block
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nstrict = True\nmypy_path = {ROOT}\nfollow_imports = silent\n"
        "[mypy-flask.*]\nignore_missing_imports = True\n",
        encoding="utf-8",
    )
    ended = subprocess.run(  # noqa: S603 - the type checker of this very environment
        [sys.executable, "-m", "mypy", *(f"{name}.py" for name in sources)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.sub(
        r"^(\w+)\.py", lambda file: sources[file[1]].page, ended.stdout, flags=re.MULTILINE
    )
    assert ended.returncode == 0, found + ended.stderr


def _modules(page: str) -> list[tuple[str, Block, str]]:
    """The modules of a page: name, first block and text.

    A file is one; blocks that are no file are one together, and `<!-- before: -->` begins anew.
    """
    slug = re.sub(r"\W", "_", page.removesuffix(".md"))
    modules: list[tuple[str, Block, str]] = []
    names: dict[str, str] = {}  # of the files so far, as the page and as mypy know them
    joined: int | None = None
    for block in blocks(page):
        if block.language != "python" or block.of("not checked"):
            continue
        name = f"{slug}_{block.line}"
        text = block.text
        if path := block.of("file"):
            for known, other in names.items():
                text = re.sub(rf"\b(from|import) {known}\b", rf"\1 {other}", text)
            modules.append((name, block, "\n" * block.line + text))
            names[Path(path).stem] = name
            continue
        before = block.mark.partition(":")[2].strip("\n") if block.of("before") else ""
        if before or joined is None:
            joined = len(modules)
            modules.append((name, block, ""))
        first, opened, written = modules[joined]
        lines = before.lstrip().count("\n") + 2 if before else 0
        padded = "\n" * (block.line - lines - written.count("\n"))
        modules[joined] = (first, opened, f"{written}{padded}{before.lstrip()}\n\n{text}")
    return modules
