"""Meters, alerts and credit grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour, require_one
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

# D: as in the sample responses.
_PRIORITY = 50


class MeterBehaviour(Behaviour):
    """A billing meter."""

    indexed: ClassVar[Mapping[str, bool]] = {"event_name": False}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Require a unique event name, among inactive meters too (R; the text is ours, ?)."""
        if view.find("billing.meter", "event_name", params["event_name"]):
            raise StripeRefusal(
                f"A meter with event_name `{document['event_name']}` already exists. Meter event "
                "names must be unique.",
                param="event_name",
            )


class AlertBehaviour(Behaviour):
    """A billing alert."""

    filter_paths: ClassVar[Mapping[str, str]] = {"meter": "usage_threshold.meter"}

    def check_create(self, view: AccountView, params: Params) -> None:
        """Require a threshold (D)."""
        del view
        if params.get("usage_threshold") is None:
            raise errors.missing_parameter("usage_threshold")

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Refuse a change of an archived alert (D; the text is ours, ?)."""
        del view, verb, params
        if document["status"] == "archived":
            raise StripeRefusal("This alert is archived and cannot be changed.")

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Leave archived alerts out of lists (D)."""
        del view, params
        return bool(document["status"] != "archived")


class CreditGrantBehaviour(Behaviour):
    """A credit grant."""

    verbs: ClassVar[frozenset[str]] = frozenset({"expire"})

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check the customer, the amount and the end."""
        require_one(params, "customer", "customer_account")
        monetary = params["amount"].get("monetary")
        if monetary is None:
            raise errors.missing_parameter("amount[monetary]")
        _check_scope(params["applicability_config"]["scope"])
        view.check_future("expires_at", params.get("expires_at"))

    def check_update(self, view: AccountView, params: Params) -> None:
        """Check the end."""
        view.check_future("expires_at", params.get("expires_at"))

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Allow metered prices only, and fill in the start and the priority (D)."""
        _check_prices(view, params["applicability_config"]["scope"].get("prices") or [])
        if document["effective_at"] is None:
            document["effective_at"] = view.now
        if document["priority"] is None:
            document["priority"] = _PRIORITY

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse a change of a voided grant (the text is ours, ?)."""
        del params, after
        _refuse_over(view, before)

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Void or expire a grant once (the text is ours, ?)."""
        del params
        _refuse_over(view, document)
        if verb == "expire":
            document["expires_at"] = view.now


def _check_scope(scope: Frozen) -> None:
    named = [name for name in ("price_type", "prices") if scope.get(name)]
    if not named:
        raise errors.missing_parameter("applicability_config[scope][price_type]")
    if len(named) > 1:
        raise errors.exclusive(named, f"applicability_config[scope][{named[0]}]")


def _check_prices(view: AccountView, listed: list[Document]) -> None:
    """Refuse prices that are not metered (D; the text is ours, ?)."""
    for index, one in enumerate(listed):
        param = f"applicability_config[scope][prices][{index}][id]"
        price = view.require("price", one["id"], param=param)
        if (price["recurring"] or {}).get("usage_type") != "metered":
            raise StripeRefusal(
                f"The price `{one['id']}` is not metered. Credit grants only apply to metered "
                "prices.",
                param=param,
            )


def _refuse_over(view: AccountView, grant: Frozen) -> None:
    if grant["voided_at"] is not None:
        raise StripeRefusal("This credit grant has already been voided.")
    if grant["expires_at"] is not None and grant["expires_at"] <= view.now:
        raise StripeRefusal("This credit grant has already expired.")
