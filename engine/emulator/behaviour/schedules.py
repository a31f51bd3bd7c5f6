"""Subscription schedules: consecutive phases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour import periods
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.first_payment import check_clock
from engine.emulator.behaviour.item_tax_rates import check_rates
from engine.emulator.behaviour.line_items import currency_of, price_of
from engine.emulator.behaviour.products import ONE_TIME_PRICE
from engine.emulator.behaviour.subscription_items import items_of
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

_OVER = ("canceled", "completed", "released")


class ScheduleBehaviour(Behaviour):
    """A subscription schedule."""

    title: ClassVar[str] = "subscription schedule"
    custom_filters: ClassVar[frozenset[str]] = frozenset({"scheduled"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "billing_mode.type": "flexible",
        "default_settings.billing_cycle_anchor": "automatic",
        "default_settings.collection_method": "charge_automatically",
        "default_settings.invoice_settings.issuer.type": "self",
        "end_behavior": "release",
        "phases.*.proration_behavior": "create_prorations",
        "phases.*.items.*.quantity": 1,
    }

    def check_create(self, view: AccountView, params: Params) -> None:
        """Require a customer with phases, or a subscription to take them from."""
        del view
        if params.get("from_subscription") is not None:
            named = [name for name in ("customer", "phases") if params.get(name)]
            if named:
                raise errors.exclusive(["from_subscription", *named])
            return
        if params.get("customer") is None and params.get("customer_account") is None:
            raise errors.missing_parameter("customer")
        if not params.get("phases"):
            raise errors.missing_parameter("phases")

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set the start and end of every phase."""
        check_clock(view.get("customer", params.get("customer") or ""))
        if params.get("from_subscription") is not None:
            _take_phase_of(view, params["from_subscription"], document)
        else:
            start = params.get("start_date") or "now"
            begins = view.now if start == "now" else int(start)
            _set_phases(view, params["phases"], document, begins)
        _fill_derived(view, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Change the phases; refuse if the schedule has ended (D; the text is ours, ?)."""
        if before["status"] in _OVER:
            raise StripeRefusal(
                f"You cannot update a subscription schedule that is {before['status']}."
            )
        if params.get("phases"):
            held = before["phases"]
            begins = held[0]["start_date"] if held else view.now
            _set_phases(view, params["phases"], after, begins)
        _fill_derived(view, after)

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Cancel or release it once (the text is ours, ?)."""
        del view, params
        if document["status"] in _OVER:
            raise StripeRefusal(
                f"You cannot {verb} a subscription schedule that is {document['status']}."
            )
        document["current_phase"] = None
        if verb == "release":
            document["released_subscription"] = document["subscription"]
            document["subscription"] = None

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Whether it has not started, if the filter asks for that."""
        del view
        return not params.get("scheduled") or bool(document["status"] == "not_started")


def _take_phase_of(view: AccountView, id: str, document: Document) -> None:
    """Take the current phase from a subscription."""
    subscription = view.require("subscription", id, param="from_subscription")
    if subscription["schedule"] is not None:
        # ? The text is ours.
        raise StripeRefusal(
            "This subscription is already managed by a subscription schedule.",
            param="from_subscription",
        )
    items = items_of(view, id)
    phase = {
        "items": [{"price": item["price"], "quantity": item["quantity"]} for item in items],
        "end_date": max(item["current_period_end"] for item in items),
    }
    document["customer"], document["subscription"] = subscription["customer"], id
    document["phases"] = view.kind("subscription_schedule").builder.build_field("phases", [phase])
    _set_phases(view, [phase], document, subscription["start_date"])
    view.save({**subscription, "schedule": document["id"]})


def _set_phases(view: AccountView, given: list[Document], document: Document, begins: int) -> None:
    """Set every phase's start and end, currency and prices of items."""
    for index, (sent, phase) in enumerate(zip(given, document["phases"], strict=True)):
        param = f"phases[{index}]"
        price: Mapping[str, Any] = {}
        for number, (wanted, item) in enumerate(zip(sent["items"], phase["items"], strict=True)):
            price = price_of(view, wanted, f"{param}[items][{number}]")
            if price["recurring"] is None:
                raise StripeRefusal(ONE_TIME_PRICE, param=f"{param}[items][{number}][price]")
            item["price"] = item["plan"] = price["id"]
            check_rates(view, price, wanted.get("tax_rates") or sent.get("default_tax_rates"))
        if not price:
            raise errors.missing_parameter(f"{param}[items]")
        first = f"{param}[items][0][price]"
        sold = [item["price"] for item in phase["items"]]
        phase["currency"] = currency_of(view, sent.get("currency"), sold, first)
        start = sent.get("start_date")
        phase["start_date"] = begins if start is None or start == "now" else int(start)
        phase["end_date"] = begins = _end_of(view, sent, price, phase["start_date"])
        if sent.get("trial_end") == "now":
            phase["trial_end"] = view.now


def _end_of(view: AccountView, sent: Frozen, price: Frozen, start: int) -> int:
    end, lasts = sent.get("end_date"), sent.get("duration")
    if end is not None:
        return view.now if end == "now" else int(end)
    # ? A phase without a length lasts as long as its price's interval.
    lasts = lasts or price["recurring"]
    return periods.after(start, lasts["interval"], lasts.get("interval_count") or 1)


def _fill_derived(view: AccountView, document: Document) -> None:
    """Set the status and the current phase."""
    phases = document["phases"]
    now = [one for one in phases if one["start_date"] <= view.now < one["end_date"]]
    current = now[0] if now else None
    document["current_phase"] = (
        None if current is None else {name: current[name] for name in ("start_date", "end_date")}
    )
    started = bool(phases) and phases[0]["start_date"] <= view.now
    document["status"] = "active" if started else "not_started"
