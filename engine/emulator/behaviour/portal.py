"""Customer portal configurations: features that depend on each other, and the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

NEEDS_PAYMENT_METHODS = (
    "Cannot enable subscription updates while payment method update is disabled."
)
DEFAULT_STAYS = "You cannot set `active: false` on your default PortalConfiguration."
_PRODUCTS = "features[subscription_update][products]"
_CANCEL = "features[subscription_cancel]"


class PortalBehaviour(Behaviour):
    """A portal configuration."""

    defaults: ClassVar[Mapping[str, Any]] = {
        "features.subscription_update.products": None,
    }

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Check the features, and make the account's first configuration its default (L)."""
        _check_features(view, params, document)
        document["is_default"] = view.repository.count("billing_portal.configuration") == 0
        _set_login_url(view, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Check the features, and refuse to deactivate the default."""
        if before["is_default"] and not after["active"]:
            raise StripeRefusal(DEFAULT_STAYS, param="active")
        _check_features(view, params, after)
        _set_login_url(view, after)


def _check_features(view: AccountView, params: Frozen, document: Frozen) -> None:
    features = document["features"]
    sent = params.get("features") or {}
    _check_cancellation(features["subscription_cancel"], sent.get("subscription_cancel") or {})
    update = features["subscription_update"]
    if update["enabled"]:
        if not features["payment_method_update"]["enabled"]:
            raise StripeRefusal(NEEDS_PAYMENT_METHODS)
        if not update["products"]:
            # L: here without a full stop.
            raise StripeRefusal(
                f"Missing required param: {_PRODUCTS}", code="parameter_missing", param=_PRODUCTS
            )
    if (sent.get("subscription_update") or {}).get("products"):
        _check_products(view, update["products"])


def _check_cancellation(cancel: Frozen, sent: Frozen) -> None:
    reason = cancel["cancellation_reason"]
    if sent.get("cancellation_reason") and reason["enabled"] and not reason["options"]:
        # R that they may not be empty; the text is ours (?).
        raise errors.missing_parameter(f"{_CANCEL}[cancellation_reason][options]")
    if cancel["mode"] == "at_period_end" and cancel["proration_behavior"] != "none":
        # D that prorations need mode immediately; the text is ours (?).
        raise StripeRefusal(
            "Cannot set `proration_behavior` to a value other than `none` when `mode` is "
            "`at_period_end`.",
            param=f"{_CANCEL}[proration_behavior]",
        )


def _check_products(view: AccountView, products: list[Document]) -> None:
    seen: set[str] = set()
    for index, listed in enumerate(products):
        param = f"{_PRODUCTS}[{index}]"
        view.require("product", listed["product"], param=f"{param}[product]")
        if listed["product"] in seen:
            # ? The text is ours.
            raise StripeRefusal(
                f"The product `{listed['product']}` is listed more than once.",
                param=f"{param}[product]",
            )
        seen.add(listed["product"])
        _check_prices(view, listed, param)


def _check_prices(view: AccountView, listed: Frozen, param: str) -> None:
    rhythms: set[tuple[str, int, str]] = set()
    for index, id in enumerate(listed["prices"]):
        place = f"{param}[prices][{index}]"
        price = view.require("price", id, param=place)
        if price["product"] != listed["product"]:
            # ? The text is ours.
            raise StripeRefusal(
                f"The price `{id}` does not belong to the product `{listed['product']}`.",
                param=place,
            )
        if price["recurring"] is None:
            # ? The text is ours: subscriptions hold recurring prices only.
            raise StripeRefusal(
                f"The price `{id}` is not recurring. This field only accepts recurring prices.",
                param=place,
            )
        recurring = price["recurring"]
        # R: prices of several currencies may share an interval.
        rhythm = (recurring["interval"], recurring["interval_count"], price["currency"])
        if rhythm in rhythms:
            # D that it is refused; the text is ours (?).
            raise StripeRefusal(
                f"The product `{listed['product']}` has multiple prices with the same "
                "`recurring[interval]`. Only one price for each interval is allowed.",
                param=place,
            )
        rhythms.add(rhythm)


def _set_login_url(view: AccountView, document: Document) -> None:
    """Set the URL of an enabled login page, which never changes."""
    page = document["login_page"]
    if page["enabled"] and page["url"] is None:
        mode = "" if view.caller.livemode else "test_"
        page["url"] = f"https://billing.stripe.com/p/login/{mode}{document['id'][-18:]}"
