"""The typed face under real type checkers: what is right passes, what is wrong is seen.

The samples are text files, since the project's own type check must not stumble over the bad one.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import engine

SAMPLES = Path(__file__).parent / "samples"
ROOT = Path(engine.__file__).resolve().parents[1]

Findings = Mapping[str, Mapping[int, str]]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the samples as modules."""
    folder = tmp_path_factory.mktemp("samples")
    for sample in SAMPLES.glob("*.py.txt"):
        shutil.copyfile(sample, folder / sample.name.removesuffix(".txt"))
    return folder


def _run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the checkers of this very environment
        [sys.executable, "-m", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def mypy_findings(samples: Path) -> Findings:
    """What mypy says of the samples, by file and line."""
    (samples / "mypy.ini").write_text(
        f"[mypy]\nstrict = True\nmypy_path = {ROOT}\n", encoding="utf-8"
    )
    ended = _run(["mypy", "good.py", "bad.py"], samples)
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    found: dict[str, dict[int, str]] = {"good.py": {}, "bad.py": {}}
    for line in ended.stdout.splitlines():
        match = re.match(r"(\S+\.py):(\d+): error: (.*)", line)
        if match is not None:
            found.setdefault(match[1], {})[int(match[2])] = match[3]
    return found


@pytest.fixture(scope="module")
def pyright_findings(samples: Path) -> Findings:
    """What pyright says of the samples, by file and line."""
    settings = {"extraPaths": [str(ROOT)], "typeCheckingMode": "strict"}
    (samples / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    ended = _run(["pyright", "--outputjson", "good.py", "bad.py"], samples)
    try:
        told = json.loads(ended.stdout)["generalDiagnostics"]
    except (ValueError, KeyError):
        pytest.skip(f"pyright cannot run here: {(ended.stderr or ended.stdout)[-300:]}")
    found: dict[str, dict[int, str]] = {"good.py": {}, "bad.py": {}}
    for one in told:
        if one["severity"] == "error":
            line = one["range"]["start"]["line"] + 1
            found.setdefault(Path(one["file"]).name, {})[line] = one["message"]
    return found


def _marked() -> Mapping[int, str]:
    lines = (SAMPLES / "bad.py.txt").read_text(encoding="utf-8").splitlines()
    return {
        number: line.partition("# wrong: ")[2]
        for number, line in enumerate(lines, start=1)
        if "# wrong: " in line
    }


@pytest.mark.parametrize("checker", ["mypy_findings", "pyright_findings"])
def test_a_good_stack_has_no_findings(checker: str, request: pytest.FixtureRequest) -> None:
    """Whatever authors may write passes both checkers at their strictest."""
    findings: Findings = request.getfixturevalue(checker)
    assert findings["good.py"] == {}


@pytest.mark.parametrize("checker", ["mypy_findings", "pyright_findings"])
def test_every_mistake_is_reported_at_its_line(
    checker: str, request: pytest.FixtureRequest
) -> None:
    """Typos, wrong words, wrong types and missing fields are reported, and nothing else is."""
    findings: Findings = request.getfixturevalue(checker)
    assert sorted(findings["bad.py"]) == sorted(_marked()), findings["bad.py"]


def test_no_other_file_has_findings(mypy_findings: Findings, pyright_findings: Findings) -> None:
    """The stub itself passes both checkers at their strictest."""
    assert set(mypy_findings) == {"good.py", "bad.py"}
    assert set(pyright_findings) == {"good.py", "bad.py"}
