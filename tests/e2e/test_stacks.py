"""Several stacks in one run: readers of an output follow its change before anything ends."""

from __future__ import annotations

import pytest

from engine.emulator.testing.faults import server_error
from tests.support.project import Project

CATALOGUE = """
    from engine import output
    from engine.stripe import Price, Product

    p = Product("pro", name="Pro")
    month = Price("month", product=p, currency="usd", unit_amount={amount},
                  recurring={{"interval": "month"}})
    output("product", p.id)
    output("month", month.id)
"""
PORTAL = """
    from engine import stack_output
    from engine.stripe import PaymentLink, PortalConfiguration

    month = stack_output("catalogue", "month")
    product = stack_output("catalogue", "product")
    PortalConfiguration("portal", features={
        "payment_method_update": {"enabled": True},
        "subscription_update": {"enabled": True, "default_allowed_updates": ["price"],
                                "products": [{"product": product, "prices": [month]}]}})
    PaymentLink("buy", line_items=[{"price": month, "quantity": 1}])
"""


@pytest.fixture
def two(project: Project) -> Project:
    """A catalogue and a portal that reads its outputs, both applied."""
    project.write(CATALOGUE.format(amount=1000), "catalogue")
    project.write(PORTAL, "portal")
    project.apply()
    project.writes()
    return project


def prices(project: Project) -> dict[int, bool]:
    """Amount of each price, and whether it is active."""
    return {found["unit_amount"]: found["active"] for found in project.objects("/v1/prices")}


def offered(project: Project) -> set[int]:
    """Amounts of the prices that the portal and the active links offer."""
    by_id = {found["id"]: found["unit_amount"] for found in project.objects("/v1/prices")}
    [portal] = project.call(
        "get",
        "/v1/billing_portal/configurations",
        expand=["data.features.subscription_update.products"],
    )["data"]
    [product] = portal["features"]["subscription_update"]["products"]
    links = project.call("get", "/v1/payment_links", active=True, expand=["data.line_items"])
    bought = [item["price"]["id"] for link in links["data"] for item in link["line_items"]["data"]]
    return {by_id[id] for id in (*product["prices"], *bought)}


def test_a_replaced_price_moves_through_the_stacks_that_read_it(two: Project) -> None:
    """One plan shows both; portal and link follow before the old price is archived."""
    two.write(CATALOGUE.format(amount=1200), "catalogue")
    catalogue, portal = two.report().plans
    assert [str(change.address) for change in catalogue.pending] == ["stripe_price.month"]
    assert {str(change.address): change.action.value for change in portal.pending} == {
        "stripe_billing_portal_configuration.portal": "update",
        "stripe_payment_link.buy": "replace",
    }
    two.apply()
    paths = [(method, path.rpartition("/")[0], params) for method, path, params in two.writes()]
    archived = [number for number, entry in enumerate(paths) if entry[2].get("active") == "false"]
    assert paths[archived[-1]][1] == "/v1/prices"
    assert archived[-1] == len(paths) - 1
    assert prices(two) == {1000: False, 1200: True}
    assert offered(two) == {1200}
    assert [plan.has_changes for plan in two.report().plans] == [False, False]
    assert [two.state(name).serial for name in ("catalogue", "portal")] == [3, 3]


def test_a_reader_that_fails_keeps_what_it_refers_to(two: Project) -> None:
    """The old price stays active, and the next apply ends it once the portal has followed."""
    two.write(CATALOGUE.format(amount=1200), "catalogue")
    fault = server_error()
    where = "/v1/billing_portal/configurations/*"
    two.emulator.faults.add(fault, method="POST", path=where, times=3)
    report = two.try_apply()
    assert [str(failure.step.address) for failure in report.failures] == [
        "stripe_billing_portal_configuration.portal"
    ]
    skipped = [
        (result.step.key, result.because)
        for stack in report.results
        for result in stack.results
        if result.outcome.value == "skipped"
    ]
    [(key, because)] = skipped
    assert key.startswith("remove stripe_price.month")
    assert because == "update stripe_billing_portal_configuration.portal"
    assert prices(two) == {1000: True, 1200: True}
    two.apply()
    assert prices(two) == {1000: False, 1200: True}
    assert offered(two) == {1200}
    assert [plan.has_changes for plan in two.report().plans] == [False, False]


def test_what_a_stack_outside_of_the_run_reads_is_not_ended(two: Project) -> None:
    """A plan of the catalogue alone is refused, and names the stack to plan with it."""
    two.write(CATALOGUE.format(amount=1200), "catalogue")
    [refusal] = two.report("catalogue").refusals
    assert refusal.startswith("stack portal refers to output 'month' of catalogue")
    assert refusal.endswith("engine apply catalogue portal")
    [refusal] = two.report("catalogue", destroy=True).refusals[:1]
    assert refusal.endswith("engine destroy catalogue portal")


def test_a_price_that_gives_way_for_a_new_one_goes_first(project: Project) -> None:
    """What has to go before its successor can be made is not put off."""
    text = """
        from engine import output
        from engine.stripe import Coupon

        output("sale", Coupon("sale", id="SALE", percent_off={percent}).id)
    """
    project.write(text.format(percent=10), "catalogue")
    project.write(
        """
        from engine import stack_output
        from engine.stripe import PromotionCode

        sale = stack_output("catalogue", "sale")
        PromotionCode("code", code="SALE", promotion={"type": "coupon", "coupon": sale})
        """,
        "codes",
    )
    project.apply()
    project.write(text.format(percent=20), "catalogue")
    project.apply()
    [coupon] = project.objects("/v1/coupons")
    assert coupon["percent_off"] == 20


def test_everything_is_destroyed_against_the_reading(two: Project) -> None:
    """The link goes first, then the price that it offered; Stripe keeps the default portal."""
    two.apply(destroy=True, allow_mass_change=True)
    ends = [path.split("/")[2] for _, path, _ in two.writes()]
    assert ends.index("prices") > ends.index("payment_links")
    assert prices(two) == {1000: False}


def test_what_another_stack_manages_is_not_taken_over(project: Project) -> None:
    """A coupon whose declaration moved is refused by the name of its owner, and can be moved."""
    coupon = """
        from engine import Lifecycle, import_, removed
        from engine.stripe import Coupon

        Coupon("c10", id="C10", percent_off=10{more})
    """
    project.write(coupon.format(more=""), "shop")
    project.write("", "other")
    project.apply()
    project.write("", "shop")
    project.write(coupon.format(more=", lifecycle=Lifecycle(adopt=True)"), "other")
    [refusal] = project.report().refusals
    assert "id 'C10' belongs to shop:stripe_coupon.c10" in refusal
    assert 'moved("shop:stripe_coupon.c10", "stripe_coupon.c10")' in refusal
    assert "adopt" not in refusal
    project.write('from engine import removed\nremoved("stripe_coupon.c10")\n', "shop")
    moved = coupon.format(more="") + """    import_("stripe_coupon.c10", "C10")\n"""
    project.write(moved, "other")
    project.writes()
    project.apply()
    assert project.writes() == []
    assert [found["id"] for found in project.objects("/v1/coupons")] == ["C10"]
    assert not project.report().has_changes


def test_a_part_of_a_stack_ends_nothing_that_another_stack_reads(two: Project) -> None:
    """Outputs stay as they are then, so that no reader could follow."""
    two.write(CATALOGUE.format(amount=1200), "catalogue")
    report = two.report(targets=["stripe_price.month"])
    [refusal] = report.refusals
    assert refusal.startswith("stack portal refers to output 'month' of catalogue")
