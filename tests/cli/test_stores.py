"""A project whose environments keep their states in several stores."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import StoreUnavailableError
from tests.support.backends import silent
from tests.support.command_line import Engine
from tests.support.fakes.memory_store import Call, Shelf, When
from tests.support.git import git
from tests.support.memory_states import Clock, another_machine, keep_in_memory

PROJECT = """
[tool.engine.environments.live]
emulator = true
state = "memory://shelf"

[tool.engine.environments.test]
emulator = true
"""
FILE = "state/test.lock.json"


@pytest.fixture
def shelf(root: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """What is in the store of `live`; the states of `test` are files."""
    (root / "pyproject.toml").write_text(PROJECT)
    return keep_in_memory(monkeypatch, Clock())


@pytest.fixture
def run(shelf: Shelf) -> Iterator[str]:
    """The id of the lock of a run on another machine, in the store."""
    with another_machine(shelf).lock(
        "shop", "live", operation="apply", timeout=0, on_wait=silent
    ) as hold:
        yield hold.owner.id


def is_gone(_: Call, __: When) -> None:
    """Do not answer."""
    raise StoreUnavailableError("memory://shelf cannot be reached", hint="see whether it runs")


def test_locks_are_listed_with_the_store_that_each_is_in(
    engine: Engine, shelf: Shelf, run: str
) -> None:
    """Held ones and those of runs, of files and of a store that machines share."""
    assert engine("lock", "live/shop", "--reason", "freeze").err == ""
    assert engine("lock", "test", "--reason", "audit").err.startswith(f"Commit {FILE}")
    assert "held/live/shop.json" in shelf.blobs
    lines = engine("lock").out.splitlines()
    assert lines[0].startswith("live/shop is locked by ")
    assert " in memory://shelf, held until engine lock live/shop --release)" in lines[0]
    assert " in state/, held until engine lock test --release)" in lines[1]
    assert lines[2].endswith(f"lock {run}) in memory://shelf")
    document = json.loads(engine("lock", "--json").out)
    assert [lock["store"] for lock in document["held"]] == ["memory://shelf", "state/"]
    assert [lock["store"] for lock in document["runs"]] == ["memory://shelf"]
    assert "test is locked" not in engine("-e", "live", "lock").out
    assert engine("apply", "--yes", "-e", "live").code == 3
    assert engine("apply", "--yes", "-e", "test").code == 3


def test_a_lock_of_everything_holds_in_every_store(
    engine: Engine, root: Path, shelf: Shelf
) -> None:
    """One that was there stays; those of single stacks are released by themselves alone."""
    engine("lock", "live", "--reason", "audit")
    engine("lock", "live/shop", "--reason", "freeze")
    ended = engine("lock", "--all", "--reason", "incident 4711")
    assert ended.code == 0
    places = [line.split(" is locked")[0] for line in ended.out.splitlines()]
    assert sorted(places) == ["default", "live", "local", "test"]
    assert ": audit (" in next(line for line in ended.out.splitlines() if line[:4] == "live")
    assert (
        "Commit state/default.lock.json state/local.lock.json state/test.lock.json to" in ended.err
    )
    assert "held/live/_all.json" in shelf.blobs
    for environment in ("live", "test", "local"):
        refused = engine("apply", "--yes", "-e", environment)
        assert refused.code == 3
    assert json.loads(engine("lock", "--all", "--reason", "x", "--json").out)["held"]
    ended = engine("lock", "--all", "--release")
    assert ended.code == 0
    assert "Released live: audit\n" in ended.out
    assert "Commit the removal of state/default.lock.json" in ended.err
    assert not list((root / "state").rglob("*.lock.json"))
    assert list(shelf.blobs) == ["store.json", "held/live/shop.json"]
    assert engine("lock", "--all", "--release").out == "No environment was locked.\n"
    assert engine("apply", "--yes", "-e", "test").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--all", "live", "--reason", "x"], "--all is every environment"),
        (["--all", "-e", "live", "--reason", "x"], "--all and -e do not go together"),
        (["--all"], "give --reason TEXT to lock, or --release"),
        (["--all", "--reason", " "], "a lock needs a reason"),
    ],
)
def test_mistakes_lock_nothing(
    engine: Engine, shelf: Shelf, words: list[str], message: str
) -> None:
    """In no store."""
    ended = engine("lock", *words)
    assert ended.code == 1
    assert message in ended.err
    assert "held" not in "".join(shelf.blobs)


def test_a_store_that_does_not_answer_hides_no_other_lock(
    engine: Engine, shelf: Shelf, root: Path
) -> None:
    """What is known is shown, what is not is named, and the exit code says so."""
    engine("lock", "test", "--reason", "audit")
    shelf.fault = is_gone
    ended = engine("lock")
    assert ended.code == 1
    assert "test is locked by " in ended.out
    assert "Error: the locks of live are not known here" in ended.err
    assert "memory://shelf cannot be reached" in ended.err
    assert "with -e ENV the store of ENV alone is asked" in ended.err
    assert "held" not in json.loads(engine("lock", "--json").out)
    assert engine("lock", "-e", "test").code == 0
    assert "the locks of live are not known here" in engine("unlock", "1f0c9a2e").err
    refused = engine("lock", "--all", "--reason", "incident 4711")
    assert refused.code == 1
    assert not (root / "state" / "local.lock.json").exists()


@pytest.mark.usefixtures("shelf")
def test_the_variable_of_another_store_is_missing(engine: Engine, root: Path) -> None:
    """As on a laptop that has nothing to do with that environment."""
    (root / "pyproject.toml").write_text(PROJECT.replace("memory://shelf", "env:LIVE_STATES"))
    engine("lock", "test", "--reason", "audit")
    ended = engine("lock")
    assert ended.code == 1
    assert "test is locked by " in ended.out
    assert "is kept in LIVE_STATES, which is not set" in ended.err


def test_a_run_is_found_in_whichever_store_it_is(engine: Engine, run: str) -> None:
    """A pipe gets one line on how long it is watched, and its lock is taken."""
    ended = engine("unlock", "1f0c9a2e")
    assert ended.code == 1
    assert f"run locks are held with the ids: {run}" in ended.err
    ended = engine("unlock", run)
    assert ended.code == 0
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("live/shop is locked by ")
    assert "Watching it for 40 seconds: without a sign of life its lock is taken." in ended.err
    assert ended.out.startswith("Unlocked live/shop: ")
    assert ended.out.endswith(" gave no sign of life, and can no longer write.\n")
    assert engine("-e", "live", "lock").out == "Nothing is locked.\n"


def test_a_terminal_counts_down(engine: Engine, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one line, which is empty at the end."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    ended = engine("unlock", run, "--no-color")
    assert ended.code == 0
    counted = ended.err.partition("\n")[2].split("\r")
    assert counted[:3] == ["40 seconds left", "39 seconds left", "38 seconds left"]
    assert counted[-2:] == [" " * len("0 seconds left"), ""]


@pytest.mark.usefixtures("shelf")
def test_a_held_lock_is_no_run(engine: Engine) -> None:
    """In whichever store it is."""
    engine("lock", "live", "--reason", "audit")
    (lock,) = json.loads(engine("lock", "--json").out)["held"]
    ended = engine("unlock", lock["id"])
    assert ended.code == 1
    assert "release it: engine lock live --release" in ended.err


@pytest.mark.usefixtures("shelf")
def test_git_merges_files_alone(engine: Engine, root: Path) -> None:
    """Where every environment has a store there is nothing to set up, unless a state is a file."""
    git(root, "init", "--quiet")
    one = PROJECT.partition("[tool.engine.environments.test]")[0]
    (root / "pyproject.toml").write_text(one)
    for words in ((), ("--check",)):
        ended = engine("git-setup", *words)
        assert ended.code == 0
        assert "there is nothing for git to merge" in ended.err
    assert not (root / ".gitattributes").exists()
    (root / "pyproject.toml").write_text(PROJECT)
    assert engine("git-setup", "--check").code == 1
    (root / "pyproject.toml").write_text(one)
    assert engine("apply", "--yes", "-e", "local").code == 0
    assert engine("git-setup").code == 0
    assert (root / ".gitattributes").exists()


def test_another_machine_goes_on_with_a_fleet(
    engine: Engine, root: Path, shelf: Shelf, tmp_path: Path
) -> None:
    """What was approved is in the store of the fleet's states, and not on a runner's disk."""
    fleet = '[tool.engine.fleets.shops]\nenvironment = "live"\naccounts = "file:shops.txt"\n'
    (root / "pyproject.toml").write_text(PROJECT + fleet)
    (root / "shops.txt").write_text("north\nsouth\n")
    again = ("apply", "--fleet", "shops", "--resume")
    refused = engine(*again)
    assert refused.code == 1
    assert "no apply of fleet 'shops' is unfinished in memory://shelf" in refused.err
    engine("lock", "shops/south", "--reason", "moves")
    ended = engine("apply", "--fleet", "shops", "--yes")
    assert ended.code == 1
    assert "engine apply --fleet shops --resume" in ended.out
    assert "fleets/shops/00000002.json" in shelf.blobs
    assert not (root / ".engine" / "fleets" / "shops.json").exists()
    engine("lock", "shops/south", "--release")

    other = tmp_path / "runner"
    shutil.copytree(root, other, ignore=shutil.ignore_patterns("state"))
    ended = engine("-C", str(other), *again)
    assert ended.code == 0, ended.err
    assert "Apply of fleet shops complete: 1 applied." in ended.out
    assert "is unfinished in memory://shelf" in engine(*again).err


def test_all_stores_are_verified(engine: Engine, shelf: Shelf) -> None:
    """And that a state has the serial that its store says."""
    for environment in ("live", "test"):
        assert engine("apply", "--yes", "-e", environment).code == 0
    ended = engine("state", "verify", "--json")
    found = [one["environment"] for one in json.loads(ended.out)["states"]]
    assert (ended.code, sorted(found)) == (0, ["live", "test"])
    head = shelf.heads["live", "shop"]
    shelf.heads["live", "shop"] = dataclasses.replace(head, serial=head.serial + 1)
    ended = engine("state", "verify")
    assert ended.code == 1
    assert f"at serial {head.serial}, and its head says {head.serial + 1}" in ended.err
    assert engine("state", "verify", "-e", "test").code == 0
