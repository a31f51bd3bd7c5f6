"""Git merges states by resource and shows them readably, after one command in a clone."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine.backends.git.setup import settings
from tests.support.command_line import Engine, Write
from tests.support.committed import Committed, needs_git
from tests.support.git import git

pytestmark = needs_git

SHOP = """
    from engine import output
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", name="{name}")
    monthly = Price(
        "monthly", product=pro.id, currency="usd", unit_amount={amount},
        recurring={{"interval": "month"}},
    )
    {more}
    output("price_id", monthly.id)
"""
PRODUCT, PRICE, COUPON = "stripe_product.pro", "stripe_price.monthly", "stripe_coupon.c10"
COUPON_CODE = 'Coupon("c10", percent_off=10, duration="once")'


def shop(name: str = "Pro", amount: int = 2000, more: str = "") -> str:
    """The module of the stack."""
    return SHOP.format(name=name, amount=amount, more=more)


@pytest.fixture
def project(root: Path, engine: Engine, write: Write) -> Committed:
    """A project that was applied once and set up."""
    write("shop", shop())
    committed = Committed(root, engine)
    committed.run("apply", "--yes")
    committed.run("git-setup")
    committed.commit("apply")
    return committed


def try_git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run git, which may fail."""
    try:
        out = git(folder, *words)
    except subprocess.CalledProcessError as error:
        return subprocess.CompletedProcess(words, error.returncode, error.stdout, error.stderr)
    return subprocess.CompletedProcess(words, 0, out, "")


def two_branches(project: Committed, write: Write, one: str, other: str) -> None:
    """Apply one module on main and another one on a branch, both after the same state.

    Neither sees what the other one made: on one account the second apply would be refused.
    """
    git(project.root, "switch", "--quiet", "--create", "other")
    account, kept = project.root / ".engine", project.root.parent / "kept"
    shutil.copytree(account, kept)
    write("shop", other)
    project.run("apply", "--yes")
    shutil.rmtree(account)
    kept.rename(account)
    write("shop", shop())
    git(project.root, "add", "state")
    git(project.root, "commit", "--quiet", "--message", "other")
    git(project.root, "checkout", "--quiet", "main")
    write("shop", one)
    project.run("apply", "--yes")
    write("shop", shop())
    git(project.root, "add", "state")
    git(project.root, "commit", "--quiet", "--message", "one")


def recorded(project: Committed) -> dict[str, Any]:
    """The state as JSON."""
    document: dict[str, Any] = json.loads(project.state_file().read_text(encoding="utf-8"))
    return document


# ── merging ───────────────────────────────────────────────────────────────────────────────


def test_two_branches_that_changed_different_resources_merge(
    project: Committed, write: Write, engine: Engine
) -> None:
    """Without a conflict; the state says that it was merged until an apply has seen all of it."""
    two_branches(project, write, shop(name="Pro!"), shop(more=COUPON_CODE))
    merged = try_git(project.root, "merge", "--no-edit", "other")
    assert merged.returncode == 0, merged.stdout + merged.stderr
    state = recorded(project)
    assert (state["merged"], state["serial"]) == (True, 4)
    assert state["resources"].keys() == {PRODUCT, PRICE, COUPON}
    assert state["resources"][PRODUCT]["declared"] == {"name": "Pro!"}
    ended = engine("state", "verify")
    assert ended.code == 0
    assert "state/local/shop.json was merged from two states" in ended.out
    assert json.loads(engine("state", "verify", "--json").out)["states"][0]["merged"]
    write("shop", shop(name="Pro!", more=COUPON_CODE))
    ended = engine("plan", "--no-refresh")
    assert ended.code == 1
    assert "the state of shop was merged from two" in ended.err
    project.commit("code")
    assert "review" not in " ".join(project.references("HEAD~1..HEAD"))
    project.run("apply", "--yes")
    assert "merged" not in recorded(project)
    project.commit("settled")
    assert project.references("HEAD~1..HEAD") == []
    assert engine("plan", "--no-refresh").code == 0


def test_a_merged_state_is_settled_by_an_apply_without_a_change(
    project: Committed, write: Write, engine: Engine
) -> None:
    """All was compared, and nothing was found."""
    git(project.root, "switch", "--quiet", "--create", "other")
    write("shop", shop(more=COUPON_CODE))
    project.apply()
    git(project.root, "switch", "--quiet", "main")
    text = project.state_file().read_text(encoding="utf-8")
    theirs = git(project.root, "show", "other:state/local/shop.json")
    (base, ours, other) = (project.root.parent / name for name in ("base", "ours", "theirs"))
    base.write_text(text)
    ours.write_text(text)
    other.write_text(theirs)
    ended = engine("git", "merge-state", str(base), str(ours), str(other), "state/local/shop.json")
    assert ended.code == 0
    assert "merged by resource" in ended.err
    git(project.root, "switch", "--quiet", "other")
    project.state_file().write_text(ours.read_text())
    assert "No changes." in project.run("apply", "--yes")
    assert "merged" not in recorded(project)


def test_both_branches_created_one_resource(
    project: Committed, write: Write, engine: Engine
) -> None:
    """A conflict that names both ids; the file has marks that every command refuses."""
    two_branches(project, write, shop(amount=2400), shop(amount=2900))
    merged = try_git(project.root, "merge", "--no-edit", "other")
    assert merged.returncode == 1
    said = merged.stdout + merged.stderr
    assert f"state/local/shop.json: {PRICE}: both sides have another object in it: ours price_" in (
        said
    )
    assert "engine import ADDR price_" in said
    assert "output price_id: both sides changed it" in said
    text = project.state_file().read_text(encoding="utf-8")
    assert "<<<<<<< ours" in text
    assert ">>>>>>> theirs" in text
    ended = engine("plan")
    assert ended.code == 1
    assert "unresolved merge conflict" in ended.err
    assert "git checkout --ours or --theirs on the file" in ended.err


def test_an_engine_that_does_not_run_leaves_a_conflict_and_no_silent_merge(
    project: Committed, write: Write
) -> None:
    """A virtual environment that moved: one side alone would be taken without a word."""
    driver = git(project.root, "config", "merge.engine-state.driver")
    broken = driver.strip().replace("-P -m engine git", "-P -m no_such_engine git")
    gone = (
        "/nowhere/python" + driver.strip().partition(" -P")[1] + driver.strip().partition(" -P")[2]
    )
    two_branches(project, write, shop(name="Pro!"), shop(more=COUPON_CODE))
    for command in (broken, gone):
        git(project.root, "config", "merge.engine-state.driver", command)
        merged = try_git(project.root, "merge", "--no-edit", "other")
        assert merged.returncode == 1
        text = project.state_file().read_text(encoding="utf-8")
        assert "<<<<<<< ours" in text
        assert "c10" in text
        git(project.root, "merge", "--abort")
    assert "engine does not run here: engine git-setup" in merged.stdout + merged.stderr


def test_a_damaged_version_is_not_merged(
    project: Committed, engine: Engine, tmp_path: Path
) -> None:
    """A wrong digest would become a right one; ours stays as it is."""
    good = project.state_file().read_bytes()
    bad = good.replace(b'"Pro"', b'"Plus"')
    for index in range(3):
        files = [tmp_path / name for name in ("base", "ours", "theirs")]
        for number, file in enumerate(files):
            file.write_bytes(bad if number == index else good)
        before = files[1].read_bytes()
        ended = engine("git", "merge-state", *map(str, files), "state/local/shop.json")
        assert ended.code == 1
        assert "its digest does not match its content" in ended.err
        assert f"({files[index].name})" in ended.err
        assert files[1].read_bytes() == before


# ── showing ───────────────────────────────────────────────────────────────────────────────


def test_a_diff_shows_leaves(project: Committed, write: Write) -> None:
    """And not the digests."""
    write("shop", shop(name="Pro!"))
    project.apply()
    shown = git(project.root, "diff", "HEAD~1", "HEAD", "--", "state")
    assert '-  name = "Pro"\n' in shown
    assert '+  name = "Pro!"\n' in shown
    assert "sha256" not in shown
    assert "@@ stripe_" in git(project.root, "diff", "-U0", "HEAD~1", "HEAD", "--", "state")


def test_a_damaged_file_is_shown_as_it_is(engine: Engine, tmp_path: Path) -> None:
    """As git would have shown it."""
    for content in (b"{", b"[]", b'{"a": 1}', b"\xff<<<<<<< ours\n"):
        file = tmp_path / "x.json"
        file.write_bytes(content)
        assert engine("git", "textconv", str(file)).out == content.decode(
            "utf-8", "replace"
        ).replace("\ufffd", "\ufffd")


def test_a_diff_without_the_engine_shows_the_file(project: Committed, write: Write) -> None:
    """Rather than nothing."""
    command = git(project.root, "config", "diff.engine-state.textconv")
    git(
        project.root,
        "config",
        "diff.engine-state.textconv",
        command.strip().replace("-m engine", "-m no_such_engine"),
    )
    write("shop", shop(name="Pro!"))
    project.apply()
    assert '"name": "Pro!"' in git(project.root, "diff", "HEAD~1", "HEAD", "--", "state")


# ── setting up ────────────────────────────────────────────────────────────────────────────


def test_it_is_set_up_once_and_removed(root: Path, engine: Engine, write: Write) -> None:
    """What is in the file already stays; lock files are no states."""
    write("shop", shop())
    (root / ".gitattributes").write_text("*.png binary\n")
    Committed(root, engine)
    ended = engine("git-setup", "--check")
    assert ended.code == 1
    assert ".gitattributes lacks state/**/*.json merge=engine-state" in ended.err
    assert "git config merge.engine-state.driver is not set" in ended.err
    assert ended.err.endswith("Hint: engine git-setup\n")
    error = json.loads(engine("git-setup", "--check", "--json").out)["error"]
    assert ".gitattributes lacks" in error["cause"]
    for _ in range(2):
        ended = engine("git-setup")
        assert ended.code == 0
        assert "Commit .gitattributes; everyone else runs engine git-setup" in ended.err
    lines = (root / ".gitattributes").read_text().splitlines()
    assert lines == [
        "*.png binary",
        "# made by engine git-setup: states are merged by resource, and shown readably in diffs",
        "state/**/*.json merge=engine-state diff=engine-state -text",
        "state/**/*.lock.json !merge !diff",
    ]
    assert engine("git-setup", "--check").code == 0
    for path, expected in (
        ("state/live/shop.json", "engine-state"),
        ("state/live/shop.lock.json", "unspecified"),
        ("state/live.lock.json", "unspecified"),
        ("other/state/live/shop.json", "unspecified"),
    ):
        assert git(root, "check-attr", "merge", path).strip().endswith(f": {expected}")
    assert engine("git-setup", "--remove").code == 0
    assert (root / ".gitattributes").read_text() == "*.png binary\n"
    assert "engine-state" not in (root / ".git" / "config").read_text()
    assert "nothing to remove" in engine("git-setup", "--remove").err
    assert engine("git-setup", "--remove", "--check").code == 1


@pytest.mark.parametrize("option", [(), ("--check",), ("--remove",)])
def test_outside_of_a_repository_nothing_is_written(
    root: Path, engine: Engine, option: tuple[str, ...]
) -> None:
    """The attributes neither."""
    ended = engine("git-setup", *option)
    assert ended.code == 1
    assert "the project is in no git repository" in ended.err
    assert not (root / ".gitattributes").exists()


def test_a_file_of_its_own_goes_with_the_setup(root: Path, engine: Engine, write: Write) -> None:
    """Nothing of it is left."""
    write("shop", shop())
    Committed(root, engine)
    assert engine("git-setup").code == 0
    assert engine("git-setup", "--remove").code == 0
    assert not (root / ".gitattributes").exists()


def test_settings_of_another_engine_are_named(project: Committed, engine: Engine) -> None:
    """As after a virtual environment was made anew elsewhere."""
    git(project.root, "config", "merge.engine-state.driver", "'/old/python' -m engine")
    ended = engine("git-setup", "--check")
    assert ended.code == 1
    assert "git config merge.engine-state.driver is of another engine" in ended.err


def test_a_program_with_an_awkward_path_is_quoted(tmp_path: Path) -> None:
    """Blanks, quotes and percent signs: a shell runs it, and git fills in names."""
    program = tmp_path / "a b'c%O"
    program.write_text('#!/bin/sh\necho "$@" > "$0.called"\n')
    program.chmod(0o755)
    top = tmp_path / "top"
    top.mkdir()
    git(top, "init", "--quiet", "--initial-branch", "main")
    for name, value in settings([str(program)]).items():
        git(top, "config", name, value)
    (top / ".gitattributes").write_text("f merge=engine-state\n")
    (top / "f").write_text("1\n")
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message", "base")
    git(top, "switch", "--quiet", "--create", "other")
    (top / "f").write_text("2\n")
    git(top, "commit", "--quiet", "--all", "--message", "other")
    git(top, "switch", "--quiet", "main")
    (top / "f").write_text("3\n")
    git(top, "commit", "--quiet", "--all", "--message", "main")
    assert try_git(top, "merge", "--no-edit", "other").returncode == 0
    called = Path(f"{program}.called").read_text().split()
    assert called[:2] == ["git", "merge-state"]
    assert called[-1] == "f"
    assert len(called) == 6
