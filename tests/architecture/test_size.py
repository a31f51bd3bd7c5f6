"""Rooms and modules stay small enough to read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import engine

ROOT = Path(engine.__file__).parents[1]
WIDE = {
    "engine.catalog.semantics": "an area of Stripe a file",
    "engine.cli.commands": "a command a file",
    "engine.emulator.behaviour": "a behaviour a file",
}
"""Rooms of like things, which may hold more than a dozen modules."""
DOZEN = 13
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60


def _packages() -> list[Path]:
    return sorted(file.parent for file in (ROOT / "engine").rglob("__init__.py"))


def _name(folder: Path) -> str:
    return ".".join(folder.relative_to(ROOT).parts)


@pytest.mark.parametrize("folder", _packages(), ids=_name)
def test_a_room_holds_about_a_dozen_modules(folder: Path) -> None:
    """More than that has rooms of its own, unless they are all alike."""
    modules = [file for file in folder.glob("*.py") if file.name != "__init__.py"]
    assert len(modules) <= DOZEN or _name(folder) in WIDE


@pytest.mark.parametrize(
    "file", sorted((ROOT / "engine").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_a_module_and_its_functions_are_short_enough_to_read(file: Path) -> None:
    """Modules of four hundred lines, functions of sixty."""
    source = file.read_text(encoding="utf-8")
    assert source.count("\n") <= LONGEST_MODULE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, node.name
