"""What applications get of stacks that were applied: ids, outputs, and what was replaced."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.operations.constants import constants_of
from engine.ports.reports import Constant
from engine.views.constants.words import about
from tests.support.project import Project

SHOP = """
    from engine import Lifecycle, output
    from engine.stripe import Account, Coupon, Price, Product

    pro = Product("pro", name="Pro")
    monthly = Price("pro-monthly", product=pro, currency="usd", unit_amount={amount},
                    recurring={{"interval": "month"}}, nickname="Gold")
    output("STRIPE_PRICE_PRO_MONTHLY", monthly.id)
    output("main", monthly.id)
    output("prices", {{"month": monthly.id}})
    partner = Account("partner", type="custom", country="US", email="a@example.com")
    Coupon("ten", id="TEN", percent_off=10, duration="once", lifecycle=Lifecycle(account=partner))
"""


def constants(project: Project) -> dict[str, Constant]:
    """The constants of the stack, by name."""
    (stack,) = constants_of(project.context(), ["local"])
    return {one.name: one for one in stack.constants}


@pytest.fixture
def shop(project: Project) -> Project:
    """The shop after its price was replaced twice."""
    for amount in (1900, 2400, 2900):
        project.write(SHOP.format(amount=amount))
        project.apply()
    return project


def test_each_resource_and_each_output_is_a_constant(shop: Project) -> None:
    """An output of the same name and value is the resource's."""
    found = constants(shop)
    price = shop.id("stripe_price.pro-monthly")
    assert {name: one.value for name, one in found.items()} == {
        "STRIPE_ACCOUNT_PARTNER": shop.id("stripe_account.partner"),
        "STRIPE_COUPON_TEN": "TEN",
        "STRIPE_PRICE_PRO_MONTHLY": price,
        "STRIPE_PRODUCT_PRO": shop.id("stripe_product.pro"),
        "main": price,
        "prices": {"month": price},
    }
    assert {name for name, one in found.items() if one.is_output} == {"main", "prices"}


def test_a_constant_says_what_it_is_and_what_it_replaced(shop: Project) -> None:
    """Also an output that is the id of a resource."""
    former = shop.state().resources["stripe_price.pro-monthly"].former
    assert len(former) == 2
    found = constants(shop)
    for name in ("STRIPE_PRICE_PRO_MONTHLY", "main"):
        one = found[name]
        assert (one.address, one.label, one.former) == (
            "stripe_price.pro-monthly",
            "Gold",
            former,
        )
        assert about(one) == "Pro monthly, 'Gold', $29.00 a month"
    assert (found["prices"].address, found["prices"].former) == ("", ())


def test_an_object_on_a_connected_account_says_on_which(shop: Project) -> None:
    """Its id alone would not be found."""
    assert constants(shop)["STRIPE_COUPON_TEN"].account == shop.id("stripe_account.partner")


def test_an_output_that_has_the_name_of_another_id_is_refused(shop: Project) -> None:
    """Both are named."""
    shop.write(SHOP.format(amount=2900) + '    output("STRIPE_PRODUCT_PRO", "prod_9")\n')
    shop.apply()
    with pytest.raises(UsageError) as caught:
        constants(shop)
    assert caught.value.message == (
        "stripe_product.pro and output STRIPE_PRODUCT_PRO of stack shop would both be "
        "STRIPE_PRODUCT_PRO"
    )


def test_reading_constants_asks_stripe_nothing(shop: Project) -> None:
    """So that CI can do it without a key."""
    before = len(shop.emulator.log)
    constants(shop)
    assert len(shop.emulator.log) == before
