"""`engine stacks`: every stack in the order of an apply, offline, whatever is wrong with one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.backends.state.journal import framed
from tests.support.command_line import Engine, Write

ACCOUNT = "account acct_1yErxvvJJX91rPu6, test mode"
PORTAL = """
    from engine import stack_output
    from engine.stripe import PaymentLink

    PaymentLink("buy", line_items=[{"price": stack_output("shop", "price_id"), "quantity": 1}])
"""


def listed(engine: Engine, *words: str) -> Mapping[str, Mapping[str, Any]]:
    """The entry of each stack."""
    document = json.loads(engine("stacks", "--json", *words).out)
    return {entry["stack"]: entry for entry in document["stacks"]}


def test_before_the_first_apply(engine: Engine, write: Write) -> None:
    """The modules alone say who reads whom; nothing is written and no key is needed."""
    write("a-portal", PORTAL)
    write("events", "")
    ended = engine("stacks")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "events  stacks/events.py\n  wave 1\n  no state\n\n"
        "shop  stacks/shop.py\n  wave 1\n  is read by a-portal\n  outputs: price_id\n  no state\n\n"
        "a-portal  stacks/a-portal.py\n  wave 2\n  reads shop: price_id\n  no state\n"
    )


def test_the_states_of_all_environments(engine: Engine, root: Path, write: Write) -> None:
    """With -e those of one; a CI takes the waves one after the other."""
    write("portal", PORTAL)
    assert engine("apply", "--yes").code == 0
    (root / "pyproject.toml").write_text(
        '[tool.engine.environments.live]\napi-key = "env:NO_SUCH"\n', encoding="utf-8"
    )
    assert engine("lock", "live/portal", "--reason", "freeze").code == 0
    ended = engine("stacks")
    assert ended.code == 0
    assert f"\n  outputs: price_id\n  local  serial 2, 2 resources, {ACCOUNT}\n" in ended.out
    assert "\n  live   no state, locked by " in ended.out
    assert f"\n  local  serial 2, 1 resource, {ACCOUNT}\n" in ended.out
    document = json.loads(engine("stacks", "--json").out)
    assert document["waves"] == [["shop"], ["portal"]]
    assert document["problems"] == []
    shop, portal = document["stacks"]
    assert shop == {
        "stack": "shop",
        "file": "stacks/shop.py",
        "wave": 1,
        "reads": [],
        "outputs_read": {},
        "read_by": ["portal"],
        "outputs": ["price_id"],
        "states": [
            {
                "environment": "local",
                "serial": 2,
                "resources": 2,
                "archived": 0,
                "outputs": ["price_id"],
                "account": {"id": "acct_1yErxvvJJX91rPu6", "livemode": False},
                "held_lock": None,
                "run": None,
                "unfinished_run": False,
                "problem": None,
                "commands": {},
            }
        ],
        "problems": [],
    }
    assert (portal["reads"], portal["outputs_read"]) == (["shop"], {"shop": ["price_id"]})
    assert [state["environment"] for state in portal["states"]] == ["live", "local"]
    [state] = listed(engine, "-e", "live")["portal"]["states"]
    assert (state["serial"], state["held_lock"]["reason"]) == (0, "freeze")
    assert listed(engine, "-e", "live")["shop"]["states"] == []


def test_a_stack_without_a_module(engine: Engine, root: Path, write: Write) -> None:
    """It is last, with the ways on; what it read at its last apply is known from its state."""
    write("portal", PORTAL)
    assert engine("apply", "--yes").code == 0
    (root / "stacks" / "portal.py").unlink()
    ended = engine("stacks")
    assert ended.code == 0
    assert ended.out.endswith(
        "\n\nportal  no module\n  reads shop: price_id\n"
        f"  local  serial 2, 1 resource, {ACCOUNT}\n"
        "         its module is stacks/NEW.py now: engine state mv portal: NEW: -e local\n"
        "         what it manages is to be removed: engine destroy portal -e local\n"
        "         what it manages stays on Stripe, and nothing manages it: "
        "engine state rm portal: -e local\n"
    )
    entry = listed(engine)["portal"]
    assert (entry["file"], entry["wave"]) == (None, None)
    assert entry["states"][0]["commands"]["destroy"] == "engine destroy portal -e local"
    assert listed(engine)["shop"]["read_by"] == ["portal"]
    write("site", PORTAL)
    [state] = listed(engine)["portal"]["states"]
    assert state["commands"]["move"] == "engine state mv portal: site: -e local"
    (root / "stacks" / "site.py").unlink()
    assert engine("destroy", "portal", "--yes").code == 0
    assert engine("stacks").out.endswith(
        f"\n  local  serial 3, 0 resources, 1 archived object remembered, {ACCOUNT}\n"
        "         it manages nothing; to remove its state: engine state rm portal: -e local\n"
    )


@pytest.mark.parametrize("module", [True, False])
def test_a_damaged_state_is_named_and_keeps_nothing_back(
    engine: Engine, root: Path, write: Write, *, module: bool
) -> None:
    """The order does not depend on it."""
    write("portal", PORTAL)
    assert engine("apply", "--yes").code == 0
    (root / "state" / "local" / "portal.json").write_text("{", encoding="utf-8")
    if not module:
        (root / "stacks" / "portal.py").unlink()
    ended = engine("stacks")
    assert ended.code == 0
    assert "\n  local  cannot be read: state/local/portal.json, line 1: " in ended.out
    [state] = listed(engine)["portal"]["states"]
    assert "state/local/portal.json" in state["problem"]
    assert (state["resources"], state["commands"]) == (None, {})


def test_a_module_that_cannot_be_evaluated(engine: Engine, write: Write) -> None:
    """Everything is listed all the same; the exit code says that the order is not known."""
    write("portal", PORTAL)
    assert engine("apply", "--yes").code == 0
    write("portal", "import nonsense\n")
    ended = engine("stacks")
    assert ended.code == 1
    assert "stacks/portal.py:1: ModuleNotFoundError" in ended.err
    assert "portal  stacks/portal.py\n  reads shop: price_id\n  1 problem" in ended.out
    document = json.loads(engine("stacks", "--json").out)
    assert document["waves"] == []
    assert [problem["reference"] for problem in document["problems"]] == ["exception"]


def test_a_variable_without_a_value_does_not_hide_the_order(engine: Engine, write: Write) -> None:
    """The jobs of a matrix have the values, the job that makes the matrix need not."""
    write("portal", PORTAL.replace("import stack_output", "import stack_output, variable"))
    write("sale", "from engine import variable\nvariable('percent')\n")
    ended = engine("stacks")
    assert ended.code == 0
    assert "  1 problem, which engine validate sale lists\n" in ended.out
    assert listed(engine, "--var", "percent=5")["sale"]["problems"] == []


def test_stacks_that_read_each_other(engine: Engine, write: Write) -> None:
    """No order is claimed."""
    text = """
        from engine import output, stack_output
        from engine.stripe import Product

        Product("{name}", name=stack_output("{other}", "x"))
        output("x", "x")
    """
    write("a", text.format(name="a", other="b"))
    write("b", text.format(name="b", other="a"))
    ended = engine("stacks")
    assert ended.code == 1
    assert "stacks read each other's outputs: a -> b -> a" in ended.err
    assert "wave" not in ended.out


def test_a_run_that_has_not_finished_and_a_lock_that_cannot_be_read(
    engine: Engine, root: Path
) -> None:
    """Both are told, and neither ends the command."""
    assert engine("apply", "--yes").code == 0
    (root / "state" / "local" / "shop.journal").write_bytes(framed(b"{}"))
    assert f"{ACCOUNT}, a run has not finished\n" in engine("stacks").out
    assert listed(engine)["shop"]["states"][0]["unfinished_run"] is True
    (root / "state" / "local" / "shop.lock.json").write_text("{", encoding="utf-8")
    ended = engine("stacks")
    assert ended.code == 0
    assert "Warning: the held locks cannot be read: state/local/shop.lock.json" in ended.out


def test_no_stack_at_all(engine: Engine, root: Path) -> None:
    """Nothing is listed."""
    (root / "stacks" / "shop.py").unlink()
    ended = engine("stacks")
    assert (ended.code, ended.out) == (0, "No stacks.\n")
