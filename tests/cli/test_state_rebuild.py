"""`engine state rebuild`: the command that damaged states are referred to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Write


@pytest.fixture
def state_file(engine: Engine, root: Path) -> Path:
    """The state of a stack that was applied."""
    assert engine("apply", "--yes").code == 0
    return root / "state" / "local" / "shop.json"


def test_the_way_back_that_damage_names_works(engine: Engine, state_file: Path, root: Path) -> None:
    """The hint's own words, then an empty plan."""
    state_file.write_bytes(state_file.read_bytes()[:300])
    ended = engine("plan")
    assert ended.code == 1
    assert "engine state rebuild shop" in ended.err
    ended = engine("state", "rebuild", "shop")
    assert ended.code == 0
    first, second, *rest = ended.out.splitlines()
    assert first.startswith("Rebuilt. Stack shop in environment local, serial ")
    assert second == "What was stored before is in state/local/shop.json.replaced."
    assert [line.partition(" [")[0] for line in rest] == [
        "  stripe_price.pro-monthly",
        "  stripe_product.pro",
    ]
    assert rest[0].endswith("] by its ownership stamp")
    assert "engine plan shows" in ended.err
    assert (root / "state" / "local" / "shop.json.replaced").exists()
    assert engine("plan", "--detailed-exitcode").code == 0
    assert engine("state", "verify").code == 0


def test_machines_get_one_document(engine: Engine, state_file: Path, write: Write) -> None:
    """What was found and how, what was not, what is declared no more."""
    write(
        "shop",
        """
        from engine.stripe import Coupon, Product

        Product("pro", name="Pro")
        Coupon("new", percent_off=5, duration="once")
        """,
    )
    state_file.unlink()
    (stack,) = json.loads(engine("state", "rebuild", "--json").out)["stacks"]
    assert stack["stack"] == "shop"
    assert stack["found_by"] == {"stripe_product.pro": "ownership stamp"}
    assert stack["missing"] == ["stripe_coupon.new"]
    assert stack["undeclared"] == ["stripe_price.pro-monthly"]
    assert stack["replaced"] is None
    assert {entry["address"] for entry in stack["resources"]} == {
        "stripe_product.pro",
        "stripe_price.pro-monthly",
    }


def test_people_are_told_what_the_next_apply_will_do(
    engine: Engine, state_file: Path, write: Write
) -> None:
    """Removals and creations stand apart, with the word about renames."""
    write(
        "shop",
        """
        from engine.stripe import Price, Product

        pro = Product("pro", name="Pro")
        Price("monthly", product=pro.id, currency="usd", unit_amount=2900)
        """,
    )
    state_file.unlink()
    out = engine("state", "rebuild").out
    assert "No longer declared; the next apply removes them:\n  stripe_price.pro-monthly [" in out
    assert "Not found; the next apply creates them:\n  stripe_price.monthly\n" in out
    assert "declare moved(OLD, NEW) before you apply" in out


def test_what_may_be_another_stacks_is_named(
    engine: Engine, state_file: Path, write: Write
) -> None:
    """With the stack that has to find its own first, and what to run then."""
    write("shop", 'from engine.stripe import Product\nProduct("pro", name="Pro")\n')
    write(
        "plans",
        """
        from engine.stripe import Price, Product

        Price("month", product=Product("x", name="X"), currency="usd", unit_amount=100)
        """,
    )
    state_file.unlink()
    out = engine("state", "rebuild", "shop").out
    assert "Left alone, since another stack may have them:\n  stripe_price.pro-monthly [" in out
    assert "], which stack plans may declare now\n" in out
    assert (
        "Rebuild or apply plans; then engine state rebuild shop --force finds what is left.\n"
        in out
    )
    state_file.unlink()
    (stack,) = json.loads(engine("state", "rebuild", "shop", "--json").out)["stacks"]
    assert [(one["address"], one["stack"]) for one in stack["left_alone"]] == [
        ("stripe_price.pro-monthly", "plans")
    ]


@pytest.mark.usefixtures("state_file")
def test_a_good_state_is_left(engine: Engine) -> None:
    """Without a name there is nothing to do; with one it takes --force."""
    assert engine("state", "rebuild").out == "Every state can be read: nothing to rebuild.\n"
    ended = engine("state", "rebuild", "shop")
    assert ended.code == 1
    assert "state/local/shop.json can be read (serial " in ended.err
    assert engine("state", "rebuild", "shop", "--force").code == 0


def test_an_archived_object_is_said_to_be(
    engine: Engine, state_file: Path, write: Write, root: Path
) -> None:
    """It is remembered, not managed; the next apply revives it."""
    stack = (root / "stacks" / "shop.py").read_text()
    write("shop", "")
    assert engine("apply", "--yes", "--allow-mass-change").code == 0
    write("shop", stack)
    state_file.unlink()
    out = engine("state", "rebuild").out
    assert "] by its ownership stamp, archived\n" in out
    assert engine("apply", "--yes").code == 0
    assert engine("plan", "--detailed-exitcode").code == 0
