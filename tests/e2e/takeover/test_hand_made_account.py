"""`engine import --all` of an account that people made by hand.

Nothing is written to Stripe, the plan is empty, the code is a person's, and it makes the same
account anew.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from tests.support.command_line import Ended, run_apart
from tests.support.handmade.account import make_account
from tests.support.project import Project

ROOT = Path(__file__).resolve().parents[3]
KEY, OTHER = "sk_test_handmade", "sk_test_empty"
_SETTINGS = """
[tool.engine.environments.old]
api-key = "env:OLD_KEY"
[tool.engine.environments.new]
api-key = "env:NEW_KEY"
"""


@dataclasses.dataclass(frozen=True)
class Place:
    """A project without stacks, in front of the account.

    Attributes:
        root: Its folder.
        account: Speaks to Stripe by hand.
        url: Where the emulator is.
    """

    root: Path
    account: Project
    url: str

    def run(self, *words: str) -> Ended:
        """Run a command in an environment of the project."""
        return run_apart(
            self.root, *words, STRIPE_API_BASE=self.url, OLD_KEY=KEY, NEW_KEY=OTHER, NO_COLOR="1"
        )

    def done(self, *words: str, code: int = 0) -> Ended:
        """Run a command that has to end well."""
        ended = self.run(*words)
        assert ended.code == code, ended.out + ended.err
        return ended


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An empty project, and the account."""
    with Emulator(seed=11) as emulator, EmulatorServer(emulator) as server:
        account = Project(tmp_path / "hands", emulator, key=KEY)
        make_account(account)
        account.writes()
        root = tmp_path / "project"
        (root / "stacks").mkdir(parents=True)
        (root / "pyproject.toml").write_text(_SETTINGS, encoding="utf-8")
        yield Place(root, account, server.url)


@pytest.mark.parametrize("form", [(), ("--plain",), ("--split",), ("--split", "--inactive")])
def test_the_plan_is_empty_and_nothing_was_written(place: Place, form: tuple[str, ...]) -> None:
    """Also with every archived object."""
    place.done("import", "--all", "-e", "old", "--yes", *form)
    place.done("plan", "-e", "old", "--detailed-exitcode")
    place.done("state", "verify", "-e", "old")
    assert place.account.writes() == []
    again = place.done("import", "--all", "-e", "old", "--yes", *form)
    assert "othing" in again.out + again.err
    place.done("plan", "-e", "old", "--detailed-exitcode")


@pytest.mark.parametrize("form", [(), ("--plain",), ("--split", "--inactive")])
def test_the_code_is_clean(
    place: Place, form: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Formatters and linters change nothing and type checkers are content."""
    place.done("import", "--all", "-e", "old", "--yes", *form)
    (place.root / "pyproject.toml").unlink()
    paths = {"extraPaths": [str(ROOT)]}
    (place.root / "pyrightconfig.json").write_text(json.dumps(paths), encoding="utf-8")
    folder = str(Path(sys.executable).parent)
    cache = tmp_path_factory.getbasetemp() / "mypy"  # what it knows of engine serves all forms
    variables = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(place.root), "MYPYPATH": str(ROOT)}
    tools = (
        ("ruff", "format", "--check", "--isolated"),
        ("ruff", "check", "--isolated"),
        ("mypy", "--strict", "--config-file=", f"--cache-dir={cache}"),
        ("pyright",),
    )
    for name, *words in tools:
        if shutil.which(name, path=folder) is None:
            pytest.skip(f"{name} is not installed")
        done = subprocess.run(  # noqa: S603 - the words are the test's own
            [f"{folder}/{name}", *words, "stacks"],
            cwd=place.root,
            capture_output=True,
            encoding="utf-8",
            check=False,
            env=variables,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_price_is_found_in_seconds(place: Place) -> None:
    """By the words that people know it by: its key, next to its product and its amount."""
    place.done("import", "--all", "-e", "old", "--yes", "--split")
    text = (place.root / "stacks" / "catalog.py").read_text(encoding="utf-8")
    assert "pro_monthly" in text
    lines = text.splitlines()
    assert all(len(line) <= 88 for line in lines if "http" not in line and '"' not in line)
    for id_ in ("prod_", "price_1"):
        assert id_ not in text, "references, not ids"


@pytest.mark.parametrize("form", [(), ("--split",)])
def test_the_stacks_make_an_equal_account_anew(place: Place, form: tuple[str, ...]) -> None:
    """Everything but what only the Dashboard makes."""
    place.done("import", "--all", "-e", "old", "--yes", *form)
    place.done("apply", "-e", "new", "--yes")
    place.done("plan", "-e", "new", "--detailed-exitcode")
    found = place.run("diff", "old", "new")
    assert found.code == 0, found.out + found.err
    place.done("plan", "-e", "old", "--detailed-exitcode")


def test_nothing_is_replaced_by_the_next_change_of_a_description(place: Place) -> None:
    """Each resource is an update at most."""
    place.done("import", "--all", "-e", "old", "--yes", "--plain")
    module = next((place.root / "stacks").glob("*.py"))
    text = module.read_text(encoding="utf-8")
    assert "Everything in Pro, for growing teams" in text
    module.write_text(text.replace("for growing teams", "for all teams"), encoding="utf-8")
    document = json.loads(place.done("plan", "-e", "old", "--json").out)
    actions = [
        change["action"]
        for change in document["stacks"][0]["changes"]
        if change["action"] != "no-op"
    ]
    assert actions == ["update"] * 6
