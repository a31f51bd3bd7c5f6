"""The hooks for pre-commit: each entry, run as pre-commit runs it, in a small project."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import engine as package
from tests.support.command_line import Ended, Engine

yaml: Any = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install pre-commit")

MANIFEST = Path(package.__file__).parents[1] / ".pre-commit-hooks.yaml"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))}


def run(shell: Engine, hook: str, *arguments: str) -> Ended:
    """Run the entry of a hook with its arguments; the program is this engine."""
    program, *words = shlex.split(HOOKS[hook]["entry"])
    assert program == "engine"
    return shell(*words, *arguments)


@pytest.mark.skipif(
    importlib.util.find_spec("pre_commit") is None,
    reason="pre-commit is not installed: pip install pre-commit",
)
def test_the_manifest_is_one() -> None:
    """By pre-commit's own check."""
    done = subprocess.run(  # noqa: S603 - words of the test's own
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_hook_is_of_this_package_and_of_the_whole_project() -> None:
    """Pre-commit installs it for itself, and passes no file names."""
    assert HOOKS.keys() == {"engine-validate", "engine-state-verify", "engine-output-check"}
    for hook in HOOKS.values():
        assert (hook["language"], hook["pass_filenames"]) == ("python", False)
        assert hook["description"]


@pytest.mark.parametrize(
    ("hook", "file", "runs"),
    [
        ("engine-validate", "stacks/shop.py", True),
        ("engine-validate", "billing/stacks/_policies.py", True),
        ("engine-validate", "billing/pyproject.toml", True),
        ("engine-validate", "src/app.py", False),
        ("engine-state-verify", "state/live/shop.json", True),
        ("engine-state-verify", "billing/state/live/shop.json", True),
        ("engine-state-verify", "state/README.md", False),
        ("engine-output-check", "src/constants.py", True),
    ],
)
def test_a_hook_runs_when_its_files_change(hook: str, file: str, *, runs: bool) -> None:
    """In a project at the top and in one in a folder."""
    assert (re.search(HOOKS[hook]["files"], file) is not None) is runs


def test_each_entry_passes_in_a_project_that_is_in_order(root: Path, shell: Engine) -> None:
    """And fails, with the place, where it is not."""
    assert shell("apply", "--yes").code == 0
    assert run(shell, "engine-validate").code == 0
    assert run(shell, "engine-state-verify").code == 0
    (root / "pyproject.toml").write_text('[[tool.engine.constants]]\nfile = "ids.py"\n')
    assert shell("output", "--write").code == 0
    assert run(shell, "engine-output-check").code == 0
    (root / "ids.py").unlink()
    ended = run(shell, "engine-output-check", "-C", str(root))
    assert (ended.code, "ids.py is not what engine output" in ended.err) == (1, True)
    state = root / "state" / "local" / "shop.json"
    state.write_bytes(state.read_bytes().replace(b'"Pro"', b'"Plus"'))
    ended = run(shell, "engine-state-verify")
    assert (ended.code, "state/local/shop.json:" in ended.err) == (1, True)
    (root / "stacks" / "shop.py").write_text("from engine.stripe import Price\nPrice('a')\n")
    ended = run(shell, "engine-validate")
    assert (ended.code, "stacks/shop.py:2" in ended.err) == (1, True)
    ended = run(shell, "engine-validate", "-C", str(root))
    assert ended.code == 1
