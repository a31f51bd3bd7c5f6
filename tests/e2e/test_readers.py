"""States say what they read, and what is read does not end before its readers have followed."""

from __future__ import annotations

import json

import pytest

from engine.emulator.testing.faults import Effect, error, server_error
from engine.errors import GuardError
from engine.operations.saved_plan.saved_plan import apply_saved, plan_to_save
from engine.plan.inputs.options import PlanOptions
from tests.support.project import Project

CATALOGUE = """
    from engine import output
    from engine.stripe import Price, Product

    p = Product("pro", name="Pro")
    prices = {{
        name: Price(name, product=p, currency="usd", unit_amount=amount,
                    recurring={{"interval": name}})
        for name, amount in {amounts}.items()
    }}
    output("prices", {{name: price.id for name, price in prices.items()}})
    output("product", p.id)
"""
AMOUNTS = {"month": 1000, "year": 10000}
DEARER = {"month": 1200, "year": 10000}
MIDDLE = """
    from engine import output, stack_output

    output("offered", stack_output("catalogue", "prices")["month"])
"""
PORTAL = """
    from engine import stack_output
    from engine.stripe import PaymentLink

    PaymentLink("buy", line_items=[{"price": stack_output("middle", "offered"), "quantity": 1}])
"""
COUPON = """
    from engine import output
    from engine.stripe import Coupon

    output("ids", {{"sale": Coupon("sale", id="SALE", percent_off={percent}).id}})
"""
CODES = """
    from engine import stack_output
    from engine.stripe import PromotionCode

    sale = stack_output("catalogue", "ids")["sale"]
    PromotionCode("code", code="SALE", promotion={"type": "coupon", "coupon": sale})
"""


@pytest.fixture
def chain(project: Project) -> Project:
    """A catalogue, a stack that passes one of its prices on, and a link to that; all applied."""
    project.write(CATALOGUE.format(amounts=AMOUNTS), "catalogue")
    project.write(MIDDLE, "middle")
    project.write(PORTAL, "portal")
    project.apply()
    project.writes()
    return project


@pytest.fixture
def codes(project: Project) -> Project:
    """A coupon with a chosen id, and a promotion code of another stack for it; both applied."""
    project.write(COUPON.format(percent=10), "catalogue")
    project.write(CODES, "codes")
    project.apply()
    project.writes()
    return project


def reads(project: Project, name: str) -> object:
    """What the file of a state says that its stack reads; None if it says nothing of that."""
    return json.loads(project.state_text(name)).get("reads")


def test_a_state_records_what_its_stack_reads(chain: Project) -> None:
    """Each output and place, also one that is only passed on; other states are as they were."""
    assert reads(chain, "catalogue") is None
    assert reads(chain, "middle") == {"catalogue": ["prices.month"]}
    assert reads(chain, "portal") == {"middle": ["offered"]}
    chain.write(
        MIDDLE.replace('("catalogue", "prices")["month"]', '("catalogue", "product")'), "middle"
    )
    chain.write("", "portal")
    chain.apply()
    assert reads(chain, "middle") == {"catalogue": ["product"]}
    assert reads(chain, "portal") is None


def test_a_change_moves_through_a_stack_that_only_passes_it_on(chain: Project) -> None:
    """The new price, the new link, the end of the old link, then that of the old price."""
    chain.write(CATALOGUE.format(amounts=DEARER), "catalogue")
    chain.apply()
    writes = [(path.split("/")[2], params.get("active", "")) for _, path, params in chain.writes()]
    assert writes[0] == ("prices", "")
    assert writes[-1] == ("prices", "false")
    assert {place for place, _ in writes[1:-1]} == {"payment_links"}
    [link] = chain.call("get", "/v1/payment_links", active=True, expand=["data.line_items"])["data"]
    assert [item["price"]["unit_amount"] for item in link["line_items"]["data"]] == [1200]
    assert [plan.has_changes for plan in chain.report().plans] == [False] * 3


@pytest.mark.parametrize("options", [{}, {"refresh": False}, {"targets": ["stripe_price.month"]}])
def test_all_that_have_to_follow_are_named(chain: Project, options: dict[str, object]) -> None:
    """Of a part of the chain the plan is refused, with the command for the whole of it."""
    chain.write(CATALOGUE.format(amounts=DEARER), "catalogue")
    old = chain.state("catalogue").resources["stripe_price.month"].id
    together = (
        f"and this plan ends {old}. Run these stacks as a whole: engine apply catalogue middle"
    )
    assert chain.report("catalogue", **options).refusals == (
        f"stack middle refers to output 'prices.month' of catalogue, {together} portal",
        f"stack portal refers to output 'offered' of middle, {together} portal",
    )
    if not options:
        [refusal] = chain.report("catalogue", "middle").refusals
        assert refusal == f"stack portal refers to output 'offered' of middle, {together} portal"


def test_a_key_that_no_other_stack_reads_may_end(chain: Project) -> None:
    """The yearly price is in the same map, but only the monthly one is read."""
    chain.write(CATALOGUE.format(amounts={"month": 1000, "year": 12000}), "catalogue")
    assert not chain.report("catalogue").refusals
    chain.apply("catalogue")
    assert [plan.has_changes for plan in chain.report().plans] == [False] * 3


def test_what_is_read_is_neither_destroyed_nor_taken_away(chain: Project) -> None:
    """By `destroy`, and by code that no longer has the output; in one run of all both work."""
    refusals = chain.report("catalogue", destroy=True).refusals
    assert refusals[0].endswith(
        "Run these stacks as a whole: engine destroy catalogue middle portal"
    )
    [refusal] = chain.report("middle", destroy=True).refusals
    assert refusal == (
        "stack portal refers to output 'offered' of middle, which this plan takes away. Run both "
        "stacks as a whole: engine destroy middle portal"
    )
    chain.write("", "middle")
    [refusal] = chain.report("middle").refusals
    assert refusal.endswith("engine apply middle portal")
    chain.write("", "portal")
    chain.apply("middle", "portal")
    chain.apply("catalogue", destroy=True)
    assert not chain.state("catalogue").resources


def test_everything_is_destroyed_against_the_reading(chain: Project) -> None:
    """In one run, without a refusal; the states say of nothing that they read it."""
    chain.apply(destroy=True, allow_mass_change=True)
    assert [reads(chain, name) for name in ("catalogue", "middle", "portal")] == [None] * 3


def test_a_producer_without_a_module_is_not_destroyed_under_its_readers(chain: Project) -> None:
    """Its state is enough to destroy it, and that of the reader is enough to refuse."""
    (chain.root / "stacks" / "catalogue.py").unlink()
    refusals = chain.report("catalogue", destroy=True).refusals
    assert "stack middle refers to output 'prices.month' of catalogue" in refusals[0]
    assert refusals[0].endswith("engine destroy catalogue middle portal")
    assert "stack portal refers to output 'offered' of middle" in refusals[1]
    chain.apply("catalogue", "middle", "portal", destroy=True, allow_mass_change=True)
    assert not chain.call("get", "/v1/prices", active=True)["data"]


def test_a_reader_without_a_module_is_named_with_its_way_out(chain: Project) -> None:
    """It cannot be run along, so what it manages has to go first."""
    (chain.root / "stacks" / "portal.py").unlink()
    chain.write(CATALOGUE.format(amounts=DEARER), "catalogue")
    [refusal] = chain.report().refusals
    assert refusal.startswith(
        "stack portal refers to output 'offered' of middle, and this plan ends"
    )
    assert refusal.endswith("no module: remove what it manages first, engine destroy portal")


def test_what_has_no_value_is_refused_before_the_apply(project: Project) -> None:
    """A reader alone cannot be applied before its producer."""
    project.write(CATALOGUE.format(amounts=AMOUNTS), "catalogue")
    project.write(
        PORTAL.replace('("middle", "offered")', '("catalogue", "prices")["month"]'), "portal"
    )
    [refusal] = project.report("portal").refusals
    assert refusal == (
        "portal reads output 'prices.month' of catalogue, which has no value there. If its module "
        "declares it, apply both: engine apply catalogue portal"
    )
    project.apply()
    project.write(CATALOGUE.format(amounts={**AMOUNTS, "week": 300}), "catalogue")
    project.write(
        PORTAL.replace('("middle", "offered")', '("catalogue", "prices")["week"]'), "portal"
    )
    assert "'prices.week' of catalogue, which has no value" in project.report("portal").refusals[0]
    project.apply()
    assert not project.report().has_changes


def test_a_saved_plan_is_held_to_who_reads_by_then(chain: Project) -> None:
    """A stack that began to read in between has to follow, too."""
    chain.write("", "portal")
    chain.apply("portal")
    chain.write(CATALOGUE.format(amounts={"month": 1000, "year": 12000}), "catalogue")
    _, saved = plan_to_save(chain.context(), ("catalogue",), PlanOptions())
    chain.write(CATALOGUE.format(amounts=AMOUNTS), "catalogue")
    chain.write(
        PORTAL.replace('("middle", "offered")', '("catalogue", "prices")["year"]'), "portal"
    )
    chain.apply("portal")
    with pytest.raises(GuardError, match=r"portal refers to output 'prices\.year' of catalogue"):
        apply_saved(chain.context(), saved, lambda _: True)


def test_a_code_follows_a_coupon_that_is_made_anew(codes: Project) -> None:
    """Its id is the same, but Stripe ends the codes of the one that is deleted."""
    codes.write(COUPON.format(percent=20), "catalogue")
    _, code = codes.report().plans
    assert [
        (change.action.value, [str(why) for why in change.reasons]) for change in code.pending
    ] == [("replace", ["output"])]
    codes.apply()
    [coupon] = codes.objects("/v1/coupons")
    [active] = codes.objects("/v1/promotion_codes", active=True)
    assert (coupon["percent_off"], active["code"]) == (20, "SALE")
    assert not codes.report().has_changes


@pytest.mark.parametrize("options", [{}, {"refresh": False}])
def test_a_code_that_would_end_with_its_coupon_is_named(
    codes: Project, options: dict[str, object]
) -> None:
    """A plan of the coupon alone is refused, also where it is the only one that is targeted."""
    codes.write(COUPON.format(percent=20), "catalogue")
    [refusal] = codes.report("catalogue", **options).refusals
    assert refusal == (
        "stack codes refers to output 'ids.sale' of catalogue, and this plan makes SALE anew: what "
        "codes has made for the old one ends with it. Run both stacks as a whole: engine apply "
        "catalogue codes"
    )
    [refusal] = codes.report(targets=["stripe_coupon.sale"], **options).refusals
    assert refusal.startswith("stack codes refers to output 'ids.sale' of catalogue")


def test_a_coupon_that_was_deleted_elsewhere_is_made_again_with_its_codes(codes: Project) -> None:
    """One apply makes both anew."""
    codes.call("delete", "/v1/coupons/SALE")
    codes.apply()
    assert [found["id"] for found in codes.objects("/v1/coupons")] == ["SALE"]
    assert len(codes.objects("/v1/promotion_codes", active=True)) == 1
    assert not codes.report().has_changes


@pytest.mark.parametrize("fault", [server_error(), error("No.", status=400)])
def test_what_a_reader_that_failed_still_has_is_not_ended_alone(
    chain: Project, fault: Effect
) -> None:
    """The output is the new price already, but the link of the other stack sells the old one."""
    old = chain.state("catalogue").resources["stripe_price.month"].id
    chain.write(CATALOGUE.format(amounts=DEARER), "catalogue")
    chain.emulator.faults.add(fault, method="POST", path="/v1/payment_links", times=3)
    assert chain.try_apply().failures
    [refusal] = chain.report("catalogue").refusals
    assert refusal == (
        f"stack portal refers to output 'offered' of middle, and this plan ends {old}. Run both "
        "stacks as a whole: engine apply catalogue portal"
    )
    chain.emulator.faults.clear()
    chain.apply()
    assert [plan.has_changes for plan in chain.report().plans] == [False] * 3
