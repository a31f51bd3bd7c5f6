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
    for at in range(1, end.points + 1, 1 if whole else 13):
        with trying("kill -9 between stacks"):
            folder = _both(shop)
            assert victim.run(folder, at=at).code == KILLED
            shop.apply(folder)
            _check(shop, folder)


ANEW = """
    from engine import output
    from engine.stripe import Coupon, Product

    sale = Coupon("sale", id="SALE", percent_off=10, duration="once")
    output("ids", {"sale": sale.id, "old": Product("p", name="1").id})
"""
PASSED_ON = """
    from engine import output, stack_output

    output("all", stack_output("shop", "ids"))
"""
TIED = """
    from engine import Lifecycle, stack_output
    from engine.stripe import Product, PromotionCode

    ids = stack_output("passing", "all")
    PromotionCode("code", code="SALE", promotion={"type": "coupon", "coupon": ids["sale"]})
    Product("q", name="Q", lifecycle=Lifecycle(replace_triggered_by=["shop:stripe_product.p"]))
"""


def _three(shop: Shop) -> Path:
    """A coupon, a stack that passes its id on, one with a code for it; the coupon is to change."""
    folder = shop.fresh(ANEW)
    for name, text in (("passing", PASSED_ON), ("tied", TIED)):
        (folder / "stacks" / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    shop.apply(folder)
    shop.write(folder, ANEW.replace("percent_off=10", "percent_off=20"))
    return folder


def _check_codes(shop: Shop, folder: Path) -> None:
    """One coupon as declared, with one active code; nothing is left to do."""
    assert [entry["percent_off"] for entry in shop.listed("/v1/coupons")] == [20]
    assert len([one for one in shop.listed("/v1/promotion_codes") if one["active"]]) == 1
    assert sorted(entry["name"] for entry in shop.listed("/v1/products")) == ["1", "Q"]
    assert not list(folder.rglob("*.journal"))
    assert not plan_stacks(shop.context(folder), (), PlanOptions()).has_changes


def test_killed_while_an_object_is_made_anew_under_its_readers(
    shop: Shop, victim: Victim, trying: Trying, *, whole: bool
) -> None:
    """The code of the coupon follows, through a stack that only passes the id on."""
    folder = _three(shop)
    end = victim.run(folder)
    assert end.code == 0, end.told
    _check_codes(shop, folder)
    for at in range(1, end.points + 1, 1 if whole else 9):
        with trying("kill -9 while a coupon is made anew"):
            folder = _three(shop)
            assert victim.run(folder, at=at).code == KILLED
            shop.apply(folder)
            _check_codes(shop, folder)
