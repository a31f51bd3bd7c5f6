"""The application and the emulator on ports of this machine."""

from __future__ import annotations

import json
import threading
import urllib.request

import stripe
from shop.app import Shop, create_app
from werkzeug.serving import make_server

from engine.testing import API_KEY, EmulatedProject, EmulatorServer, Webhooks


def test_it_gets_its_events_over_http(
    engine_project: EmulatedProject,
    engine_server: EmulatorServer,
    engine_webhooks: Webhooks,
    shop: Shop,
) -> None:
    """At the path of its endpoint, as `stripe listen --forward-to` does it."""
    engine_project.apply()
    client = stripe.StripeClient(API_KEY, base_addresses={"api": engine_server.url})
    ids = engine_project.constants_module().SHOP_LOCAL
    app = create_app(client, ids, engine_project.reveal("webhook_secret"), shop)
    application = make_server("127.0.0.1", 0, app)
    url = f"http://127.0.0.1:{application.port}"
    thread = threading.Thread(target=application.serve_forever)
    thread.start()
    try:
        engine_webhooks.deliver_over_http(url)
        with urllib.request.urlopen(f"{url}/pricing") as answer:  # noqa: S310 - our own
            assert json.load(answer)["amount"] == 2900
        engine_project.edit("shop", 'name="Pro"', 'name="Pro plus"')
        engine_project.apply()
        assert engine_webhooks.statuses == [204]
        assert list(shop.names.values()) == ["Pro plus"]
    finally:
        application.shutdown()
        thread.join()
        application.server_close()
