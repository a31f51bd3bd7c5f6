"""`engine lock` and `engine unlock`, and what they keep away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.support.command_line import Engine

HOLDER = """
    import sys
    from pathlib import Path
    from engine.bootstrap.project import open_project

    backend = open_project(Path(sys.argv[1])).backend
    with backend.lock("shop", "local", operation="apply", timeout=0, on_wait=print) as hold:
        print(hold.owner.id, flush=True)
        sys.stdin.readline()
        try:
            hold.check()
            print("held", flush=True)
        except Exception as error:
            print(type(error).__name__, flush=True)
"""
Holder: TypeAlias = Callable[[], tuple[subprocess.Popen[str], str]]
"""Starts a process that holds the run lock of `local/shop`; the process, and the lock's id."""


@pytest.fixture
def holder(root: Path) -> Iterator[Holder]:
    """Starts a process that holds the run lock of `local/shop`; gives it, and the lock's id."""
    started: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", textwrap.dedent(HOLDER), str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_lock_list_and_release(engine: Engine, root: Path) -> None:
    """From no lock to no lock, with what to commit on the way."""
    assert engine("lock").out == "Nothing is locked.\n"
    ended = engine("lock", "local/shop", "--reason", "launch freeze")
    assert (ended.code, ended.out) == (0, "Locked local/shop: launch freeze\n")
    assert ended.err == "Commit state/local/shop.lock.json to keep every machine away.\n"
    assert (root / "state" / "local" / "shop.lock.json").exists()
    listed = engine("lock").out
    assert "local/shop is locked by " in listed
    assert "launch freeze" in listed
    assert "engine lock local/shop --release" in listed
    refused = engine("apply", "--yes")
    assert (refused.code, refused.out) == (3, "")
    assert "Error: local/shop is locked by " in refused.err
    assert engine("destroy", "--yes").code == 3
    assert "Warning: an apply is refused while local/shop is locked by " in engine("plan").out
    ended = engine("lock", "local/shop", "--release")
    assert (ended.code, ended.out) == (0, "Released local/shop.\n")
    assert "Commit the removal of state/local/shop.lock.json" in ended.err
    assert engine("apply", "--yes").code == 0


def test_a_whole_environment(engine: Engine, root: Path) -> None:
    """With or without a slash behind its name."""
    assert engine("lock", "local/", "--reason", "audit").code == 0
    assert (root / "state" / "local.lock.json").exists()
    assert engine("apply", "--yes").code == 3
    again = engine("lock", "local", "--reason", "mine")
    assert again.code == 3
    assert ": audit" in again.err
    assert engine("-e", "local", "lock", "local", "--release").code == 0
    assert engine("lock", "local", "--release").code == 1


def test_locks_as_documents(engine: Engine, holder: Holder) -> None:
    """Held locks and those of runs, each with all that is known."""
    document = json.loads(engine("lock", "local/shop", "--reason", "freeze", "--json").out)
    (held,) = document["held"]
    assert (held["environment"], held["stack"], held["reason"]) == ("local", "shop", "freeze")
    process, id = holder()
    document = json.loads(engine("lock", "--json").out)
    assert document["held"] == [held]
    (run,) = document["runs"]
    assert (run["id"], run["pid"], run["operation"]) == (id, process.pid, "apply")
    assert run["gone"] is False
    document = json.loads(engine("lock", "local/shop", "--release", "--json").out)
    assert document == {"format_version": "1", "held": [], "runs": []}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lock", "--release"], "say what to lock"),
        (["lock", "--reason", "x"], "say what to lock"),
        (["lock", "local/shop"], "give --reason TEXT to lock, or --release"),
        (["lock", "local/shop", "--reason", "x", "--release"], "give --reason TEXT to lock"),
        (["lock", "local/shop", "--reason", " "], "a lock needs a reason"),
        (["lock", "/shop", "--reason", "x"], "names no environment"),
        (["lock", "-e", "test", "local/shop", "--reason", "x"], "is not in the environment 'test'"),
        (["lock", "live/shop", "--reason", "x"], "there is no environment 'live'"),
        (["lock", "local/shpo", "--reason", "x"], "there is no stack 'shpo'"),
        (["lock", "local/shop", "--release"], "local/shop is not locked"),
        (["unlock", "1f0c9a2e"], "no run holds a lock with the id '1f0c9a2e'"),
    ],
)
def test_mistakes_lock_and_unlock_nothing(
    engine: Engine, root: Path, words: list[str], message: str
) -> None:
    """Exit code 1, and no file."""
    ended = engine(*words)
    assert ended.code == 1
    assert message in ended.err
    assert list(root.rglob("*.lock.json")) == []


def test_a_run_that_is_there_is_unlocked_by_force_alone(engine: Engine, holder: Holder) -> None:
    """Whoever waits is told the id; without force, how to stop that run."""
    process, id = holder()
    refused = engine("apply", "--yes")
    assert refused.code == 3
    assert f"engine unlock {id}" in refused.err
    ended = engine("unlock", id)
    assert ended.code == 3
    assert f"kill {process.pid}" in ended.err
    assert f"engine unlock {id} --force" in ended.err
    ended = engine("unlock", id, "--force")
    assert ended.code == 0
    assert ended.out.startswith("Unlocked local/shop: ")
    assert ended.out.endswith(" can no longer write.\n")
    assert engine("apply", "--yes").code == 0
    said, _ = process.communicate("\n")
    assert said.strip() == "LockLostError"


def test_a_run_that_died_is_unlocked_without_force(engine: Engine, holder: Holder) -> None:
    """There is nothing to take away but its name."""
    process, id = holder()
    process.kill()
    process.communicate()
    listed = engine("lock").out
    assert f"pid {process.pid}" in listed
    assert "a process that is gone" in listed
    ended = engine("unlock", id, "--json")
    assert ended.code == 0
    (run,) = json.loads(ended.out)["runs"]
    assert (run["id"], run["gone"]) == (id, True)
    assert engine("lock").out == "Nothing is locked.\n"


def test_a_run_that_died_is_said_to_have_ended(engine: Engine, holder: Holder) -> None:
    """In words; force changes nothing about that."""
    process, id = holder()
    process.kill()
    process.communicate()
    ended = engine("unlock", id, "--force")
    assert ended.code == 0
    assert ended.out.startswith("Unlocked local/shop: the run of ")
    assert ended.out.endswith(" had ended.\n")


def test_a_ci_run_is_named_with_its_page(
    engine: Engine, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits can look at what it does."""
    monkeypatch.setenv("BUILD_URL", "https://ci.example/job/7")
    assert os.environ["BUILD_URL"]
    for name in ("GITHUB_SERVER_URL", "CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL"):
        monkeypatch.delenv(name, raising=False)
    holder()
    assert "https://ci.example/job/7" in engine("apply", "--yes").err
