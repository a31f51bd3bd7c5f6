"""Plans, the predecessors of prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour import amounts
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.price_and_plan import AGGREGATIONS, keep_aggregation, price_of
from engine.emulator.behaviour.prices import check_interval, refuse_default
from engine.emulator.params.older_forms import BASIL, OlderForm, is_before
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

_AMOUNTS = ("amount", "amount_decimal")


class PlanBehaviour(Behaviour):
    """A plan."""

    defaults: ClassVar[Mapping[str, Any]] = {
        "billing_scheme": "per_unit",
        "interval_count": 1,
        "usage_type": "licensed",
        "tiers.*.unit_amount": None,
        "tiers.*.flat_amount": None,
    }
    older_forms: ClassVar[tuple[OlderForm, ...]] = (
        OlderForm(until=BASIL, gone={"aggregate_usage": AGGREGATIONS}),
    )

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check the amount, and the meter."""
        if params.get("product") is None:
            raise errors.missing_parameter("product")
        if params.get("billing_scheme") == "tiered":
            for name in ("tiers", "tiers_mode"):
                if not params.get(name):
                    raise errors.missing_parameter(name)
            amounts.check_tiers(params["tiers"], "tiers")
        elif not amounts.given(params, _AMOUNTS):
            # L for prices; for plans it is a guess (?).
            raise StripeRefusal(
                "Plans require an `amount` or `amount_decimal` parameter to be set."
            )
        named = amounts.given(params, (*_AMOUNTS, "tiers"))
        if len(named) > 1:
            raise errors.exclusive(named)
        check_interval(params["interval"], params.get("interval_count"), "interval_count")
        metered = params.get("usage_type") == "metered"
        if metered and params.get("meter") is None and not is_before(view.asked, BASIL):
            raise StripeRefusal(
                "Starting with Stripe version `2025-03-31.basil`, metered plans must be backed by "
                "meters."
            )
        if params.get("meter") is not None and not metered:
            raise StripeRefusal(
                "`meter` can only be set when `usage_type` is `metered`.", param="meter"
            )

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Check its product, and set both forms of its amounts."""
        product = params["product"]
        if isinstance(product, Mapping):
            document["product"] = view.create_inside("product", dict(product), "product")["id"]
        else:
            view.require("product", str(product), param="product")
        keep_aggregation(view, "aggregate_usage", params, document)
        document["amount"], document["amount_decimal"] = amounts.both_forms(params, "amount")
        amounts.spell_out_tiers(document["tiers"])

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse to archive the default of its product."""
        del params
        if before["active"] and not (after["active"] and after["product"] == before["product"]):
            refuse_default(view, before)

    def stored(self, view: AccountView, document: Frozen) -> None:
        """Store it as a price too (D: each can be read as the other)."""
        view.store_beside(price_of(view, document))

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Delete its price too, unless it is the default of its product (? for a deletion).

        Subscribers keep it (D), so it stays stored for their responses.
        """
        refuse_default(view, document)
        view.save({**price_of(view, document), "deleted": True})
