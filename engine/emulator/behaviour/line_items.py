"""Line items of payment links and quotes: each has a price, or the data to make one."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen
from engine.emulator.behaviour.base import require_one
from engine.emulator.behaviour.products import INACTIVE_PRICE
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm


def fill_items(view: AccountView, given: list[Document], items: list[Document]) -> list[Document]:
    """Finish the items of a new object.

    Args:
        view: The account.
        given: As they were sent.
        items: As they will be returned; changed in place.

    Returns:
        The price of each.

    Raises:
        StripeRefusal: A price is missing, inactive or counted in another way.
    """
    prices = []
    for index, (sent, item) in enumerate(zip(given, items, strict=True)):
        param = f"line_items[{index}]"
        price = price_of(view, sent, param)
        _check_quantity(price, sent, param)
        fill_item(view, item, price)
        prices.append(price)
    return prices


def fill_item(view: AccountView, item: Document, price: Frozen) -> None:
    """Finish one item."""
    product = view.get("product", price["product"]) or {"name": None}
    total = int(
        (Decimal(price["unit_amount_decimal"] or 0) * (item["quantity"] or 0)).quantize(
            Decimal(1), rounding=ROUND_HALF_UP
        )
    )
    item.update(
        id=item.get("id") or view.ids.object_id("li_", IdForm(), view.caller.account),
        object="item",
        price=price["id"],
        currency=price["currency"],
        description=item.get("description") or product["name"],
        amount_subtotal=total,
        amount_total=total,
    )


def currency_of(view: AccountView, wanted: str | None, prices: list[str], param: str) -> str:
    """The currency of a sale: the one that was sent, or that of its prices.

    Args:
        view: The account.
        wanted: Currency that was sent; None if none was.
        prices: Ids of the prices.
        param: Parameter that holds the first of them.

    Raises:
        StripeRefusal: A price is not in that currency (L).
    """
    found = [view.require("price", id, param=param) for id in prices]
    currency = wanted or str(found[0]["currency"])
    for price in found:
        if currency != price["currency"] and currency not in (price["currency_options"] or {}):
            raise StripeRefusal(
                f"The price specified only supports `{price['currency']}`. This doesn't match the "
                f"expected currency: `{currency}`.",
                param=param,
            )
    return currency


def price_of(view: AccountView, sent: Frozen, param: str) -> Document:
    """The price of an item, which is made if the item has `price_data`.

    Raises:
        StripeRefusal: There is none, or it is inactive.
    """
    name = require_one(sent, "price", "price_data", "plan", inside=param)
    if name == "price_data":
        made = view.create_inside("price", dict(sent["price_data"]), f"{param}[price_data]")
        # D: a price made in this way is inactive.
        view.save({**made, "active": False})
        return made
    place = f"{param}[{name}]"
    price = view.require("price", sent[name], param=place)
    if not price["active"]:
        raise StripeRefusal(INACTIVE_PRICE, param=place)
    return price


def _check_quantity(price: Frozen, sent: Frozen, param: str) -> None:
    metered = (price["recurring"] or {}).get("usage_type") == "metered"
    quantity = sent.get("quantity")
    if metered and quantity is not None:
        # L: neither code nor param.
        raise StripeRefusal(
            "Quantity should not be specified where usage_type is `metered`. Remove quantity from "
            f"`{param}`"
        )
    if not metered and quantity is None:
        raise StripeRefusal(f"Quantity is required. Add `quantity` to `{param}`")
