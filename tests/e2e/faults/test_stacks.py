"""`kill -9` at every point of an apply in which one stack follows a change of another.

The pass rule of each: the next run ends with each price, portal and link as declared, once, with
the old price archived, no journal, and an empty plan.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from tests.support.faults.shop import Shop, Trying
from tests.support.faults.victims import KILLED, Victim

CATALOGUE = """
    from engine import output
    from engine.stripe import Price, Product

    p = Product("pro", name="Pro")
    month = Price("month", product=p, currency="usd", unit_amount=1000,
                  recurring={"interval": "month"})
    output("month", month.id)
"""
READER = """
    from engine import stack_output
    from engine.stripe import PaymentLink

    PaymentLink("buy", line_items=[{"price": stack_output("shop", "month"), "quantity": 1}])
"""


def _both(shop: Shop) -> Path:
    """Both stacks applied, and the price changed in the code."""
    folder = shop.fresh(CATALOGUE)
    (folder / "stacks" / "reader.py").write_text(textwrap.dedent(READER), encoding="utf-8")
    shop.apply(folder)
    shop.write(folder, CATALOGUE.replace("1000", "1200"))
    return folder


def _check(shop: Shop, folder: Path) -> None:
    """One price and one link are active, and the link sells that price."""
    prices = {entry["id"]: entry["unit_amount"] for entry in shop.listed("/v1/prices")}
    active = [entry["id"] for entry in shop.listed("/v1/prices") if entry["active"]]
    assert [prices[id] for id in active] == [1200]
    assert sorted(prices.values()) == [1000, 1200]
    links = [entry["id"] for entry in shop.listed("/v1/payment_links") if entry["active"]]
    assert len(links) == 1
    link = shop.http().get(f"/v1/payment_links/{links[0]}", {"expand": ["line_items"]})
    assert [item["price"]["id"] for item in link["line_items"]["data"]] == active
    assert len(shop.listed("/v1/payment_links")) == 2
    assert not list(folder.rglob("*.journal"))
    assert not plan_stacks(shop.context(folder), (), PlanOptions()).has_changes


def test_killed_while_a_stack_follows_another(
    shop: Shop, victim: Victim, trying: Trying, *, whole: bool
) -> None:
    """Wherever the run is killed, the next one ends as if nothing had happened."""
    folder = _both(shop)
    end = victim.run(folder)
    assert end.code == 0, end.told
    _check(shop, folder)
    for at in range(1, end.points + 1, 1 if whole else 9):
        with trying("kill -9 between stacks"):
            folder = _both(shop)
            assert victim.run(folder, at=at).code == KILLED
            shop.apply(folder)
            _check(shop, folder)
