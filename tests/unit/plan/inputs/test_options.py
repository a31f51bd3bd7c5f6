"""The options of a plan, as a person types them."""

from __future__ import annotations

from engine.address import parse_address
from engine.plan.inputs.options import PlanOptions


def test_only_what_is_asked_for_is_given() -> None:
    """Options that are as without any are left out, the others named as typed."""
    assert list(PlanOptions().given()) == []
    target = (parse_address("stripe_price.a"),)
    options = PlanOptions(refresh=False, targets=target, lock_timeout=3.0)
    assert list(options.given()) == [("--no-refresh", False), ("--target", target)]
