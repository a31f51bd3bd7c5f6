"""Stacks that have a state and no module: named by plan and apply, and destroyed by their name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Write

HOLDS = (
    "2 resources (1 stripe_price, 1 stripe_product): stripe_price.pro-monthly, stripe_product.pro"
)
WAYS = (
    "  its module is stacks/NEW.py now: engine state mv shop: NEW: -e local\n"
    "  what it manages is to be removed: engine destroy shop -e local\n"
    "  what it manages stays on Stripe, and nothing manages it: engine state rm shop: -e local\n"
)
NAMED = (
    "Warning: stack shop has a state and no module stacks/shop.py. It is not planned:\n"
    f"  {HOLDS}\n{WAYS}"
)
OTHER = 'from engine.stripe import Coupon\n\nCoupon("launch", percent_off=5)\n'


@pytest.fixture
def orphan(engine: Engine, root: Path) -> Path:
    """The state of the stack `shop`, whose module is gone."""
    assert engine("apply", "--yes").code == 0
    (root / "stacks" / "shop.py").unlink()
    return root / "state" / "local" / "shop.json"


@pytest.mark.usefixtures("orphan")
@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("destroy", "--yes")])
def test_the_only_stack_has_no_module(engine: Engine, command: tuple[str, ...]) -> None:
    """It is named with what it holds and the ways on; nothing happens to it."""
    ended = engine(*command)
    assert (ended.code, ended.err) == (0, "")
    assert NAMED in ended.out
    assert ended.out.endswith(
        "\nNo stack has a module, so nothing is planned.\n"
        "Without a module: shop. What to do about it is above.\n"
    )
    assert "No changes" not in ended.out


@pytest.mark.usefixtures("orphan")
def test_beside_other_stacks_it_is_named_too(engine: Engine, write: Write) -> None:
    """A plan with changes and one without say it; none claims that all is as the code says."""
    write("other", OTHER)
    assert NAMED in engine("plan").out
    ended = engine("apply", "--yes")
    assert ended.code == 0
    assert NAMED in ended.out
    for ended in (engine("plan"), engine("apply", "--yes"), engine("plan", "other")):
        assert ended.code == 0
        assert NAMED in ended.out
        assert ended.out.endswith(
            "\nNothing to do in the stacks that have a module.\n"
            "Without a module: shop. What to do about it is above.\n"
        )


@pytest.mark.usefixtures("orphan")
def test_the_exit_code_of_a_plan_of_everything_tells_of_it(engine: Engine, write: Write) -> None:
    """Account and code differ; a plan of one stack answers for that one."""
    assert engine("plan", "--detailed-exitcode").code == 2
    write("other", "")
    assert engine("plan", "--detailed-exitcode").code == 2
    assert engine("plan", "other", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("orphan")
def test_machines_get_it_as_a_record(engine: Engine) -> None:
    """The commands are those that people are shown."""
    document = json.loads(engine("plan", "--json").out)
    assert document["stacks"] == []
    assert document["without_module"] == [
        {
            "stack": "shop",
            "resources": 2,
            "types": {"stripe_price": 1, "stripe_product": 1},
            "addresses": ["stripe_price.pro-monthly", "stripe_product.pro"],
            "unfinished_run": False,
            "problem": None,
            "commands": {
                "move": "engine state mv shop: NEW: -e local",
                "destroy": "engine destroy shop -e local",
                "forget": "engine state rm shop: -e local",
            },
        }
    ]


@pytest.mark.usefixtures("orphan")
@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("validate",)])
def test_its_name_is_refused_with_the_ways_on(engine: Engine, command: tuple[str, ...]) -> None:
    """There is nothing to compare its state with."""
    ended = engine(command[0], "shop", *command[1:])
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Error: stack shop has a state in environment local and no module stacks/shop.py\n"
        f"It manages {HOLDS}.\n"
        f"Hint: put its module back, or:\n{WAYS}"
    )


@pytest.mark.usefixtures("orphan")
def test_a_module_with_the_same_declarations_is_taken_for_the_renamed_one(
    engine: Engine, write: Write
) -> None:
    """The command that moves the state is complete."""
    write("catalog", 'from engine.stripe import Product\n\nProduct("pro", name="Pro")\n')
    ended = engine("plan")
    assert ended.code == 4
    assert "its module is stacks/catalog.py now: engine state mv shop: catalog: -e local" in (
        ended.out
    )


def test_a_damaged_state_is_named_with_what_to_do(
    engine: Engine, orphan: Path, write: Write
) -> None:
    """It may manage something, and does not keep the others from being planned."""
    orphan.write_text("{", encoding="utf-8")
    write("other", "")
    ended = engine("plan", "--detailed-exitcode")
    assert ended.code == 2
    assert "  its state cannot be read: state/local/shop.json, line 1: " in ended.out
    assert "  what is wrong with it: engine state verify shop -e local" in ended.out
    assert "engine destroy" not in ended.out
    document = json.loads(engine("plan", "--json").out)
    [entry] = document["without_module"]
    assert (entry["resources"], entry["commands"]) == (None, {})
    assert "its state cannot be read" in engine("plan", "shop").err
    assert engine("destroy", "shop", "--yes").code == 1


def test_destroy_works_from_the_state_alone(engine: Engine, orphan: Path) -> None:
    """What depends on something goes before it; what is only archived stays recorded."""
    ended = engine("destroy", "shop", "--yes")
    assert ended.code == 0, ended.err
    assert "Destroy complete: 0 created, 0 updated, 0 replaced, 2 removed." in ended.out
    assert ended.out.endswith(
        "The state of stack shop stays: it records 2 archived objects, for the case that the "
        "module comes back. To remove it: engine state rm shop:\n"
    )
    assert ended.err.index("stripe_price.pro-monthly: archived") < ended.err.index(
        "stripe_product.pro: archiving"
    )
    assert orphan.is_file()
    assert engine("plan").err.startswith("Error: no stacks: stacks has no modules\n")


def test_a_state_that_records_nothing_more_goes(engine: Engine, root: Path, write: Write) -> None:
    """The stack is as if it had never been."""
    write("other", OTHER)
    assert engine("apply", "other", "--yes").code == 0
    (root / "stacks" / "other.py").unlink()
    ended = engine("destroy", "other", "--yes")
    assert ended.out.endswith("\nNothing of stack other is left, so its state was removed.\n")
    assert not (root / "state" / "local" / "other.json").exists()
    assert "other" not in engine("plan").out
    ended = engine("destroy", "other", "--yes")
    assert (ended.code, ended.err.splitlines()[0]) == (
        1,
        "Error: there is no stack 'other' in stacks",
    )


def test_a_saved_destroy(engine: Engine, root: Path, write: Write) -> None:
    """It is planned, shown and applied without the module."""
    write("other", OTHER)
    assert engine("apply", "other", "--yes").code == 0
    (root / "stacks" / "other.py").unlink()
    ended = engine("plan", "--destroy", "other", "-o", "end.plan")
    assert ended.code == 0, ended.err
    assert "Plan: 0 to create, 0 to update, 0 to replace, 1 to remove." in ended.out
    ended = engine("apply", "end.plan", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["ended"] == {"other": 0}
    assert not (root / "state" / "local" / "other.json").exists()


@pytest.mark.usefixtures("orphan")
@pytest.mark.parametrize("module", [True, False])
def test_a_saved_plan_does_not_claim_that_all_is_right(
    engine: Engine, write: Write, *, module: bool
) -> None:
    """Not when it is applied either, with stacks and with none."""
    if module:
        write("other", "")
    assert engine("plan", "-o", "same.plan").code == 0
    ended = engine("apply", "same.plan")
    assert ended.code == 0, ended.err
    assert NAMED in ended.out
    assert ended.out.endswith("Without a module: shop. What to do about it is above.\n")


def test_what_is_protected_is_not_destroyed(engine: Engine, root: Path, write: Write) -> None:
    """The state remembers the protection; the way on does not need a module."""
    text = OTHER.replace("import Coupon", "import Coupon\nfrom engine import Lifecycle").replace(
        "percent_off=5", "percent_off=5, lifecycle=Lifecycle(protect=True)"
    )
    write("other", text)
    assert engine("apply", "other", "--yes").code == 0
    (root / "stacks" / "other.py").unlink()
    ended = engine("destroy", "other", "--yes")
    assert ended.code == 4
    assert (
        "stripe_coupon.launch is protected and would be removed. Set "
        "lifecycle=Lifecycle(protect=False) on it and apply that first; its declaration is gone, "
        "so put it back for that, or leave the object on Stripe: engine state rm "
        "stripe_coupon.launch --stack other"
    ) in ended.err
    assert (root / "state" / "local" / "other.json").is_file()


def test_a_held_lock_keeps_it(engine: Engine, orphan: Path) -> None:
    """As it keeps any other stack."""
    assert engine("lock", "local/shop", "--reason", "audit").code == 0
    before = orphan.read_bytes()
    assert engine("destroy", "shop", "--yes").code == 3
    assert orphan.read_bytes() == before


def _run(engine: Engine, command: str, *more: str) -> None:
    """Run a command as it is printed."""
    ended = engine(*command.split()[1:], *more)
    assert ended.code == 0, ended.err


def test_each_command_settles_it_as_it_is_printed(engine: Engine, root: Path, write: Write) -> None:
    """After it, no plan names the stack any more."""
    module, state = root / "stacks" / "shop.py", root / "state" / "local" / "shop.json"
    text = module.read_text(encoding="utf-8")
    assert engine("apply", "--yes").code == 0
    module.unlink()
    applied = state.read_bytes()
    write("other", "")
    [entry] = json.loads(engine("plan", "--json").out)["without_module"]
    _run(engine, entry["commands"]["forget"], "--yes")
    assert engine("plan", "--detailed-exitcode").code == 0
    state.write_bytes(applied)
    write("new", text)
    [entry] = json.loads(engine("plan", "--json").out)["without_module"]
    _run(engine, entry["commands"]["move"])
    assert engine("plan", "--detailed-exitcode").code == 0
    (root / "stacks" / "new.py").unlink()
    [entry] = json.loads(engine("plan", "--json").out)["without_module"]
    _run(engine, entry["commands"]["destroy"], "--yes")
    assert engine("plan", "--detailed-exitcode").code == 0
