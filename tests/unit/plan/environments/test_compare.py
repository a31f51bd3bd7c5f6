"""One stack in two environments: what counts as different, and what is each account's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.environments.compare import InEnvironment, compared
from engine.plan.environments.model import LeafDifference, ResourceDifference
from engine.plan.environments.names import Names
from engine.state.model import RemovalPolicy, ResourceState, State
from engine.values.markers import ABSENT
from engine.values.paths import dotted
from engine.values.secret import Sealed

PRODUCT, PRICE = "stripe_product.pro", "stripe_price.month"
LINK, PORTAL = "stripe_payment_link.buy", "stripe_billing_portal_configuration.portal"
SCHEMAS = loader.schemas()


def entry(address: str, id: str, declared: Mapping[str, Any], **parts: Any) -> ResourceState:
    """What a state records of a resource."""
    seen = parts.pop("attributes", declared)
    return ResourceState(
        type=address.partition(".")[0], id=id, declared=declared, attributes=seen, **parts
    )


def place(
    *entries: tuple[str, ResourceState, Mapping[str, Any] | None], refresh: bool = True
) -> InEnvironment:
    """A stack in an environment: addresses, what is recorded, the objects; None if one is gone."""
    state = State(
        stack="shop",
        environment="test",
        lineage="l",
        resources={address: recorded for address, recorded, _ in entries},
    )
    read = {
        address: {"id": recorded.id, **found}
        for address, recorded, found in entries
        if found is not None
    }
    return InEnvironment(
        state=state, names=Names.of([state], SCHEMAS), read=read if refresh else None
    )


def found(first: InEnvironment, second: InEnvironment) -> tuple[ResourceDifference, ...]:
    """What differs."""
    return compared("shop", SCHEMAS, first, second)


def leaves(first: InEnvironment, second: InEnvironment) -> dict[str, tuple[Any, Any]]:
    """The fields of the one resource that differ."""
    return {dotted(leaf.path): leaf.values for one in found(first, second) for leaf in one.leaves}


def alone(address: str, declared: Mapping[str, Any], actual: Mapping[str, Any], id: str = "x_1"):  # type: ignore[no-untyped-def] # noqa: ANN201 - as `place`
    """A stack with one resource."""
    return place((address, entry(address, id, declared), actual))


def product(id: str) -> tuple[str, ResourceState, Mapping[str, Any]]:
    """A product, in `place`'s form."""
    return PRODUCT, entry(PRODUCT, id, {"name": "Pro"}), {"name": "Pro"}


def test_references_are_equal_if_they_name_the_same_resource() -> None:
    """Whatever ids they have; one that names another resource differs."""
    declared = {"product": "${stripe_product.pro.id}"}

    def shop(product_id: str, price_id: str, now: str = "") -> InEnvironment:
        price = entry(PRICE, price_id, declared, attributes={"product": product_id})
        return place(product(product_id), (PRICE, price, {"product": now or product_id}))

    first = shop("prod_A", "price_A")
    assert found(first, shop("prod_B", "price_B")) == ()
    # Somebody repointed it: what it is declared as is the same, what it has is not.
    assert leaves(first, shop("prod_B", "price_B", now="prod_foreign")) == {
        "product": ("${stripe_product.pro.id}", "prod_foreign")
    }


def test_ids_in_texts_are_references_too() -> None:
    """Stripe's ids are long enough to be nothing else."""
    first, second = (
        place(
            product(id),
            (
                LINK,
                entry(LINK, f"plink_{id}", {}),
                {"metadata": {"for": f"see {id} and prod_other", "plain": "x"}},
            ),
        )
        for id in ("prod_A", "prod_B")
    )
    assert found(first, second) == ()


def test_the_same_reference_is_equal_while_each_object_has_its_value() -> None:
    """A link's address, which no id shows; a changed one differs."""
    declared = {"metadata": {"url": "${stripe_payment_link.buy.url}"}}

    def shop(url: str, now: str = "") -> InEnvironment:
        recorded = entry(PRODUCT, f"prod_{url}", declared, attributes={"metadata": {"url": url}})
        return place((PRODUCT, recorded, {"metadata": {"url": now or url}}))

    assert found(shop("a"), shop("b")) == ()
    assert leaves(shop("a"), shop("b", now="c")) == {"metadata.url": ("a", "c")}


def test_values_are_compared_by_what_they_mean() -> None:
    """Currencies without case, both spellings of an amount, sets without order, neutral values."""
    declared = {"currency": "USD", "unit_amount": 100}
    first = alone(PRICE, declared, {"currency": "usd", "unit_amount": 100, "active": True})
    second = alone(PRICE, declared, {"currency": "USD", "unit_amount_decimal": "100.0"})
    assert found(first, second) == ()
    hook = "stripe_webhook_endpoint.events"
    events = {"url": "https://x", "enabled_events": ["a", "b"]}
    other = {"url": "https://x", "enabled_events": ["b", "a"]}
    assert found(alone(hook, events, events), alone(hook, events, other)) == ()


def test_what_differs_is_shown_with_the_currency_and_the_neutral_value() -> None:
    """Where a field is not set, what that means is shown if it means something."""
    declared = {"currency": "usd", "unit_amount": 100}
    first = alone(PRICE, declared, {"currency": "usd", "unit_amount": 100, "active": True})
    second = alone(PRICE, declared, {"currency": "eur", "unit_amount": 200, "active": False})
    [one] = found(first, second)
    assert one.leaves == (
        LeafDifference(path=("active",), values=(True, False), declared=True),
        LeafDifference(path=("currency",), values=("usd", "eur"), declared=True),
        LeafDifference(
            path=("unit_amount",), values=(100, 200), declared=True, currencies=("usd", "usd")
        ),
    )


def test_what_no_stack_declares_is_marked() -> None:
    """In a map key by key; in a list as soon as one element has it."""
    declared = {"metadata": {"tier": "pro"}, "marketing_features": [{"name": "a"}]}
    first = alone(PRODUCT, declared, {**declared, "metadata": {"tier": "pro", "note": "x"}})
    second = alone(
        PRODUCT, declared, {"metadata": {"tier": "max"}, "marketing_features": [{"name": "b"}]}
    )
    [one] = found(first, second)
    assert [(dotted(leaf.path), leaf.declared) for leaf in one.leaves] == [
        ("marketing_features[0].name", True),
        ("metadata.note", False),
        ("metadata.tier", True),
    ]
    assert one.counts
    [other] = found(
        alone(PRODUCT, {}, {"description": "x"}), alone(PRODUCT, {}, {"description": "y"})
    )
    assert not other.counts


def test_a_list_that_is_declared_empty_is_declared() -> None:
    """Whatever is in it was put there by somebody."""
    first = alone(PRODUCT, {"images": []}, {"images": []})
    second = alone(PRODUCT, {"images": []}, {"images": ["https://x"]})
    [one] = found(first, second)
    assert [leaf.declared for leaf in one.leaves] == [True]
    first = alone(PRODUCT, {"marketing_features": []}, {"marketing_features": []})
    second = alone(PRODUCT, {}, {"marketing_features": [{"name": "a"}]})
    [one] = found(first, second)
    assert [leaf.declared for leaf in one.leaves] == [True]


def test_ids_stamps_and_generated_values_are_each_accounts_own() -> None:
    """Also the default price that came with a product, and the own currency among the options."""
    first, second = (
        alone(
            PRODUCT,
            {"default_price_data": {"currency": "usd", "unit_amount": 1}},
            {"default_price": f"price_{id}", "metadata": {"engine": f"l:{id}"}},
            id=f"prod_{id}",
        )
        for id in "AB"
    )
    assert found(first, second) == ()
    first, second = (
        alone(
            PRICE,
            {},
            {"currency": "usd", "currency_options": {"usd": {"unit_amount": amount}}},
        )
        for amount in (1, 2)
    )
    assert found(first, second) == ()
    customer = "stripe_customer.one"
    prefixes = [alone(customer, {}, {"invoice_prefix": text}) for text in ("AAAA1111", "BBBB2222")]
    assert found(*prefixes) == ()
    chosen = alone(customer, {"invoice_prefix": "SHOP"}, {"invoice_prefix": "SHOP"})
    assert leaves(chosen, prefixes[0]) == {"invoice_prefix": ("SHOP", "AAAA1111")}


def test_a_chosen_id_is_compared_and_a_generated_one_is_not() -> None:
    """Customers type the one; nobody sees the other."""
    coupon = "stripe_coupon.launch"
    fields = {"percent_off": 25}
    chosen = alone(coupon, {**fields, "id": "LAUNCH"}, {**fields, "id": "LAUNCH"}, id="LAUNCH")
    other = alone(coupon, {**fields, "id": "START"}, {**fields, "id": "START"}, id="START")
    assert leaves(chosen, other) == {"id": ("LAUNCH", "START")}
    made = [alone(coupon, fields, {**fields, "id": id}, id=id) for id in ("aB3dE6gH", "Xy1Zw2Vu")]
    assert found(*made) == ()
    code = "stripe_promotion_code.code"
    codes = [alone(code, {}, {"code": text}) for text in ("AAA", "BBB")]
    assert found(*codes) == ()


def test_ids_of_objects_of_no_stack_are_an_accounts_own_unless_they_are_declared() -> None:
    """A list of such ids, too."""
    plain = [alone(PRICE, {}, {"product": id}) for id in ("prod_a", "prod_b")]
    assert found(*plain) == ()
    named = [alone(PRICE, {"product": id}, {"product": id}) for id in ("prod_a", "prod_b")]
    assert leaves(*named) == {"product": ("prod_a", "prod_b")}
    lists = [
        alone("stripe_coupon.c", {}, {"applies_to": {"products": [id]}})
        for id in ("prod_a", "prod_b")
    ]
    assert found(*lists) == ()


def test_an_object_of_no_stack_is_known_by_its_natural_key() -> None:
    """If it was looked up; the same one on both accounts is equal."""
    first, second = (alone(PRICE, {"product": id}, {"product": id}) for id in ("prod_a", "prod_b"))
    first.names.unmanaged = {("product", "prod_a"): "the product of no stack with url 'x'"}
    second.names.unmanaged = {("product", "prod_b"): "the product of no stack with url 'x'"}
    assert found(first, second) == ()


def test_elements_align_by_what_they_refer_to() -> None:
    """Under the address of the resource, or by position where that names nothing known."""

    def shop(id: str, quantity: int) -> InEnvironment:
        item = {"price": id, "quantity": quantity}
        declared = {"line_items": [{"price": "${stripe_price.month.id}", "quantity": 1}]}
        none: dict[str, Any] = {}
        price = (PRICE, entry(PRICE, id, none), none)
        return place(price, (LINK, entry(LINK, f"l_{id}", declared), {"line_items": [item]}))

    assert leaves(shop("price_A", 1), shop("price_B", 2)) == {
        "line_items.${stripe_price.month.id}.quantity": (1, 2)
    }
    foreign = [
        alone(LINK, {}, {"line_items": [{"price": id, "quantity": number}]})
        for id, number in (("price_x", 1), ("price_y", 2))
    ]
    assert leaves(*foreign) == {"line_items[0].quantity": (1, 2)}


def test_handles_of_elements_are_ids() -> None:
    """The items of a subscription have ids of their own."""
    address = "stripe_subscription.one"
    first, second = (
        alone(address, {}, {"items": [{"id": f"si_{id}", "price": "price_x", "quantity": 1}]})
        for id in "AB"
    )
    assert found(first, second) == ()


def test_secrets_are_not_compared() -> None:
    """Neither declared ones, nor those in a list, nor an object with one in an unknown place."""
    sealed = Sealed("0123456789abcdef")
    first, second = (
        alone(PRODUCT, {"metadata": {"key": sealed}}, {"metadata": {"key": value}})
        for value in ("a", "b")
    )
    assert found(first, second) == ()
    here = alone(PRODUCT, {"metadata": {"key": sealed}}, {"metadata": {"key": "a"}})
    there = alone(PRODUCT, {}, {"metadata": {"key": "b"}})
    assert found(here, there) == found(there, here) == ()
    first, second = (
        alone(PRODUCT, {"images": [sealed]}, {"images": [value]}) for value in ("a", "b")
    )
    assert found(first, second) == ()
    first, second = (
        alone(
            PRODUCT,
            {"default_price_data": {"currency_options": {"eur": {"tiers": [{"up_to": one}]}}}},
            {},
        )
        for one in (sealed, Sealed("fedcba9876543210"))
    )
    assert found(first, second) == ()
    hook = "stripe_webhook_endpoint.events"
    first, second = (
        alone(hook, {"disabled": sealed}, {"status": "enabled", "url": value})
        for value in ("a", "b")
    )
    assert found(first, second) == ()


def test_what_responses_never_hold_is_compared_as_it_was_declared() -> None:
    """At any depth, references as text."""
    data = {"currency": "usd", "unit_amount": 100}
    first = alone(PRODUCT, {"default_price_data": data}, {})
    second = alone(PRODUCT, {"default_price_data": {**data, "unit_amount": 200}}, {})
    assert leaves(first, second) == {"default_price_data.unit_amount": (100, 200)}
    items = [[{"price_data": {"currency": one}, "quantity": 1}, "odd"] for one in ("usd", "eur")]
    first, second = (alone(LINK, {"line_items": one}, {}) for one in items)
    assert leaves(first, second) == {"line_items[0].price_data.currency": ("usd", "eur")}
    link = {"line_items": [], "after_completion": {"type": "redirect", "unknown": 1}, "odd": 1}
    assert found(alone(LINK, link, {"after_completion": {}}), alone(LINK, link, {})) == ()
    named = {"product_data": {"name": "${stripe_product.pro.name}"}}
    assert found(alone(PRICE, named, {}), alone(PRICE, named, {})) == ()


def test_a_word_is_equal_whatever_it_came_to() -> None:
    """`now` is another moment in each account."""
    address = "stripe_file_link.one"
    first, second = (
        alone(address, {"expires_at": "now"}, {"expires_at": moment}) for moment in (100, 200)
    )
    assert found(first, second) == ()


def test_what_one_environment_alone_has() -> None:
    """By its state, or since Stripe does not have it any more in the other one."""
    recorded = entry(PRODUCT, "prod_1", {})
    both, none = place((PRODUCT, recorded, {})), place()
    gone = place((PRODUCT, recorded, None))
    assert [one.in_one for one in found(both, none)] == [0]
    assert [one.in_one for one in found(none, both)] == [1]
    [one] = found(both, gone)
    assert (one.in_one, one.found[1]) == (0, one.found[1])
    assert one.found[1] is not None
    assert one.found[1].gone
    assert one.counts
    assert found(gone, gone) == ()
    assert found(gone, none) == ()
    nothing = InEnvironment(state=None, names=Names({}), read={})
    assert [one.in_one for one in found(both, nothing)] == [0]


def test_an_object_that_ended_differs_from_a_live_one() -> None:
    """Even where an update cannot say so, by what shows it."""
    meter = "stripe_billing_meter.calls"
    first = alone(meter, {}, {"status": "active"})
    second = alone(meter, {}, {"status": "inactive"})
    [one] = found(first, second)
    assert one.leaves == (
        LeafDifference(path=("status",), values=("active", "inactive"), declared=True),
    )
    assert found(second, second) == ()
    card = "stripe_issuing_cardholder.one"
    odd = alone(card, {}, {"status": "inactive"}), alone(card, {}, {"status": "active"})
    assert all(leaf.declared for one in found(*odd) for leaf in one.leaves)


@pytest.mark.parametrize(
    ("first", "second", "differs"),
    [
        ("acct_1", "acct_2", False),
        ("acct_1", "", True),
        ("acct_A", "acct_B", False),
        ("acct_A", "acct_2", True),
        ("", "", False),
    ],
)
def test_connected_accounts_are_compared_by_what_they_are(
    first: str, second: str, *, differs: bool
) -> None:
    """Those that a stack manages by address; two ids of no stack are each environment's own."""
    connected = "stripe_account.shop"

    def shop(own: str, account: str) -> InEnvironment:
        policy = RemovalPolicy(account=account)
        return place(
            (connected, entry(connected, own, {}), {}),
            (PRODUCT, entry(PRODUCT, "prod_1", {}, removal_policy=policy), {}),
        )

    differences = leaves(shop("acct_A", first), shop("acct_B", second))
    assert (set(differences) == {"lifecycle.account"}) is differs
    if second == "":
        assert all(values[1] is ABSENT for values in differences.values())


def test_states_alone_show_what_is_declared() -> None:
    """Nothing is gone or ended, as far as they know."""

    def recorded(amount: int) -> InEnvironment:
        declared = {"unit_amount": amount, "currency": "usd"}
        return place((PRICE, entry(PRICE, "price_1", declared), None), refresh=False)

    assert found(recorded(100), recorded(100)) == ()
    assert leaves(recorded(100), recorded(200)) == {"unit_amount": (100, 200)}


def test_references_to_other_stacks_carry_their_name() -> None:
    """As a declaration would not write them, and people read them."""
    other = State(
        stack="catalogue",
        environment="test",
        lineage="l",
        resources={PRODUCT: entry(PRODUCT, "prod_A", {}), "odd.thing": entry("odd.thing", "o", {})},
    )
    names = Names.of([other], SCHEMAS)
    assert names.reference("product", "prod_A", "shop") == "${catalogue:stripe_product.pro.id}"
    assert names.reference("product", "prod_A", "catalogue") == "${stripe_product.pro.id}"
    assert names.reference("product", "prod_Z", "shop") is None
    assert names.unknown == {("product", "prod_Z")}
    assert names.text("prod_A, prod_Z", "shop") == "${catalogue:stripe_product.pro.id}, prod_Z"
    assert names.text("plain", "shop") == "plain"
