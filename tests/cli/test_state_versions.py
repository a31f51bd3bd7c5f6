"""`engine state history`, `engine state show STACK@41` and `engine state restore STACK@41`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.backends.state.journal import framed
from tests.support.command_line import Engine, Terminal
from tests.support.git import git

PRICE = "stripe_price.pro-monthly"


@pytest.fixture
def file(engine: Engine, root: Path) -> Path:
    """The state of a stack that was applied twice, each time committed."""
    git(root, "init", "-q")
    for name in ("Pro", "Max"):
        assert engine("apply", "--yes", "--var", f"name={name}").code == 0
        git(root, "add", "state")
        git(root, "commit", "-qm", f"call it {name}")
    return root / "state" / "local" / "shop.json"


def serial_of(file: Path) -> int:
    """The serial of a state file."""
    serial = json.loads(file.read_bytes())["serial"]
    assert isinstance(serial, int)
    return serial


def serials(engine: Engine) -> list[int]:
    """Those of the history, the newest first."""
    ended = engine("state", "history", "shop", "--json")
    return [version["serial"] for version in json.loads(ended.out)["versions"]]


def test_the_history_is_what_was_committed(engine: Engine, file: Path) -> None:
    """A line for each commit, the newest first."""
    newest, earlier = serials(engine)
    assert newest == serial_of(file)
    lines = engine("state", "history", "shop").out.splitlines()
    assert lines[0].split() == ["serial", "when", "who", "operation", "resources", "where"]
    assert "call it Max" in lines[1]
    assert "call it Pro" in lines[2]
    assert lines[2].split()[0] == str(earlier)
    assert len(engine("state", "history", "shop", "--limit", "1").out.splitlines()) == 2


def test_an_earlier_state_is_shown(engine: Engine, file: Path) -> None:
    """All of it, or one resource."""
    newest, earlier = serials(engine)
    product = "stripe_product.pro"
    assert "Pro" in engine("state", "show", f"shop@{earlier}").out
    assert "Max" in engine("state", "show", f"shop@{newest}").out
    shown = engine("state", "show", f"shop@{earlier}:{product}", "--json")
    assert json.loads(shown.out)["declared"]["name"] == "Pro"
    assert file.exists()


def test_a_serial_that_never_was_is_refused(engine: Engine, file: Path) -> None:
    """With what lists them."""
    ended = engine("state", "show", "shop@900")
    assert (ended.code, file.exists()) == (1, True)
    assert "engine state history shop" in ended.err


def test_a_restored_state_is_a_new_serial(engine: Engine, file: Path, root: Path) -> None:
    """It says what the earlier one said; the next plan shows what Stripe has by now as drift."""
    newest, earlier = serials(engine)
    ended = engine("state", "restore", f"shop@{earlier}", "--yes", "--var", "name=Max")
    assert ended.code == 0, ended.err
    assert f"Restored serial {earlier} of shop, as serial {newest + 1}." in ended.out
    assert serial_of(file) == newest + 1
    state = json.loads(file.read_bytes())
    assert state["resources"]["stripe_product.pro"]["declared"]["name"] == "Pro"
    assert engine("apply", "--yes", "--var", "name=Max").code == 0
    assert engine("plan", "--detailed-exitcode", "--var", "name=Max").code == 0
    assert (root / "state").exists()


def test_a_restore_asks_first(terminal: Terminal, engine: Engine, file: Path) -> None:
    """After the plan; any other word than yes changes nothing, and without a terminal it fails."""
    _, earlier = serials(engine)
    before = file.read_bytes()
    code, screen = terminal(("state", "restore", f"shop@{earlier}"), b"no\n")
    assert code == 1
    assert "Nothing was changed." in screen
    assert engine("state", "restore", f"shop@{earlier}", "--json").code == 1
    assert file.read_bytes() == before


def test_objects_that_only_the_newest_knows_are_named(
    engine: Engine, file: Path, root: Path
) -> None:
    """They would belong to no state; their stamps keep the next apply from making them again."""
    module = root / "stacks" / "shop.py"
    module.write_text(
        module.read_text() + 'from engine.stripe import Coupon\nCoupon("c", percent_off=10,'
        ' duration="once")\n'
    )
    assert engine("apply", "--yes").code == 0
    git(root, "commit", "-qam", "a coupon")
    newest, earlier, *_ = serials(engine)
    before = file.read_bytes()
    ended = engine("state", "restore", f"shop@{earlier}", "--yes")
    assert ended.code == 1
    assert "stripe_coupon.c [" in ended.err
    assert file.read_bytes() == before
    assert engine("state", "restore", f"shop@{earlier}", "--yes", "--forget").code == 0
    assert serial_of(file) == newest + 1
    assert engine("apply", "--yes").code == 4


def test_the_newest_is_no_earlier_state(engine: Engine, file: Path) -> None:
    """There is nothing to restore."""
    ended = engine("state", "restore", f"shop@{serial_of(file)}", "--yes")
    assert ended.code == 1
    assert "nothing to restore" in ended.err


def test_an_unfinished_run_or_a_held_lock_comes_first(engine: Engine, file: Path) -> None:
    """As for every edit of a state."""
    _, earlier = serials(engine)
    before = file.read_bytes()
    journal = file.with_suffix(".journal")
    journal.write_bytes(framed(b'{"kind": "begin"}'))
    assert engine("state", "restore", f"shop@{earlier}", "--yes").code == 1
    journal.unlink()
    assert engine("lock", "local/shop", "--reason", "freeze").code == 0
    assert engine("state", "restore", f"shop@{earlier}", "--yes").code == 3
    assert file.read_bytes() == before


# ── engine review ─────────────────────────────────────────────────────────────────────────


def test_two_serials_are_reviewed(engine: Engine, file: Path) -> None:
    """What was applied between them, as between two commits."""
    newest, earlier = serials(engine)
    ended = engine("review", f"shop@{earlier}", f"shop@{newest}")
    assert ended.code == 0
    assert '"Pro" -> "Max"' in ended.out
    assert "a serial names no commit" in ended.out
    document = json.loads(engine("review", f"shop@{earlier}", "--json").out)
    assert (document["base"], document["head"]) == (f"shop@{earlier}", f"shop@{newest}")
    (stack,) = document["stacks"]
    assert stack["serial"] == {"before": earlier, "after": newest}
    assert [change["address"] for change in stack["changes"]] == ["stripe_product.pro"]
    assert serial_of(file) == newest


@pytest.mark.parametrize("format", ["markdown", "html"])
def test_two_serials_are_reviewed_in_every_format(engine: Engine, file: Path, format: str) -> None:
    """For a comment, or a page."""
    ended = engine("review", "shop@2", f"shop@{serial_of(file)}", "--format", format)
    assert ended.code == 0
    assert "Max" in ended.out
    assert f"shop@{serial_of(file)}" in ended.out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("shop@3", "shop@2"), "shop@3 is not earlier than shop@2"),
        (("shop@2", "shop@99"), "no state of local/shop with serial 99"),
        (("shop@2", "portal@3"), "are not two versions of one stack"),
        (("shop@2", "shop@3", "shop@4"), "are not two versions of one stack"),
        (("shop@2", "HEAD"), "are not two versions of one stack"),
        (("portal@2",), "stack portal has no state"),
        (("main", "HEAD"), "a review is of one range of commits"),
    ],
)
def test_what_is_no_pair_of_serials_is_refused(
    engine: Engine, file: Path, words: tuple[str, ...], text: str
) -> None:
    """With how to write it."""
    assert file.exists()
    ended = engine("review", *words)
    assert ended.code == 1
    assert text in ended.err
