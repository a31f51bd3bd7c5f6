"""Connected accounts in what commands print."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.command_line import Engine, Write

SHOP = """
    from engine import Lifecycle
    from engine.stripe import Account, Coupon

    north = Account("north", type="custom", country="US")
    south = Account("south", type="custom", country="US")
    Coupon("ten", id="C10", percent_off=10, duration="once", lifecycle=Lifecycle(account={on}))
"""
NEW = """
  # stripe_coupon.ten will be created
  + stripe_coupon.ten on stripe_account.north.id (known after apply)  stacks/shop.py:7
      + id:          "C10"
      + percent_off: 10
      + duration:    "once"
"""
MOVED = """
  # stripe_coupon.ten will be replaced: lifecycle.account cannot be changed in place
  # the new one first, then the old one is deleted
+/- stripe_coupon.ten [C10]  stacks/shop.py:7
      ~ lifecycle.account: "acct_NORTH" -> "acct_SOUTH"  # forces replacement
"""


def _ids(engine: Engine) -> dict[str, str]:
    ended = engine("show", "--json")
    [stack] = json.loads(ended.out)["stacks"]
    return {entry["address"]: entry["id"] for entry in stack["resources"]}


def _one(document: dict[str, Any], address: str) -> dict[str, Any]:
    [stack] = document["stacks"]
    [found] = [entry for entry in stack["changes"] if entry["address"] == address]
    assert isinstance(found, dict)
    return found


def test_an_account_is_in_plans_results_and_states(engine: Engine, write: Write) -> None:
    """As the reference before it exists, as its id afterwards."""
    write("shop", SHOP.format(on="north"))
    assert NEW in engine("plan").out
    planned = _one(json.loads(engine("plan", "--json").out), "stripe_coupon.ten")
    assert planned["account"] == "${stripe_account.north.id}"
    ended = engine("apply", "--yes")
    north, south = (_ids(engine)[f"stripe_account.{name}"] for name in ("north", "south"))
    assert f"stripe_coupon.ten: creating on {north}…\n" in ended.err
    assert engine("state", "list").out.splitlines()[-1] == f"stripe_coupon.ten on {north}"
    listed = json.loads(engine("state", "list", "--json").out)["stacks"]
    assert listed[0]["accounts"] == {"stripe_coupon.ten": north}
    shown = engine("state", "show", "stripe_coupon.ten")
    assert shown.out.splitlines()[0] == f"stripe_coupon.ten [C10] on {north}"
    write("shop", SHOP.format(on="south"))
    assert MOVED.replace("acct_NORTH", north).replace("acct_SOUTH", south) in engine("plan").out
    applied = json.loads(engine("apply", "--yes", "--json").out)
    assert _one(applied, "stripe_coupon.ten")["account"] == south
    assert [(entry["step"], entry["account"]) for entry in applied["outcomes"]] == [
        ("create stripe_coupon.ten", south),
        (f"remove stripe_coupon.ten {north}:C10", north),
    ]


def test_what_fails_on_an_account_names_it(engine: Engine, write: Write) -> None:
    """A key that another object has there is one of Stripe's refusals."""
    write("shop", SHOP.format(on="north"))
    engine("apply", "--yes")
    north = _ids(engine)["stripe_account.north"]
    write(
        "shop",
        SHOP.format(on="north")
        + """
    from engine.stripe import Price
    Price("p", product="prod_nowhere", currency="usd", unit_amount=1,
          lifecycle=Lifecycle(account=north))
""",
    )
    ended = engine("apply", "--yes")
    assert ended.code == 1
    assert re.search(
        rf"^  stripe_price\.p could not be created on {north}  ", ended.err, re.MULTILINE
    )


def test_a_reference_across_accounts_is_found_offline(engine: Engine, write: Write) -> None:
    """With file and line, and what both accounts are."""
    write(
        "shop",
        SHOP.format(on="north")
        + """
    from engine.stripe import PromotionCode
    PromotionCode("code", code="TEN",
                  promotion={"type": "coupon", "coupon": "${stripe_coupon.ten.id}"})
""",
    )
    ended = engine("validate")
    assert ended.code == 1
    assert ended.err == (
        "Error: 1 problem in the stacks\n\n"
        "stacks/shop.py:11: stripe_promotion_code.code: promotion.coupon names stripe_coupon.ten, "
        "which is on account stripe_account.north.id, and this is on the key's own account: an "
        "account sees its own objects alone\n"
        "    put both on one account, or declare one like stripe_coupon.ten on the key's own "
        "account\n"
    )
