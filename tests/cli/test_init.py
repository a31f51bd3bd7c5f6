"""Starting a project."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MADE = [
    "stacks/catalogue.py",
    "state/README.md",
    "state/.gitignore",
    "pyproject.toml",
    ".gitignore",
]


@pytest.fixture
def home(root: Path) -> Path:
    """An empty folder inside the current one."""
    folder = root / "billing"
    folder.mkdir()
    return folder


def test_a_new_project_is_valid_and_plans_four_resources(
    engine: Callable[..., Any], home: Path
) -> None:
    """Product, two prices and a portal over them, on the embedded emulator."""
    ended = engine("init", "billing")
    assert ended.code == 0
    assert [line.split()[:2] for line in ended.out.splitlines()[: len(MADE)]] == [
        ["made", name] for name in MADE
    ]
    assert "\nNext:\n  cd billing\n  engine validate " in ended.out
    assert (
        engine("-C", "billing", "validate").out == "Success: 1 stack, 4 resources, no problems.\n"
    )
    ended = engine("-C", "billing", "plan", "--detailed-exitcode")
    assert ended.code == 2
    assert ended.out.endswith("\nPlan: 4 to create, 0 to update, 0 to replace, 0 to remove.\n")
    assert (home / "pyproject.toml").exists()


def test_a_second_time_nothing_is_touched(engine: Callable[..., Any], home: Path) -> None:
    """What is there is left, and said to be left."""
    engine("init", "billing")
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    ended = engine("init", "billing")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()[: len(MADE)]] == ["left"] * len(MADE)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_real_stacks_get_no_example_beside_them(engine: Callable[..., Any], root: Path) -> None:
    """The example would be applied together with them."""
    assert "left  stacks/catalogue.py  (stacks/ has shop.py already)" in engine("init").out
    assert [path.name for path in (root / "stacks").iterdir()] == ["shop.py"]


def test_existing_files_are_added_to(engine: Callable[..., Any], home: Path) -> None:
    """A table and two lines are appended; everything else stays to the byte."""
    (home / "pyproject.toml").write_text('[project]\nname = "x"', encoding="utf-8")
    (home / ".gitignore").write_text("*.pyc\n.engine\n", encoding="utf-8")
    engine("init", "billing")
    document = tomllib.loads((home / "pyproject.toml").read_text(encoding="utf-8"))
    assert document["project"] == {"name": "x"}
    assert document["tool"]["engine"]["environments"]["test"]["api-key"] == "env:STRIPE_TEST_KEY"
    ignored = (home / ".gitignore").read_text(encoding="utf-8")
    assert ignored.startswith("*.pyc\n.engine\n\n#")
    assert ignored.count(".engine") == 1
    assert ignored.endswith("\nstate/local/\n*.plan\n")


def test_a_project_with_a_table_keeps_it(engine: Callable[..., Any], home: Path) -> None:
    """Whatever is in it."""
    (home / "pyproject.toml").write_text("[tool.engine]\n", encoding="utf-8")
    assert "left  pyproject.toml  (it has [tool.engine])" in engine("init", "billing").out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("pyproject.toml", b"[tool", "is not TOML"),
        ("pyproject.toml", b"\xff", "is not UTF-8 text"),
        (".gitignore", b"\xff", "is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    engine: Callable[..., Any], home: Path, name: str, content: bytes, message: str
) -> None:
    """And left as it is."""
    (home / name).write_bytes(content)
    ended = engine("init", "billing")
    assert ended.code == 1
    assert f"Error: billing/{name} {message}" in ended.err
    assert (home / name).read_bytes() == content


def test_a_folder_that_cannot_be_made_is_named(engine: Callable[..., Any], root: Path) -> None:
    """The system's reason, with the path."""
    (root / "file").write_text("", encoding="utf-8")
    ended = engine("init", "file")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "Error: file: File exists\n"


def test_init_tells_machines_what_it_made(engine: Callable[..., Any], home: Path) -> None:
    """One document, and nothing else."""
    ended = engine("--json", "init", "billing")
    assert json.loads(ended.out) == {
        "format_version": "1",
        "folder": "billing",
        "made": MADE,
        "left": [],
    }
    assert home.is_dir()
