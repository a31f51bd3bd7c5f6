"""Lists whose elements have ids: what an update says of each, and that Stripe takes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.project import Project

SHOP = """
    from engine.stripe import Customer, PaymentLink, Price, Product, Subscription

    pro = Product("pro", name="Pro")
    prices = [
        Price(
            f"p{{number}}", product=pro, currency="usd", unit_amount=100 * number + 100,
            recurring={{"interval": "month"}},
        )
        for number in range(4)
    ]
    acme = Customer("acme", name="Acme")
    Subscription(
        "acme", customer=acme, collection_method="send_invoice", days_until_due=30,
        items=[{{"price": prices[n].id, "quantity": q}} for n, q in {items}],
    )
    PaymentLink(
        "shop", line_items=[{{"price": prices[n].id, "quantity": q}} for n, q in {links}]
    )
"""
LINKS = [(0, 1), (1, 2)]


def items_of(project: Project) -> dict[str, tuple[str, int]]:
    """Id and quantity of each of the subscription's items, by price."""
    id = project.id("stripe_subscription.acme")
    found = project.call("get", f"/v1/subscriptions/{id}")["items"]["data"]
    return {item["price"]["id"]: (item["id"], item["quantity"]) for item in found}


def start(project: Project, *items: tuple[int, int]) -> list[str]:
    """Apply with these items; gives the ids of the four prices."""
    project.write(SHOP.format(items=list(items), links=LINKS))
    project.apply()
    assert not project.plan().has_changes
    return [project.id(f"stripe_price.p{number}") for number in range(4)]


def follow(project: Project, *items: tuple[int, int]) -> list[dict[str, Any]]:
    """Apply with other items, and give what was said of each; there is nothing left to do."""
    project.write(SHOP.format(items=list(items), links=LINKS))
    project.writes()
    project.apply()
    [(_, _, params)] = project.writes()
    assert not project.plan().has_changes
    said: list[dict[str, Any]] = params["items"]
    return said


def test_the_middle_item_goes_and_no_other_is_renamed(project: Project) -> None:
    """The one that goes is named by its id, and the others stay what they are."""
    prices = start(project, (0, 1), (1, 2), (2, 3))
    before = items_of(project)
    said = follow(project, (0, 1), (2, 3))
    assert said[-1] == {"id": before[prices[1]][0], "deleted": "true"}
    assert items_of(project) == {price: before[price] for price in (prices[0], prices[2])}


def test_an_item_in_front_is_new_and_the_others_keep_their_ids(project: Project) -> None:
    """What has no id in the request is one more."""
    prices = start(project, (0, 1), (1, 2))
    before = items_of(project)
    said = follow(project, (3, 4), (0, 1), (1, 2))
    assert said[0] == {"price": prices[3], "quantity": "4"}
    after = items_of(project)
    assert after.pop(prices[3])[1] == 4
    assert after == before


def test_an_item_moves_to_another_price_in_its_place(project: Project) -> None:
    """The same item, under its id, is billed by the new price."""
    prices = start(project, (0, 1), (1, 2), (2, 3))
    before = items_of(project)
    follow(project, (2, 3), (3, 2), (0, 1))
    after = items_of(project)
    assert after == {
        prices[0]: before[prices[0]],
        prices[2]: before[prices[2]],
        prices[3]: (before[prices[1]][0], 2),
    }


def test_items_in_another_order_are_no_change(project: Project) -> None:
    """Neither a subscription's items nor a link's are renamed for the order of the code."""
    start(project, (0, 1), (1, 2))
    project.write(SHOP.format(items=[(1, 2), (0, 1)], links=LINKS[::-1]))
    assert not project.plan().has_changes


def test_a_quantity_of_a_link_changes_under_the_id_of_its_item(project: Project) -> None:
    """Whatever the order, the quantity reaches the item of its price."""
    prices = start(project, (0, 1))
    project.write(SHOP.format(items=[(0, 1)], links=[(1, 5), (0, 1)]))
    project.apply()
    assert not project.plan().has_changes
    id = project.id("stripe_payment_link.shop")
    link = project.call("get", f"/v1/payment_links/{id}", expand=["line_items"])
    found = {item["price"]["id"]: item["quantity"] for item in link["line_items"]["data"]}
    assert found == {prices[0]: 1, prices[1]: 5}


def test_what_an_item_is_declared_to_have_no_more_is_emptied(project: Project) -> None:
    """Stripe keeps of an item what an update leaves out, so that it has to be named."""
    start(project, (0, 1))
    plain = (project.root / "stacks" / "shop.py").read_text(encoding="utf-8")
    seat = plain.replace('"quantity": q}', '"quantity": q, "metadata": {"seat": "a"}}', 1)
    project.write(seat)
    project.apply()
    assert not project.plan().has_changes
    id = project.id("stripe_subscription.acme")
    [item] = project.call("get", f"/v1/subscriptions/{id}")["items"]["data"]
    assert item["metadata"] == {"seat": "a"}
    project.write(plain)
    project.apply()
    assert not project.plan().has_changes
    [item] = project.call("get", f"/v1/subscriptions/{id}")["items"]["data"]
    assert item["metadata"] == {}


@pytest.mark.parametrize("item_type", ["string", "case_sensitive_string"])
def test_an_item_in_another_case_is_another_item(project: Project, item_type: str) -> None:
    """A list that minds case gets every case, and one that does not is not asked for ever."""
    text = """
        from engine.stripe import ValueList, ValueListItem

        people = ValueList("people", alias="people", name="People", item_type="{item_type}")
        ValueListItem("joe", value_list=people, value="{value}")
    """
    for value in ("Joe", "JOE", "joe"):
        project.write(text.format(item_type=item_type, value=value))
        project.apply()
        assert not project.plan().has_changes
        value_list = project.id("stripe_radar_value_list.people")
        found = project.objects("/v1/radar/value_list_items", value_list=value_list)
        stored = value.lower() if item_type == "string" else value
        assert [item["value"] for item in found] == [stored]
