"""Tax settings and registrations, and the settings of the balance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

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
