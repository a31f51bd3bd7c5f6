"""What a plan was made from: looked at again, it is the same until something moves."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.saved.preconditions import (
    KeyClaim,
    ObjectSnapshot,
    Preconditions,
    describe_change,
    describe_new_holder,
    snapshot,
)
from engine.plan.saved.take_preconditions import key_claim_of
from engine.schema.lifecycle import Life, NaturalKey
from engine.schema.remote import id_of
from engine.state.codec import state_digest
from engine.values.secret import Sealed
from tests.support.cases import prepared

CASES = sorted((Path(__file__).parents[3] / "cases").glob("*.json"))
LINEAGE = "f" * 32
PRO, MONTHLY = "stripe_product.pro", "stripe_price.monthly"
PRODUCT = {"id": "prod_1", "name": "Pro", "active": True, "metadata": {}, "default_price": None}
PRICE = {
    "id": "price_1",
    "active": True,
    "currency": "usd",
    "unit_amount": 2900,
    "product": "prod_1",
    "lookup_key": "pro",
    "metadata": {},
}


def shop(name: str = "Pro", amount: int = 2900, **parts: Any) -> dict[str, Any]:
    """A product and its price that state knows, declared with some name and amount."""
    return {
        "stack": {
            "declarations": {
                PRO: {"arguments": {"name": name}},
                MONTHLY: {
                    "arguments": {
                        "product": "${stripe_product.pro.id}",
                        "currency": "usd",
                        "unit_amount": amount,
                        "lookup_key": "pro",
                    }
                },
            }
        },
        "state": {
            "resources": {
                PRO: {"id": "prod_1", "declared": {"name": "Pro"}},
                MONTHLY: {
                    "id": "price_1",
                    "declared": {
                        "product": "${stripe_product.pro.id}",
                        "currency": "usd",
                        "unit_amount": 2900,
                        "lookup_key": "pro",
                    },
                },
            }
        },
        "observed": {"objects": {PRO: PRODUCT, MONTHLY: PRICE}},
        **parts,
    }


def again(seen: ObjectSnapshot, actual: Mapping[str, Any] | None, **parts: Any) -> str:
    """What moved when an object is looked at again."""
    kind = loader.resource_type(seen.type)
    return describe_change(seen, snapshot(seen, kind, actual, LINEAGE, **parts))


def seen_at(preconditions: Preconditions, address: str) -> ObjectSnapshot:
    """The one object that was seen under an address."""
    (found,) = (seen for seen in preconditions.objects if str(seen.address) == address)
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_the_same_has_not_moved(path: Path) -> None:
    """Every object of every case, looked at again, and each with a holder of its key."""
    made = prepared(json.loads(path.read_text(encoding="utf-8")))
    observed = made.observed
    sources = (
        observed.objects,
        observed.imports,
        observed.remembered,
        observed.holders,
        observed.lookups,
    )
    for seen in made.preconditions.objects:
        text, probed = str(seen.address), seen.probed
        actual = [
            found
            for source in sources
            if (found := source.get(text)) is not None and id_of(found) == seen.id
        ]
        assert again(seen, copy.deepcopy(actual[0]) if actual else None, probed=probed) == ""
    for sought in made.preconditions.claims:
        holder = observed.holders.get(str(sought.address))
        kind = loader.resource_type(sought.type)
        assert describe_new_holder(sought, id_of(holder) if holder else "", kind) == ""


def test_a_plan_that_does_nothing_looks_at_nothing() -> None:
    """Its state is all that it was made from."""
    made = prepared(shop())
    assert made.preconditions == Preconditions(digest=state_digest(made.state))


def test_what_is_left_alone_is_not_looked_at() -> None:
    """An object that no operation touches may change."""
    preconditions = prepared(shop(name="Pro 2")).preconditions
    assert [str(seen.address) for seen in preconditions.objects] == [PRO]


def test_without_a_state_there_is_no_digest() -> None:
    """A first plan is made from nothing."""
    case = shop(state={"serial": 0}, observed={})
    assert prepared(case).preconditions.digest == ""


def test_without_a_refresh_nothing_was_seen() -> None:
    """The person asked for the state to be believed."""
    preconditions = prepared(shop(name="Pro 2", observed={"refreshed": False})).preconditions
    assert (preconditions.objects, preconditions.claims) == ((), ())


def test_a_declared_leaf_that_changed_is_named_with_both_values() -> None:
    """What was planned against it may be wrong now."""
    preconditions = prepared(shop(name="Pro 2")).preconditions
    product = seen_at(preconditions, PRO)
    assert again(product, {**PRODUCT, "name": "Pro 3", "active": False}) == (
        "stripe_product.pro changed on Stripe since the plan was made: "
        'active true -> false, name "Pro" -> "Pro 3"'
    )
    assert again(product, {**PRODUCT, "description": "not declared", "updated": 1}) == ""
    assert again(product, {**PRODUCT, "name": "x" * 70}) == (
        f'stripe_product.pro changed on Stripe since the plan was made: name "Pro" -> "{"x" * 59}…'
    )


def test_an_object_that_went_or_came_back_is_named() -> None:
    """With its id: the next plan may make another one."""
    product = seen_at(prepared(shop(name="Pro 2")).preconditions, PRO)
    assert again(product, None) == (
        "stripe_product.pro [prod_1] is gone from Stripe since the plan was made"
    )
    case = shop(observed={"objects": {PRO: None, MONTHLY: PRICE}})
    product = seen_at(prepared(case).preconditions, PRO)
    assert again(product, None) == ""
    assert again(product, PRODUCT) == (
        "stripe_product.pro [prod_1] exists on Stripe again since the plan was made"
    )


def test_what_is_referred_to_has_to_live_and_its_own_fields_are_free() -> None:
    """A price is made for a product: its name may change, but it must not be archived."""
    product = seen_at(prepared(shop(amount=3900)).preconditions, PRO)
    assert again(product, {**PRODUCT, "name": "Pro 3"}) == ""
    assert "active true -> false" in again(product, {**PRODUCT, "active": False})


def test_who_holds_the_key_of_a_new_object_is_remembered() -> None:
    """A second price with the key would make Stripe refuse, or take it from somebody."""
    case = shop(state={"resources": {PRO: {"id": "prod_1", "declared": {"name": "Pro"}}}})
    case["observed"] = {"objects": {PRO: PRODUCT}}
    (sought,) = prepared(case).preconditions.claims
    assert sought == KeyClaim(
        address=sought.address, type="stripe_price", arguments={"lookup_key": "pro"}
    )
    kind = loader.resource_type("stripe_price")
    assert describe_new_holder(sought, "price_9", kind) == (
        "stripe_price.monthly: its lookup_key was held by nothing when the plan was made, and is "
        "held by price_9 now"
    )
    nameless = dataclasses.replace(kind, life=Life())
    held = dataclasses.replace(sought, holder="price_9")
    assert describe_new_holder(held, "", nameless) == (
        "stripe_price.monthly: its place was held by price_9 when the plan was made, and is held "
        "by nothing now"
    )


def test_what_finding_a_holder_takes() -> None:
    """Parents, filters that a list cannot do without, and the fields of keys; nothing else."""
    case = {
        "stack": {
            "declarations": {
                "stripe_coupon.c": {
                    "arguments": {"id": "SAVE", "percent_off": 10, "duration": "once"},
                    "lifecycle": {"adopt": True, "account": "acct_9"},
                }
            }
        }
    }
    declaration = prepared(case).graph.declarations["stripe_coupon.c"]
    found = key_claim_of(declaration, loader.resource_type("stripe_coupon"))
    assert (found.arguments, found.adopt, found.account) == ({"id": "SAVE"}, True, "acct_9")


def test_how_something_can_be_removed_is_asked_again() -> None:
    """A product without prices was to be deleted, and has one by now."""
    case = {
        "state": {"resources": {PRO: {"id": "prod_1", "declared": {"name": "Pro"}}}},
        "observed": {"objects": {PRO: PRODUCT}, "probes": {PRO: False}},
    }
    product = seen_at(prepared(case).preconditions, PRO)
    assert again(product, PRODUCT, probed=False) == ""
    assert again(product, PRODUCT, probed=True) == (
        "stripe_product.pro: how it can be removed changed since the plan was made"
    )


def test_lookups_are_held_to_what_found_them_and_what_is_read_of_them() -> None:
    """A lookup key that went to another price finds another object now."""
    old = "data.stripe_price.old"
    case = {
        "stack": {
            "declarations": {PRO: {"arguments": {"name": f"Was ${{{old}.nickname}}"}}},
            "lookups": {old: {"lookup_key": "old"}},
        },
        "observed": {
            "lookups": {old: {"id": "price_7", "lookup_key": "old", "nickname": "N", "active": 1}}
        },
    }
    seen = seen_at(prepared(case).preconditions, old)
    assert seen.further_leaves == {"lookup_key": "old", "nickname": "N"}
    actual = case["observed"]["lookups"][old]  # type: ignore[index]
    assert again(seen, {**actual, "active": 0}) == ""
    assert again(seen, {**actual, "lookup_key": None}) == (
        "data.stripe_price.old changed on Stripe since the plan was made: "
        'lookup_key "old" -> (absent)'
    )


def test_lists_and_secrets_are_named_without_their_values() -> None:
    """A list would be long, and a secret is nobody's business."""
    hook = "stripe_webhook_endpoint.hook"
    declared = {"url": "https://a.example", "enabled_events": ["price.created"]}
    actual = {"id": "we_1", "status": "enabled", "metadata": {"a": "whsec_1"}, **declared}
    case = {
        "stack": {
            "declarations": {
                hook: {
                    "arguments": {
                        **declared,
                        "description": "new",
                        "metadata": {"a": {"$secret": "whsec_1"}},
                    }
                }
            }
        },
        "state": {
            "resources": {
                hook: {
                    "id": "we_1",
                    "declared": {**declared, "metadata": {"a": {"$secret": "whsec_1"}}},
                }
            }
        },
        "observed": {"objects": {hook: actual}},
    }
    seen = seen_at(prepared(case).preconditions, hook)
    moved = {**actual, "enabled_events": ["price.updated"], "metadata": {"a": "whsec_2"}}
    assert again(seen, moved) == (
        f"{hook} changed on Stripe since the plan was made: enabled_events, metadata.a"
    )
    assert "whsec" not in repr(seen)


def test_a_leaf_that_decides_and_is_secret_is_kept_as_a_fingerprint() -> None:
    """The rows of a type may name any leaf."""
    kind = loader.resource_type("stripe_webhook_endpoint")
    key = NaturalKey(attribute="secret", scan=True)
    kind = dataclasses.replace(kind, life=Life(natural_keys=(key,)))
    base = ObjectSnapshot(
        address=parse_address("stripe_webhook_endpoint.hook"),
        type=kind.name,
        id="we_1",
        further_leaves={"secret": None, "not.there": None},
    )
    found = snapshot(base, kind, {"id": "we_1", "secret": "whsec_1"}, LINEAGE)
    assert isinstance(found.further_leaves["secret"], Sealed)
    assert found.further_leaves["not.there"] is None
