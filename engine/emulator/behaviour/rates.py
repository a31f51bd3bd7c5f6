"""Tax rates and shipping rates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from engine.catalog.rows import Field
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal


class TaxRateBehaviour(Behaviour):
    """A tax rate in percent."""

    defaults: ClassVar[Mapping[str, Any]] = {"rate_type": "percentage"}
    # The form is checked below.
    limits: ClassVar[Mapping[str, Field]] = {"country": Field()}

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check the country."""
        del view
        _check_country(params)

    def check_update(self, view: AccountView, params: Params) -> None:
        """Check the country."""
        del view
        _check_country(params)


class ShippingRateBehaviour(Behaviour):
    """A shipping rate of a fixed amount."""

    filter_paths: ClassVar[Mapping[str, str]] = {"currency": "fixed_amount.currency"}

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check the amount."""
        del view
        amount = params.get("fixed_amount")
        if amount is None:
            raise errors.missing_parameter("fixed_amount")
        _check_options(amount.get("currency_options") or {}, amount["currency"])

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Add the rate's own currency to its options."""
        del params
        _add_own_currency(view, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse an option in the rate's own currency."""
        options = (params.get("fixed_amount") or {}).get("currency_options") or {}
        _check_options(options, before["fixed_amount"]["currency"])
        _add_own_currency(view, after)


def _check_country(params: Frozen) -> None:
    country = params.get("country")
    if country is not None and not re.fullmatch("[A-Z]{2}", country):
        # ? Seen on other types.
        raise StripeRefusal(
            f"Country '{country}' is unknown. Try using a 2-character alphanumeric country code "
            "instead, such as 'US', 'EG', or 'GB'.",
            param="country",
        )


def _check_options(options: Frozen, own: str) -> None:
    if own in options:
        # D that it is refused; the text is ours (?), after that of prices.
        raise StripeRefusal(
            "You are specifying a currency option that matches the top-level currency for this "
            "shipping rate. Please remove this currency option.",
            param=f"fixed_amount[currency_options][{own}]",
        )


def _add_own_currency(view: AccountView, document: Document) -> None:
    """Add the rate's own currency to its options, as Stripe does on prices (R; here ?)."""
    amount = document["fixed_amount"]
    own = {"amount": amount["amount"], "tax_behavior": document["tax_behavior"]}
    filled = view.kind("shipping_rate").builder.build_field("fixed_amount.currency_options.*", own)
    options = {**(amount["currency_options"] or {}), amount["currency"]: filled}
    amount["currency_options"] = dict(sorted(options.items()))
