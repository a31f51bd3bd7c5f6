"""Subscription items, alone or inside their subscription's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from engine.emulator.behaviour import periods
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour, require_one
from engine.emulator.behaviour.discounts import discounts_of
from engine.emulator.behaviour.item_tax_rates import check_rates
from engine.emulator.behaviour.price_and_plan import plan_of
from engine.emulator.behaviour.products import INACTIVE_PRICE, ONE_TIME_PRICE
from engine.emulator.params.older_forms import BASIL, is_before
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm

ITEM = "subscription_item"
LAST_ITEM = (
    "A subscription must have at least one active plan. In order to cancel a subscription, please "
    "use the cancel endpoint."
)


class SubscriptionItemBehaviour(Behaviour):
    """A price of a subscription."""

    title: ClassVar[str] = "subscription item"
    id_form: ClassVar[IdForm] = IdForm(length=14, with_account=False)
    lists_oldest_first: ClassVar[bool] = True
    permission_name: ClassVar[str] = "subscription"
    indexed: ClassVar[Mapping[str, bool]] = {"subscription": False}
    # ? It is returned as its price.
    omitted: ClassVar[frozenset[str]] = frozenset({"plan"})

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Require a price that the subscription does not have yet, and set the period."""
        subscription = view.require("subscription", params["subscription"], param="subscription")
        if subscription["status"] == "canceled":
            # ? The text is ours.
            raise StripeRefusal("You cannot add items to a canceled subscription.")
        _set_price(view, params, document)
        for other in items_of(view, document["subscription"]):
            if other["price"] == document["price"]:
                # L that a price is there once; the text is ours (?).
                raise StripeRefusal(
                    "Cannot add multiple subscription items with the same plan: "
                    f"{document['price']}",
                    param="price",
                )
        _fill_derived(view, params, document)
        document["current_period_start"] = subscription["start_date"]
        price = view.require("price", document["price"], param="price")
        rhythm = price["recurring"]
        document["current_period_end"] = subscription["trial_end"] or periods.after(
            subscription["start_date"], rhythm["interval"], rhythm["interval_count"]
        )

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Move to another price."""
        after["discounts"], after["price"] = before["discounts"], before["price"]
        if any(params.get(name) is not None for name in ("price", "price_data", "plan")):
            _set_price(view, params, after)
            _begin_period(view, before, after)
        _fill_derived(view, params, after)

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Refuse to delete the last item (L)."""
        if len(items_of(view, document["subscription"])) == 1:
            raise StripeRefusal(LAST_ITEM)

    def showing(self, view: AccountView, document: Document) -> None:
        """Set the legacy plan, which is the price again (D)."""
        price = view.get("price", document["price"])
        document["plan"] = plan = None if price is None else plan_of(price)
        if plan is not None:
            # D: tiers are absent unless expanded.
            plan.pop("tiers", None)


def items_of(view: AccountView, subscription: str) -> list[Document]:
    """A subscription's items, oldest first."""
    return view.find(ITEM, "subscription", subscription)[::-1]


def default_rates(view: AccountView, item: Frozen) -> list[str] | None:
    """The subscription's default tax rates, for an item without its own."""
    found: list[str] | None = view.require(
        "subscription", item["subscription"], param="subscription"
    )["default_tax_rates"]
    return found


def change_items(view: AccountView, subscription: str, given: list[Document]) -> None:
    """Change, add and remove items for an update of their subscription (L).

    Raises:
        StripeRefusal: An item is refused, or none would remain.
    """
    for index, wanted in enumerate(given):
        param = f"items[{index}]"
        rest = {name: value for name, value in wanted.items() if name not in _DIRECTIVES}
        if wanted.get("id") is None:
            view.create_inside(ITEM, {**rest, "subscription": subscription}, param)
            continue
        item = view.require(ITEM, wanted["id"], param=f"{param}[id]")
        if item["subscription"] != subscription:
            raise errors.resource_missing(
                SubscriptionItemBehaviour.title, wanted["id"], param=f"{param}[id]"
            )
        if wanted.get("deleted"):
            view.repository.remove(ITEM, item["id"])
        else:
            view.update(ITEM, item, rest)
    if not items_of(view, subscription):
        raise StripeRefusal(LAST_ITEM)


_DIRECTIVES = frozenset({"id", "deleted", "clear_usage"})


def _set_price(view: AccountView, params: Frozen, document: Document) -> None:
    name = require_one(params, "price", "price_data", "plan")
    if name == "price_data":
        document["price"] = view.create_inside("price", params["price_data"], "price_data")["id"]
        return
    price = view.require("price", params[name], param=name)
    if not price["active"]:
        raise StripeRefusal(INACTIVE_PRICE, param=name)
    if price["recurring"] is None:
        raise StripeRefusal(ONE_TIME_PRICE, param=name)
    document["price"] = price["id"]


def _begin_period(view: AccountView, before: Frozen, after: Document) -> None:
    """Begin a period now if the interval changes (D); not within a trial (?)."""
    old, new = (view.get("price", id) for id in (before["price"], after["price"]))
    subscription = view.require("subscription", after["subscription"], param="subscription")
    if old is None or new is None or subscription["status"] == "trialing":
        return
    was, rhythm = old["recurring"], new["recurring"]
    names = ("interval", "interval_count")
    if any(was[name] != rhythm[name] for name in names):
        after["current_period_start"] = view.now
        after["current_period_end"] = periods.after(
            view.now, rhythm["interval"], rhythm["interval_count"]
        )


def _fill_derived(view: AccountView, params: Frozen, document: Document) -> None:
    """Check the taxes, and fill in the quantity and the discounts."""
    price = view.get("price", document["price"])
    # D: a subscriber keeps a deleted plan.
    if price is not None:
        check_rates(view, price, document["tax_rates"] or default_rates(view, document))
    recurring = {} if price is None else price["recurring"]
    metered = recurring.get("usage_type") == "metered"
    if metered and params.get("quantity") is not None:
        raise StripeRefusal(
            "Quantity should not be specified where usage_type is `metered`.", param="quantity"
        )
    if metered and recurring["meter"] is None and not is_before(view.asked, BASIL):
        # D that it is refused; the text is ours (?).
        raise StripeRefusal(
            "Starting with Stripe version `2025-03-31.basil`, subscriptions take no metered price "
            f"without a meter, such as `{document['price']}`.",
            param="price",
        )
    document["quantity"] = None if metered else document["quantity"]
    if not metered and document["quantity"] is None:
        document["quantity"] = 1
    if "discounts" in params:
        document["discounts"] = discounts_of(view, params["discounts"], document, "discounts")
