"""The sample projects: each is tested as its users would, by pytest in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import engine

PLUGIN = "engine.testing.plugin"
SAMPLES = Path(engine.__file__).parents[1] / "tests" / "samples"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in SAMPLES.glob("*/stacks")))
def test_a_sample_passes_its_own_tests(name: str, tmp_path: Path) -> None:
    """With warnings as errors, and with a live key in the variables that no test may use."""
    pytest.importorskip("flask", reason="the sample application needs Flask (the extra test)")
    project = tmp_path / name
    shutil.copytree(
        SAMPLES / name, project, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache")
    )
    before = sorted(path for path in project.rglob("*"))
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [
            sys.executable,
            "-B",
            "-m",
            "pytest",
            "-p",
            PLUGIN,
            "-p",
            "no:cacheprovider",
        ],
        cwd=project,
        env={**os.environ, "STRIPE_API_KEY": "sk_live_1234567890abcdefgh"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert sorted(path for path in project.rglob("*")) == before
