"""The map in ARCHITECTURE.md is made from the code: the layers, and what each room is for."""

from __future__ import annotations

import ast
import configparser
from pathlib import Path

import engine
from tests.support.generated import section

ROOT = Path(engine.__file__).parents[1]
MAP = ROOT / "ARCHITECTURE.md"
WIDTH = 76


def _packages() -> list[Path]:
    return sorted(file.parent for file in (ROOT / "engine").rglob("__init__.py"))


def _layers() -> list[list[str]]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config["importlinter:contract:layers"]["layers"].split("\n")
    return [[name.strip() for name in line.split("|")] for line in lines if line.strip()]


def _picture() -> str:
    rows = []
    for names in _layers():
        size, extra = divmod(WIDTH - len(names) + 1, len(names))
        widths = [size + (index < extra) for index in range(len(names))]
        rows.append(
            "|"
            + "|".join(f" {name}".ljust(width) for name, width in zip(names, widths, strict=True))
            + "|"
        )
    rule = "+" + "-" * WIDTH + "+"
    return "```text\n" + f"\n{rule}\n".join(["", *rows, ""]).strip("\n") + "\n```\n"


def _rooms() -> str:
    lines = ["| room | what is there |", "|---|---|"]
    for folder in _packages():
        doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
        sentence = " ".join((doc or "").split("\n\n")[0].split())
        lines.append(f"| `{'/'.join(folder.relative_to(ROOT).parts)}/` | {sentence} |")
    return "\n".join(lines) + "\n"


def test_the_layers_are_those_of_the_contract() -> None:
    """What the picture shows is what `lint-imports` holds."""
    wanted = _picture()
    assert section(MAP, "layers", wanted=wanted) == wanted


def test_each_room_is_on_the_map() -> None:
    """With the first sentence of its package."""
    wanted = _rooms()
    assert section(MAP, "rooms", wanted=wanted) == wanted
