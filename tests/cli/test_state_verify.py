"""`engine state verify`: for CI, and as a pre-commit hook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Engine


@pytest.fixture
def state_file(engine: Engine, root: Path) -> Path:
    """The state of a stack that was applied."""
    assert engine("apply", "--yes").code == 0
    return root / "state" / "local" / "shop.json"


@pytest.mark.usefixtures("state_file")
def test_all_is_well(engine: Engine) -> None:
    """One sentence, exit code 0."""
    for words in ((), ("shop",), ("-e", "local"), ("state/local/shop.json",)):
        ended = engine("state", "verify", *words)
        assert (ended.code, ended.out) == (0, "Success: 1 state, 2 resources, no problems.\n")


def test_everything_wrong_is_listed_at_once(engine: Engine, state_file: Path, root: Path) -> None:
    """File, line, what and the way back, on stderr; exit code 1; the file stays as it is."""
    bad = state_file.read_bytes().replace(b'"Pro"', b'"Plus"').replace(b"\n", b"\r\n")
    state_file.write_bytes(bad)
    other = root / "state" / "live" / "store.json"
    other.parent.mkdir()
    other.write_bytes(b"")
    ended = engine("state", "verify")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: 3 problems in the state\n\nstate/live/store.json:1: ")
    assert "state/local/shop.json:1: its line ends were rewritten\n" in ended.err
    assert "state/local/shop.json:8: its digest does not match" in ended.err
    assert "git checkout -- state/local/shop.json" in ended.err
    assert state_file.read_bytes() == bad
    (root / "pyproject.toml").write_text('[tool.engine.environments.live]\napi-key = "env:K"\n')
    assert engine("state", "verify", "-e", "live").err.startswith("Error: 1 problem in the state\n")


def test_machines_get_one_document(engine: Engine, state_file: Path) -> None:
    """Valid or not, and each finding with its reference; the text goes to stderr beside it."""
    good = json.loads(engine("state", "verify", "--json").out)
    assert good == {
        "format_version": "1",
        "valid": True,
        "states": [
            {
                "file": "state/local/shop.json",
                "environment": "local",
                "stack": "shop",
                "resources": 2,
                "merged": False,
                "problems": [],
            }
        ],
    }
    state_file.write_bytes(state_file.read_bytes()[:-1])
    ended = engine("state", "verify", "--json")
    document = json.loads(ended.out)
    assert ended.code == 1
    assert document["valid"] is False
    (problem,) = document["states"][0]["problems"]
    assert problem["reference"] == "state-spelling"
    assert "1 problem in the state" in ended.err


def test_a_hook_passes_files(
    engine: Engine, state_file: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative to where it runs; what is no state among them is passed over."""
    lock = state_file.with_name("shop.lock.json")
    lock.write_text("{}")
    monkeypatch.chdir(root.parent)
    words = ("-C", "project", "state", "verify")
    files = ("project/state/local/shop.json", "project/state/local/shop.lock.json")
    assert engine(*words, *files).code == 0
    copied = root / "state" / "local" / "store.json"
    copied.write_bytes(state_file.read_bytes())
    ended = engine(*words, "project/state/local/store.json")
    assert ended.code == 1
    assert "it is the state of stack 'shop', in the place of 'store'" in ended.err


@pytest.mark.usefixtures("state_file")
def test_what_is_not_there(engine: Engine) -> None:
    """A stack without a state, and a file that cannot be read, are mistakes of the call."""
    assert "did you mean 'shop'?" in engine("state", "verify", "shpo").err
    ended = engine("state", "verify", "state/local/none.json")
    assert ended.code == 1
    assert "state/local/none.json cannot be read" in ended.err


@pytest.mark.usefixtures("state_file")
def test_what_git_could_see_is_a_finding(engine: Engine, root: Path) -> None:
    """An ignore file that a full disk left empty lets `git add -A` take secrets."""
    for name in (".engine", "state"):
        (root / name / ".gitignore").write_bytes(b"")
    ended = engine("state", "verify")
    assert ended.code == 1
    assert ended.err.startswith("Error: 2 problems in the state\n\n.engine/.gitignore: it does not")
    assert "state/.gitignore: it does not keep git from what is never committed" in ended.err
    assert engine("plan").code == 0
    assert "1 problem" in engine("state", "verify").err


@pytest.mark.usefixtures("state_file")
def test_a_journal_that_cannot_be_taken_up_is_a_finding(engine: Engine, root: Path) -> None:
    """With the way on; every other command refuses it."""
    (root / "state" / "local" / "shop.journal").write_bytes(b"")
    ended = engine("state", "verify", "--json")
    (problem,) = json.loads(ended.out)["states"][0]["problems"]
    assert problem["reference"] == "state-journal"
    assert "It is empty" in engine("plan").err


def test_a_project_without_states(engine: Engine) -> None:
    """Nothing was applied yet, so nothing is wrong."""
    ended = engine("state", "verify")
    assert (ended.code, ended.out) == (0, "Success: 0 states, 0 resources, no problems.\n")


def test_neither_key_nor_network_is_needed(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment whose key is not set verifies like any other."""
    (root / "pyproject.toml").write_text(
        '[tool.engine.environments.live]\napi-key = "env:NOT_SET"\n', encoding="utf-8"
    )
    monkeypatch.delenv("NOT_SET", raising=False)
    assert engine("state", "verify", "-e", "live").code == 0


def test_an_import_that_cannot_be_finished_is_a_finding(engine: Engine, root: Path) -> None:
    """Also of a stack that has no state yet."""
    (root / "state" / "local").mkdir(parents=True)
    (root / "state" / "local" / "new.import").write_bytes(b"{")
    ended = engine("state", "verify")
    assert ended.code == 1
    assert "state/local/new.import:1: it is not whole" in ended.err
    assert "delete state/local/new.import" in ended.err
    assert "it is not whole" in engine("plan").err
