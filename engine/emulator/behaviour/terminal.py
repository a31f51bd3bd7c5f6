"""Terminal: configurations, locations, readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

_SIMULATED = "simulated-"
# D: the registration codes of Stripe's own simulator.
_DEVICES: Mapping[str, str] = {
    "s700": "simulated_stripe_s700",
    "s710": "simulated_stripe_s710",
    "wpe": "simulated_wisepos_e",
}
_PLAIN_DEVICE = "simulated_wisepos_e"


class TerminalConfigurationBehaviour(Behaviour):
    """The settings of readers."""

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set that it is not the account's default, which Stripe makes."""
        del view, params
        document["is_account_default"] = False

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Refuse to delete the default (D; the text is ours, ?)."""
        del view
        if document["is_account_default"]:
            raise StripeRefusal("The account's default terminal configuration cannot be deleted.")


class LocationBehaviour(Behaviour):
    """A place of readers."""

    def check_create(self, view: AccountView, params: Params) -> None:
        """Require a name and an address, in Latin or Japanese script (D)."""
        del view
        for name in ("display_name", "address"):
            if params.get(name) is None and params.get(f"{name}_kana") is None:
                raise errors.missing_parameter(name)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse another country (D; the text is ours, ?)."""
        del view, params
        if before["address"]["country"] != after["address"]["country"]:
            raise StripeRefusal(
                "The country of a location cannot be changed.", param="address[country]"
            )


class ReaderBehaviour(Behaviour):
    """A card reader."""

    kept_when_deleted: ClassVar[tuple[str, ...]] = ("device_type", "serial_number")

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Accept the codes of simulated readers only, and set the type of device."""
        code = params["registration_code"]
        if not code.startswith(_SIMULATED):
            # ? An emulator cannot have another reader; the text is ours.
            raise StripeRefusal(
                f"No reader is showing the registration code '{code}'.",
                param="registration_code",
            )
        serial = view.ids.digits(12)
        document.update(
            device_type=_DEVICES.get(code.removeprefix(_SIMULATED), _PLAIN_DEVICE),
            device_sw_version="",
            ip_address="0.0.0.0",  # noqa: S104 - what Stripe returns for simulated readers
            serial_number=serial,
            status="online",
        )
        document["label"] = document["label"] or serial

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Set the label of a reader without one to its serial number (?)."""
        del view, params, before
        after["label"] = after["label"] or after["serial_number"]
