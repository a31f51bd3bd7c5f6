"""The stack is applied to the emulator, and the application is made with what came of it."""

from __future__ import annotations

from typing import Any

import pytest
import stripe
from flask.testing import FlaskClient
from shop.app import Shop, create_app

from engine.testing import Delivery, EmulatedProject, Webhooks


@pytest.fixture
def ids(engine_project: EmulatedProject) -> Any:
    """The constants of the applied stack, as the application imports them."""
    engine_project.apply()
    return engine_project.constants_module().SHOP_LOCAL


@pytest.fixture
def shop() -> Shop:
    """What the application knows."""
    return Shop()


@pytest.fixture
def browser(
    engine_project: EmulatedProject,
    engine_client: stripe.StripeClient,
    engine_webhooks: Webhooks,
    ids: Any,
    shop: Shop,
) -> FlaskClient:
    """The application in this process, which gets the events of its stack."""
    secret = engine_project.reveal("webhook_secret")
    client = create_app(engine_client, ids, secret, shop).test_client()

    def answered(delivery: Delivery) -> int:
        return client.post(
            delivery.path, data=delivery.body, headers=dict(delivery.headers)
        ).status_code

    engine_webhooks.deliver_to(answered)
    return client
