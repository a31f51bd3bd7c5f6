"""Constants of stacks, for tests of their formats."""

from __future__ import annotations

from typing import Any

from engine.ports.reports import Constant, StackConstants

MONTHLY = {"currency": "usd", "unit_amount": 2900, "recurring": {"interval": "month"}}
HOSTILE = (
    '*/ """ \\ \' ${HOME} $(id) `id` # <script>alert(1)</script> @user | \x1b[31m\u202eevil\nNEXT=1'
)
"""A text of an account that means something in each format."""


def price(name: str = "pro-monthly", **parts: Any) -> Constant:
    """The id of a price."""
    about: dict[str, Any] = {
        "name": f"STRIPE_PRICE_{name.replace('-', '_').upper()}",
        "value": f"price_{name}",
        "address": f"stripe_price.{name}",
        "type": "stripe_price",
        "attributes": MONTHLY,
        **parts,
    }
    return Constant(**about)


def output(name: str, value: Any, **parts: Any) -> Constant:
    """An output."""
    return Constant(name=name, value=value, is_output=True, **parts)


def stack(
    *constants: Constant, stack: str = "saas", environment: str = "live", **parts: Any
) -> StackConstants:
    """A stack in an environment."""
    about: dict[str, Any] = {"account_id": "acct_1", "livemode": environment == "live", **parts}
    return StackConstants(
        stack=stack,
        environment=environment,
        constants=tuple(sorted(constants, key=lambda one: one.name)),
        **about,
    )
