"""Prices: forms of amounts, tiers, currencies, lookup keys, and what may not change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour import amounts
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.price_and_plan import AGGREGATIONS, keep_aggregation, plan_of
from engine.emulator.params.older_forms import BASIL, OlderForm, is_before
from engine.emulator.params.queries import SearchOperators
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

# R, D: three years of each interval.
_LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}
_ADVERBS = {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}
_FROZEN = ("inclusive", "exclusive")
_AMOUNT_FORMS = ("unit_amount", "unit_amount_decimal", "custom_unit_amount")
IS_DEFAULT = "This price cannot be archived because it is the default price of its product."


class PriceBehaviour(Behaviour):
    """A price of a product."""

    # L: prices are still called plans there.
    permission_name: ClassVar[str] = "plan"
    defaults: ClassVar[Mapping[str, Any]] = {
        "nickname": None,
        "tiers.*.unit_amount": None,
        "tiers.*.flat_amount": None,
        "currency_options.*.tiers.*.unit_amount": None,
        "currency_options.*.tiers.*.flat_amount": None,
    }
    filter_paths: ClassVar[Mapping[str, str]] = {"lookup_keys": "lookup_key"}
    # R: Stripe's own Terraform provider reads it back; in a recording it is not returned.
    returned: ClassVar[frozenset[str]] = frozenset({"recurring.trial_period_days"})
    # D: lists return active prices unless a filter names the others.
    filter_defaults: ClassVar[Mapping[str, Any]] = {"active": True}
    search_fields: ClassVar[Mapping[str, SearchOperators]] = {
        "active": SearchOperators.TOKEN,
        "currency": SearchOperators.TOKEN,
        "lookup_key": SearchOperators.STRING,
        "metadata": SearchOperators.TOKEN,
        "product": SearchOperators.STRING,
        "type": SearchOperators.TOKEN,
    }
    # R: a blank lookup key is no lookup key.
    clearable: ClassVar[frozenset[str]] = frozenset({"lookup_key"})
    indexed: ClassVar[Mapping[str, bool]] = {"product": False, "lookup_key": False}
    older_forms: ClassVar[tuple[OlderForm, ...]] = (
        OlderForm(until=BASIL, gone={"recurring.aggregate_usage": AGGREGATIONS}),
    )

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check the parameters that depend on each other."""
        _check_product(params)
        _check_recurring(view, params.get("recurring"))
        if params.get("billing_scheme") == "tiered":
            _check_tiered(params)
        else:
            _check_per_unit(params)
        _check_options(params.get("currency_options") or {}, params["currency"])

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Check its product, and set both forms of its amounts."""
        if params.get("product_data") is not None:
            product = view.create_inside("product", params["product_data"], "product_data")
            document["product"] = product["id"]
        else:
            view.require("product", params["product"], param="product")
        _require_meter(view, params.get("recurring"))
        keep_aggregation(view, "recurring.aggregate_usage", params.get("recurring"), document)
        document["type"] = "one_time" if document["recurring"] is None else "recurring"
        amount, decimal = amounts.both_forms(params, "unit_amount")
        document["unit_amount"], document["unit_amount_decimal"] = amount, decimal
        if document["billing_scheme"] != "tiered":
            document["tiers"] = None
        amounts.spell_out_tiers(document["tiers"])
        amounts.spell_out_options(view, document)
        _claim_lookup_key(view, params, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse changes of what may not change, and to archive the default of its product."""
        options = params.get("currency_options") or {}
        if before["currency"] in options:
            raise StripeRefusal(
                amounts.OWN_CURRENCY_IN_UPDATE, param=f"currency_options[{before['currency']}]"
            )
        for currency, option in options.items():
            known = currency in before["currency_options"]
            _check_option(option, f"currency_options[{currency}]", new=not known)
        _refuse_change(before, after, "tax_behavior")
        for currency, option in (before["currency_options"] or {}).items():
            if currency in options:
                changed = after["currency_options"][currency]
                _refuse_change(option, changed, f"currency_options[{currency}][tax_behavior]")
        _replace_amount_forms(options, after)
        amounts.spell_out_options(view, after)
        if before["active"] and not after["active"]:
            refuse_default(view, after)
        _claim_lookup_key(view, params, after)

    def stored(self, view: AccountView, document: Frozen) -> None:
        """Store a recurring price as a plan too (D: each can be read as the other)."""
        if document["recurring"] is not None:
            view.store_beside(plan_of(document))


def refuse_default(view: AccountView, price: Frozen) -> None:
    """Refuse to end the price, or the plan, that is the default of its product.

    Raises:
        StripeRefusal: It is the default.
    """
    product = view.repository.get("product", price["product"])
    if product is not None and product["default_price"] == price["id"]:
        raise StripeRefusal(IS_DEFAULT)


def _check_product(params: Frozen) -> None:
    named = amounts.given(params, ("product", "product_data"))
    if not named:
        # L: neither code nor param.
        raise StripeRefusal(
            "You must specify either `product` or `product_data` when creating a price."
        )
    if len(named) > 1:
        raise errors.exclusive(named)


def _check_recurring(view: AccountView, recurring: Mapping[str, Any] | None) -> None:
    if recurring is None:
        return
    metered = recurring.get("usage_type") == "metered"
    if metered and recurring.get("meter") is None and not is_before(view.asked, BASIL):
        # L: neither code nor param.
        raise StripeRefusal(
            "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by "
            "meters."
        )
    if recurring.get("meter") is not None and not metered:
        # R that it is refused; the text is ours (?).
        raise StripeRefusal(
            "`recurring[meter]` can only be set when `recurring[usage_type]` is `metered`.",
            param="recurring[meter]",
        )
    count, interval = recurring.get("interval_count"), recurring["interval"]
    check_interval(interval, count, "recurring[interval_count]")


def check_interval(interval: str, count: int | None, param: str) -> None:
    """Refuse more than three years (R).

    Raises:
        StripeRefusal: It is longer.
    """
    if count is not None and count > _LONGEST[interval]:
        raise StripeRefusal(
            f"The interval_count for {_ADVERBS[interval]} prices can't be greater than "
            f"{_LONGEST[interval]}",
            param=param,
        )


def _check_tiered(params: Frozen) -> None:
    if params.get("recurring") is None:
        # L: the param is `interval`.
        raise StripeRefusal(
            "Prices with `type=one_time` are not supported with tiered billing.", param="interval"
        )
    for name in ("tiers", "tiers_mode"):
        if not params.get(name):
            raise errors.missing_parameter(name)
    named = amounts.given(params, (*_AMOUNT_FORMS, "transform_quantity"))
    if named:
        raise errors.exclusive([*named, "tiers"])
    amounts.check_tiers(params["tiers"], "tiers")


def _check_per_unit(params: Frozen) -> None:
    tiered = amounts.given(params, ("tiers", "tiers_mode"))
    if tiered:
        # ? The text is ours.
        raise StripeRefusal(
            f"`{tiered[0]}` can only be set when `billing_scheme` is `tiered`.", param=tiered[0]
        )
    _one_amount(params, "")
    custom = params.get("custom_unit_amount")
    amounts.check_custom_amount(custom, "custom_unit_amount")
    if custom is not None and params.get("recurring") is not None:
        # D that it is one-time only; the text is ours (?).
        raise StripeRefusal(
            "Prices with `custom_unit_amount` are only supported with `type=one_time`.",
            param="custom_unit_amount",
        )


def _one_amount(params: Frozen, param: str, *, required: bool = True) -> None:
    named = amounts.given(params, _AMOUNT_FORMS)
    if not named and required:
        # L: neither code nor param.
        raise StripeRefusal(amounts.NO_AMOUNT)
    if len(named) > 1:
        raise errors.exclusive(named, f"{param}[{named[0]}]" if param else named[0])


def _check_options(options: Frozen, own: str) -> None:
    if own in options:
        raise StripeRefusal(amounts.OWN_CURRENCY_IN_CREATE, param=f"currency_options[{own}]")
    for currency, option in options.items():
        _check_option(option, f"currency_options[{currency}]", new=True)


def _check_option(option: Frozen, param: str, *, new: bool) -> None:
    if option.get("tiers"):
        amounts.check_tiers(option["tiers"], f"{param}[tiers]")
    else:
        _one_amount(option, param, required=new)
    amounts.check_custom_amount(option.get("custom_unit_amount"), f"{param}[custom_unit_amount]")


def _require_meter(view: AccountView, recurring: Mapping[str, Any] | None) -> None:
    meter = (recurring or {}).get("meter")
    if meter is None:
        return
    found = view.require("billing.meter", meter, param="recurring[meter]")
    if found["status"] != "active":
        # D that it is refused; the text is ours (?).
        raise StripeRefusal(
            f"The meter `{meter}` is inactive. Prices can only be created with active meters.",
            param="recurring[meter]",
        )


def _replace_amount_forms(options: Frozen, after: Frozen) -> None:
    """Replace the stored form of an amount by the form that was sent."""
    for currency, option in options.items():
        if amounts.given(option, ("unit_amount", "unit_amount_decimal")):
            pair = amounts.both_forms(option, "unit_amount")
            stored = after["currency_options"][currency]
            stored["unit_amount"], stored["unit_amount_decimal"] = pair


def _refuse_change(before: Frozen, after: Frozen, param: str) -> None:
    if before["tax_behavior"] in _FROZEN and after["tax_behavior"] != before["tax_behavior"]:
        # D that it cannot change; the text is ours (?).
        raise StripeRefusal(
            f"The `tax_behavior` of a price cannot be changed once it is set to `inclusive` or "
            f"`exclusive` (it currently is `{before['tax_behavior']}`).",
            param=param,
        )


def _claim_lookup_key(view: AccountView, params: Frozen, document: Frozen) -> None:
    key = params.get("lookup_key")
    if key is None:
        return
    for holder in view.find("price", "lookup_key", key):
        if holder["id"] == document["id"]:
            continue
        if not params.get("transfer_lookup_key"):
            raise StripeRefusal(
                f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key"
            )
        # L: the holder of the key loses it and stays as it was.
        holder["lookup_key"] = None
        view.save(holder)
