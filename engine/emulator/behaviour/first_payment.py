"""The amount due when a subscription starts, and whether it can be paid.

Payments are not emulated: a payment that is possible succeeds, another one is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen
from engine.emulator.wire.errors import StripeRefusal

NOTHING_TO_PAY_WITH = (
    "This customer has no attached payment source or default payment method. Please consider "
    "adding a default payment method. For more information, visit "
    "https://stripe.com/docs/billing/subscriptions/payment-methods-setting"
    "#payment-method-priority."
)
_NOT_EMULATED = frozenset({"default_incomplete", "pending_if_incomplete"})
_PAID_BY = ("default_payment_method", "default_source")
_WHOLE = Decimal(100)


def check_behavior(params: Frozen) -> None:
    """Refuse what would leave a payment open, because it could not be made here.

    Raises:
        StripeRefusal: The text is ours.
    """
    behavior = params.get("payment_behavior")
    if behavior in _NOT_EMULATED:
        raise StripeRefusal(
            f"`payment_behavior={behavior}` leaves a payment open, and this emulator of Stripe has "
            "no payments. Leave it out, and give the customer a default payment method.",
            param="payment_behavior",
        )


def check_clock(customer: Mapping[str, Any] | None) -> None:
    """Refuse to bill by a test clock, which the emulator does not follow.

    Raises:
        StripeRefusal: The text is ours.
    """
    if customer is not None and customer.get("test_clock") is not None:
        raise StripeRefusal(
            f"The customer `{customer['id']}` has a test clock, and in this emulator of Stripe no "
            "subscription follows one. Use a customer without a test clock.",
            param="customer",
        )


def check_payable(
    view: AccountView,
    params: Frozen,
    subscription: Frozen,
    items: list[Document],
) -> None:
    """Require a payment method if an amount is due at once (L for the text).

    Raises:
        StripeRefusal: An amount is due, and the customer has no payment method.
    """
    if subscription["collection_method"] != "charge_automatically" or has_method(
        view, subscription
    ):
        return
    customer = view.get("customer", subscription["customer"] or "") or {}
    credit = Decimal(-(customer.get("balance") or 0))
    if _due(view, params, subscription, items) > max(credit, Decimal(0)):
        raise StripeRefusal(NOTHING_TO_PAY_WITH, code="resource_missing")


def has_method(view: AccountView, subscription: Frozen) -> bool:
    """Whether there is a payment method to charge."""
    customer = view.get("customer", subscription["customer"] or "") or {}
    settings = customer.get("invoice_settings") or {}
    return any(held.get(name) for held in (subscription, settings, customer) for name in _PAID_BY)


def _due(view: AccountView, params: Frozen, subscription: Frozen, items: list[Document]) -> Decimal:
    """The amount of the first invoice: 0 for a trial, or a period that is not billed."""
    extras = sum((_extra(view, one) for one in params.get("add_invoice_items") or ()), Decimal(0))
    later = (subscription["billing_cycle_anchor"] or view.now) > view.now
    unbilled = later and params.get("proration_behavior") == "none"
    if subscription["status"] == "trialing" or unbilled:
        return _discounted(view, extras, subscription)
    billed = sum((_billed(view, subscription, one) for one in items), Decimal(0))
    return _discounted(view, billed + extras, subscription)


def _billed(view: AccountView, subscription: Frozen, item: Frozen) -> Decimal:
    """The amount of an item for its first period; metered usage is due at the end (D)."""
    price = view.get("price", item["price"])
    if price is None or price["recurring"]["usage_type"] == "metered":
        return Decimal(0)
    option = (price["currency_options"] or {}).get(subscription["currency"]) or price
    return _discounted(view, _amount(option, price, item["quantity"] or 0), item)


def _extra(view: AccountView, sent: Frozen) -> Decimal:
    price = sent.get("price_data") or view.get("price", sent.get("price") or "") or {}
    return _amount(price, price, 1 if sent.get("quantity") is None else sent["quantity"])


def _amount(option: Frozen, price: Frozen, quantity: int) -> Decimal:
    tiers = option.get("tiers")
    if tiers:
        return _by_tiers(tiers, quantity, graduated=price["tiers_mode"] == "graduated")
    return _unit(option) * quantity


def _by_tiers(tiers: list[Document], quantity: int, *, graduated: bool) -> Decimal:
    """The amount of a quantity in tiers: graduated, or one tier for all (D)."""
    total, below = Decimal(0), 0
    for tier in tiers:
        last = tier["up_to"] is None or quantity <= tier["up_to"]
        counted = (quantity if last else tier["up_to"]) - below
        if graduated:
            total += _unit(tier) * counted + _flat(tier)
            below = tier["up_to"]
        elif last:
            return _unit(tier) * quantity + _flat(tier)
        if last:
            break
    return total


def _unit(holder: Frozen) -> Decimal:
    return Decimal(str(holder.get("unit_amount_decimal") or holder.get("unit_amount") or 0))


def _flat(tier: Frozen) -> Decimal:
    return Decimal(str(tier.get("flat_amount_decimal") or tier.get("flat_amount") or 0))


def _discounted(view: AccountView, amount: Decimal, holder: Frozen) -> Decimal:
    for discount in holder["discounts"] or ():
        coupon = view.get("coupon", discount["source"]["coupon"]) or {}
        amount -= amount * Decimal(str(coupon.get("percent_off") or 0)) / _WHOLE
        amount -= Decimal(coupon.get("amount_off") or 0)
    return max(amount, Decimal(0))
