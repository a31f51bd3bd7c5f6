"""The application: a page of prices, customers, and a webhook."""

from __future__ import annotations

from typing import Protocol

import stripe
from flask import Flask, request


class Ids(Protocol):
    """The constants of the stack that the application uses."""

    @property
    def STRIPE_PRICE_PRO_MONTHLY(self) -> str:  # noqa: N802 - as it is generated
        """The price of a month."""
        ...


class Shop:
    """What the application knows.

    Attributes:
        names: Names of products by id, as events said.
        prices: Ids of prices that events said are new.
        customers: Ids of customers that events said are new.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.names: dict[str, str] = {}
        self.prices: list[str] = []
        self.customers: list[str] = []

    def take(self, event: stripe.Event) -> None:
        """Learn what an event says."""
        found = event.data.object
        if event.type == "product.updated":
            self.names[found["id"]] = found["name"]
        elif event.type == "price.created":
            self.prices.append(found["id"])
        elif event.type == "customer.created":
            self.customers.append(found["id"])


def create_app(client: stripe.StripeClient, ids: Ids, webhook_secret: str, shop: Shop) -> Flask:
    """Make the application.

    Args:
        client: Speaks to Stripe.
        ids: What the stack made.
        webhook_secret: Of the webhook endpoint.
        shop: What the application knows.
    """
    app = Flask("shop")

    @app.get("/pricing")
    def pricing() -> dict[str, object]:
        price = client.v1.prices.retrieve(ids.STRIPE_PRICE_PRO_MONTHLY)
        return {"amount": price.unit_amount, "currency": price.currency}

    @app.post("/customers")
    def sign_up() -> tuple[dict[str, object], int]:
        customer = client.v1.customers.create({"email": request.form["email"]})
        return {"id": customer.id}, 201

    @app.errorhandler(stripe.APIConnectionError)
    def no_answer(_: stripe.APIConnectionError) -> tuple[str, int]:
        return "Stripe does not answer; try again in a minute.", 503

    @app.post("/webhooks/stripe")
    def webhook() -> tuple[str, int]:
        signature = request.headers.get("Stripe-Signature", "")
        try:
            event = stripe.Webhook.construct_event(request.data, signature, webhook_secret)
        except (ValueError, stripe.SignatureVerificationError):
            return "", 400
        shop.take(event)
        return "", 204

    return app
