"""Coupons: a percentage or an amount each; currencies may only be added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm


class CouponBehaviour(Behaviour):
    """A coupon, by percentage or by amount."""

    id_form: ClassVar[IdForm] = IdForm(length=8, with_account=False)
    defaults: ClassVar[Mapping[str, Any]] = {"valid": True}

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check the discount, its duration and its end."""
        _check_discount(params)
        _check_duration(params)
        view.check_future("redeem_by", params.get("redeem_by"))
        _check_options(params.get("currency_options") or {}, params.get("currency"))

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Require the products it applies to, each once (D; the text is ours, ?)."""
        products = (params.get("applies_to") or {}).get("products") or []
        for index, product in enumerate(products):
            param = f"applies_to[products][{index}]"
            view.require("product", product, param=param)
            if product in products[:index]:
                raise StripeRefusal(
                    f"The product `{product}` is listed more than once.", param=param
                )
        _add_own_currency(document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Add new currencies, and refuse another amount for an existing one (L)."""
        del view
        options = params.get("currency_options") or {}
        if options and before["amount_off"] is None:
            raise errors.exclusive(["currency_options", "percent_off"])
        _check_options(options, before["currency"])
        held = before["currency_options"] or {}
        for currency, option in options.items():
            if currency in held and held[currency]["amount_off"] != option["amount_off"]:
                # L that it is refused; the text is ours (?).
                raise StripeRefusal(
                    f"You cannot update the `amount_off` of an existing currency option "
                    f"(`{currency}`).",
                    param=f"currency_options[{currency}][amount_off]",
                )
        _add_own_currency(after)

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Keep its promotion codes, which cannot be used any longer (D/R)."""
        for code in view.find("promotion_code", "promotion.coupon", document["id"]):
            if code["active"]:
                view.save({**code, "active": False})

    def showing(self, view: AccountView, document: Document) -> None:
        """Set whether it can be redeemed now."""
        document["valid"] = redeemable(document, view.now)


def redeemable(coupon: Frozen, now: int) -> bool:
    """Whether a coupon has neither ended nor been used up."""
    ended = coupon["redeem_by"] is not None and coupon["redeem_by"] <= now
    most = coupon["max_redemptions"]
    return not ended and (most is None or coupon["times_redeemed"] < most)


def _check_discount(params: Frozen) -> None:
    percent, amount = params.get("percent_off"), params.get("amount_off")
    if percent is None and amount is None:
        # L: a code without a param.
        raise StripeRefusal("Must provide percent_off or amount_off.", code="parameter_missing")
    if percent is not None and amount is not None:
        raise StripeRefusal(
            "Received both percent_off and amount_off parameters. Please pass in only one."
        )
    if amount is not None and params.get("currency") is None:
        raise StripeRefusal("You must pass currency when passing amount_off", param="currency")
    if percent is not None:
        _check_percent(params)


def _check_percent(params: Frozen) -> None:
    if params.get("currency_options") is not None:
        raise errors.exclusive(["currency_options", "percent_off"])
    if params.get("currency") is not None:
        # D that it goes with amount_off only; the text is ours (?).
        raise errors.exclusive(["currency", "percent_off"])


def _check_duration(params: Frozen) -> None:
    repeating = params.get("duration") == "repeating"
    months = params.get("duration_in_months")
    if repeating and months is None:
        # L: the param is `duration`.
        raise StripeRefusal(
            "The duration_in_months param must be set when creating a coupon with a repeating "
            "duration",
            param="duration",
        )
    if months is not None and not repeating:
        # D that it is refused; the text is ours (?).
        raise StripeRefusal(
            "The duration_in_months param can only be set when creating a coupon with a "
            "repeating duration",
            param="duration_in_months",
        )


def _check_options(options: Frozen, own: str | None) -> None:
    if own in options:
        # D that it is refused; the text is ours (?), after that of prices.
        raise StripeRefusal(
            "You are specifying a currency option that matches the top-level currency for this "
            "coupon. Please remove this currency option.",
            param=f"currency_options[{own}]",
        )


def _add_own_currency(document: Document) -> None:
    """Add the coupon's own currency to its options, as Stripe does on prices (R; here ?)."""
    if document["amount_off"] is None:
        return
    options = dict(document["currency_options"] or {})
    options[document["currency"]] = {"amount_off": document["amount_off"]}
    document["currency_options"] = dict(sorted(options.items()))
