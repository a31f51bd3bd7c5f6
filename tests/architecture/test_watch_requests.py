"""The watch over the engine's requests can fail, and looks at what it is meant to look at."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.doors.transport import InProcessTransport
from engine.emulator.wire.messages import Request
from engine.errors import ProviderError
from engine.ports.provider import RequestContext
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.secret import Sensitive
from tests.support.watch.sent import Watch

KEY = "sk_test_watch"


def http_to(emulator: Emulator, base: str = "") -> StripeHTTP:
    """The engine's client in front of an emulator, by either door."""
    transport = None if base else InProcessTransport(emulator)
    return StripeHTTP(
        ClientOptions(api_key=Sensitive(KEY), api_base=base, transport=transport, retries=0)
    )


def asked(method: str, url: str, form: str = "", **headers: str) -> Request:
    """A request as it stands on the wire."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request.to(method, url, {"Authorization": f"Bearer {KEY}", **named}, form)


@pytest.mark.parametrize(
    ("method", "url", "form", "names"),
    [
        ("POST", "/v1/products", "name=Pro&colour=red", ["colour"]),
        ("POST", "/v1/products", "name=Pro&metadata[anything]=1&expand[0]=default_price", []),
        ("POST", "/v1/products/prod_1", "id=prod_2", ["id"]),
        (
            "POST",
            "/v1/prices",
            "recurring[interval]=month&recurring[rhythm]=1",
            ["recurring[rhythm]"],
        ),
        ("POST", "/v1/prices", "currency[code]=usd", ["currency[code]"]),
        ("POST", "/v1/prices", "tiers[0][up_to]=inf&tiers[1][down_to]=1", ["tiers[1][down_to]"]),
        ("POST", "/v1/prices", "tiers[][down_to]=1", ["tiers[][down_to]"]),
        (
            "POST",
            "/v1/prices",
            "currency_options[eur][amount]=1",
            ["currency_options[eur][amount]"],
        ),
        # What an update of a line item takes is less than what a create takes.
        ("POST", "/v1/payment_links", "line_items[0][price]=price_1", []),
        ("POST", "/v1/payment_links/plink_1", "line_items[0][price]=p", ["line_items[0][price]"]),
        ("GET", "/v1/prices?lookup_keys[]=pro&limit=1", "", []),
        ("GET", "/v1/prices?colour=red", "", ["colour"]),
        ("GET", "/v1/prices/search?query=x", "", []),
        ("DELETE", "/v1/coupons/WELCOME", "", []),
        ("DELETE", "/v1/prices/price_1", "", ["DELETE /v1/prices/price_1"]),
        ("PUT", "/v1/products", "", ["PUT /v1/products"]),
    ],
)
def test_names_that_the_sdk_does_not_have(
    watch: Watch, method: str, url: str, form: str, names: list[str]
) -> None:
    """Every name, however deep, is one of a TypedDict of the SDK's, or it is told."""
    watch.received(asked(method, url, form, x_sent_by="engine"))
    said = [] if not names else [f"{method} {url.partition('?')[0]}: {', '.join(names)}"]
    assert watch.drain() == said


def test_names_in_json(watch: Watch) -> None:
    """What v2 sends is looked at the same way, a null that clears included."""
    body = '{"name": null, "events_from": ["self"], "webhook_endpoint": {"uri": "https://x"}}'
    url = "/v2/core/event_destinations"
    watch.received(asked("POST", url, body, x_sent_by="engine", content_type="application/json"))
    assert watch.drain() == [f"POST {url}: webhook_endpoint[uri]"]


@pytest.mark.parametrize("served", [False, True])
def test_what_the_engine_sends_is_looked_at(watch: Watch, *, served: bool) -> None:
    """A wrong parameter of the engine's is noticed at the emulator, whichever door it comes by."""
    with Emulator(seed=1) as emulator, EmulatorServer(emulator) as server:
        http = http_to(emulator, server.url if served else "")
        with pytest.raises(ProviderError, match="unknown parameter"):
            http.post("/v1/products", {"name": "Pro", "colour": "red"}, idempotency_key="one")
    assert watch.drain() == ["POST /v1/products: colour"]


def test_an_engine_of_its_own_is_known_by_its_keys(watch: Watch) -> None:
    """A write of an engine in another process is looked at too."""
    watch.received(asked("POST", "/v1/products", "colour=red", idempotency_key="engine-1-shop-0"))
    assert watch.drain() == ["POST /v1/products: colour"]


def test_what_tests_send_by_hand_is_not(watch: Watch) -> None:
    """Tests of the emulator send what is wrong on purpose."""
    before = watch.looked_at
    with Emulator(seed=1) as emulator:
        assert emulator.handle(asked("POST", "/v1/products", "colour=red")).status == 400
    assert (watch.drain(), watch.looked_at) == ([], before)


def test_a_file_is_looked_at(watch: Watch, tmp_path: Any) -> None:
    """An upload's parameters are names like any other."""
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    before = watch.looked_at
    with Emulator(seed=1) as emulator:
        schemas = loader.schemas()
        provider = StripeProvider(http_to(emulator), schemas, api_key=KEY, root=tmp_path)
        params = {"purpose": "business_logo", "file": "logo.png@sha256:0"}
        provider.create(schemas["stripe_file"], params, RequestContext(idempotency_key="one"))
    assert (watch.drain(), watch.looked_at) == ([], before + 1)
