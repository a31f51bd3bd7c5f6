"""Promotion codes: unique while they are active, within the limits of their coupon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from engine.catalog.rows import Field
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.coupons import redeemable
from engine.emulator.params.older_forms import CLOVER, OlderForm
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal


class PromotionCodeBehaviour(Behaviour):
    """A customer-facing code for a coupon."""

    title: ClassVar[str] = "promotion code"
    filter_paths: ClassVar[Mapping[str, str]] = {"coupon": "promotion.coupon"}
    filters_ignoring_case: ClassVar[frozenset[str]] = frozenset({"code"})
    computed_filters: ClassVar[frozenset[str]] = frozenset({"active"})
    # L: the pattern in the refusal, which allows underscores too.
    limits: ClassVar[Mapping[str, Field]] = {
        "code": Field(max_length=500, pattern=r"[a-zA-Z0-9\-_]+")
    }
    indexed: ClassVar[Mapping[str, bool]] = {"code": True, "promotion.coupon": False}
    older_forms: ClassVar[tuple[OlderForm, ...]] = (
        OlderForm(
            until=CLOVER,
            params={"coupon": "promotion.coupon"},
            implied={"promotion.type": "coupon"},
            required=frozenset({"coupon"}),
            fields={"coupon": "promotion.coupon"},
            whole=frozenset({"coupon"}),
            newer=frozenset({"promotion"}),
        ),
    )

    def check_create(self, view: AccountView, params: Params) -> None:
        """Require a coupon, and check the end and the restrictions."""
        if params["promotion"].get("coupon") is None:
            # L: the param has a dot.
            raise StripeRefusal(
                "You must pass promotion.coupon when passing promotion", param="promotion.coupon"
            )
        if params.get("customer") is not None and params.get("customer_account") is not None:
            raise errors.exclusive(["customer", "customer_account"])
        view.check_future("expires_at", params.get("expires_at"))
        _check_restrictions(params.get("restrictions") or {})

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Check the limits of the coupon, and that the code is free; make one if none was sent."""
        id = params["promotion"]["coupon"]
        coupon = view.require("coupon", id, param="promotion[coupon]")
        _check_against(coupon, document)
        if not document["code"]:
            document["code"] = view.ids.promotion_code()
        if document["active"]:
            _require_free_code(view, document)
        _add_own_currency(document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse to reactivate a code that is not free or cannot be used."""
        options = (params.get("restrictions") or {}).get("currency_options") or {}
        _check_options(options, before["restrictions"]["minimum_amount_currency"])
        _add_own_currency(after)
        if not after["active"] or before["active"]:
            return
        _require_free_code(view, after)
        coupon = view.repository.get("coupon", after["promotion"]["coupon"])
        if coupon is None or not redeemable(coupon, view.now):
            # D that it is refused; the text is ours (?).
            raise StripeRefusal(
                "This promotion code cannot be activated because its coupon is no longer valid.",
                param="active",
            )
        if after["expires_at"] is not None and after["expires_at"] <= view.now:
            # D that it is refused; the text is ours (?).
            raise StripeRefusal(
                "This promotion code cannot be activated because it has expired.", param="active"
            )

    def showing(self, view: AccountView, document: Document) -> None:
        """Set whether it can be redeemed now, which depends on its coupon too (D)."""
        _set_active(view, document)


def _set_active(view: AccountView, document: Document) -> None:
    coupon = view.repository.get("coupon", document["promotion"]["coupon"])
    over = coupon is None or not redeemable(coupon, view.now)
    ended = document["expires_at"] is not None and document["expires_at"] <= view.now
    most = document["max_redemptions"]
    used_up = most is not None and document["times_redeemed"] >= most
    if over or ended or used_up:
        document["active"] = False


def _check_restrictions(restrictions: Frozen) -> None:
    amount, currency = (
        restrictions.get("minimum_amount"),
        restrictions.get("minimum_amount_currency"),
    )
    if amount is not None and currency is None:
        raise errors.missing_parameter("restrictions[minimum_amount_currency]")
    if currency is not None and amount is None:
        raise errors.missing_parameter("restrictions[minimum_amount]")
    _check_options(restrictions.get("currency_options") or {}, currency)


def _check_options(options: Frozen, own: str | None) -> None:
    if own is not None and own in options:
        # R that it is refused; the text is ours (?), after that of prices.
        raise StripeRefusal(
            "You are specifying a currency option that matches the top-level currency for this "
            "promotion code. Please remove this currency option.",
            param=f"restrictions[currency_options][{own}]",
        )


def _check_against(coupon: Frozen, document: Frozen) -> None:
    """Refuse a code beyond its coupon's limits (D; the texts are ours, ?)."""
    ends, most = coupon["redeem_by"], coupon["max_redemptions"]
    if ends is not None and document["expires_at"] is not None and document["expires_at"] > ends:
        raise StripeRefusal(
            "The promotion code's `expires_at` cannot be after the coupon's `redeem_by`.",
            param="expires_at",
        )
    redemptions = document["max_redemptions"]
    if most is not None and redemptions is not None and redemptions > most:
        raise StripeRefusal(
            "The promotion code's `max_redemptions` cannot be greater than the coupon's "
            "`max_redemptions`.",
            param="max_redemptions",
        )


def _require_free_code(view: AccountView, document: Frozen) -> None:
    for other in view.find("promotion_code", "code", document["code"], folded=True):
        _set_active(view, other)
        if other["active"] and other["id"] != document["id"] and _same_customer(other, document):
            # L: neither code nor param.
            raise StripeRefusal(
                f"An active promotion code with `code: {document['code']}` already exists."
            )


def _same_customer(one: Frozen, other: Frozen) -> bool:
    """Whether a customer could use both codes: one without a customer is for all (D)."""
    whom = [
        {name: code[name] for name in ("customer", "customer_account") if code.get(name)}
        for code in (one, other)
    ]
    return not all(whom) or whom[0] == whom[1]


def _add_own_currency(document: Document) -> None:
    """Add the currency of the minimum to its options, as Stripe does on read (R)."""
    restrictions = document["restrictions"]
    if restrictions["minimum_amount"] is None:
        return
    options = dict(restrictions["currency_options"] or {})
    options[restrictions["minimum_amount_currency"]] = {
        "minimum_amount": restrictions["minimum_amount"]
    }
    restrictions["currency_options"] = dict(sorted(options.items()))
