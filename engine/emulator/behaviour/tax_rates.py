"""Tax rates on what is sold: inclusive or exclusive, as the price they are on.

What must not live here: tax rates by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.emulator.behaviour.account_view import AccountView, Frozen
from engine.emulator.wire.errors import StripeRefusal

_BEHAVIORS = {True: "inclusive", False: "exclusive"}


def check_rates(view: AccountView, price: Frozen, rates: Iterable[str] | None) -> None:
    """Refuse rates that contradict what their price says of taxes (L).

    Args:
        view: The account.
        price: What is sold.
        rates: Ids of the tax rates on it; None for none.

    Raises:
        StripeRefusal: One of them does.
    """
    said = price["tax_behavior"]
    for id in rates or ():
        rate = view.get("tax_rate", id)
        if rate is not None and said not in (None, "unspecified", _BEHAVIORS[rate["inclusive"]]):
            raise StripeRefusal(
                "One or more prices has a `tax_behavior` that conflicts with the tax rates that "
                "apply to the corresponding line item."
            )
