"""Tax rates on items: inclusive or exclusive, as their price."""

from __future__ import annotations

from collections.abc import Iterable

from engine.emulator.behaviour.account_view import AccountView, Frozen
from engine.emulator.wire.errors import StripeRefusal

_BEHAVIORS = {True: "inclusive", False: "exclusive"}


def check_rates(view: AccountView, price: Frozen, rates: Iterable[str] | None) -> None:
    """Refuse rates that contradict the tax behavior of their price (L).

    Args:
        view: The account.
        price: Price of the item.
        rates: Ids of the tax rates; None for none.

    Raises:
        StripeRefusal: A rate contradicts it.
    """
    behavior = price["tax_behavior"]
    for id in rates or ():
        rate = view.get("tax_rate", id)
        if rate is not None and behavior not in (
            None,
            "unspecified",
            _BEHAVIORS[rate["inclusive"]],
        ):
            raise StripeRefusal(
                "One or more prices has a `tax_behavior` that conflicts with the tax rates that "
                "apply to the corresponding line item."
            )
