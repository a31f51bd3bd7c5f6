"""Readers, locations and configurations of terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import stripe

from engine.emulator.core import Emulator

Refused = Callable[..., stripe.StripeError]


def test_readers_are_simulated(client: stripe.StripeClient, refused: Refused) -> None:
    """By the codes of Stripe's simulator; a reader's label is its number by default."""
    service = client.v1.terminal.readers
    made = service.create({"registration_code": "simulated-s700"})
    assert (made.device_type, made.status) == ("simulated_stripe_s700", "online")
    assert made.label == made.serial_number
    assert "registration_code" not in made.to_dict()
    assert service.update(made.id, {"label": "Till"}).label == "Till"
    assert service.update(made.id, {"label": ""}).label == made.serial_number
    assert refused(service.create, {"registration_code": "puppies"}).http_status == 400
    error = refused(service.create, {"registration_code": "simulated-wpe", "location": "tml_x"})
    assert error.user_message == "No such location: 'tml_x'"
    assert refused(service.cancel_action, made.id).http_status == 404


def test_a_location_keeps_its_country(client: stripe.StripeClient, refused: Refused) -> None:
    """And needs a name and an address."""
    service = client.v1.terminal.locations
    address: Any = {"country": "US", "line1": "1 Way", "city": "Town"}
    made = service.create({"display_name": "Shop", "address": address})
    assert refused(service.update, made.id, {"address": {"country": "DE"}}).http_status == 400
    assert service.update(made.id, {"address": {"city": "City"}}).address.line1 == "1 Way"
    assert refused(service.create, {"display_name": "Shop"}).code == "parameter_missing"
    assert refused(service.create, {"address": address}).code == "parameter_missing"


def test_the_default_terminal_configuration_stays(
    client: stripe.StripeClient, emulator: Emulator, refused: Refused
) -> None:
    """Stripe makes it; others can be deleted."""
    seeded = emulator.seed(
        "terminal.configuration", {"is_account_default": True}, key="sk_test_alpha"
    )
    service = client.v1.terminal.configurations
    tipping: Any = {"usd": {"percentages": [10, 20], "smart_tip_threshold": 500}}
    made = service.create({"name": "Shop", "tipping": tipping})
    assert made.is_account_default is False
    assert "tipping" not in service.update(made.id, {"tipping": ""})
    assert [one.id for one in service.list({"is_account_default": True}).data] == [seeded["id"]]
    assert refused(service.delete, seeded["id"]).http_status == 400
    assert service.delete(made.id).deleted is True
