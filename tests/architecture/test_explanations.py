"""Each reference of an error or a finding has a page, and each page has a reference and is true."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import engine
from engine.explanations import pages
from engine.plan.refusal import PlanRule

ROOT = Path(engine.__file__).parent
WITHOUT_FINDINGS = {"catalog", "emulator", "schema", "source"}
"""Rooms in which a reference is something else: what an id names."""
POSITIONS = {
    "Problem": 4,
    "Finding": 3,
    "problem_at": 5,
    "problem_of": 5,
    "found": 2,
    "_problem": 4,
}
"""Where the reference is among the arguments of what makes findings, if it has no name there."""
PAGES = {name: pages.page_of(name) for name in pages.references()}


@cache
def _trees() -> dict[Path, ast.Module]:
    return {
        file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(ROOT.rglob("*.py"))
    }


def _constants(tree: ast.Module) -> dict[str, str]:
    """Texts that a module gives a name to, or imports by one."""
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            found.update(dict.fromkeys(names, node.value.value))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("engine."):
            file = ROOT.parent.joinpath(*str(node.module).split(".")).with_suffix(".py")
            names = [alias.name for alias in node.names if alias.name.isupper()]
            if names and file in _trees():
                theirs = _constants(_trees()[file])
                found.update({name: theirs[name] for name in names if name in theirs})
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _texts(node: ast.expr | None, constants: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in constants:
        yield constants[node.id]
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, constants)
        yield from _texts(node.orelse, constants)


def _given(node: ast.AST) -> Iterator[ast.expr | None]:
    """What a piece of code gives a reference: as an argument, a default, or a value."""
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        yield from (word.value for word in node.keywords if word.arg == "reference")
        yield from node.args[POSITIONS[called] :][:1] if called in POSITIONS else ()
    elif isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        yield from [node.value] if "reference" in names else ()
    elif isinstance(node, ast.AnnAssign):
        named = isinstance(node.target, ast.Name) and node.target.id == "reference"
        yield from [node.value] if named else ()


def references() -> set[str]:
    """Every reference in the code."""
    return {
        text
        for file, tree in _trees().items()
        if file.relative_to(ROOT).parts[0] not in WITHOUT_FINDINGS
        for node in ast.walk(tree)
        for given in _given(node)
        for text in _texts(given, _constants(tree))
        if re.fullmatch(r"[a-z]+(-[a-z]+)*", text)
    } | {rule.value for rule in PlanRule}


def test_each_reference_has_a_page_and_each_page_a_reference() -> None:
    """Whoever adds a kind of error writes engine/explanations/REFERENCE.md."""
    without = sorted(references() - set(PAGES))
    assert without == [], "write engine/explanations/REFERENCE.md for each of these"
    assert sorted(set(PAGES) - references()) == [], "no error or finding has these references"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_its_parts(name: str) -> None:
    """What happened, an example, what to do; in lines that fit a terminal."""
    page = PAGES[name]
    headings = [line for line in page.split("\n") if line.startswith("#")]
    assert headings == [f"# {name}", "## Example", "## What to do"]
    assert page.count("```text\n") == 1
    assert page.endswith(".\n")
    summary = pages.summary_of(page)
    assert summary.endswith(".")
    assert len(summary) <= 100
    prose = page.partition("```text")[0] + page.rpartition("```")[2]
    assert max(map(len, prose.split("\n"))) <= 100
    assert "](" not in page  # a link would lead nowhere in a terminal


# ── examples ──────────────────────────────────────────────────────────────────────────────


def example_of(page: str) -> str:
    """What a page says that the program prints."""
    return page.partition("```text\n")[2].partition("\n```")[0]


@cache
def _messages() -> tuple[tuple[str, tuple[str | None, ...]], ...]:
    """Each text of the program: its longest fixed part, and all parts, None for what varies."""
    found = {
        tuple(parts)
        for tree in _trees().values()
        for node in ast.walk(tree)
        if (parts := _parts(node))
    }
    return tuple((max((one or "" for one in text), key=len), text) for text in found)


def _fixed(line: str) -> int:
    """How many letters of a line are those of one text of the program."""
    best = 0
    for longest, text in _messages():
        fixed = sum(len(part) for part in text if part is not None)
        if fixed > best and len(longest.split()) > 1 and longest in line:
            pattern = "".join(".+?" if part is None else re.escape(part) for part in text)
            best = fixed if re.search(pattern, line, re.DOTALL) else best
    return best


def _parts(node: ast.AST) -> list[str | None]:
    """The fixed parts of a text, with None for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return [str(one.value) if isinstance(one, ast.Constant) else None for one in node.values]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        split = re.split(r"(\{\w*\})", node.value)
        return [None if re.fullmatch(r"\{\w*\}", one) else one for one in split]
    return []


def _shown_in_tables() -> Iterator[tuple[str, str]]:
    """The sentences that pages say one may see, where something goes wrong."""
    for page in sorted((ROOT.parent / "docs").rglob("*.md")):
        _, _, rest = page.read_text(encoding="utf-8").partition("\n## What can go wrong\n")
        for cell in re.findall(r"^\| (.*?) \|", rest.partition("\n## ")[0], re.MULTILINE):
            spans = re.findall(r"`([^`]+)`", cell)
            sentences = (one for one in spans if one.count(" ") > 2 and one[:7] != "engine ")
            if page.name != "install.md":  # what one sees there is the shell's and pip's
                yield from ((page.name, one) for one in sentences)


def test_what_can_go_wrong_is_what_the_program_prints() -> None:
    """A sentence in the first column of such a table is one of the program."""
    shown = list(_shown_in_tables())
    assert len({page for page, _ in shown}) > 4
    assert [one for one in shown if _fixed(f"It {one[1]}") < len(one[1]) * 0.3] == []


STRIPES_OWN = {"stripe", "stripe-key", "stripe-rate-limit", "stripe-permission"}
"""Pages whose message is Stripe's; the hint below it is ours."""
OF_OTHERS = {"exception", "syntax-error", "system", "interrupted", "policy"}
"""Pages whose message is, nearly all of it, of Python, of the system, or of a policy."""


def test_examples_are_what_the_program_prints() -> None:
    """A text of the program is in each message and each hint, and is much of it."""
    wrong = []
    for name in PAGES.keys() - OF_OTHERS:
        lines = example_of(PAGES[name]).split("\n")
        hints = [line.strip() for line in lines if line.strip().startswith("Hint: ")]
        for line in hints if name in STRIPES_OWN else [lines[0], *hints]:
            text = re.sub(r"^(Error|Hint): ", "", line)
            if _fixed(text) < min(11, len(text) * 0.3):
                wrong.append(f"{name}: {line}")
    assert wrong == []
