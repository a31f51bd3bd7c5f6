"""Objects that move from one stack to another: one owner each, and nothing is sent to Stripe."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from engine.address import parse_address
from engine.emulator.testing.faults import server_error
from engine.errors import GuardError, SecretSinkError
from engine.operations.apply import apply_stacks
from engine.operations.import_ import import_object
from engine.operations.verify.files import verify_states
from engine.plan.inputs.options import PlanOptions
from engine.ports.secret_sink import SecretSink
from tests.support.project import Project

COUPON = """
    from engine import Lifecycle, import_, moved, removed
    from engine.stripe import Coupon

    c10 = Coupon("c10", id="C10", percent_off=10{more})
"""
PRICE = """
    from engine import moved
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    month = Price("month", product=pro, currency="usd", unit_amount=1000, lookup_key="month",
                  recurring={"interval": "month"})
"""


BOTH = """
    moved("shop:stripe_price.month", month)
    moved("shop:stripe_product.pro", pro)
"""


@pytest.fixture
def shop(project: Project) -> Project:
    """A stack with a coupon, and one without anything."""
    project.write(COUPON.format(more=""), "shop")
    project.write("", "other")
    project.apply()
    project.writes()
    return project


def coupons(project: Project) -> list[str]:
    """Ids of the coupons on the account."""
    return [found["id"] for found in project.objects("/v1/coupons")]


def test_a_coupon_moves(shop: Project) -> None:
    """Nothing is sent, and the coupon is recorded once."""
    shop.write("", "shop")
    shop.write(COUPON.format(more="") + '    moved("shop:stripe_coupon.c10", c10)\n', "other")
    other, giver = sorted(shop.report().plans, key=lambda plan: plan.stack)
    [change] = other.pending
    assert (change.action.value, change.moved_from) == ("move", "shop:stripe_coupon.c10")
    [change] = giver.pending
    assert (change.action.value, [reason.value for reason in change.reasons]) == (
        "forget",
        ["released"],
    )
    assert change.notes == ("other:stripe_coupon.c10 has it from now on",)
    shop.apply()
    assert shop.writes() == []
    assert coupons(shop) == ["C10"]
    assert shop.state("shop").resources == {}
    assert shop.state("other").resources["stripe_coupon.c10"].id == "C10"
    assert not shop.report().has_changes


def test_a_part_of_a_stack_moves_with_its_references(project: Project) -> None:
    """What stays reads the ids as outputs; nothing but state changes, in either stack."""
    link = """
    from engine import stack_output
    from engine.stripe import PaymentLink

    PaymentLink("buy", line_items=[{{"price": {price}, "quantity": 1}}])
"""
    project.write(PRICE + link.format(price="month"), "shop")
    project.apply()
    project.writes()
    project.write(
        PRICE
        + """
    from engine import output

    output("month", month.id)
    moved("shop:stripe_product.pro", pro)
    moved("shop:stripe_price.month", month)
""",
        "catalogue",
    )
    project.write(link.format(price='stack_output("catalogue", "month")'), "shop")
    project.apply()
    assert project.writes() == []
    assert set(project.state("shop").resources) == {"stripe_payment_link.buy"}
    assert set(project.state("catalogue").resources) == {
        "stripe_price.month",
        "stripe_product.pro",
    }
    assert project.state("catalogue").resources["stripe_price.month"].dependencies == (
        "stripe_product.pro",
    )
    assert not project.report().has_changes


def test_what_moves_can_change_at_once(project: Project) -> None:
    """A price that moves and is replaced: the new one first, then the old one is archived."""
    project.write(PRICE, "shop")
    project.write("", "other")
    project.apply()
    project.writes()
    project.write("", "shop")
    project.write(PRICE.replace("1000", "1200") + BOTH, "other")
    project.apply()
    assert {found["unit_amount"]: found["active"] for found in project.objects("/v1/prices")} == {
        1000: False,
        1200: True,
    }
    assert project.state("shop").resources == {}
    assert not project.report().has_changes


def test_what_is_new_can_refer_to_what_moves(project: Project) -> None:
    """A price that is made in the same run finds the id of the product, and nothing is removed."""
    project.write(PRICE, "shop")
    project.write("", "other")
    project.apply()
    year = PRICE.replace("month", "year").partition("year = ")[2]
    project.write(f"{PRICE}    year = {year}{BOTH}", "other")
    project.write("", "shop")
    project.apply()
    [product] = {price["product"] for price in project.objects("/v1/prices")}
    assert product == project.state("other").resources["stripe_product.pro"].id
    assert not project.report().has_changes


def test_two_objects_for_one_address(shop: Project) -> None:
    """The object that finds no room is not removed; once it is gone, it is forgotten."""
    shop.write(COUPON.format(more="").replace("C10", "C20"), "other")
    shop.apply()
    shop.write("", "shop")
    there = (
        COUPON.format(more="").replace("C10", "C20") + '    moved("shop:stripe_coupon.c10", c10)\n'
    )
    shop.write(there, "other")
    [refusal] = shop.report().refusals
    assert refusal.startswith("shop:stripe_coupon.c10 cannot move to stripe_coupon.c10 (stacks/")
    assert refusal.endswith("which is C20 already. Declare the two under different names")
    shop.call("delete", "/v1/coupons/C10")
    shop.apply()
    assert coupons(shop) == ["C20"]
    assert shop.state("shop").resources == {}


def test_a_price_replaced_before_it_moves_away_is_removed_by_its_new_owner(
    project: Project,
) -> None:
    """What a replacement could not remove goes with the resource."""
    project.write(PRICE, "shop")
    project.write("", "other")
    project.apply()
    project.write(PRICE.replace("1000", "1200"), "shop")
    fault = server_error()
    project.emulator.faults.add(fault, method="POST", path="/v1/prices/*", times=3)
    project.try_apply()
    assert project.state("shop").resources["stripe_price.month"].superseded
    project.write("", "shop")
    project.write(PRICE.replace("1000", "1200") + BOTH, "other")
    project.apply()
    assert {found["unit_amount"]: found["active"] for found in project.objects("/v1/prices")} == {
        1000: False,
        1200: True,
    }
    assert project.state("shop").resources == {}
    assert not project.report().has_changes


HOOK = """
    from engine import moved, output
    from engine.stripe import WebhookEndpoint

    hook = WebhookEndpoint("hook", url="https://shop.example/hook", enabled_events=["*"])
    output("secret", hook.secret, sensitive=True)
"""


def test_a_secret_moves_with_its_endpoint(project: Project) -> None:
    """Stripe returns it once: it is kept under the new owner, and no longer under the old one."""
    project.write(HOOK, "shop")
    project.apply()
    sink = project.context().sink
    secret = sink.load("shop", "stripe_webhook_endpoint.hook.secret")
    assert secret
    project.write("", "shop")
    project.write(HOOK + '    moved("shop:stripe_webhook_endpoint.hook", hook)\n', "other")
    project.writes()
    project.apply()
    assert project.writes() == []
    sink = project.context().sink
    assert sink.load("other", "stripe_webhook_endpoint.hook.secret") == secret
    assert sink.load("other", "output.secret") == secret
    assert sink.load("shop", "stripe_webhook_endpoint.hook.secret") is None
    assert not project.report().has_changes
    assert not project.report(refresh=False).has_changes


def test_an_archived_price_is_revived_where_its_declaration_is_now(project: Project) -> None:
    """What a stack removed and remembers goes with the address: no twin is made."""
    project.write(PRICE, "shop")
    project.apply()
    project.write('from engine.stripe import Product\nProduct("pro", name="Pro")\n', "shop")
    project.apply()
    project.write("", "shop")
    project.write(PRICE + BOTH, "other")
    project.apply()
    [price] = project.objects("/v1/prices")
    assert price["active"]
    assert project.state("shop").resources == {}
    assert project.state("shop").removed == {}
    assert not project.report().has_changes


@pytest.mark.parametrize("options", [{"refresh": False}, {"targets": ["stripe_coupon.c10"]}])
def test_a_move_with_options(shop: Project, options: dict[str, Any]) -> None:
    """Neither a state that is believed nor a part of the stacks makes it a removal."""
    shop.write("", "shop")
    shop.write(COUPON.format(more="") + '    moved("shop:stripe_coupon.c10", c10)\n', "other")
    shop.apply(**options)
    assert shop.writes() == []
    assert coupons(shop) == ["C10"]
    assert not shop.report().has_changes


def test_a_declaration_that_is_excluded_keeps_its_object(shop: Project) -> None:
    """The giver neither removes nor releases what the receiver is to have later."""
    shop.write("", "shop")
    renamed = COUPON.format(more="").replace('"c10"', '"ten"')
    shop.write(renamed + '    moved("shop:stripe_coupon.c10", c10)\n', "other")
    shop.apply(excludes=["stripe_coupon.ten"])
    assert coupons(shop) == ["C10"]
    assert set(shop.state("shop").resources) == {"stripe_coupon.c10"}
    shop.apply()
    assert shop.writes() == []
    assert set(shop.state("other").resources) == {"stripe_coupon.ten"}
    assert not shop.report().has_changes


def test_a_replacement_that_is_asked_for_moves_too(shop: Project) -> None:
    """The old coupon makes room for the new one, in its new stack."""
    shop.write("", "shop")
    shop.write(COUPON.format(more="") + '    moved("shop:stripe_coupon.c10", c10)\n', "other")
    shop.apply(replace=["stripe_coupon.c10"])
    assert [method for method, _, _ in shop.writes()] == ["DELETE", "POST"]
    assert shop.state("shop").resources == {}
    assert not shop.report().has_changes


def test_the_receiver_alone_is_refused_with_both_names(shop: Project) -> None:
    """Nothing is made twice, and the command to paste names both stacks."""
    shop.write("", "shop")
    shop.write(COUPON.format(more="") + '    moved("shop:stripe_coupon.c10", c10)\n', "other")
    [refusal] = shop.report("other").refusals
    assert refusal == (
        "stripe_coupon.c10 (stacks/other.py:6) is shop:stripe_coupon.c10, and stack shop is not "
        "part of this run. Run both: engine apply shop other"
    )


def test_the_giver_alone_is_refused_with_both_names(shop: Project) -> None:
    """What another module takes over is not removed because that module is not evaluated."""
    shop.write("", "shop")
    shop.write(COUPON.format(more="") + '    moved("shop:stripe_coupon.c10", c10)\n', "other")
    for options in ({}, {"destroy": True}):
        [refusal] = shop.report("shop", **options).refusals
        assert refusal == (
            "stacks/other.py takes over shop:stripe_coupon.c10, which this plan would remove. "
            "Run both: engine apply shop other"
        )
    shop.apply("shop", "other")
    assert coupons(shop) == ["C10"]
    assert not shop.report("shop").has_changes


def test_a_stack_without_a_module_gives_what_is_taken(project: Project) -> None:
    """The rest stays in its state; a state that has nothing left is removed."""
    project.write(PRICE + COUPON, "billing")
    project.write(PRICE + COUPON.format(more=""), "billing")
    project.apply()
    (project.root / "stacks" / "billing.py").unlink()
    project.writes()
    moves = """
    moved("billing:stripe_price.month", month)
    moved("billing:stripe_product.pro", pro)
"""
    project.write(PRICE + moves, "catalogue")
    project.apply()
    assert set(project.state("billing").resources) == {"stripe_coupon.c10"}
    project.write(
        COUPON.format(more="") + '    moved("billing:stripe_coupon.c10", c10)\n', "discounts"
    )
    project.apply()
    assert project.writes() == []
    assert not (project.root / "state" / "local" / "billing.json").exists()
    report = project.report()
    assert not report.has_changes
    assert report.orphans == ()
    assert [plan.warnings for plan in report.plans] == [(), ()]


def test_a_receiver_that_fails_leaves_the_object_to_its_owner(shop: Project) -> None:
    """The address there holds another object: nothing moves, and nothing is removed."""
    shop.write(COUPON.format(more="").replace("C10", "C20"), "other")
    shop.apply()
    shop.write("", "shop")
    shop.write(
        COUPON.format(more="").replace("C10", "C20") + '    moved("shop:stripe_coupon.c10", c10)\n',
        "other",
    )
    refusals = shop.report().refusals
    [refusal] = refusals
    assert refusal == (
        "shop:stripe_coupon.c10 cannot move to stripe_coupon.c10 (stacks/other.py:6), which is C20 "
        "already. Declare the two under different names"
    )
    with pytest.raises(GuardError):
        shop.apply()
    assert sorted(coupons(shop)) == ["C10", "C20"]


def test_an_import_takes_what_its_stack_no_longer_declares(shop: Project) -> None:
    """Without a word in the old stack: it is released there in the same run, in either order."""
    shop.write("", "shop")
    shop.write(COUPON.format(more="") + '    import_("stripe_coupon.c10", "C10")\n', "other")
    shop.apply()
    assert shop.writes() == []
    assert coupons(shop) == ["C10"]
    assert shop.state("shop").resources == {}
    assert not shop.report().has_changes


def test_an_import_of_what_another_stack_declares_is_refused(shop: Project) -> None:
    """The owner is named, and the line that moves it."""
    shop.write(COUPON.format(more="") + '    import_("stripe_coupon.c10", "C10")\n', "other")
    [refusal] = shop.report().refusals
    assert refusal == (
        "stripe_coupon.c10 (stacks/other.py:5): C10 belongs to shop:stripe_coupon.c10, and an "
        'object has one owner. To move it here, write moved("shop:stripe_coupon.c10", '
        '"stripe_coupon.c10") next to this declaration, and take it out of stacks/shop.py if it '
        "still is declared there"
    )


def both_record(project: Project) -> None:
    """What an old engine left: two states with one coupon."""
    context = project.context()
    shop, other = project.state("shop"), project.state("other")
    entry = shop.resources["stripe_coupon.c10"]
    context.backend.write(
        dataclasses.replace(
            other.with_resource("stripe_coupon.c10", entry),
            serial=other.serial + 1,
            account_id=shop.account_id,
            livemode=shop.livemode,
        ),
        expected=other,
    )


@pytest.fixture
def twice(shop: Project) -> Project:
    """Two states that record one coupon."""
    shop.write(COUPON.format(more="").replace("c10", "x").replace("C10", "X"), "other")
    shop.apply()
    both_record(shop)
    shop.writes()
    return shop


def test_an_object_that_two_stacks_declare(twice: Project) -> None:
    """Every plan says how to settle it; nothing of it is replaced or removed meanwhile."""
    twice.write(COUPON.format(more=""), "other")
    warning = (
        "C10 is recorded twice, as other:stripe_coupon.c10 and shop:stripe_coupon.c10: an object "
        "has one owner, so it is neither replaced nor removed meanwhile. To settle it, declare it "
        "in one of them and run engine apply other shop"
    )
    assert warning in [text for plan in twice.report().plans for text in plan.warnings]
    assert warning in twice.report("shop").plans[0].warnings
    twice.write(COUPON.format(more="").replace("=10", "=20"), "other")
    assert any("recorded twice" in refusal for refusal in twice.report().refusals)
    twice.write(COUPON.format(more=""), "other")
    twice.write("", "shop")
    twice.apply()
    assert "C10" in coupons(twice)
    assert twice.state("shop").resources == {}
    assert not twice.report().has_changes


@pytest.mark.parametrize("names", [(), ("shop",)])
def test_a_second_owner_that_does_not_declare_it_releases_it(
    twice: Project, names: tuple[str, ...]
) -> None:
    """Also if the stack that keeps it is not part of the run."""
    twice.write(COUPON.format(more=""), "other")
    twice.write("", "shop")
    twice.apply(*names)
    assert "C10" in coupons(twice)
    assert twice.state("shop").resources == {}
    assert set(twice.state("other").resources) >= {"stripe_coupon.c10"}


@pytest.mark.parametrize("destroy", [False, True])
def test_what_nobody_declares_is_released_once_and_removed_once(
    twice: Project, *, destroy: bool
) -> None:
    """Two states record it and none declares it: one releases, the other removes."""
    if not destroy:
        twice.write("", "other")
        twice.write("", "shop")
    twice.apply(destroy=destroy)
    assert coupons(twice) == []
    assert twice.state("shop").resources == {}
    assert twice.state("other").resources == {}


def test_a_destroyed_stack_leaves_what_another_records(twice: Project) -> None:
    """It is released, and the plan says to whom."""
    twice.write(COUPON.format(more=""), "other")
    [change] = twice.report("shop", destroy=True).plans[0].pending
    assert change.action.value == "forget"
    assert change.notes == ("other:stripe_coupon.c10 has it from now on",)
    twice.apply("shop", destroy=True)
    assert "C10" in coupons(twice)


def test_an_import_of_what_the_stack_has_under_another_name(shop: Project) -> None:
    """The old address is released, and nothing is removed; a declared one stays what it is."""
    renamed = COUPON.format(more="").replace('"c10"', '"ten"')
    shop.write(renamed + '    import_("stripe_coupon.ten", "C10")\n', "shop")
    shop.apply()
    assert shop.writes() == []
    assert set(shop.state("shop").resources) == {"stripe_coupon.ten"}
    again = '    Coupon("again", percent_off=10)\n    import_("stripe_coupon.again", "C10")\n'
    shop.write(renamed + again, "shop")
    assert any(
        "C10 is stripe_coupon.ten already. If this is the same thing under a new name, write "
        'moved("stripe_coupon.ten", "stripe_coupon.again")' in refusal
        for refusal in shop.report().refusals
    )


def test_two_stacks_that_adopt_one_object(shop: Project) -> None:
    """One owner: the second one is refused, by the name of the first."""
    shop.call("post", "/v1/coupons", id="OLD", percent_off=10)
    for name in ("shop", "other"):
        more = ", lifecycle=Lifecycle(adopt=True)"
        shop.write(COUPON.format(more=more).replace("C10", "OLD").replace('"c10"', '"x"'), name)
    [refusal] = shop.report(allow_mass_change=True).refusals
    assert "id 'OLD' is to be" in refusal
    assert refusal.endswith("Declare it in one of the two stacks")


def test_two_stacks_that_make_one_object(shop: Project) -> None:
    """The second create would fail half way."""
    for name in ("one", "two"):
        shop.write(COUPON.format(more="").replace("C10", "NEW"), name)
    [refusal] = shop.report().refusals
    assert refusal == (
        "stripe_coupon.c10 (stacks/two.py:5): id 'NEW' is to be one:stripe_coupon.c10 too, and an "
        "object has one owner. Declare it in one of the two stacks"
    )


def test_a_single_object_has_one_owner_too(project: Project) -> None:
    """An account has one set of tax settings: it is not adopted from another stack."""
    text = """
    from engine import moved
    from engine.stripe import TaxSettings

    settings = TaxSettings("main", defaults={"tax_behavior": "exclusive"})
"""
    project.write(text, "shop")
    project.apply()
    project.write(text, "other")
    [refusal] = project.report().refusals
    assert "belongs to shop:stripe_tax_settings.main, and an object has one owner" in refusal
    project.write("", "shop")
    project.write(text + '    moved("shop:stripe_tax_settings.main", settings)\n', "other")
    project.apply()
    assert set(project.state("other").resources) == {"stripe_tax_settings.main"}
    assert not project.report().has_changes


def test_engine_import_takes_nothing_from_another_stack(shop: Project) -> None:
    """The command is refused as the plan is, with the owner and the line that moves it."""
    shop.write(COUPON.format(more="").replace('"c10"', '"ten"').replace("C10", "TEN"), "other")
    with pytest.raises(GuardError, match=r"C10 belongs to shop:stripe_coupon\.c10"):
        import_object(shop.context(), parse_address("stripe_coupon.ten"), "C10")
    more = '    new = Coupon("new", percent_off=10)\n'
    shop.write(COUPON.format(more="") + more, "shop")
    with pytest.raises(GuardError, match=r"C10 is stripe_coupon\.c10 of stack shop already"):
        import_object(shop.context(), parse_address("stripe_coupon.new"), "C10")


def test_what_stripe_made_with_an_object_may_be_another_stacks_by_now(project: Project) -> None:
    """A default price that another stack imported does not end with its product."""
    text = """
    from engine.stripe import Product

    Product("pro", name="Pro", default_price_data={"currency": "usd", "unit_amount": 1000})
"""
    project.write(text, "shop")
    project.apply()
    [price] = project.objects("/v1/prices")
    project.write(
        f"""
    from engine import import_
    from engine.stripe import Price

    Price("pro", currency="usd", unit_amount=1000, product="{price["product"]}")
    import_("stripe_price.pro", "{price["id"]}")
""",
        "other",
    )
    project.apply()
    project.write("", "shop")
    [refusal] = project.report().refusals
    assert refusal.startswith("stack other refers to what this plan ends: stripe_price.pro")


def test_a_part_that_moves_leaves_the_rest_for_another_plan(project: Project) -> None:
    """What still refers to it there is recorded anew by the next plan, and nothing is sent."""
    link = """
    from engine import stack_output
    from engine.stripe import PaymentLink

    PaymentLink("buy", line_items=[{{"price": {price}, "quantity": 1}}])
"""
    project.write(PRICE + link.format(price="month"), "shop")
    project.apply()
    project.writes()
    offer = """
    from engine import output

    output("month", month.id)
"""
    project.write(PRICE + BOTH + offer, "catalogue")
    project.write(link.format(price='stack_output("catalogue", "month")'), "shop")
    project.apply(targets=["stripe_price.month", "stripe_product.pro"])
    project.apply()
    assert project.writes() == []
    assert project.state("shop").resources["stripe_payment_link.buy"].dependencies == ()
    assert not project.report().has_changes


def test_what_moves_and_was_deleted_outside_is_made_again(shop: Project) -> None:
    """Once, in its new stack."""
    shop.call("delete", "/v1/coupons/C10")
    shop.write("", "shop")
    shop.write(COUPON.format(more="") + '    moved("shop:stripe_coupon.c10", c10)\n', "other")
    shop.apply()
    assert shop.state("shop").resources == {}
    assert coupons(shop) == ["C10"]
    assert not shop.report().has_changes


def test_the_stamp_follows_with_an_update(project: Project) -> None:
    """What is sent anyway carries the stamp of the new stack."""
    project.write(PRICE, "shop")
    project.apply()
    project.write("", "shop")
    project.write(PRICE.replace('name="Pro"', 'name="Plus"') + BOTH, "other")
    project.apply()
    [product] = project.objects("/v1/products")
    lineage = project.state("other").lineage
    assert product["metadata"]["engine"] == f"{lineage}:stripe_product.pro"


def test_what_is_sent_may_fail_after_the_move(project: Project) -> None:
    """The receiver has the resource by then, and the next run sends the rest."""
    project.write(PRICE, "shop")
    project.apply()
    project.write("", "shop")
    project.write(PRICE.replace('name="Pro"', 'name="Plus"') + BOTH, "other")
    project.emulator.faults.add(server_error(), method="POST", path="/v1/products/*", times=3)
    report = project.try_apply()
    assert [failure.step.key for failure in report.failures] == ["update stripe_product.pro"]
    assert project.state("shop").resources == {}
    project.apply()
    assert len(project.objects("/v1/prices")) == 1
    assert not project.report().has_changes


def test_a_receiver_that_does_not_begin_takes_nothing(shop: Project) -> None:
    """What it reads was not made: the giver keeps the object, and the next run moves it."""
    shop.write(
        """
        from engine import output
        from engine.stripe import Product

        output("p", Product("p", name="P").id)
        """,
        "base",
    )
    shop.write("", "shop")
    more = """
    from engine import stack_output
    from engine.stripe import Price

    Price("x", currency="usd", unit_amount=5, product=stack_output("base", "p"))
    moved("shop:stripe_coupon.c10", c10)
"""
    shop.write(COUPON.format(more="") + more, "other")
    shop.emulator.faults.add(server_error(), method="POST", path="/v1/products", times=3)
    report = shop.try_apply()
    assert [
        (result.step.key, result.because)
        for stack in report.results
        for result in stack.results
        if result.outcome.value == "skipped"
    ] == [("forget stripe_coupon.c10", "create stripe_product.p")]
    assert set(shop.state("shop").resources) == {"stripe_coupon.c10"}
    shop.apply()
    assert coupons(shop) == ["C10"]
    assert not shop.report().has_changes


class FullSink:
    """A sink that has no room for one stack."""

    def __init__(self, sink: SecretSink) -> None:
        """Args: sink: the one that has room."""
        self._sink = sink

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sink, name)

    def store(self, stack: str, name: str, value: str) -> None:
        """Keep what is of other stacks."""
        if stack == "other":
            raise SecretSinkError("no room")
        self._sink.store(stack, name, value)


def test_a_secret_that_cannot_be_kept_keeps_its_endpoint_where_it_is(project: Project) -> None:
    """The only copy of the secret stays under its owner."""
    hook = "".join(line for line in HOOK.splitlines(keepends=True) if "output(" not in line)
    project.write(hook, "shop")
    project.apply()
    project.write("", "shop")
    project.write(hook + '    moved("shop:stripe_webhook_endpoint.hook", hook)\n', "other")
    context = project.context()
    full: Any = FullSink(context.sink)
    report = apply_stacks(
        dataclasses.replace(context, open_sink=lambda: full), (), PlanOptions(), lambda _: True
    )
    [failure] = report.failures
    assert failure.step.key.startswith("record stripe_webhook_endpoint.hook from shop:")
    assert set(project.state("shop").resources) == {"stripe_webhook_endpoint.hook"}
    assert project.context().sink.load("shop", "stripe_webhook_endpoint.hook.secret")
    project.apply()
    assert project.context().sink.load("other", "stripe_webhook_endpoint.hook.secret")
    assert not project.report().has_changes


def test_one_state_that_records_an_object_twice(shop: Project) -> None:
    """A bad merge within a file: the address that is not declared releases it."""
    state = shop.state("shop")
    twin = state.resources["stripe_coupon.c10"]
    context = shop.context()
    merged = state.with_resource("stripe_coupon.twin", twin)
    context.backend.write(dataclasses.replace(merged, serial=state.serial + 1), expected=state)
    (shop.root / "stacks" / "other.py").unlink()
    shop.apply()
    assert shop.writes() == []
    assert set(shop.state("shop").resources) == {"stripe_coupon.c10"}
    assert coupons(shop) == ["C10"]


@pytest.mark.parametrize("same", [True, False])
def test_environments_of_one_account(
    shop: Project, monkeypatch: pytest.MonkeyPatch, *, same: bool
) -> None:
    """What the state of another environment records is left to it, if it is on the same account."""
    monkeypatch.setenv("SHOP_KEY", shop.key)
    key = '[tool.engine.environments.local]\napi-key = "env:SHOP_KEY"\n'
    (shop.root / "pyproject.toml").write_text(key, encoding="utf-8")
    state = shop.state("shop")
    copy = dataclasses.replace(
        state,
        environment="copy",
        lineage="c" * 32,
        serial=1,
        account_id=state.account_id if same else "acct_another",
    )
    shop.context().backend.write(copy, expected=None)
    if same:
        [warning] = shop.report("shop").plans[0].warnings
        assert "as shop:stripe_coupon.c10 and copy/shop:stripe_coupon.c10" in warning
    found = [problem for one in verify_states(shop.context(), (), ()) for problem in one.problems]
    assert [problem.reference for problem in found] == ["state-twice"] * 2 * same
    shop.write("", "shop")
    shop.apply()
    assert coupons(shop) == (["C10"] if same else [])
    assert shop.state("shop").resources == {}
    shop.write(COUPON.format(more=", lifecycle=Lifecycle(adopt=True)"), "shop")
    refusals = shop.report().refusals
    assert [("copy/shop:stripe_coupon.c10" in refusal) for refusal in refusals] == [True] * same


def test_embedded_environments_are_apart(shop: Project) -> None:
    """All embedded accounts have one id, and each environment has its own."""
    table = "[tool.engine.environments.copy]\nemulator = true\n"
    (shop.root / "pyproject.toml").write_text(table, encoding="utf-8")
    state = dataclasses.replace(shop.state("shop"), environment="copy", lineage="c" * 32, serial=1)
    shop.context().backend.write(state, expected=None)
    assert shop.report("shop").plans[0].warnings == ()
    assert [one.problems for one in verify_states(shop.context(), (), ())] == [(), ()]
