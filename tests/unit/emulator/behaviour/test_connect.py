"""Connected accounts with their persons and bank accounts, financial accounts, issuing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request

FRONT = "verification.document.front"
Refused = Callable[..., stripe.StripeError]


@pytest.fixture
def account(client: stripe.StripeClient) -> str:
    """Id of a connected account."""
    return client.v1.accounts.create({"type": "custom", "country": "US"}).id


def bank(number: str, **further: Any) -> Any:
    """Parameters of a bank account."""
    details = {"object": "bank_account", "country": "US", "currency": "usd"}
    return {"external_account": {**details, "account_number": number}, **further}


def test_an_account_tells_what_was_asked_for(client: stripe.StripeClient, account: str) -> None:
    """Capabilities by state, and no secrets."""
    given: Any = {
        "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": False}},
        "company": {"name": "Shop", "tax_id": "000000000"},
        "individual": {"first_name": "Ada", "ssn_last_4": "0000"},
    }
    after = client.v1.accounts.update(account, given).to_dict()
    # S: a capability that was not requested has no state.
    assert after["capabilities"] == {"transfers": "active"}
    assert (after["company"]["name"], after["company"]["tax_id_provided"]) == ("Shop", True)
    assert "tax_id" not in after["company"]
    person = after["individual"]
    assert (person["first_name"], person["ssn_last_4_provided"]) == ("Ada", True)
    again = client.v1.accounts.update(account, {"individual": {"last_name": "L"}}).to_dict()
    assert again["individual"]["id"] == person["id"]
    assert again["individual"]["first_name"] == "Ada"


def test_accounts_that_are_not_there_are_somebody_elses(
    client: stripe.StripeClient, account: str, refused: Refused
) -> None:
    """Deleted ones too; the key's own account always exists."""
    own = client.v1.accounts.retrieve_current().id
    assert client.v1.accounts.retrieve(own).id == own
    assert client.v1.accounts.delete(account).deleted is True
    error = refused(client.v1.accounts.retrieve, account)
    assert error.http_status == 403
    assert "does not have access to account" in str(error.user_message)
    assert refused(client.v1.accounts.persons.list, account).http_status == 403
    both: Any = {"type": "custom", "controller": {"fees": {"payer": "account"}}}
    assert refused(client.v1.accounts.create, both).http_status == 400


def test_an_account_is_rejected_once(
    client: stripe.StripeClient, account: str, refused: Refused
) -> None:
    """And that can be undone."""
    service = client.v1.accounts
    rejected = service.reject(account, {"reason": "fraud_other"})
    assert rejected.requirements is not None
    assert rejected.requirements.disabled_reason == "rejected.fraud"
    assert rejected.charges_enabled is False
    assert refused(service.reject, account, {"reason": "fraud_other"}).http_status == 400
    assert service.unreject(account).charges_enabled is True
    assert refused(service.unreject, account).http_status == 400


def test_persons_belong_to_their_account(
    client: stripe.StripeClient, account: str, refused: Refused
) -> None:
    """Found by their roles, and not below another account."""
    service = client.v1.accounts.persons
    made = service.create(
        account, {"first_name": "Ada", "id_number": "1", "relationship": {"owner": True}}
    )
    assert (made.account, made.id_number_provided) == (account, True)
    assert "id_number" not in made.to_dict()
    service.create(account, {"first_name": "Bob"})
    owners = service.list(account, {"relationship": {"owner": True}})
    assert [one.id for one in owners.data] == [made.id]
    other = client.v1.accounts.create({"type": "custom"}).id
    assert refused(service.retrieve, other, made.id).http_status == 404
    assert service.update(account, made.id, {"ssn_last_4": "0"}).ssn_last_4_provided is True
    assert service.delete(account, made.id).deleted is True


def test_a_currency_has_one_default(
    client: stripe.StripeClient, account: str, refused: Refused
) -> None:
    """The first, until another one is made the default; the default is deleted last."""
    service = client.v1.accounts.external_accounts
    first = service.create(account, bank("000123456789")).to_dict()
    second = service.create(account, bank("000987654321", metadata={"a": "b"})).to_dict()
    assert (first["default_for_currency"], first["last4"]) == (True, "6789")
    assert (second["default_for_currency"], second["metadata"]) == (False, {"a": "b"})
    assert "external_account" not in first
    assert refused(service.delete, account, first["id"]).http_status == 400
    service.update(account, second["id"], {"default_for_currency": True})
    assert service.delete(account, first["id"]).deleted is True
    kept = service.update(account, second["id"], {"default_for_currency": False}).to_dict()
    assert kept["default_for_currency"] is True
    listed = service.list(account, {"object": "bank_account"})
    assert [one.id for one in listed.data] == [second["id"]]
    assert service.list(account, {"object": "card"}).data == []
    whole = client.v1.accounts.retrieve(account)
    assert whole.external_accounts is not None
    assert [one.id for one in whole.external_accounts.data] == [second["id"]]


def test_a_financial_account_has_features(client: stripe.StripeClient, refused: Refused) -> None:
    """Features are an object of their own; the account closes once."""
    service = client.v1.treasury.financial_accounts
    asked: Any = {"card_issuing": {"requested": True}}
    made = service.create({"supported_currencies": ["usd"], "features": asked})
    assert service.retrieve(made.id).active_features == ["card_issuing"]
    assert made.balance.to_dict()["cash"] == {"usd": 0}
    features = service.features.retrieve(made.id)
    assert features.card_issuing is not None
    assert (features.card_issuing.requested, features.card_issuing.status) == (True, "active")
    more: Any = {"financial_addresses": {"aba": {"requested": True}}}
    service.features.update(made.id, more)
    known = ["card_issuing", "financial_addresses.aba"]
    assert service.retrieve(made.id).active_features == known
    closed = service.close(made.id)
    assert closed.status_details.closed is not None
    assert (closed.status, closed.status_details.closed.reasons) == ("closed", ["other"])
    assert refused(service.close, made.id).http_status == 400
    assert refused(service.update, made.id, {"nickname": "x"}).http_status == 400
    assert refused(service.features.retrieve, "fa_x").http_status == 404


@pytest.fixture
def cardholder(client: stripe.StripeClient) -> str:
    """Id of a cardholder."""
    address: Any = {"line1": "1 Way", "city": "Town", "country": "US", "postal_code": "12345"}
    made = client.v1.issuing.cardholders.create(
        {"name": "Shop", "type": "company", "billing": {"address": address}}
    )
    after = client.v1.issuing.cardholders.update(made.id, {"company": {"tax_id": "1"}})
    assert after.company is not None
    assert after.company.to_dict() == {"tax_id_provided": True}
    return made.id


def test_a_canceled_card_stays_so(
    client: stripe.StripeClient, cardholder: str, refused: Refused
) -> None:
    """Its number is absent unless expanded; the replacing card is referenced."""
    service = client.v1.issuing.cards
    params: Any = {"cardholder": cardholder, "currency": "usd", "type": "virtual"}
    made = service.create(params)
    assert (made.status, made.brand, made.cardholder.id) == ("inactive", "Visa", cardholder)
    assert "number" not in made.to_dict()
    number = service.retrieve(made.id, {"expand": ["number"]}).number
    assert str(number).endswith(made.last4)
    assert refused(service.update, made.id, {"cancellation_reason": "lost"}).http_status == 400
    ended = service.update(made.id, {"status": "canceled", "cancellation_reason": "lost"})
    assert ended.status == "canceled"
    assert refused(service.update, made.id, {"status": "active"}).http_status == 400
    following = service.create(
        {
            "currency": "usd",
            "type": "virtual",
            "replacement_for": made.id,
            "replacement_reason": "lost",
        }
    )
    assert following.cardholder.id == cardholder
    assert service.retrieve(made.id).replaced_by == following.id
    assert refused(service.create, {"currency": "usd", "type": "virtual"}).http_status == 400
    assert refused(service.create, {**params, "type": "physical"}).http_status == 400


def test_designs_share_no_lookup_key(client: stripe.StripeClient, refused: Refused) -> None:
    """Unless one transfers it."""
    service = client.v1.issuing.personalization_designs
    first = service.create({"physical_bundle": "ics_1", "lookup_key": "plain"})
    assert (first.status, first.preferences.is_default) == ("inactive", False)
    params: Any = {"physical_bundle": "ics_1", "lookup_key": "plain"}
    assert refused(service.create, params).http_status == 400
    params["transfer_lookup_key"] = True
    second = service.create(params)
    assert service.retrieve(first.id).lookup_key is None
    assert [one.id for one in service.list({"lookup_keys": ["plain"]}).data] == [second.id]
    assert refused(service.update, first.id, {"lookup_key": "plain"}).http_status == 400
    assert service.update(second.id, {"lookup_key": ""}).lookup_key is None


def test_spending_controls_take_empty_lists(emulator: Emulator) -> None:
    """As Stripe's own Terraform provider sends and reads them (R)."""

    def send(path: str, text: str) -> dict[str, Any]:
        headers = {"Authorization": "Bearer sk_test_alpha"}
        answer = emulator.handle(Request.to("POST", path, headers, text))
        assert answer.status == 200
        controls: dict[str, Any] = {**answer.document["spending_controls"]}
        return {**controls, "id": answer.document["id"]}

    address = "".join(f"&billing[address][{name}]=x" for name in ("line1", "city", "postal_code"))
    empty = "&spending_controls[allowed_categories]=&spending_controls[spending_limits]="
    holder = send(
        "/v1/issuing/cardholders",
        f"name=Ada&type=individual&billing[address][country]=US{address}{empty}",
    )
    assert (holder["allowed_categories"], holder["spending_limits"]) == ([], [])
    limited = send(
        f"/v1/issuing/cardholders/{holder['id']}",
        "spending_controls[spending_limits][0][amount]=1"
        "&spending_controls[spending_limits][0][interval]=daily"
        "&spending_controls[spending_limits][0][categories]=",
    )
    assert limited["spending_limits"][0]["categories"] == []
    card = send("/v1/issuing/cards", f"cardholder={holder['id']}&currency=usd&type=virtual{empty}")
    assert (card["allowed_categories"], card["spending_limits"]) == ([], [])
    again = send(
        f"/v1/issuing/cards/{card['id']}", "spending_controls[allowed_merchant_countries]="
    )
    assert again["allowed_merchant_countries"] == []


def test_parameters_name_accounts_of_the_platform(
    client: stripe.StripeClient, account: str, refused: Refused
) -> None:
    """Stripe calls an unknown one what the parameter is called."""
    product = client.v1.products.create({"name": "Pro"}).id
    price = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 500})
    items = {"line_items": [{"price": price.id, "quantity": 1}]}
    create: Any = client.v1.payment_links.create
    made = create({**items, "on_behalf_of": account, "transfer_data": {"destination": account}})
    assert (made.on_behalf_of, made.transfer_data is not None) == (account, True)
    liability = {"liability": {"type": "account", "account": "acct_1"}, "enabled": True}
    for param, word, given in (
        ("transfer_data[destination]", "destination", {"transfer_data": {"destination": "acct_1"}}),
        ("on_behalf_of", "on_behalf_of", {"on_behalf_of": "acct_1"}),
        ("automatic_tax[liability][account]", "account", {"automatic_tax": liability}),
    ):
        error: Any = refused(create, {**items, **given})
        assert error.user_message == f"No such {word}: 'acct_1'"
        assert (error.http_status, error.code, error.param) == (400, "resource_missing", param)


def test_a_connected_account_knows_no_other(
    client: stripe.StripeClient, account: str, refused: Refused
) -> None:
    """An account of the same platform is no destination there, nor is the platform."""
    options: stripe.RequestOptions = {"stripe_account": account}
    other = client.v1.accounts.create({"type": "custom"}).id
    own = client.v1.accounts.retrieve_current().id
    product = client.v1.products.create({"name": "Pro"}, options).id
    params: Any = {"product": product, "currency": "usd", "unit_amount": 500}
    price = client.v1.prices.create(params, options)
    for named in (other, own):
        given = {
            "line_items": [{"price": price.id, "quantity": 1}],
            "transfer_data": {"destination": named},
        }
        error = refused(client.v1.payment_links.create, given, options)
        assert str(error.user_message) == f"No such destination: '{named}'"


def test_what_a_platform_makes_elsewhere_is_marked(
    client: stripe.StripeClient, account: str
) -> None:
    """S: with its application, which is none for what an account makes in itself."""
    options: stripe.RequestOptions = {"stripe_account": account}
    params: Any = {"features": {"invoice_history": {"enabled": True}}}
    there = client.v1.billing_portal.configurations.create(params, options).application
    assert isinstance(there, str)
    assert there.startswith("ca_")
    assert client.v1.billing_portal.configurations.create(params).application is None
    # S: a configuration without a parent has none anywhere.
    methods = client.v1.payment_method_configurations
    assert methods.create({"name": "Cards"}, options).application is None
    endpoint: Any = {"url": "https://example.com", "enabled_events": ["*"]}
    assert client.v1.webhook_endpoints.create(endpoint).application is None
    # R: an endpoint for connected accounts is told by its application.
    endpoint["connect"] = True
    assert client.v1.webhook_endpoints.create(endpoint).application == there


def test_nothing_of_a_deleted_account_is_there(
    emulator: Emulator, client: stripe.StripeClient, account: str
) -> None:
    """Neither what it held, nor its persons and bank accounts."""
    options: stripe.RequestOptions = {"stripe_account": account}
    client.v1.products.create({"name": "Pro"}, options)
    client.v1.accounts.persons.create(account, {"first_name": "Ada"})
    client.v1.accounts.external_accounts.create(account, bank("000123456789"))
    assert [(one.object, one.account) for one in emulator.history] == [
        ("account", ""),
        ("product", account),
        ("person", ""),
        ("account.external_account", ""),
    ]
    client.v1.accounts.delete(account)
    assert [one.alive for one in emulator.history] == [False] * 4


def upload(client: stripe.StripeClient, **given: str) -> str:
    """Upload a document, and return its id."""
    options: Any = given
    params: Any = {"file": io.BytesIO(b"passport"), "purpose": "identity_document"}
    return client.v1.files.create(params, options).id


def test_a_document_may_be_in_either_account(
    client: stripe.StripeClient, account: str, refused: Refused
) -> None:
    """D: the platform uploads it for itself, or as the account whose person it is about."""
    persons = client.v1.accounts.persons
    person = persons.create(account, {"first_name": "Ada"}).id
    for file in (upload(client), upload(client, stripe_account=account)):
        shown: Any = {"verification": {"document": {"front": file}}, "expand": [FRONT]}
        after = persons.update(account, person, shown).to_dict()
        assert after["verification"]["document"]["front"]["id"] == file
    other = client.v1.accounts.create({"type": "custom"}).id
    elsewhere: Any = {"verification": {"document": {"front": upload(client, stripe_account=other)}}}
    error = refused(persons.update, account, person, elsewhere)
    assert (error.http_status, error.code) == (400, "resource_missing")


def test_a_configuration_below_the_platforms_follows_it(
    client: stripe.StripeClient, account: str, refused: Refused
) -> None:
    """S: it has the platform's as its parent, and its application."""
    options: stripe.RequestOptions = {"stripe_account": account}
    service = client.v1.payment_method_configurations
    off: Any = {"name": "Ours", "card": {"display_preference": {"preference": "off"}}}
    parent = service.create(off)
    child = service.create({"parent": parent.id}, options)
    assert child.parent == parent.id
    assert child.application is not None
    assert child.card is not None
    assert child.card.display_preference.value == "off"
    assert refused(service.retrieve, parent.id, {}, options).http_status == 404
    assert refused(service.create, {"parent": child.id}).http_status == 400
