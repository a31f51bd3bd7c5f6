"""What drifted, with the record, the code and Stripe side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.drifted import CodeIs, Drifted, DriftKind, find_drifted
from engine.plan.model import Action
from engine.values.markers import ABSENT
from engine.values.paths import dotted
from tests.support.cases import prepared

CASES = sorted((Path(__file__).parents[2] / "cases").glob("*.json"))
PRO = "stripe_product.pro"
HOOK = "stripe_webhook_endpoint.hook"


def drifted_of(case: Mapping[str, Any]) -> tuple[Drifted, ...]:
    """What drifted in a case."""
    made = prepared(case)
    return find_drifted(made.graph, made.state, made.observed, loader.schemas())


def one(
    arguments: Mapping[str, Any],
    seen: Mapping[str, Any],
    actual: Mapping[str, Any] | None,
    address: str = PRO,
    **lifecycle: Any,
) -> Drifted:
    """The drift of one object: what is declared, what the last apply left, what Stripe has."""
    declaration = {"arguments": arguments, "lifecycle": lifecycle}
    held = {"id": "id_1", "attributes": seen, "declared": seen}
    objects = {address: actual and {"id": "id_1", "active": True, **actual}}
    [found] = drifted_of(
        {
            "stack": {"declarations": {address: declaration}},
            "state": {"resources": {address: held}},
            "observed": {"objects": objects},
        }
    )
    return found


def leaves(drifted: Drifted) -> dict[str, tuple[Any, Any, Any, CodeIs]]:
    """The leaves by path: code, last apply, Stripe, and how the code compares."""
    return {
        dotted(leaf.path): (leaf.code, leaf.applied, leaf.actual, leaf.code_is)
        for leaf in drifted.leaves
    }


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_a_plan_shows_the_same_drift(file: Path) -> None:
    """The same objects, and of each the same leaves, but for those that show that it ended."""
    case = json.loads(file.read_text(encoding="utf-8"))
    if case.get("options", {}).get("refresh") is False:
        return
    made = prepared(case)
    plan = made.plan
    found = find_drifted(made.graph, made.state, made.observed, loader.schemas())
    assert [entry.address for entry in found] == [entry.address for entry in plan.drift]
    for mine, planned in zip(found, plan.drift, strict=True):
        assert [leaf.path for leaf in mine.leaves if not leaf.ends] == [
            field.path for field in planned.fields
        ]
        assert (mine.kind is DriftKind.DELETED) is planned.gone
        assert (mine.kind is DriftKind.ARCHIVED) is planned.ended


def test_the_code_is_as_it_was() -> None:
    """An apply puts it back."""
    found = one({"name": "Pro"}, {"name": "Pro"}, {"name": "By hand"})
    assert (found.kind, found.action, found.line) == (
        DriftKind.CHANGED,
        Action.UPDATE,
        "stacks/case.py:1",
    )
    assert leaves(found) == {"name": ("Pro", "Pro", "By hand", CodeIs.UNCHANGED)}


def test_the_code_agrees_with_stripe() -> None:
    """An apply only records it."""
    found = one({"name": "New"}, {"name": "Pro"}, {"name": "New"})
    assert found.action is Action.NO_OP
    assert leaves(found) == {"name": ("New", "Pro", "New", CodeIs.AGREES)}


def test_the_code_wants_a_third_value() -> None:
    """All three are different."""
    found = one({"name": "New"}, {"name": "Pro"}, {"name": "By hand"})
    assert leaves(found) == {"name": ("New", "Pro", "By hand", CodeIs.DIFFERS)}


def test_the_code_no_longer_declares_a_leaf() -> None:
    """It is drift all the same: an apply clears what Stripe has now."""
    seen = {"name": "Pro", "description": "For teams"}
    found = one({"name": "Pro"}, seen, {"name": "Pro", "description": "By hand"})
    assert leaves(found) == {"description": (ABSENT, "For teams", "By hand", CodeIs.SILENT)}


def test_the_code_no_longer_declares_what_was_cleared() -> None:
    """Both are nothing."""
    seen = {"name": "Pro", "description": "For teams"}
    found = one({"name": "Pro"}, seen, {"name": "Pro", "description": None})
    [leaf] = found.leaves
    assert leaf.code_is is CodeIs.AGREES


def test_what_is_no_longer_declared_at_all() -> None:
    """No line, no action: an apply takes it out."""
    case = {
        "state": {
            "resources": {
                PRO: {"id": "p", "declared": {"name": "Pro"}, "attributes": {"name": "Pro"}}
            }
        },
        "observed": {"objects": {PRO: {"id": "p", "name": "By hand", "active": False}}},
    }
    [found] = drifted_of(case)
    assert (found.line, found.action) == ("", None)
    assert leaves(found) == {
        "name": (ABSENT, "Pro", "By hand", CodeIs.SILENT),
        "active": (ABSENT, True, False, CodeIs.SILENT),
    }


def test_what_was_archived() -> None:
    """The leaf that shows it can be declared, but not ignored."""
    found = one({"name": "Pro"}, {"name": "Pro"}, {"name": "Pro", "active": False})
    assert (found.kind, found.action) == (DriftKind.ARCHIVED, Action.REVIVE)
    [leaf] = found.leaves
    assert (leaf.path, leaf.ends, leaf.declarable, leaf.on_stripe) == (
        ("active",),
        True,
        True,
        False,
    )
    assert leaves(found) == {"active": (ABSENT, True, False, CodeIs.SILENT)}


def test_what_was_disabled() -> None:
    """Its status is no parameter, so no declaration can accept it."""
    seen = {"url": "https://e.com", "enabled_events": ["price.created"]}
    found = one(seen, seen, {**seen, "status": "disabled"}, HOOK)
    [leaf] = found.leaves
    assert (leaf.path, leaf.declarable) == (("status",), False)


def test_what_was_archived_while_that_is_declared() -> None:
    """It is a change of a declared leaf, so the plan changes that."""
    seen = {"name": "Pro", "active": True}
    found = one(seen, seen, {"name": "Pro", "active": False})
    assert leaves(found) == {"active": (True, True, False, CodeIs.UNCHANGED)}


def test_what_was_revived() -> None:
    """It is declared archived, and live."""
    seen = {"name": "Pro", "active": False}
    found = one(seen, seen, {"name": "Pro", "active": True})
    assert found.kind is DriftKind.REVIVED
    assert leaves(found) == {"active": (False, False, True, CodeIs.UNCHANGED)}


def test_what_was_deleted() -> None:
    """There is no leaf to compare."""
    found = one({"name": "Pro"}, {"name": "Pro"}, None)
    assert (found.kind, found.leaves, found.action) == (DriftKind.DELETED, (), Action.CREATE)


def test_what_cannot_be_archived_is_changed() -> None:
    """A type that has no revival has no leaf that shows it."""
    address = "stripe_tax_id.vat"
    seen = {"type": "eu_vat", "value": "DE123456789"}
    found = one(seen, seen, {**seen, "value": "DE987654321"}, address)
    assert found.kind is DriftKind.CHANGED


def test_ignored_leaves_are_no_drift() -> None:
    """What else differs is."""
    seen = {"name": "Pro", "description": "A"}
    actual = {"name": "By hand", "description": "B"}
    found = one(seen, seen, actual, ignore_changes=("name",))
    assert list(leaves(found)) == ["description"]


def test_a_list_is_accepted_as_a_whole() -> None:
    """Its leaves are shown one by one; what is written is the list."""
    seen = {"name": "Pro", "marketing_features": [{"name": "a"}, {"name": "b"}]}
    actual = {"name": "Pro", "marketing_features": [{"name": "b"}, {"name": "a"}, {"name": "c"}]}
    found = one(seen, seen, actual)
    assert leaves(found) == {
        "marketing_features[0].name": ("a", "a", "b", CodeIs.UNCHANGED),
        "marketing_features[1].name": ("b", "b", "a", CodeIs.UNCHANGED),
        "marketing_features[2].name": (ABSENT, ABSENT, "c", CodeIs.UNCHANGED),
    }
    assert {leaf.around for leaf in found.leaves} == {("marketing_features",)}
    whole = [{"name": "b"}, {"name": "a"}, {"name": "c"}]
    assert all(leaf.on_stripe == whole for leaf in found.leaves)


def test_amounts_have_a_currency() -> None:
    """Views write them as money."""
    seen = {"amount_off": 500, "currency": "usd", "duration": "once", "name": "Five"}
    found = one(seen, seen, {**seen, "amount_off": 700}, "stripe_coupon.five")
    assert [leaf.currency for leaf in found.leaves] == ["usd"]


def test_no_drift() -> None:
    """Nothing is decided."""
    assert drifted_of({"stack": {"declarations": {PRO: {"arguments": {"name": "Pro"}}}}}) == ()


LINK = "stripe_payment_link.buy"
FIELD = {"key": "a", "type": "text", "label": {"type": "custom", "custom": "A"}}


def link(*fields: Mapping[str, Any]) -> dict[str, Any]:
    """A payment link with some questions."""
    return {"line_items": [{"price": "price_1", "quantity": 1}], "custom_fields": list(fields)}


def test_what_state_leaves_out_of_an_element() -> None:
    """The last apply declared a value that is the same as none, and state has none."""
    declared = link({**FIELD, "optional": False})
    found = one(declared, declared, link({**FIELD, "optional": True}), LINK)
    assert leaves(found) == {"custom_fields[0].optional": (False, False, True, CodeIs.UNCHANGED)}


def test_what_another_element_declares() -> None:
    """State keeps it of each element; only those that declare it can drift in it."""
    other = {**FIELD, "key": "b"}
    declared = link({**FIELD, "optional": False}, other)
    actual = link({**FIELD, "optional": False}, {**other, "optional": True, "type": "numeric"})
    found = one(declared, declared, actual, LINK)
    assert list(leaves(found)) == ["custom_fields[1].type"]


def test_an_element_that_was_not_declared() -> None:
    """Each of its leaves is shown, as far as another element declares it."""
    declared = link({**FIELD, "optional": False})
    actual = link({**FIELD, "optional": False}, {**FIELD, "key": "b", "optional": True})
    found = one(declared, declared, actual, LINK)
    assert "custom_fields[1].optional" in leaves(found)


def test_a_word_that_meant_a_moment() -> None:
    """The code is as it was, whatever moment was returned for it."""
    address = "stripe_tax_registration.us"
    declared = {"country": "US", "active_from": "now"}
    case = {
        "stack": {"declarations": {address: {"arguments": declared}}},
        "state": {
            "resources": {
                address: {
                    "id": "taxreg_1",
                    "declared": declared,
                    "attributes": {"country": "US", "active_from": 100},
                }
            }
        },
        "observed": {
            "objects": {
                address: {"id": "taxreg_1", "country": "US", "active_from": 200, "status": "active"}
            }
        },
    }
    [found] = drifted_of(case)
    assert leaves(found) == {"active_from": (100, 100, 200, CodeIs.UNCHANGED)}


def test_nothing_that_is_no_word_of_a_revival_makes_it_revived() -> None:
    """An entry that is gone has no value, as a leaf that no object has."""
    address = "stripe_billing_portal_configuration.main"
    seen = {"features": {"customer_update": {"enabled": True, "allowed_updates": ["email"]}}}
    actual = {"features": {"customer_update": {"enabled": True, "allowed_updates": []}}}
    assert one(seen, seen, actual, address).kind is DriftKind.CHANGED


def test_an_element_that_its_key_names() -> None:
    """Its leaves are those of the object of the key, in whatever order they are."""
    address = "stripe_billing_portal_configuration.main"

    def portal(*prices: str) -> dict[str, Any]:
        product = {"product": "prod_1", "prices": list(prices)}
        return {"features": {"subscription_update": {"enabled": True, "products": [product]}}}

    found = one(portal("price_1"), portal("price_1"), portal("price_1", "price_2"), address)
    assert list(leaves(found)) == ["features.subscription_update.products.prod_1.prices"]
    [leaf] = found.leaves
    assert leaf.around == ("features", "subscription_update", "products")
    assert leaf.on_stripe == [{"product": "prod_1", "prices": ["price_1", "price_2"]}]
