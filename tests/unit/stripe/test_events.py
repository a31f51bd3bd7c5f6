"""Pages of Stripe's events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.errors import ForeignAnswerError, PermissionDeniedError
from engine.stripe.events import event_pages
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.stripe.responses import ResponseCheck
from engine.values.secret import Sensitive
from tests.support.raw_requests import KEY, send

CHECK = ResponseCheck("GET /v1/events", livemode=False)
EVENT = {"object": "event", "id": "evt_1", "livemode": False}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An empty emulator in memory."""
    with Emulator(seed=7) as made:
        yield made


def provider(emulator: Emulator, key: str = KEY) -> StripeProvider:
    """A provider that speaks to the emulator."""
    options = ClientOptions(api_key=Sensitive(key), transport=InProcessTransport(emulator))
    return StripeProvider(StripeHTTP(options), loader.schemas(), api_key=key)


def test_a_hundred_a_page(emulator: Emulator) -> None:
    """As many requests as there are pages."""
    for number in range(101):
        send(emulator, "POST", "/v1/products", f"name=P{number}")
    stripe = provider(emulator)
    pages = list(stripe.events(["product.created"]))
    assert [len(page) for page in pages] == [100, 1]
    assert stripe.requests == 2
    assert next(iter(pages[0])).object["name"] == "P100"


def test_more_types_than_one_request_takes(emulator: Emulator) -> None:
    """S: twenty at once."""
    send(emulator, "POST", "/v1/products", "name=P")
    stripe = provider(emulator)
    types = [f"nothing.{number}" for number in range(20)]
    pages = list(stripe.events([*types, "product.created"]))
    assert [[event.type for event in page] for page in pages] == [[], ["product.created"]]


def test_what_no_request_did(emulator: Emulator) -> None:
    """A person in the Dashboard, or Stripe itself."""
    http = StripeHTTP(
        ClientOptions(api_key=Sensitive(KEY), transport=InProcessTransport(emulator, by_hand=True))
    )
    http.post("/v1/products", {"name": "P"}, idempotency_key="")
    [[event]] = provider(emulator).events(["product.created"])
    assert event.request == ""


def test_a_key_that_may_not_read_them(emulator: Emulator) -> None:
    """It is a refusal like any other."""
    key = "rk_test_alpha"
    emulator.restrict(key, {"product_write"})
    with pytest.raises(PermissionDeniedError):
        next(provider(emulator, key).events(["product.created"]))


@pytest.mark.parametrize(
    "answer",
    [
        {"object": "event"},
        {"object": "list", "data": None},
        {"object": "list", "data": ["evt_1"]},
        {"object": "list", "data": [{**EVENT, "object": "product"}]},
        {"object": "list", "data": [{**EVENT, "id": ""}]},
        {"object": "list", "data": [{**EVENT, "livemode": True}]},
    ],
)
def test_answers_that_are_no_events(answer: dict[str, Any]) -> None:
    """Nothing of them is taken over."""
    with pytest.raises(ForeignAnswerError):
        CHECK.events(answer)


class Circling(StripeHTTP):
    """A server whose next page is the same one for ever."""

    def __init__(self) -> None:
        pass

    def get(self, path: str, params: Any, **_: Any) -> dict[str, Any]:
        """Always the same page."""
        del path, params
        return {"object": "list", "has_more": True, "data": [{**EVENT, "request": None}]}


def test_pages_that_go_round_in_a_circle() -> None:
    """They are refused, not read for ever."""
    with pytest.raises(ForeignAnswerError):
        list(event_pages(Circling(), CHECK, ["product.created"], ""))
