"""Resources that leave one state for another: what both record afterwards."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.catalog import loader
from engine.plan.inputs.handover import Handover
from engine.state.model import RemovedObject, ResourceState, State
from engine.values.secret import Sealed

WHSEC = "whsec_abc"
PRODUCT = ResourceState(type="stripe_product", id="prod_1", declared={"name": "Pro"})
PRICE = ResourceState(
    type="stripe_price",
    id="price_1",
    declared={"product": "${stripe_product.pro.id}", "nickname": "$${n} ${stripe_product.pro.id}"},
    attributes={"product": "prod_1", "currency": "usd"},
    dependencies=("stripe_product.pro",),
    superseded=("price_0",),
)
LINK = ResourceState(
    type="stripe_payment_link",
    id="plink_1",
    declared={"line_items": [{"price": "${stripe_price.month.id}", "quantity": 1}]},
    dependencies=("stripe_price.month",),
)


def state(stack: str, resources: dict[str, ResourceState], **parts: Any) -> State:
    """A state whose lineage is the stack's name."""
    return State(
        stack=stack, environment="test", lineage=f"of-{stack}", resources=resources, **parts
    )


def handover(moves: dict[str, str], giver: State, receiver: State, *secrets: str) -> Handover:
    """A handover with these secrets known."""
    return Handover(
        giver=giver, receiver=receiver, moves=moves, schemas=loader.schemas(), secrets=secrets
    )


SHOP = state(
    "shop",
    {"stripe_product.pro": PRODUCT, "stripe_price.month": PRICE, "stripe_payment_link.buy": LINK},
    account_id="acct_1",
    livemode=False,
    removed={"stripe_price.month": RemovedObject(type="stripe_price", id="price_00")},
)
OTHER = state("other", {"stripe_coupon.c": ResourceState(type="stripe_coupon", id="C")})


def test_what_stays_behind_becomes_its_value_on_both_sides() -> None:
    """The price names its product by id, and so does the link its price; nothing waits for it."""
    both = handover({"stripe_price.month": "stripe_price.monthly"}, SHOP, OTHER)
    assert both.giver_after() == dataclasses.replace(
        SHOP,
        resources={
            "stripe_product.pro": PRODUCT,
            "stripe_payment_link.buy": dataclasses.replace(
                LINK,
                declared={"line_items": [{"price": "price_1", "quantity": 1}]},
                dependencies=(),
            ),
        },
        removed={},
    )
    assert both.receiver_after() == dataclasses.replace(
        OTHER,
        account_id="acct_1",
        livemode=False,
        resources={
            **OTHER.resources,
            "stripe_price.monthly": dataclasses.replace(
                PRICE,
                declared={"product": "prod_1", "nickname": "$${n} prod_1"},
                dependencies=(),
            ),
        },
        removed={"stripe_price.monthly": RemovedObject(type="stripe_price", id="price_00")},
    )
    assert both.unknown() == ()


def test_references_among_what_moves_stay_references() -> None:
    """They name the new address."""
    moves = {"stripe_price.month": "stripe_price.month", "stripe_product.pro": "stripe_product.max"}
    received = handover(moves, SHOP, OTHER).received()
    assert set(received) == set(moves.values())
    price = received["stripe_price.month"]
    assert price.declared == {
        "product": "${stripe_product.max.id}",
        "nickname": "$${n} ${stripe_product.max.id}",
    }
    assert price.dependencies == ("stripe_product.max",)


def test_a_receiver_keeps_its_account() -> None:
    """Only one that was never applied takes the giver's."""
    known = dataclasses.replace(OTHER, account_id="acct_2", livemode=True)
    after = handover({"stripe_product.pro": "stripe_product.pro"}, SHOP, known).receiver_after()
    assert (after.account_id, after.livemode) == ("acct_2", True)


def test_what_is_only_remembered_moves_too() -> None:
    """An object that was archived under an address, with no resource there."""
    gone = {"stripe_price.old": RemovedObject(type="stripe_price", id="price_0")}
    giver = state("shop", {}, removed=gone)
    both = handover({"stripe_price.old": "stripe_price.old"}, giver, OTHER)
    assert both.giver_after().removed == {}
    assert both.receiver_after().removed == gone
    assert both.unknown() == ()


def test_outputs_and_lookups_stay_references_but_for_the_receivers_own() -> None:
    """The receiver's own output is its value there."""
    entry = ResourceState(
        type="stripe_price",
        id="price_1",
        declared={
            "product": "${output.other.product}",
            "nickname": "${output.third.name}",
            "lookup_key": "${data.stripe_coupon.x.id}",
            "tax_behavior": "${output.other.gone}",
            "currency": "${output.other.all.eu[0]}",
        },
        attributes={"tax_behavior": "exclusive"},
    )
    giver = state("shop", {"stripe_price.a": entry})
    other = dataclasses.replace(OTHER, outputs={"product": "prod_${1}", "all": {"eu": ["eur"]}})
    [price] = handover({"stripe_price.a": "stripe_price.a"}, giver, other).received().values()
    assert price.declared == {
        "product": "prod_$${1}",
        "nickname": "${output.third.name}",
        "lookup_key": "${data.stripe_coupon.x.id}",
        "tax_behavior": "exclusive",
        "currency": "eur",
    }


def test_what_the_state_does_not_say_is_read_from_the_object_itself() -> None:
    """A field that was never recorded is none."""
    entry = ResourceState(
        type="stripe_price",
        id="price_1",
        declared={
            "product": "${stripe_product.gone.id}",
            "nickname": "x ${stripe_product.pro.url}",
        },
        attributes={"product": "prod_9"},
    )
    giver = state("shop", {"stripe_price.a": entry, "stripe_product.pro": PRODUCT})
    [price] = handover({"stripe_price.a": "stripe_price.a"}, giver, OTHER).received().values()
    assert price.declared == {"product": "prod_9", "nickname": None}


def test_a_composite_object_is_named_by_its_own_id() -> None:
    """A feature of a product is addressed with its product, and referred to without."""
    feature = ResourceState(
        type="stripe_product_feature",
        id="prod_1/feat_1",
        declared={"product": "${stripe_product.pro.id}"},
        attributes={"product": "prod_1"},
    )
    reader = ResourceState(
        type="stripe_product", id="prod_2", declared={"name": "${stripe_product_feature.f.id}"}
    )
    giver = state("shop", {"stripe_product_feature.f": feature, "stripe_product.r": reader})
    both = handover({"stripe_product_feature.f": "stripe_product_feature.f"}, giver, OTHER)
    assert both.giver_after().resources["stripe_product.r"].declared == {"name": "feat_1"}
    [moved] = both.received().values()
    assert moved.id == "prod_1/feat_1"


def hooks(lineage: str) -> dict[str, ResourceState]:
    """An endpoint with a secret, and products whose fields hold secrets."""
    return {
        "stripe_webhook_endpoint.h": ResourceState(
            type="stripe_webhook_endpoint",
            id="we_1",
            declared={"url": "https://a.example"},
            attributes={"url": "https://a.example", "secret": Sealed.of(WHSEC, lineage)},
        ),
        "stripe_product.r": ResourceState(
            type="stripe_product",
            id="prod_1",
            declared={
                "name": "${stripe_webhook_endpoint.h.secret}",
                "description": "Bearer ${stripe_webhook_endpoint.h.secret}",
                "unit_label": Sealed.of("declared", lineage),
            },
            attributes={
                "name": Sealed.of(WHSEC, lineage),
                "description": Sealed.of(f"Bearer {WHSEC}", lineage),
                "unit_label": Sealed.of("declared", lineage),
            },
        ),
    }


GIVER = state("shop", hooks("of-shop"), outputs={"a": [Sealed.of(WHSEC, "of-shop")], "b": 1})
ALL = {address: address for address in GIVER.resources}


def test_known_secrets_get_the_fingerprints_of_the_receiver() -> None:
    """As if the receiver had recorded them itself."""
    both = handover(ALL, GIVER, OTHER, WHSEC, "declared")
    assert both.received() == hooks("of-other")
    assert both.unknown() == ()
    assert both.outputs() == {"a": [Sealed.of(WHSEC, "of-other")], "b": 1}
    alone = {"stripe_product.r": "stripe_product.r"}
    [product] = handover(alone, GIVER, OTHER, WHSEC).received().values()
    assert product.declared == {
        "name": Sealed.of(WHSEC, "of-other"),
        "description": Sealed.of(f"Bearer {WHSEC}", "of-other"),
        "unit_label": Sealed.of("declared", "of-shop"),
    }


def test_unknown_secrets_agree_with_nothing() -> None:
    """What Stripe returns once keeps the sign that it is there; other fields are not known."""
    both = handover(ALL, GIVER, OTHER, "another")
    assert both.unknown() == ("stripe_product.r",)
    received = both.received()
    assert received["stripe_webhook_endpoint.h"].attributes == {
        "url": "https://a.example",
        "secret": Sealed.of(WHSEC, "of-shop"),
    }
    product = received["stripe_product.r"]
    assert product.attributes == {}
    assert product.declared["unit_label"] == Sealed.of("declared", "of-shop")


def test_a_reference_to_a_secret_that_is_not_known_cannot_be_compared() -> None:
    """Its object has it, and nothing here tells whether it is the same."""
    reader = ResourceState(
        type="stripe_product",
        id="prod_2",
        declared={"name": "${stripe_webhook_endpoint.h.secret}"},
        attributes={"name": Sealed.of(WHSEC, "of-shop")},
    )
    giver = dataclasses.replace(GIVER, resources={**GIVER.resources, "stripe_product.r": reader})
    assert handover(ALL, giver, OTHER).unknown() == ("stripe_product.r",)
    assert handover(ALL, giver, OTHER, WHSEC).unknown() == ()


def test_what_stays_keeps_the_fingerprints_of_the_giver() -> None:
    """A reference to a secret that moves becomes the fingerprint that its value had."""
    alone = {"stripe_webhook_endpoint.h": "stripe_webhook_endpoint.h"}
    for secrets in ((WHSEC,), ()):
        left = handover(alone, GIVER, OTHER, *secrets).giver_after()
        assert left.resources["stripe_product.r"].declared["name"] == Sealed.of(WHSEC, "of-shop")
        assert left.outputs == GIVER.outputs


def test_the_same_lineage_keeps_every_fingerprint() -> None:
    """A renamed stack is the same one."""
    renamed = dataclasses.replace(OTHER, lineage="of-shop")
    both = handover(ALL, GIVER, renamed)
    assert both.received() == GIVER.resources
    assert both.unknown() == ()
    assert both.outputs() == GIVER.outputs


def test_one_stack_made_of_two_reads_what_both_read() -> None:
    """But nothing of itself."""
    shop = state("shop", {}, reads={"third": ("a", "b"), "other": ("x",)})
    other = state("other", {}, reads={"third": ("b", "c"), "shop": ("y",), "last": ("z",)})
    assert handover({}, shop, other).reads() == {"last": ("z",), "third": ("a", "b", "c")}
