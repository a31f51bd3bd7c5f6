"""`engine state migrate`: what a person sees of states that move."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends.shared.backend import SharedBackend
from engine.bootstrap import states
from engine.ports.backend import StateBackend
from engine.settings.model import Settings
from engine.state.codec import encode
from engine.version import VERSION
from tests.support.backends import a_state
from tests.support.command_line import Engine
from tests.support.committed import needs_git
from tests.support.fakes.memory_store import MemoryStore, Shelf
from tests.support.git import git

TO = ("state", "migrate", "--to", "memory://team")


@pytest.fixture(autouse=True)
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A store for the scheme `memory`, as long as a test runs."""
    shelf = Shelf()

    def opened(_: Settings, place: str) -> StateBackend:
        store = MemoryStore(shelf)
        store.address = place
        return SharedBackend(store, engine_version=VERSION)

    monkeypatch.setattr(states, "_STATE_BACKENDS", {**states._STATE_BACKENDS, "memory": opened})
    return shelf


@pytest.fixture
def configure(root: Path) -> Callable[[str], None]:
    """Says where the states of `local` are kept."""

    def configure(state: str) -> None:
        text = f'[tool.engine.environments.local]\nemulator = true\nstate = "{state}"\n'
        (root / "pyproject.toml").write_text(text, encoding="utf-8")

    return configure


@pytest.fixture
def applied(engine: Engine) -> Engine:
    """The command line, in a project whose stack was applied."""
    assert engine("apply", "--yes").code == 0
    return engine


def test_states_move_and_the_next_plan_is_empty(
    applied: Engine, configure: Callable[[str], None]
) -> None:
    """With the line to change, which the command does not change itself."""
    configure("file")
    ended = applied(*TO, "--yes")
    assert ended.code == 0
    assert ended.out.splitlines()[:2] == [
        "Moved 1 stack of local to memory://team.",
        "Each state was read back and compared. The old place points there.",
    ]
    assert ended.err == (
        'Now write state = "memory://team" into line 3 of pyproject.toml, '
        "[tool.engine.environments.local]; then commit it with the folder state.\n"
    )
    configure("memory://team")
    planned = applied("plan", "--detailed-exitcode")
    assert planned.code == 0
    assert "No changes." in planned.out


@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("apply", "--yes"),
        ("show",),
        ("state", "list"),
        ("state", "pull", "shop"),
        ("state", "history", "shop"),
        ("state", "show", "stripe_product.pro"),
        ("lock", "local", "--reason", "launch"),
        ("output", "price_id"),
        ("destroy", "--yes"),
    ],
    ids=" ".join,
)
def test_an_old_checkout_is_refused(applied: Engine, words: tuple[str, ...]) -> None:
    """With the new address and the setting to change, and nothing is changed."""
    assert applied(*TO, "--yes").code == 0
    ended = applied(*words)
    assert ended.code == 1
    assert "were moved from the folder state to memory://team" in ended.err
    assert 'write state = "memory://team" in pyproject.toml' in ended.err


def test_an_older_engine_is_refused(applied: Engine, root: Path) -> None:
    """It takes the file for a state of a newer one (tests/unit/state); this one knows it alone."""
    assert applied(*TO, "--yes").code == 0
    folder = root / "state" / "local"
    (folder / "_moved.json").unlink()
    document = json.loads((folder / "shop.json").read_text(encoding="utf-8"))
    assert document["format_version"] == 1000
    assert 'write state = "memory://team" in pyproject.toml' in document["engine_version"]
    assert "were moved from the folder state to memory://team" in applied("plan").err


def test_a_dry_run_changes_nothing(applied: Engine, shelf: Shelf) -> None:
    """It shows what would move, and needs no yes."""
    ended = applied(*TO, "--dry-run")
    assert ended.code == 0
    assert ended.out == (
        "The states of local move from the folder state to memory://team.\n"
        "\n"
        "  stack  serial  resources\n"
        "  shop   2       2\n"
    )
    assert shelf.heads == {}
    assert applied("plan", "--detailed-exitcode").code == 0


def test_without_a_terminal_it_needs_a_yes(applied: Engine) -> None:
    """It does not wait, and it does not move."""
    ended = applied(*TO)
    assert ended.code == 1
    assert "engine state migrate --to memory://team --dry-run" in ended.err
    assert applied("plan", "--detailed-exitcode").code == 0


def test_the_document(applied: Engine) -> None:
    """What moved, and what pyproject.toml has to say."""
    document = json.loads(applied(*TO, "--yes", "--json").out)
    assert (document["from"], document["to"]) == ("file", "memory://team")
    assert document["approved"]
    (environment,) = document["environments"]
    assert [one["stack"] for one in environment["stacks"]] == ["shop"]
    assert document["setting"] == {
        "table": "[tool.engine.environments.local]",
        "line": None,
        "state": "memory://team",
        "right": False,
    }


def test_a_setting_that_was_changed_first_is_no_obstacle(
    applied: Engine, configure: Callable[[str], None]
) -> None:
    """The states are in the folder then, unless --from says otherwise."""
    configure("memory://team")
    ended = applied(*TO, "--yes")
    assert ended.code == 0
    assert "Now commit it with the folder state." in ended.err
    assert applied("plan", "--detailed-exitcode").code == 0


def test_a_setting_that_was_changed_alone_makes_nothing_twice(
    applied: Engine, configure: Callable[[str], None], root: Path
) -> None:
    """The store is empty, and the folder has the state: the run is refused, with the way on.

    A stack of which the folder has no state may begin there.
    """
    configure("memory://team")
    ended = applied("apply", "--yes")
    assert ended.code == 1
    assert "and one in state/local/shop.json" in ended.err
    assert "engine state migrate -e local --from file --to ADDRESS" in ended.err
    assert applied(*TO, "--yes").code == 0
    assert applied("plan", "--detailed-exitcode").code == 0
    (root / "stacks" / "new.py").write_text(
        'from engine.stripe import Product\nProduct("one", name="One")\n', encoding="utf-8"
    )
    assert applied("apply", "new", "--yes").code == 0


def test_states_come_back(applied: Engine, configure: Callable[[str], None], root: Path) -> None:
    """To files, byte for byte."""
    before = (root / "state" / "local" / "shop.json").read_bytes()
    assert applied(*TO, "--yes").code == 0
    configure("memory://team")
    ended = applied("state", "migrate", "--to", "file", "--yes")
    assert ended.code == 0
    assert (root / "state" / "local" / "shop.json").read_bytes() == before
    assert not (root / "state" / "local" / "_moved.json").exists()
    assert "were moved from memory://team to the folder state" in applied("plan").err
    configure("file")
    assert applied("plan", "--detailed-exitcode").code == 0


def test_a_password_is_no_address(applied: Engine) -> None:
    """It is not shown, and has to be in a variable."""
    ended = applied("state", "migrate", "--to", "memory://me:hunter2@team", "--yes")
    assert ended.code == 1
    assert "hunter2" not in ended.err
    assert "env:NAME" in ended.err


def test_an_address_in_a_variable_stays_there(
    applied: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pointer names the variable: what is in it may be secret."""
    monkeypatch.setenv("STORE", "memory://me:hunter2@team")
    ended = applied("state", "migrate", "--to", "env:STORE", "--yes")
    assert ended.code == 0
    for file in (root / "state").rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()
    assert 'write state = "env:STORE"' in applied("plan").err


def test_the_accounts_of_a_fleet_move_with_their_environment(
    engine: Engine, root: Path, shelf: Shelf
) -> None:
    """All of them, each with a pointer of its own; one alone cannot move."""
    fleet = (
        "[tool.engine.environments.local]\nemulator = true\n"
        '[tool.engine.fleets.shops]\nenvironment = "local"\naccounts = ["acct_a", "acct_b"]\n'
    )
    (root / "pyproject.toml").write_text(fleet, encoding="utf-8")
    for name in ("a", "b"):
        state = a_state(environment=f"shops/acct_{name}")
        folder = root / "state" / "shops" / f"acct_{name}"
        folder.mkdir(parents=True)
        (folder / "shop.json").write_bytes(encode(state, engine_version=VERSION))
    ended = engine(*TO, "--yes")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "Moved 2 stacks of local to memory://team."
    assert set(shelf.heads) == {("shops/acct_a", "shop"), ("shops/acct_b", "shop")}
    alone = engine("state", "migrate", "--to", "file", "-e", "shops/acct_a", "--yes")
    assert alone.code == 1


@needs_git
def test_the_commit_of_a_migration_is_in_order(applied: Engine, root: Path) -> None:
    """Hooks and reviews find nothing wrong with pointers; a review says where the states went."""
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "applied")
    assert applied(*TO, "--yes").code == 0
    git(root, "add", ".")
    git(root, "commit", "-qm", "moved")
    files = [str(file) for file in (root / "state" / "local").glob("*.json")]
    assert len(files) == 2
    assert applied("state", "verify", *files).code == 0
    ended = applied("review", "HEAD~1..HEAD")
    assert ended.code == 0
    assert "its state was moved to memory://team" in ended.out
    git(root, "revert", "--no-edit", "HEAD")
    ended = applied("review", "HEAD~1..HEAD")
    assert ended.code == 0
    assert "its state was in memory://team before" in ended.out
