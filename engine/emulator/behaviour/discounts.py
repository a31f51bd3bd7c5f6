"""Discounts: objects where they are expanded, ids elsewhere."""

from __future__ import annotations

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen
from engine.emulator.behaviour.base import require_one
from engine.emulator.wire.ids import IdForm


def discounts_of(
    view: AccountView, given: list[Document] | None, discounted: Frozen, param: str
) -> list[Document]:
    """The discounts in parameters.

    Args:
        view: The account.
        given: Coupons and promotion codes; None for no discounts.
        discounted: The object that they are on.
        param: Parameter that names them.

    Raises:
        StripeRefusal: One names neither a coupon nor a promotion code, or both.
    """
    made = []
    held = {
        (one["source"]["coupon"], one["promotion_code"])
        for one in discounted.get("discounts") or ()
        if one  # a new object has empty places for them
    }
    for index, wanted in enumerate(given or ()):
        place = f"{param}[{index}]"
        require_one(wanted, "coupon", "promotion_code", inside=place)
        code_id, coupon_id, code = wanted.get("promotion_code"), wanted.get("coupon"), None
        if code_id is not None:
            code = view.require("promotion_code", code_id, param=f"{place}[promotion_code]")
            coupon_id = code["promotion"]["coupon"]
        coupon = view.require("coupon", str(coupon_id), param=f"{place}[coupon]")
        if (coupon_id, code_id) not in held and discounted["object"] != "quote":
            _redeem(view, coupon, code)
        made.append(
            {
                "id": view.ids.object_id("di_", IdForm(), view.caller.account),
                "object": "discount",
                "checkout_session": None,
                "customer": discounted.get("customer"),
                "customer_account": None,
                "end": None,
                "invoice": None,
                "invoice_item": None,
                "promotion_code": code_id,
                "source": {"coupon": coupon_id, "type": "coupon"},
                "start": view.now,
                "subscription": discounted["id"]
                if discounted["object"] == "subscription"
                else None,
                "subscription_item": (
                    discounted["id"] if discounted["object"] == "subscription_item" else None
                ),
            }
        )
    return made


def _redeem(view: AccountView, *used: Document | None) -> None:
    """Count that a coupon, and the code that it came by, were applied (S).

    One that is sent again and is on the object already is not counted again (?).
    """
    for one in used:
        if one is not None:
            view.save({**one, "times_redeemed": one["times_redeemed"] + 1})
