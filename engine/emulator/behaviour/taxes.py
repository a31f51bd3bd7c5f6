"""Tax settings and registrations, and the settings of the balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

_REGISTRATION = "tax.registration"
_OPTIONS = "country_options"
# The fields that distinguish registrations of one country, where it has them.
_PLACE = ("state", "type", "province_standard")
# D: working days until a payout.
_DELAY_DAYS = 2


class RegistrationBehaviour(Behaviour):
    """A place where the account collects taxes."""

    custom_filters: ClassVar[frozenset[str]] = frozenset({"status"})
    indexed: ClassVar[Mapping[str, bool]] = {"country": False}

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check start and end, and that the options are the country's."""
        _check_times(view, params)
        own = params["country"].lower()
        for name in params[_OPTIONS]:
            if name != own:
                # ? The text is ours.
                raise StripeRefusal(
                    f"`{_OPTIONS}[{name}]` cannot be set for a registration in "
                    f"{params['country']}.",
                    param=f"{_OPTIONS}[{name}]",
                )
        if not params[_OPTIONS].get(own):
            raise errors.missing_parameter(f"{_OPTIONS}[{own}]")
        _check_elections(params[_OPTIONS][own])

    def check_update(self, view: AccountView, params: Params) -> None:
        """Check start and end."""
        _check_times(view, params)

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Require a head office, and one registration for a place (L; the texts are ours, ?)."""
        del params
        settings = view.only_one("tax.settings")
        if settings["head_office"] is None:
            raise StripeRefusal(
                "You must set your head office address in your tax settings before you can create "
                "a tax registration."
            )
        own = document["country"].lower()
        options = {own: _with_a_value(document[_OPTIONS][own])}
        document[_OPTIONS] = options
        for other in view.find(_REGISTRATION, "country", document["country"]):
            if _status(view, other) != "expired" and _place(other) == _place(document):
                raise StripeRefusal(
                    f"A tax registration (`{other['id']}`) for this location is already active or "
                    "scheduled.",
                    param="country",
                )

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse a change of an expired registration, and an end before the start (?)."""
        del params
        if _status(view, before) == "expired":
            raise StripeRefusal("An expired tax registration cannot be updated.")
        ends = after["expires_at"]
        if ends is not None and ends < after["active_from"]:
            raise errors.too_small("expires_at", after["active_from"], ends)

    def showing(self, view: AccountView, document: Document) -> None:
        """Set its status, which depends on the time (L)."""
        document["status"] = _status(view, document)

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Whether it has the status in the filter."""
        wanted = params.get("status", "all")
        return bool(wanted in ("all", _status(view, document)))


def _check_times(view: AccountView, params: Frozen) -> None:
    for name in ("active_from", "expires_at"):
        if params.get(name) != "now":
            view.check_future(name, params.get(name))
    starts, ends = params.get("active_from"), params.get("expires_at")
    if isinstance(starts, int) and isinstance(ends, int) and ends <= starts:
        raise errors.too_small("expires_at", starts + 1, ends)


def _check_elections(options: Frozen) -> None:
    """Refuse an election that Texas does not have (L; the text is ours, ?)."""
    if options.get("state") != "TX":
        return
    for index, election in enumerate((options.get("state_sales_tax") or {}).get("elections", ())):
        if election["type"] != "single_local_use_tax":
            raise StripeRefusal(
                "Invalid election for TX: must be single_local_use_tax.",
                param=f"{_OPTIONS}[us][state_sales_tax][elections][{index}][type]",
            )


def _with_a_value(options: Any) -> Any:
    """Options of a response: only those with a value."""
    return {name: value for name, value in (options or {}).items() if value is not None}


def _place(registration: Frozen) -> list[Any]:
    options = registration[_OPTIONS][registration["country"].lower()]
    # A local tax has its own block with its jurisdiction.
    blocks = [options[name] for name in sorted(options) if isinstance(options[name], Mapping)]
    local = [block for block in blocks if "jurisdiction" in block]
    return [*(options.get(name) for name in _PLACE), *local]


def _status(view: AccountView, registration: Frozen) -> str:
    if registration["expires_at"] is not None and registration["expires_at"] <= view.now:
        return "expired"
    return "active" if registration["active_from"] <= view.now else "scheduled"


class TaxSettingsBehaviour(Behaviour):
    """The account's tax settings."""

    defaults: ClassVar[Mapping[str, Any]] = {"defaults.provider": "stripe"}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set the status, without a head office."""
        del view, params
        _fill_derived(document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Set whether taxes can be calculated."""
        del view, params, before
        _fill_derived(after)


def _fill_derived(document: Document) -> None:
    missing = [] if document["head_office"] is not None else ["head_office"]
    document["status"] = "pending" if missing else "active"
    document["status_details"] = {
        "active": None if missing else {},
        "pending": {"missing_fields": missing} if missing else None,
    }


class BalanceSettingsBehaviour(Behaviour):
    """The settings of payouts."""

    defaults: ClassVar[Mapping[str, Any]] = {
        "payments.debit_negative_balances": False,
        "payments.payouts": {
            "automatic_transfer_rules_by_currency": {},
            "minimum_balance_by_currency": None,
            "schedule": {
                "interval": "daily",
                "monthly_payout_days": None,
                "weekly_payout_days": None,
            },
            "statement_descriptor": None,
            "status": "enabled",
        },
        "payments.payouts.status": "enabled",
        "payments.settlement_timing.delay_days": _DELAY_DAYS,
    }

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Check the rules of transfers, and set the delay and the days of payouts."""
        del view, before
        _check_transfers(params)
        timing = after["payments"]["settlement_timing"]
        override = timing["delay_days_override"]
        timing["delay_days"] = _DELAY_DAYS if override is None else override
        payouts = after["payments"]["payouts"]
        # Not null: the SDK cannot read null here.
        rules = payouts["automatic_transfer_rules_by_currency"]
        payouts["automatic_transfer_rules_by_currency"] = rules or {}
        schedule = payouts["schedule"]
        for interval, name in (
            ("monthly", "monthly_payout_days"),
            ("weekly", "weekly_payout_days"),
        ):
            if schedule["interval"] != interval:
                schedule[name] = None


_TRANSFERS = "automatic_transfer_rules_by_currency"


def _check_transfers(params: Frozen) -> None:
    """Require a type and a target for each rule (the texts are those of other types, ?)."""
    payouts = (params.get("payments") or {}).get("payouts") or {}
    for currency, rules in (payouts.get(_TRANSFERS) or {}).items():
        for index, rule in enumerate(rules or ()):
            param = f"payments[payouts][{_TRANSFERS}][{currency}][{index}]"
            amount = rule.get("transfer_up_to_amount")
            upto = rule.get("type") == "transfer_up_to_amount"
            needed = ("type", "payout_method", *(("transfer_up_to_amount",) if upto else ()))
            for name in needed:
                if rule.get(name) is None:
                    raise errors.missing_parameter(f"{param}[{name}]")
            if amount is not None and not upto:
                raise StripeRefusal(
                    "`transfer_up_to_amount` can only be set when `type` is "
                    "`transfer_up_to_amount`.",
                    param=f"{param}[transfer_up_to_amount]",
                )
