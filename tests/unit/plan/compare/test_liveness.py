"""Whether an object that Stripe still answers is there, gone, or done with its work."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.compare.liveness import is_gone, is_live, is_over, is_past


@pytest.mark.parametrize(
    ("type_name", "actual", "declared", "gone"),
    [
        # A product has no end that a 404 does not tell.
        ("stripe_product", {"active": False}, {}, False),
        ("stripe_entitlements_feature", {"active": True}, {}, False),
        ("stripe_entitlements_feature", {"active": False}, {}, True),
        ("stripe_entitlements_feature", {"active": False}, {"active": False}, False),
        ("stripe_subscription", {"status": "active"}, {}, False),
        ("stripe_subscription", {"status": "canceled"}, {}, True),
        ("stripe_subscription", {"status": "incomplete_expired"}, {}, True),
        # It came to the end that it was declared with.
        ("stripe_subscription", {"status": "canceled"}, {"cancel_at": 1800000000}, False),
        ("stripe_subscription", {"status": "canceled"}, {"cancel_at": None}, True),
        # Any moment at which a grant was voided says that it was.
        ("stripe_billing_credit_grant", {"voided_at": 1700000000}, {}, True),
        ("stripe_billing_credit_grant", {"voided_at": None}, {}, False),
        ("stripe_billing_credit_grant", {}, {}, False),
    ],
)
def test_gone(type_name: str, actual: Any, declared: Any, gone: bool) -> None:  # noqa: FBT001
    """An object has ended for good if its answer says so and its declaration does not."""
    assert is_gone(loader.resource_type(type_name), actual, declared) is gone


@pytest.mark.parametrize(
    ("type_name", "status", "past"),
    [
        ("stripe_subscription_schedule", "completed", True),
        ("stripe_subscription_schedule", "released", True),
        ("stripe_subscription_schedule", "active", False),
        ("stripe_subscription_schedule", "canceled", False),
        ("stripe_quote", "accepted", True),
        ("stripe_product", "completed", False),
    ],
)
def test_past(type_name: str, status: str, past: bool) -> None:  # noqa: FBT001
    """A schedule that has run and a quote that was accepted have done their work."""
    assert is_past(loader.resource_type(type_name), {"status": status}) is past


@pytest.mark.parametrize(
    ("type_name", "actual", "live"),
    [
        ("stripe_product", {"active": True}, True),
        ("stripe_product", {"active": False}, False),
        ("stripe_billing_meter", {"status": "inactive"}, False),
        # It is there or not there, and a 404 tells.
        ("stripe_coupon", {"valid": False}, True),
    ],
)
def test_live(type_name: str, actual: Any, live: bool) -> None:  # noqa: FBT001
    """An object is live as long as it says so, where its type can be anything else."""
    assert is_live(loader.resource_type(type_name), actual) is live


@pytest.mark.parametrize(
    ("type_name", "actual", "over"),
    [
        ("stripe_coupon", {"redeem_by": 100}, True),
        ("stripe_coupon", {"redeem_by": 300}, False),
        ("stripe_coupon", {"redeem_by": None}, False),
        ("stripe_tax_registration", {"active_from": 100, "expires_at": None}, False),
        ("stripe_product", {"created": 100}, False),
    ],
)
def test_over(type_name: str, actual: Any, over: bool) -> None:  # noqa: FBT001
    """A coupon cannot be made with a moment in the past; a registration can begin now."""
    assert is_over(loader.schemas()[type_name], actual, 200) is over
