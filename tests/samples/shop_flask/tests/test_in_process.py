"""The application in the process of its tests, without a socket."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from flask.testing import FlaskClient
from shop.app import Shop, create_app

from engine.testing import (
    Clock,
    EmulatedProject,
    Emulator,
    Webhooks,
    assert_changes,
    assert_no_changes,
    faults,
)


def test_it_shows_the_price_that_the_stack_declares(browser: FlaskClient) -> None:
    """By the id of the generated constants."""
    assert browser.get("/pricing").json == {"amount": 2900, "currency": "usd"}


@pytest.mark.usefixtures("browser")
def test_it_learns_what_the_stack_changes(
    engine_project: EmulatedProject, engine_webhooks: Webhooks, shop: Shop
) -> None:
    """By signed events, of the types that its endpoint asks for."""
    engine_project.edit("shop", 'name="Pro"', 'name="Pro plus"')
    engine_project.edit("shop", "unit_amount=2900", "unit_amount=3400")
    planned = engine_project.plan()
    assert_changes(planned, {"stripe_product.pro": "update", "stripe_price.pro-monthly": "replace"})
    assert planned.changes["stripe_price.pro-monthly"].paths["unit_amount"].after == 3400
    engine_project.apply()
    assert sorted(engine_webhooks.types) == ["price.created", "product.updated"]
    assert engine_webhooks.statuses == [204, 204]
    assert shop.names == {engine_project.id_of("stripe_product.pro"): "Pro plus"}
    assert shop.prices == [engine_project.id_of("stripe_price.pro-monthly")]
    assert_no_changes(engine_project.plan())


def test_it_learns_of_what_it_does_itself(browser: FlaskClient, shop: Shop) -> None:
    """A request of the application makes an event, and that comes back to it."""
    made = browser.post("/customers", data={"email": "jenny@example.com"})
    assert made.status_code == 201
    assert shop.customers == [made.json["id"]] if made.json else False


def test_it_refuses_a_wrong_signature(
    browser: FlaskClient,
    engine_client: stripe.StripeClient,
    engine_webhooks: Webhooks,
    ids: Any,
) -> None:
    """Of another secret, of another body, and of none."""
    shop = Shop()
    other = create_app(engine_client, ids, "whsec_of_another_endpoint", shop).test_client()
    engine_webhooks.deliver_to(
        lambda one: other.post(one.path, data=one.body, headers=dict(one.headers)).status_code
    )
    browser.post("/customers", data={"email": "jenny@example.com"})
    assert (engine_webhooks.statuses, shop.customers) == ([400], [])
    (caught,) = engine_webhooks
    forged = caught.body.replace(b"jenny", b"mallory")
    headers = dict(caught.headers)
    assert browser.post(caught.path, data=forged, headers=headers).status_code == 400
    assert browser.post(caught.path, data=caught.body).status_code == 400
    assert browser.post(caught.path, data=caught.body, headers=headers).status_code == 204


def test_an_old_signature_is_refused(
    browser: FlaskClient, engine_clock: Clock, engine_webhooks: Webhooks
) -> None:
    """A delivery that was recorded yesterday proves nothing today."""
    engine_clock.advance(days=-1)
    browser.post("/customers", data={"email": "jenny@example.com"})
    assert engine_webhooks.statuses == [400]


def test_it_says_that_stripe_does_not_answer(
    browser: FlaskClient, engine_emulator: Emulator, shop: Shop
) -> None:
    """The customer may have been made: its event says so."""
    engine_emulator.faults.add(faults.dropped(executed=True), method="POST", path="/v1/customers")
    assert browser.post("/customers", data={"email": "jenny@example.com"}).status_code == 503
    assert len(shop.customers) == 1
