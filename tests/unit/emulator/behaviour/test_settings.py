"""Tax registrations and settings, the balance, radar's lists, terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from tests.support.clock import Clock

Refused = Callable[..., stripe.StripeError]
OFFICE: Any = {
    "head_office": {
        "address": {
            "country": "US",
            "line1": "1 Way",
            "city": "Town",
            "state": "CA",
            "postal_code": "94000",
        }
    }
}
YEAR = 365 * 24 * 3600


def us(state: str = "CA", active_from: object = "now") -> Any:
    """Parameters of a registration in a state."""
    options = {"us": {"type": "state_sales_tax", "state": state}}
    return {"active_from": active_from, "country": "US", "country_options": options}


@pytest.fixture
def office(client: stripe.StripeClient) -> None:
    """Settings with a head office."""
    client.v1.tax.settings.update(OFFICE)


def test_settings_are_there_before_anybody_made_them(
    client: stripe.StripeClient, refused: Refused
) -> None:
    """Pending without a head office; nothing can be unset."""
    service = client.v1.tax.settings
    before = service.retrieve()
    assert (before.status, before.head_office, before.defaults.provider) == (
        "pending",
        None,
        "stripe",
    )
    assert "id" not in before.to_dict()
    after = service.update(OFFICE)
    assert (after.status, "pending" in after.status_details) == ("active", False)
    moved = service.update({"head_office": {"address": {"city": "City"}}})
    assert moved.head_office is not None
    assert (moved.head_office.address.city, moved.head_office.address.line1) == ("City", "1 Way")
    assert service.retrieve().to_dict() == moved.to_dict()
    error = refused(service.update, {"defaults": {"tax_code": ""}})
    assert error.code == "parameter_invalid_empty"


def test_each_account_and_mode_has_its_own_settings(
    client_for: Callable[[str], stripe.StripeClient], office: None
) -> None:
    """A change in one is not seen in the other."""
    del office
    for key in ("sk_test_beta", "sk_live_alpha"):
        assert client_for(key).v1.tax.settings.retrieve().status == "pending"


def test_a_registration_needs_a_head_office(client: stripe.StripeClient, refused: Refused) -> None:
    """It has to be set first."""
    error = refused(client.v1.tax.registrations.create, us())
    assert "head office" in str(error.user_message)


@pytest.mark.usefixtures("office")
def test_a_place_is_registered_once(
    client: stripe.StripeClient, refused: Refused, clock: Clock[int]
) -> None:
    """Until the earlier one has expired; other states are other places."""
    service = client.v1.tax.registrations
    made = service.create(us())
    assert (made.active_from, made.status) == (clock.now, "active")
    told = made.to_dict()["country_options"]
    assert told == {"us": {"state": "CA", "type": "state_sales_tax"}}
    assert refused(service.create, us()).http_status == 400
    other = service.create(us("NY", clock.now + 10))
    assert other.status == "scheduled"
    assert refused(service.create, us("NY")).http_status == 400
    ended = service.update(made.id, {"expires_at": "now"})
    assert (ended.status, ended.expires_at) == ("expired", clock.now)
    assert refused(service.update, made.id, {"expires_at": ""}).http_status == 400
    again = service.create(us())
    assert {one.id for one in service.list({"status": "active"}).data} == {again.id}
    assert {one.id for one in service.list({"status": "scheduled"}).data} == {other.id}
    assert len(service.list().data) == len(service.list({"status": "all"}).data) == 3
    clock.now += 10
    assert service.retrieve(other.id).status == "active"


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    "change",
    [
        {"active_from": 5},
        {"active_from": 1_800_000_000 + 6 * YEAR},
        {"expires_at": 5},
        {"active_from": 1_800_000_100, "expires_at": 1_800_000_050},
        {"country": "DE"},
        {"country_options": {"de": {"type": "ioss"}}},
        {"country_options": {}},
    ],
)
def test_registrations_that_do_not_fit_are_refused(
    client: stripe.StripeClient, refused: Refused, change: dict[str, Any]
) -> None:
    """Times and the options of the country are checked."""
    error = refused(client.v1.tax.registrations.create, {**us(), **change})
    assert error.http_status == 400


@pytest.mark.usefixtures("office")
def test_countries_are_spelled_as_on_the_wire(client: stripe.StripeClient) -> None:
    """India is `in`, although that is a keyword of Python."""
    made = client.v1.tax.registrations.create(
        {"active_from": "now", "country": "IN", "country_options": {"in": {"type": "simplified"}}}
    )
    assert list(made.to_dict()["country_options"]) == ["in"]


def test_the_balance_follows_its_settings(client: stripe.StripeClient) -> None:
    """Delays and days of payouts follow from what was sent."""
    service = client.v1.balance_settings
    before = service.retrieve().payments
    assert before.payouts is not None
    assert before.payouts.schedule is not None
    assert (before.settlement_timing.delay_days, before.payouts.schedule.interval) == (2, "daily")
    changed: Any = {
        "payments": {
            "settlement_timing": {"delay_days_override": 5},
            "payouts": {"schedule": {"interval": "weekly", "weekly_payout_days": ["monday"]}},
        }
    }
    after = service.update(changed).payments
    assert after.payouts is not None
    assert after.payouts.schedule is not None
    assert after.settlement_timing.delay_days == 5
    assert after.payouts.schedule.weekly_payout_days == ["monday"]
    back: Any = {
        "payments": {
            "settlement_timing": {"delay_days_override": ""},
            "payouts": {"schedule": {"interval": "daily"}},
        }
    }
    end = service.update(back).payments
    assert end.payouts is not None
    assert end.payouts.schedule is not None
    assert end.settlement_timing.delay_days == 2
    assert "weekly_payout_days" not in end.payouts.schedule


def test_lists_take_their_items_along(client: stripe.StripeClient, refused: Refused) -> None:
    """Aliases are unique; a deleted list leaves nothing."""
    lists, items = client.v1.radar.value_lists, client.v1.radar.value_list_items
    made = lists.create({"alias": "bad", "name": "Bad"})
    assert made.item_type == "string"
    assert refused(lists.create, {"alias": "bad", "name": "B"}).http_status == 400
    other = lists.create({"alias": "worse", "name": "Worse", "item_type": "case_sensitive_string"})
    assert refused(lists.update, other.id, {"alias": "bad"}).http_status == 400
    item = items.create({"value_list": made.id, "value": "KP"})
    assert item.value == "kp"
    assert refused(items.create, {"value_list": made.id, "value": "kP"}).http_status == 400
    kept = items.create({"value_list": other.id, "value": "KP"})
    assert kept.value == "KP"
    assert [one.value for one in lists.retrieve(made.id).list_items.data] == ["kp"]
    assert {one.id for one in lists.list({"contains": "Kp"}).data} == {made.id, other.id}
    assert lists.list({"contains": "x"}).data == []
    found = items.list({"value_list": made.id, "value": "KP"})
    assert [one.id for one in found.data] == [item.id]
    lists.delete(made.id)
    assert refused(items.retrieve, item.id).http_status == 404
    assert refused(items.create, {"value_list": made.id, "value": "x"}).http_status == 400


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


def test_what_nobody_can_create_is_seeded(client: stripe.StripeClient, emulator: Emulator) -> None:
    """Invoice templates come from the Dashboard; a key archives them and brings them back."""
    seeded = emulator.seed(
        "invoice_rendering_template", {"nickname": "Plain", "version": 2}, key="sk_test_alpha"
    )
    service = client.v1.invoice_rendering_templates
    assert service.retrieve(seeded["id"]).version == 2
    assert service.archive(seeded["id"]).status == "archived"
    assert service.list({"status": "active"}).data == []
    assert service.unarchive(seeded["id"]).status == "active"
