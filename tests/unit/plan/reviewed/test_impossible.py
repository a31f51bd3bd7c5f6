"""What no run could have changed, and what is only unusual."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.reviewed.impossible import (
    impossible_changes,
    is_rebuilt,
    replaced_without_a_trace,
    succession,
    unfollowed,
)
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State

SCHEMAS = loader.schemas()


def state(serial: int = 1, **parts: Any) -> State:
    """A state of a live account with one price, unless others are named."""
    about: dict[str, Any] = {
        "stack": "shop",
        "environment": "live",
        "lineage": "a" * 32,
        "account_id": "acct_1",
        "livemode": True,
        "resources": {"stripe_price.pro": price()},
        **parts,
    }
    return State(serial=serial, **about)


def price(id: str = "price_1", *, imported: bool = False, **leaves: Any) -> ResourceState:
    """A price with some leaves, as declared and as returned."""
    return resource("stripe_price", id, imported=imported, **leaves)


def resource(kind: str, id: str, *, imported: bool = False, **leaves: Any) -> ResourceState:
    """A resource with some leaves, as declared and as returned."""
    return ResourceState(type=kind, id=id, declared=leaves, attributes=leaves, imported=imported)


def rules(before: State, after: State) -> list[str]:
    """What the rules about the succession of states find."""
    return [finding.reference for finding in succession(before, after)]


def found(before: State, after: State) -> list[str]:
    """What the rules about objects find."""
    return [finding.reference for finding in impossible_changes([before], after, SCHEMAS)]


def one(entry: ResourceState, **parts: Any) -> State:
    """A state of one resource."""
    return state(resources={f"{entry.type}.pro": entry}, **parts)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (state(), []),
        (state(2), []),
        (state(9, outputs={"a": 1}), []),
        (state(outputs={"a": 1}), ["review-serial"]),
        (state(0), ["review-serial"]),
        (state(2, lineage="b" * 32), ["review-lineage"]),
        (state(2, account_id="acct_2"), ["review-account"]),
        (state(2, livemode=False), ["review-account"]),
        (state(2, account_id="", livemode=None), []),
    ],
)
def test_a_state_follows_another_one(after: State, expected: list[str]) -> None:
    """The serial goes up with each change; lineage, account and mode stay."""
    assert rules(state(), after) == expected


def test_a_rebuilt_state_may_begin_anew() -> None:
    """All that it and the earlier state record is imported; the earlier one was not."""
    rebuilt = one(price(imported=True), serial=1, lineage="b" * 32)
    before = one(price(), serial=7)
    assert is_rebuilt(before, rebuilt)
    assert rules(before, rebuilt) == []
    assert not is_rebuilt(rebuilt, rebuilt)
    assert not is_rebuilt(before, state(resources={}))


def test_a_value_that_an_object_has_for_good() -> None:
    """Another amount with the same id; the same one in another spelling is none."""
    before = one(price(unit_amount=2000, currency="usd", nickname="a"))
    (finding,) = impossible_changes(
        [before], one(price(unit_amount=1, currency="USD", nickname="b")), SCHEMAS
    )
    assert finding.path == ("resources", "stripe_price.pro", "attributes", "unit_amount")
    assert "was 2000 and is 1" in finding.message
    assert found(before, one(price(unit_amount=2000.0, currency="usd"))) == []
    assert found(before, one(price("price_2", unit_amount=1))) == []
    assert found(before, before) == []
    assert found(before, dataclasses.replace(before, serial=9)) == []


def test_an_object_is_known_again_under_another_address() -> None:
    """A move changes no object."""
    before = state(resources={"stripe_price.old": price(unit_amount=2000)})
    assert found(before, one(price(unit_amount=2000, nickname="n"))) == []
    assert found(before, one(price(unit_amount=1))) == ["review-immutable"]


def test_the_order_of_a_list_is_no_change() -> None:
    """Stripe returns products of a coupon in any order."""
    before = one(resource("stripe_coupon", "c", applies_to={"products": ["a", "b"]}))
    assert (
        found(before, one(resource("stripe_coupon", "c", applies_to={"products": ["b", "a"]})))
        == []
    )
    after = one(resource("stripe_coupon", "c", applies_to={"products": ["b", "c"]}))
    assert found(before, after) == ["review-immutable"]


def test_what_the_dashboard_may_change_is_found_with_its_declaration_alone() -> None:
    """A refresh records the one; the other would have been a replacement."""
    before = one(resource("stripe_tax_rate", "txr_1", percentage=19))
    drifted = dataclasses.replace(
        before.resources["stripe_tax_rate.pro"], attributes={"percentage": 20}
    )
    assert found(before, one(drifted)) == []
    assert found(before, one(resource("stripe_tax_rate", "txr_1", percentage=20))) == [
        "review-immutable"
    ]


def test_what_lives_on_by_itself_may_change() -> None:
    """A subscription gets another anchor from Stripe."""
    before = one(resource("stripe_subscription", "sub_1", billing_cycle_anchor=1))
    assert (
        found(before, one(resource("stripe_subscription", "sub_1", billing_cycle_anchor=2))) == []
    )


def test_unknown_types_and_fields_are_left_alone() -> None:
    """Another engine may know them."""
    before = one(resource("stripe_unknown", "un_1", unit_amount=1))
    assert found(before, one(resource("stripe_unknown", "un_1", unit_amount=2))) == []
    assert found(one(price(strange=1)), one(price(strange=2))) == []


def test_an_id_of_another_type() -> None:
    """Ids that authors choose may be anything, and so may what was imported from a plan."""
    empty = state(resources={})
    assert found(empty, one(price("price_12345678"))) == []
    assert found(empty, one(price("prod_12345678"))) == ["review-id"]
    assert found(empty, one(price("sub_sched_12345678"))) == ["review-id"]
    assert found(empty, one(price("plan_12345678", imported=True))) == []
    assert found(empty, one(price("other_12345678"))) == []
    assert found(empty, one(price("gold"))) == []
    assert found(empty, one(resource("stripe_coupon", "prod_12345678"))) == []
    assert found(empty, one(resource("stripe_product", "price_12345678"))) == []
    assert found(empty, one(resource("stripe_tax_settings", "price_12345678"))) == []
    assert found(empty, one(resource("stripe_customer_tax_id", "cus_12345678/txi_12345678"))) == []
    assert found(empty, one(resource("stripe_tax_id", "txi_12345678"))) == []


def test_what_cannot_be_revived_is_not_remembered() -> None:
    """Stripe archives a price, and deletes a coupon."""
    gone = {"stripe_price.a": RemovedObject(type="stripe_price", id="price_1")}
    assert found(state(), state(removed=gone)) == []
    gone = {"stripe_coupon.a": RemovedObject(type="stripe_coupon", id="c")}
    assert found(state(), state(removed=gone)) == ["review-removed"]
    gone = {"stripe_unknown.a": RemovedObject(type="stripe_unknown", id="c")}
    assert found(state(), state(removed=gone)) == []


def traces(before: State, after: State) -> list[str]:
    """What the rule about replaced objects finds."""
    found = replaced_without_a_trace(before, after, [before], [after], SCHEMAS)
    return [finding.reference for finding in found]


def test_a_run_remembers_what_it_replaced() -> None:
    """In live mode, where nothing but Stripe ends a price: a swapped id is found."""
    before = one(price(), serial=1)
    swapped = one(price("price_2"), serial=2)
    assert traces(before, swapped) == ["review-replaced"]
    assert traces(before, one(price(nickname="n"), serial=2)) == []
    left = dataclasses.replace(price("price_2"), superseded=("price_1",))
    archived = dataclasses.replace(price("price_2"), former=("price_1",))
    for entry in (left, archived):
        assert traces(before, one(entry, serial=2)) == []


def test_what_a_run_may_have_replaced_without_a_trace() -> None:
    """Test data can be deleted, a resource forgotten, imported, moved or kept."""
    before, swapped = one(price(), serial=1), one(price("price_2"), serial=2)
    assert traces(before, dataclasses.replace(swapped, serial=3)) == []
    assert traces(before, dataclasses.replace(swapped, livemode=False)) == []
    assert traces(before, one(price("price_2", imported=True), serial=2)) == []
    assert traces(before, state(2, resources={})) == []
    kept = dataclasses.replace(price(), removal_policy=RemovalPolicy(keep=True))
    assert traces(one(kept), swapped) == []
    assert traces(before, one(dataclasses.replace(kept, id="price_2"), serial=2)) == []
    away = dataclasses.replace(price(), removal_policy=RemovalPolicy(account="acct_2"))
    assert traces(one(away), swapped) == []
    products = (one(resource("stripe_product", id)) for id in ("prod_1", "prod_2"))
    assert traces(next(products), dataclasses.replace(next(products), serial=2)) == []
    unknown = (one(resource("stripe_unknown", id)) for id in ("un_1", "un_2"))
    assert traces(next(unknown), dataclasses.replace(next(unknown), serial=2)) == []
    both = state(2, resources={"stripe_price.pro": price("price_2"), "stripe_price.b": price()})
    assert traces(before, both) == []
    rebuilt = state(
        2,
        resources={
            "stripe_price.pro": price("price_2", imported=True),
            "stripe_price.b": price("price_3"),
        },
    )
    assert traces(before, rebuilt) == []


def test_a_reference_that_still_leads_to_what_was_replaced() -> None:
    """The referring object has the old id, though its declaration names the resource."""
    link = {"line_items": [{"price": "${stripe_price.pro.id}"}, {"price": "${stripe_price.b.id}"}]}

    def shop(id: str, seen: str) -> State:
        buy = ResourceState(
            type="stripe_payment_link",
            id="plink_1",
            declared={**link, "active": True},
            attributes={"line_items": [{"price": seen}, {"price": "price_b"}]},
        )
        return state(
            resources={
                "stripe_price.pro": price(id),
                "stripe_price.b": price("price_b"),
                "stripe_payment_link.buy": buy,
            }
        )

    before = shop("price_1", "price_1")
    assert list(unfollowed(before, before)) == []
    assert list(unfollowed(before, shop("price_2", "price_2"))) == []
    ((address, finding),) = unfollowed(before, shop("price_2", "price_1"))
    assert address == "stripe_payment_link.buy"
    assert finding.path == (
        "resources", address, "attributes", "line_items", 0, "price",
    )  # fmt: skip
    assert "which is price_2 now, and is still price_1" in finding.message
    assert list(unfollowed(before, state(resources={}))) == []
