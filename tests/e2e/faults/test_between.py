"""Somebody works in the Dashboard between the plan and the apply: told, and nothing else lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.operations.apply import apply_stacks
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Reason
from engine.ports.outcomes import ApplyReport
from tests.support.faults.shop import Shop, Trying

FIRST = """
    from engine.stripe import Coupon, Feature, Price, Product, ProductFeature, WebhookEndpoint

    pro = Product("pro", name="Pro")
    Product("other", name="Other")
    seat = Feature("seat", name="Seat", lookup_key="seat")
    WebhookEndpoint("events", url="https://example.com/hook", enabled_events=["charge.failed"])
    Coupon("sale", percent_off=10, duration="once", name="Sale")
"""
SECOND = (
    FIRST.replace('name="Pro"', 'name="Pro, renamed"')
    .replace('name="Other"', 'name="Other, renamed"')
    .replace('name="Seat"', 'name="Seats"')
    .replace('hook"', 'hooks"')
    .replace('name="Sale"', 'name="Sales"')
    + '    Price("month", product=pro, currency="usd", unit_amount=2900, lookup_key="month")\n'
    + '    ProductFeature("pro-seat", product=pro, entitlement_feature=seat)\n'
)
WITHOUT = """
    from engine.stripe import Product

    Product("other", name="Other, renamed")
"""
PRO = {"stripe_price.month", "stripe_product_feature.pro-seat"}
"""What needs the product."""
UNTOUCHED = {"stripe_product.other", "stripe_entitlements_feature.seat"}


def _meanwhile(shop: Shop, folder: Path, act: Callable[[], object]) -> ApplyReport:
    """Apply, and let somebody act once the plan was agreed to."""

    def approve(_: object) -> bool:
        act()
        return True

    return apply_stacks(shop.context(folder), (), PlanOptions(allow_mass_change=True), approve)


def _ids(shop: Shop, folder: Path) -> dict[str, str]:
    return {address: entry.id for address, entry in shop.state(folder).resources.items()}


@pytest.mark.parametrize(
    ("address", "path", "dependents"),
    [
        ("stripe_product.pro", "/v1/products", PRO),
        ("stripe_webhook_endpoint.events", "/v1/webhook_endpoints", set[str]()),
        ("stripe_coupon.sale", "/v1/coupons", set[str]()),
    ],
)
def test_an_object_is_deleted(
    shop: Shop, trying: Trying, address: str, path: str, dependents: set[str]
) -> None:
    """Its operation fails by name, with what to do; the next plan says that it is gone."""
    with trying("deleted between plan and apply"):
        folder = shop.fresh(FIRST)
        shop.apply(folder)
        ids = _ids(shop, folder)
        shop.write(folder, SECOND)
        report = _meanwhile(shop, folder, lambda: shop.http().delete(f"{path}/{ids[address]}"))
        [failure] = report.failures
        assert str(failure.step.address) == address
        assert ids[address] in str(failure.error)
        assert "run engine plan again" in str(failure.error)
        skipped = {
            str(entry.step.address)
            for result in report.results
            for entry in result.results
            if entry.outcome.value == "skipped"
        }
        assert skipped == dependents
        plan = shop.plan(folder)
        [drift] = plan.drift
        assert (str(drift.address), drift.gone) == (address, True)
        pending = {str(change.address): change.reasons[0] for change in plan.pending}
        assert pending == {address: Reason.MISSING, **dict.fromkeys(dependents, Reason.DECLARED)}
        shop.apply(folder)
        assert not shop.plan(folder).has_changes
        assert set(_ids(shop, folder)) >= {address, *UNTOUCHED}


def test_what_a_new_object_refers_to_is_deleted(shop: Shop, trying: Trying) -> None:
    """The create fails by the name of what is missing."""
    with trying("deleted between plan and apply"):
        folder = shop.fresh(FIRST)
        shop.apply(folder)
        ids = _ids(shop, folder)
        price = SECOND.splitlines()[-2].strip()
        shop.write(folder, f"{FIRST}    {price}\n")
        gone = ids["stripe_product.pro"]
        report = _meanwhile(shop, folder, lambda: shop.http().delete(f"/v1/products/{gone}"))
        [failure] = report.failures
        assert str(failure.step.address) == "stripe_price.month"
        assert f"No such product: '{gone}'" in str(failure.error)
        assert "run engine plan again" in str(failure.error)
        shop.apply(folder)
        assert not shop.plan(folder).has_changes


def test_what_was_to_be_removed_is_gone_already(shop: Shop, trying: Trying) -> None:
    """The wish is fulfilled: nobody is bothered."""
    with trying("deleted between plan and apply"):
        folder = shop.fresh(FIRST)
        shop.apply(folder)
        ids = _ids(shop, folder)
        shop.write(folder, WITHOUT)

        def act() -> None:
            for address, path in (
                ("stripe_product.pro", "products"),
                ("stripe_coupon.sale", "coupons"),
                ("stripe_webhook_endpoint.events", "webhook_endpoints"),
            ):
                shop.http().delete(f"/v1/{path}/{ids[address]}")

        assert _meanwhile(shop, folder, act).failures == ()
        assert set(_ids(shop, folder)) == {"stripe_product.other"}
        assert not shop.plan(folder).has_changes


@pytest.mark.parametrize("when", ["before the plan", "between plan and apply"])
def test_what_was_to_be_ended_has_ended_already(shop: Shop, trying: Trying, when: str) -> None:
    """Stripe refuses to deactivate a meter twice; the wish is fulfilled all the same."""
    with trying(f"deactivated {when}"):
        meter = (
            'Meter("m", display_name="M", event_name="m", default_aggregation={"formula": "sum"})'
        )
        folder = shop.fresh(f"from engine.stripe import Meter\n{meter}\n")
        shop.apply(folder)
        path = f"/v1/billing/meters/{_ids(shop, folder)['stripe_billing_meter.m']}/deactivate"
        shop.write(folder, "")

        def act() -> None:
            shop.http().post(path, {}, idempotency_key="")

        if when.startswith("before"):
            act()
        report = _meanwhile(shop, folder, (lambda: None) if when.startswith("before") else act)
        assert report.failures == ()
        assert _ids(shop, folder) == {}
        shop.write(folder, f"from engine.stripe import Meter\n{meter}\n")
        shop.apply(folder)
        assert [found["status"] for found in shop.listed("/v1/billing/meters")] == ["active"]


def test_an_object_is_changed(shop: Shop, trying: Trying) -> None:
    """What the plan sends wins; what it says nothing of stays, and the next plan puts it back."""
    with trying("changed between plan and apply"):
        folder = shop.fresh(FIRST)
        shop.apply(folder)
        ids = _ids(shop, folder)
        shop.write(folder, SECOND)
        changed: dict[str, dict[str, Any]] = {
            f"/v1/products/{ids['stripe_product.pro']}": {"name": "By hand", "url": "https://x.example"},
            f"/v1/webhook_endpoints/{ids['stripe_webhook_endpoint.events']}": {
                "enabled_events": ["charge.succeeded"]
            },
        }  # fmt: skip

        def act() -> None:
            for path, params in changed.items():
                shop.http().post(path, params, idempotency_key="")

        assert _meanwhile(shop, folder, act).failures == ()
        [pro] = [found for found in shop.listed("/v1/products") if "Pro" in found["name"]]
        assert (pro["name"], pro["url"]) == ("Pro, renamed", "https://x.example")
        [change] = shop.plan(folder).pending
        assert str(change.address) == "stripe_webhook_endpoint.events"
        assert [field.path for field in change.fields] == [("enabled_events",)]
        shop.apply(folder)
        assert not shop.plan(folder).has_changes


def test_a_key_is_taken(shop: Shop, trying: Trying) -> None:
    """Stripe refuses in its own words; all else is done, and the next plan says who holds it."""
    with trying("key taken between plan and apply"):
        folder = shop.fresh(FIRST)
        shop.apply(folder)
        pro = _ids(shop, folder)["stripe_product.pro"]
        shop.write(folder, SECOND)

        def act() -> None:
            params = {"product": pro, "currency": "usd", "unit_amount": 1, "lookup_key": "month"}
            shop.http().post("/v1/prices", params, idempotency_key="")

        [failure] = _meanwhile(shop, folder, act).failures
        assert str(failure.step.address) == "stripe_price.month"
        assert "already uses that lookup key" in str(failure.error)
        assert "stripe_product_feature.pro-seat" in _ids(shop, folder)
        [refusal] = shop.plan(folder).refusals
        assert "stripe_price.month" in refusal
        assert "lookup_key 'month' is held by price_" in refusal


def test_a_product_is_archived(shop: Shop, trying: Trying) -> None:
    """It can still be changed; the next plan sees that it was archived, and revives it."""
    with trying("changed between plan and apply"):
        folder = shop.fresh(FIRST)
        shop.apply(folder)
        pro = _ids(shop, folder)["stripe_product.pro"]
        shop.write(folder, SECOND)

        def act() -> None:
            shop.http().post(f"/v1/products/{pro}", {"active": False}, idempotency_key="")

        _meanwhile(shop, folder, act)
        [drift] = [drift for drift in shop.plan(folder).drift if drift.ended]
        assert str(drift.address) == "stripe_product.pro"
        shop.apply(folder)
        assert not shop.plan(folder).has_changes
        assert all(found["active"] for found in shop.listed("/v1/products"))
