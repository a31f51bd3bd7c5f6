"""The house holds itself up: who imports whom, what a package file is, what loads when."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

import engine

ROOT = Path(engine.__file__).parents[1]
PACKAGE = ROOT / "engine"
FACES = {"engine", "engine.api", "engine.policies", "engine.stripe", "engine.testing"}
"""Packages that authors import from: they load what is asked for, when it is asked for."""


def _name(file: Path) -> str:
    parts = list(file.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = sorted(_name(file) for file in PACKAGE.rglob("*.py"))


def test_imports_go_down_never_up_or_sideways(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every contract in setup.cfg is kept."""
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename="setup.cfg", no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize(
    "name", sorted(_name(file) for file in PACKAGE.rglob("__init__.py") if _name(file) not in FACES)
)
def test_a_package_file_holds_a_docstring_only(name: str) -> None:
    """What is imported with a package is what was asked for, and nothing happens on the way."""
    file = ROOT / name.replace(".", "/") / "__init__.py"
    (node,) = ast.parse(file.read_text(encoding="utf-8")).body
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.Constant)
    assert isinstance(node.value.value, str)


def test_every_module_says_what_lives_there() -> None:
    """A docstring, everywhere."""
    silent = [
        name
        for name in MODULES
        if not ast.get_docstring(ast.parse(_file_of(name).read_text(encoding="utf-8")))
    ]
    assert silent == []


def _file_of(name: str) -> Path:
    path = ROOT / name.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


# One interpreter, one fork a module: the child has the third parties and nothing of ours.
EACH_ALONE = """
import gc, importlib, os, sys, warnings
import click, deepdiff, filelock, rich.console, stripe

gc.freeze()
gc.disable()

warnings.simplefilter("error")
assert not any(name.partition(".")[0] == "engine" for name in sys.modules)
running = 0
for name in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except BaseException as error:
            os.write(1, f"{name}: {type(error).__name__}: {error}\\n".encode())
        os._exit(0)
    running += 1
    if running >= (os.cpu_count() or 1):
        os.wait()
        running -= 1
for _ in range(running):
    os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="an interpreter for each would take minutes")
def test_every_module_imports_alone() -> None:
    """None depends on another having been imported before it."""
    names = [name for name in MODULES if not name.endswith("__main__")]
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", EACH_ALONE, *names],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import engine", "engine.stack click deepdiff filelock rich stripe"),
        ("import engine.stripe", "engine.stack click deepdiff filelock rich stripe"),
        ("from engine.stripe import Price", "click deepdiff filelock rich stripe"),
        ("import engine.cli.main", "click engine.errors"),
        ("import engine.cli.root", "deepdiff filelock rich stripe engine.catalog engine.plan"),
        ("import engine.bootstrap.project", "deepdiff filelock rich stripe engine.emulator"),
        ("import engine.operations.validate", "deepdiff filelock rich stripe engine.emulator"),
        ("import engine.operations.apply", "deepdiff filelock rich stripe engine.emulator"),
        ("import engine.api", "engine.stack click deepdiff filelock rich stripe"),
        ("from engine.api import apply", "click deepdiff filelock rich stripe engine.emulator"),
        ("import engine.testing.plugin", "engine.errors engine.api click deepdiff filelock stripe"),
        ("import engine.stripe.provider", "deepdiff filelock rich stripe"),
    ],
)
def test_what_is_heavy_waits_until_it_is_needed(statement: str, unwanted: str) -> None:
    """A command pays for what it does: the SDK alone costs a tenth of a second."""
    script = f"{statement}\nimport sys\nprint(*(set({unwanted.split()!r}) & set(sys.modules)))"
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert ended.stdout.split() == []
