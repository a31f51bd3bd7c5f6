"""What is loaded before anything is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

HEAVY = ("stripe", "deepdiff", "rich", "filelock", "sqlite3", "asyncio")

PROBE = """
import json, sys
from engine.cli.main import run
code = run(json.loads(sys.argv[1]))
sys.stderr.write(json.dumps([code, sorted(sys.modules)]))
"""


def loaded(folder: Path, *words: str) -> tuple[int, set[str]]:
    """Exit code of a command and the modules that it imported."""
    done = subprocess.run(  # noqa: S603 - the words are the tests' own
        [sys.executable, "-c", PROBE, json.dumps(words)],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        check=True,
    )
    code, modules = json.loads(done.stderr)
    return code, set(modules)


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["--help"],
        ["plan", "--help"],
        ["apply", "-h"],
        ["state", "show", "--help"],
        ["emulator", "serve", "--help"],
        ["types", "--help"],
        ["init", "project"],
    ],
    ids=" ".join,
)
def test_help_and_version_load_nothing_heavy(tmp_path: Path, words: list[str]) -> None:
    """Neither the SDK nor what compares, locks or decorates, nor any operation of ours."""
    code, modules = loaded(tmp_path, *words)
    assert code == 0
    assert modules.isdisjoint(HEAVY)
    ours = {name for name in modules if name.startswith("engine.")}
    assert not {name for name in ours if name.startswith(("engine.operations", "engine.plan."))}


@pytest.mark.parametrize("words", [["types"], ["types", "price"], ["validate"]], ids=" ".join)
def test_the_offline_commands_never_load_the_sdk(root: Path, words: list[str]) -> None:
    """What speaks to nobody needs nobody's client."""
    code, modules = loaded(root, *words)
    assert code == 0
    assert modules.isdisjoint({"stripe", "deepdiff", "rich"})


def test_the_version_is_that_of_the_distribution(shell: Any) -> None:
    """One line on stdout."""
    ended = shell("--version")
    assert (ended.code, ended.out) == (0, f"engine {version('stripe-stack-engine')}\n")
