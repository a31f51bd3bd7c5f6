"""Subscriptions: a customer, items, a period, and an end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour, require_one
from engine.emulator.behaviour.discounts import discounts_of
from engine.emulator.behaviour.first_payment import (
    check_behavior,
    check_clock,
    check_payable,
    has_method,
)
from engine.emulator.behaviour.item_tax_rates import check_rates
from engine.emulator.behaviour.line_items import currency_of
from engine.emulator.behaviour.subscription_items import change_items, items_of
from engine.emulator.params.older_forms import BASIL, OlderForm
from engine.emulator.params.queries import SearchOperators
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

_DAY = 24 * 3600
_ENDED = ("canceled", "incomplete_expired")
_PAUSED = "paused"
_UNPAID = {"pause": _PAUSED, "cancel": "canceled"}
_TRIALS = ("trial_end", "trial_period_days", "trial_from_plan")
_STILL_OPEN = frozenset({"metadata", "cancellation_details"})


class SubscriptionBehaviour(Behaviour):
    """A subscription."""

    custom_filters: ClassVar[frozenset[str]] = frozenset(
        {"status", "price", "plan", "current_period_start", "current_period_end", "automatic_tax"}
    )
    indexed: ClassVar[Mapping[str, bool]] = {"customer": False}
    defaults: ClassVar[Mapping[str, Any]] = {
        "billing_mode.type": "flexible",
        "collection_method": "charge_automatically",
        "invoice_settings.issuer.type": "self",
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
    }
    # S for the name; R that discounts of subscriptions have these events too.
    parts_with_events: ClassVar[Mapping[str, str]] = {"discounts": "customer.discount"}
    older_forms: ClassVar[tuple[OlderForm, ...]] = (
        OlderForm(
            until=BASIL,
            params={
                "coupon": "discounts.0.coupon",
                "promotion_code": "discounts.0.promotion_code",
            },
            fields={
                "current_period_end": "items.data.0.current_period_end",
                "current_period_start": "items.data.0.current_period_start",
            },
        ),
    )
    search_fields: ClassVar[Mapping[str, SearchOperators]] = {
        "canceled_at": SearchOperators.NUMERIC,
        "created": SearchOperators.NUMERIC,
        "metadata": SearchOperators.TOKEN,
        "status": SearchOperators.STRING,
    }

    def check_create(self, view: AccountView, params: Params) -> None:
        """Require a customer and items, and check the trial."""
        del view
        require_one(params, "customer", "customer_account")
        if not params.get("items"):
            raise errors.missing_parameter("items")
        trials = [name for name in _TRIALS if params.get(name)]
        if len(trials) > 1:
            raise errors.exclusive(trials)
        _check_billing(params, params.get("collection_method"))
        check_behavior(params)

    def check_update(self, view: AccountView, params: Params) -> None:
        """Check the payment settings."""
        del view
        check_behavior(params)

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Start it now; `created` makes the items."""
        start = params.get("backdate_start_date") or view.now
        document["start_date"] = start
        document["billing_cycle_anchor"] = params.get("billing_cycle_anchor") or view.now
        document["items"]["data"] = []
        days = params.get("trial_period_days") or _days_of_plans(view, params)
        if days:
            document["trial_end"] = view.now + days * _DAY
        _fill_derived(view, params, document)
        check_clock(view.get("customer", params.get("customer") or ""))
        document["discounts"] = discounts_of(view, params.get("discounts"), document, "discounts")

    def created(self, view: AccountView, params: Params, document: Document) -> None:
        """Make the items, and take the currency from their prices."""
        change_items(view, document["id"], params["items"])
        items = items_of(view, document["id"])
        prices = [item["price"] for item in items]
        document["currency"] = currency_of(view, params.get("currency"), prices, "items[0][price]")
        check_payable(view, params, document, items)
        _set_end(view, params, document)
        view.save(document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Change it; refuse if it is canceled (L)."""
        if before["status"] in _ENDED and not set(params) <= _STILL_OPEN:
            raise StripeRefusal(
                "A canceled subscription can only update its cancellation_details and metadata."
            )
        for name in ("items", "discounts", "billing_cycle_anchor", "currency"):
            after[name] = before[name]
        if "discounts" in params:
            after["discounts"] = discounts_of(view, params["discounts"], after, "discounts")
        _check_billing(params, after["collection_method"], after["days_until_due"])
        for item in items_of(view, after["id"]):
            price = view.get("price", item["price"])
            # D: a subscriber keeps a deleted plan.
            if price is not None:
                check_rates(view, price, item["tax_rates"] or after["default_tax_rates"])
        if params.get("items"):
            change_items(view, after["id"], params["items"])
            _check_items(view, before)
            _begin_anew(view, before, after)
        if (params.get("billing_cycle_anchor") or {}).get("type") == "now":
            after["billing_cycle_anchor"] = view.now
        if before["status"] not in _ENDED:
            _go_on(view, params, before, after)
            _set_end(view, params, after)

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Cancel it; a canceled one is refused as if it did not exist (L)."""
        if document["status"] in _ENDED:
            raise errors.resource_missing("subscription", document["id"], param="id", in_path=True)
        if verb == "cancel":
            document["ended_at"] = view.now
            details = params.get("cancellation_details") or {}
            document["cancellation_details"] = {
                "comment": details.get("comment"),
                "feedback": details.get("feedback"),
                "feedback_option": details.get("feedback_option"),
                "reason": "cancellation_requested",
            }

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Whether it has the filters' status and price; canceled ones only if asked for."""
        wanted = params.get("status")
        status = document["status"]
        if wanted is None:
            right = status != "canceled"
        elif wanted == "ended":
            right = status in _ENDED
        else:
            right = wanted in ("all", status)
        price = params.get("price") or params.get("plan")
        if price is None or not right:
            return bool(right)
        return any(item["price"] == price for item in items_of(view, document["id"]))

    def showing(self, view: AccountView, document: Document) -> None:
        """Set the status, as a trial ends by itself."""
        if document["status"] == "trialing" and document["trial_end"] <= view.now:
            document["status"] = "active"
            _end_unpaid(view, document)


def _go_on(view: AccountView, params: Frozen, before: Frozen, after: Document) -> None:
    """Set the status after an update: a trial may be over, and a paused one stays paused."""
    _fill_derived(view, params, after)
    if before["status"] == _PAUSED:
        after["status"] = _PAUSED
    ended = (before["status"], after["status"]) == ("trialing", "active")
    if ended and not _end_unpaid(view, after):
        check_payable(view, params, after, items_of(view, after["id"]))


def _end_unpaid(view: AccountView, document: Document) -> bool:
    """Pause or cancel it at the end of a trial without a payment method, if that was asked for (D).

    Returns:
        Whether it was.
    """
    wanted = document["trial_settings"]["end_behavior"]["missing_payment_method"]
    status = _UNPAID.get(wanted, "")
    if not status or has_method(view, document):
        return False
    document["status"] = status
    if status in _ENDED:
        ended = min(document["trial_end"] or view.now, view.now)
        document.update(canceled_at=ended, ended_at=ended)
    return True


def _check_items(view: AccountView, before: Frozen) -> None:
    """Refuse a price that is there twice, or is not in the subscription's currency (L)."""
    prices = [item["price"] for item in items_of(view, before["id"])]
    twice = next((price for price in prices if prices.count(price) > 1), None)
    if twice is not None:
        raise StripeRefusal(
            f"Cannot add multiple subscription items with the same plan: {twice}", param="items"
        )
    # D: a subscriber keeps a deleted plan.
    there = [price for price in prices if view.get("price", price) is not None]
    if there:
        currency_of(view, before["currency"], there, "items[0][price]")


def _begin_anew(view: AccountView, before: Frozen, after: Document) -> None:
    """Begin the billing cycle now, if an item began a new period (D)."""
    starts = [item["current_period_start"] for item in items_of(view, before["id"])]
    if view.now in starts and before["start_date"] != view.now:
        after["billing_cycle_anchor"] = view.now


def _days_of_plans(view: AccountView, params: Frozen) -> int | None:
    """Days of the trial of its plans, if `trial_from_plan` is set (D).

    The longest of several (?).
    """
    if not params.get("trial_from_plan"):
        return None
    named = [item.get("price") or item.get("plan") or "" for item in params["items"]]
    plans = [view.get("plan", id) or {} for id in named]
    return max((plan.get("trial_period_days") or 0 for plan in plans), default=None)


def _check_billing(params: Frozen, method: str | None, held: int | None = None) -> None:
    days = params.get("days_until_due", held)
    if method == "send_invoice" and days is None:
        # ? The text is ours.
        raise StripeRefusal(
            "`days_until_due` is required when `collection_method` is `send_invoice`.",
            param="days_until_due",
        )
    if method != "send_invoice" and params.get("days_until_due") is not None:
        raise StripeRefusal(
            "`days_until_due` can only be set when `collection_method` is `send_invoice`.",
            param="days_until_due",
        )


def _fill_derived(view: AccountView, params: Frozen, document: Document) -> None:
    """Set whether it is in its trial."""
    del params
    ends = document["trial_end"]
    on_trial = ends is not None and ends > view.now
    if on_trial and document["trial_start"] is None:
        document["trial_start"] = view.now
    document["status"] = "trialing" if on_trial else "active"
    if document["collection_method"] != "send_invoice":
        document["days_until_due"] = None


def _set_end(view: AccountView, params: Frozen, document: Document) -> None:
    """Set when it is going to end, if it is (D)."""
    items = items_of(view, document["id"])
    ends = [item["current_period_end"] for item in items]
    at = params.get("cancel_at")
    if at in ("max_period_end", "max_billed_until"):
        document["cancel_at"] = max(ends)
    elif at == "min_period_end":
        document["cancel_at"] = min(ends)
    if params.get("cancel_at_period_end"):
        document["cancel_at"] = max(ends)
    elif params.get("cancel_at_period_end") is False and at is None:
        document["cancel_at"] = None
    waiting = document["cancel_at"] is not None
    document["canceled_at"] = (document["canceled_at"] or view.now) if waiting else None
