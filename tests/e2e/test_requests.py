"""How many requests a plan makes: pages and not objects, however many others there are.

Each count is the emulator's own, and is what the engine reports. One request asks whom the key
speaks for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.emulator.core import Emulator
from engine.errors import EngineError
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.plan.model import PlanReport
from engine.views.json.plan import plan_document
from engine.views.style import PLAIN
from engine.views.text.plan import plan_text
from tests.support.project import Project

KEY = "sk_test_e2e"
WHO = 1
"""Requests that ask for the account."""
PAIRS = """
    from engine.stripe import Price, Product

    for number in range({pairs}):
        product = Product(f"p{{number}}", name=f"Product {{number}}")
        Price(f"p{{number}}", product=product.id, currency="usd", unit_amount=100 + number,
              lookup_key=f"p{{number}}")
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    """A project with nothing in it, in front of an account with nothing on it."""
    with Emulator(seed=3) as emulator:
        yield Project(tmp_path / "project", emulator)


def asked(shop: Project, *, changes: bool = False, **options: Any) -> Counter[str]:
    """Plan, and count what was asked, by path; ids count as `ID`."""
    shop.emulator.log.clear()
    report: PlanReport = shop.report(**options)
    assert report.has_changes is changes
    assert report.requests == len(shop.emulator.log)
    found = Counter(_shape(entry.path) for entry in shop.emulator.log)
    assert found.pop("/v1/account") == WHO
    return found


def _shape(path: str) -> str:
    """A path in which ids are told by what tells them: digits and capitals."""
    words = path.split("/")
    return "/".join(word if word.islower() or word == "" else "ID" for word in words)


def seed_pairs(shop: Project, pairs: int, lineage: str = "") -> None:
    """Put products and prices there; with a lineage they are stamped as those of PAIRS."""

    def stamp(address: str) -> dict[str, str]:
        return {"engine": f"{lineage}:{address}"} if lineage else {}

    ids = shop.emulator.seed_many(
        "product",
        (
            {"name": f"Product {number}", "metadata": stamp(f"stripe_product.p{number}")}
            for number in range(pairs)
        ),
        key=KEY,
    )
    shop.emulator.seed_many(
        "price",
        (
            {
                "product": id,
                "currency": "usd",
                "unit_amount": 100 + number,
                "lookup_key": f"p{number}" if lineage else f"other{number}",
                "metadata": stamp(f"stripe_price.p{number}"),
            }
            for number, id in enumerate(ids)
        ),
        key=KEY,
    )


# ── plans without changes ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("objects", [10, 100, 1000])
def test_a_plan_without_changes_reads_a_page_for_a_hundred_objects_of_a_type(
    shop: Project, objects: int
) -> None:
    """Half of the objects are products and half are prices: at most two requests a hundred."""
    pairs = objects // 2
    shop.write(PAIRS.format(pairs=pairs))
    seed_pairs(shop, pairs, "0123abcd")
    rebuild_states(shop.context(), (), RebuildOptions(declared_only=True))
    pages = -(-pairs // 100)
    assert asked(shop) == {"/v1/products": pages, "/v1/prices": pages}


def test_ten_of_ours_are_found_among_a_hundred_thousand_others(shop: Project) -> None:
    """Ours are the oldest, so no page shows them: at most twenty requests all the same."""
    shop.write(PAIRS.format(pairs=5))
    shop.apply()
    seed_pairs(shop, 50_000)
    found = asked(shop)
    assert found["/v1/products"] == 1
    assert found.total() + WHO <= 20


def test_every_type_costs_pages_of_its_own(shop: Project) -> None:
    """Several of a type are a page, one of a type is read by itself."""
    shop.write(
        """
        from engine.stripe import Coupon, Feature, Price, Product, PromotionCode, WebhookEndpoint

        for number in range(3):
            product = Product(f"p{number}", name=f"P{number}")
            Price(f"p{number}", product=product.id, currency="usd", unit_amount=100)
            Feature(f"f{number}", name=f"F{number}", lookup_key=f"f{number}")
            coupon = Coupon(f"c{number}", percent_off=10, duration="once")
            PromotionCode(f"c{number}", code=f"CODE{number}",
                          promotion={"type": "coupon", "coupon": coupon.id})
        WebhookEndpoint("hook", url="https://a.example/h", enabled_events=["invoice.paid"])
        """
    )
    shop.apply()
    assert asked(shop) == {
        "/v1/products": 1,
        "/v1/prices": 1,
        "/v1/entitlements/features": 1,
        "/v1/coupons": 1,
        "/v1/promotion_codes": 1,
        "/v1/webhook_endpoints/ID": 1,
    }


def test_archived_prices_cost_pages_too(shop: Project) -> None:
    """The list shows active ones: the others come in a list of their own, a hundred at a time."""
    shop.write(
        """
        from engine.stripe import Price, Product

        product = Product("p", name="P")
        for number in range(60):
            Price(f"p{number}", product=product.id, currency="usd", unit_amount=100 + number,
                  active=number % 2 == 0)
        """
    )
    shop.apply()
    assert asked(shop) == {"/v1/products/ID": 1, "/v1/prices": 2}


def test_children_cost_a_page_a_parent(shop: Project) -> None:
    """Their list is under the parent."""
    shop.write(
        """
        from engine.stripe import Feature, Product, ProductFeature

        for number in range(2):
            product = Product(f"p{number}", name=f"P{number}")
            for one in range(5):
                feature = Feature(f"f{number}{one}", name="F", lookup_key=f"f{number}{one}")
                ProductFeature(f"f{number}{one}", product=product.id,
                               entitlement_feature=feature.id)
        """
    )
    shop.apply()
    assert asked(shop) == {
        "/v1/products": 1,
        "/v1/entitlements/features": 1,
        "/v1/products/ID/features": 2,
    }


def test_objects_on_connected_accounts_cost_pages_of_each_account(shop: Project) -> None:
    """A page is of one account."""
    other = shop.call("post", "/v1/accounts", type="custom", country="US")["id"]
    own = shop.call("get", "/v1/account")["id"]
    shop.write(
        f"""
        from engine import Lifecycle
        from engine.stripe import Coupon

        Coupon("own", percent_off=10, duration="once", lifecycle=Lifecycle(account="{own}"))
        for number in range(4):
            there = Lifecycle(account="{other}") if number % 2 else Lifecycle()
            Coupon(f"c{{number}}", percent_off=10, duration="once", lifecycle=there)
        """
    )
    shop.apply()
    assert asked(shop) == {"/v1/coupons": 2}


def test_stacks_share_the_pages_that_they_read(shop: Project) -> None:
    """A page is of the account and not of a stack: five stacks cost what one does."""
    for stack in range(5):
        shop.write(
            f"""
            from engine.stripe import Coupon

            for number in range(10):
                Coupon(f"c{stack}-{{number}}", percent_off=10, duration="once")
            """,
            f"stack{stack}",
        )
    shop.apply()
    assert asked(shop) == {"/v1/coupons": 1}


def test_what_is_not_asked_for_is_not_read(shop: Project) -> None:
    """A target is read, and what it refers to; without a refresh nothing is."""
    shop.write(PAIRS.format(pairs=5))
    shop.apply()
    assert asked(shop, targets=["stripe_price.p3"]) == {"/v1/products/ID": 1, "/v1/prices/ID": 1}
    shop.emulator.log.clear()
    assert shop.report(refresh=False).requests == 0
    assert len(shop.emulator.log) == 0


# ── plans that create ─────────────────────────────────────────────────────────────────────


def test_a_first_plan_asks_for_keys_in_pages(shop: Project) -> None:
    """Five hundred lookup keys on an account without prices: an active list, an archived one.

    And one page of each type: an older state may not know what was made last.
    """
    shop.write(PAIRS.format(pairs=500))
    assert asked(shop, changes=True) == {"/v1/prices": 2 + 1, "/v1/products": 1}


# ── lookups ───────────────────────────────────────────────────────────────────────────────


def test_lookups_by_key_are_asked_for_ten_at_once(shop: Project) -> None:
    """Stripe's list takes ten lookup keys; ids go a hundred at once."""
    seed_pairs(shop, 12)
    ids = [entry["id"] for entry in shop.objects("/v1/products")]
    shop.write(
        f"""
        from engine import output
        from engine.stripe import Price, Product

        for number in range(12):
            price = Price.lookup(lookup_key=f"other{{number}}")
            output(f"price{{number}}", price.unit_amount)
        for number, id in enumerate({ids}):
            output(f"product{{number}}", Product.lookup(id=id).name)
        """
    )
    assert asked(shop, changes=True) == {"/v1/prices": 2, "/v1/products": 1}
    shop.apply()
    outputs = shop.state().outputs
    assert [outputs[f"price{number}"] for number in range(12)] == list(range(100, 112))
    assert [outputs[f"product{number}"] for number in range(12)] == [
        f"Product {number}" for number in range(12)
    ]


@pytest.mark.parametrize(
    ("lookup", "told", "hint", "requests"),
    [
        (
            'Price.lookup(lookup_key="nowhere")',
            "finds nothing on this account",
            "look in the Dashboard for the price, in the mode of this run's key; or declare it",
            4,  # what is archived is asked for too, then a page of each for the nearest key
        ),
        (
            'Price.lookup(currency="usd")',
            r"finds more than one price: price_\w+ \(lookup_key 'other249', .*; \.\.\.",
            'or name the one that is meant: Price.lookup(id="price_',
            1,
        ),
        (
            'Product.lookup(id="prod_gone")',
            "finds nothing on this account",
            "look in the Dashboard for the product, in the mode of this run's key; or",
            1,
        ),
    ],
)
def test_a_lookup_reads_no_further_than_it_has_to(
    shop: Project, lookup: str, told: str, hint: str, requests: int
) -> None:
    """One that names several objects is refused after the page that shows it, with some of them."""
    seed_pairs(shop, 250)
    shop.write(
        f"""
        from engine import output
        from engine.stripe import Price, Product

        output("one", {lookup}.id)
        """
    )
    shop.emulator.log.clear()
    with pytest.raises(EngineError, match=told) as caught:
        shop.plan()
    assert hint in str(caught.value.hint)
    assert len(shop.emulator.log) == WHO + requests


# ── what is told ──────────────────────────────────────────────────────────────────────────


def test_the_number_of_requests_is_told(shop: Project) -> None:
    """In the document, and in words if details are wanted."""
    shop.write(PAIRS.format(pairs=5))
    shop.apply()
    shop.emulator.log.clear()
    context = shop.context()
    report = shop.report()
    assert len(shop.emulator.log) == WHO + 2
    assert json.loads(json.dumps(plan_document(report)))["requests"] == 3
    told = "3 requests made to Stripe."
    assert told in plan_text(report, context.schemas, PLAIN, verbose=True)
    assert told not in plan_text(report, context.schemas, PLAIN, verbose=False)
