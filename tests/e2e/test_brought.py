"""The price that `default_price_data` makes lives and ends with its product."""

from __future__ import annotations

import pytest

from tests.support.project import Project

PRODUCT = """
    from engine.stripe import Product

    Product("pro", name="Pro", {id}
            default_price_data={{"currency": "usd", "unit_amount": {amount}}})
"""


def prices(project: Project) -> list[tuple[int, bool]]:
    """Amount of each price, and whether it is active, oldest first."""
    return [(found["unit_amount"], found["active"]) for found in project.objects("/v1/prices")]


@pytest.mark.parametrize("id", ["", 'id="pro", '])
def test_a_product_that_is_destroyed_takes_its_price_along_and_comes_back_with_one(
    project: Project, id: str
) -> None:
    """The plan names the price; what returns has a default price of the declared amount."""
    project.write(PRODUCT.format(id=id, amount=500))
    project.apply()
    assert not project.plan().has_changes
    [change] = project.plan(destroy=True).pending
    [price] = project.objects("/v1/prices")
    assert f"{price['id']}, the price that its default_price_data made, is archived with it" in (
        change.notes
    )
    project.apply(destroy=True)
    assert prices(project) == [(500, False)]
    assert [found["active"] for found in project.objects("/v1/products")] == [False]
    assert not project.plan(destroy=True).has_changes
    project.apply()
    [product] = project.objects("/v1/products")
    active = [found for found in project.objects("/v1/prices") if found["active"]]
    assert [(found["unit_amount"], found["id"]) for found in active] == [
        (500, product["default_price"])
    ]
    assert product["active"]
    assert not project.plan().has_changes


def test_a_product_that_is_replaced_takes_its_price_along(project: Project) -> None:
    """Of two products and two prices the new ones are active."""
    project.write(PRODUCT.format(id="", amount=500))
    project.apply()
    project.write(PRODUCT.format(id="", amount=600))
    project.apply()
    assert sorted(prices(project)) == [(500, False), (600, True)]
    assert sorted(found["active"] for found in project.objects("/v1/products")) == [False, True]
    assert not project.plan().has_changes


def test_a_run_that_was_cut_off_still_knows_the_price(project: Project) -> None:
    """The product has let go of its price, and nothing has ended yet."""
    project.write(PRODUCT.format(id="", amount=500))
    project.apply()
    project.call("post", f"/v1/products/{project.id('stripe_product.pro')}", default_price="")
    project.apply(destroy=True)
    assert prices(project) == [(500, False)]


def test_a_price_that_somebody_took_over_stays(project: Project) -> None:
    """What the stack manages by itself ends by its own declaration only."""
    project.write(PRODUCT.format(id="", amount=500))
    project.apply()
    [price] = project.objects("/v1/prices")
    own = f"""
    from engine import import_
    from engine.stripe import Price

    Price("own", product="{price["product"]}", currency="usd", unit_amount=500)
    import_("stripe_price.own", "{price["id"]}")
"""
    project.write(PRODUCT.format(id="", amount=500) + own)
    project.apply()
    project.write(own)
    project.apply()
    assert prices(project) == [(500, True)]
