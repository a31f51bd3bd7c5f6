"""What v2 does differently: JSON, nulls, `include`, pages by token, keys of failed requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.testing import faults
from engine.emulator.wire.messages import Request, Response

COLLECTION = "/v2/core/event_destinations"
HOOK: Mapping[str, Any] = {
    "name": "Ours",
    "type": "webhook_endpoint",
    "event_payload": "thin",
    "enabled_events": ["v1.billing.meter.no_meter_found"],
    "webhook_endpoint": {"url": "https://example.com/hook"},
}
BOTH = ["webhook_endpoint.url", "webhook_endpoint.signing_secret"]
Send = Callable[..., Response]


@pytest.fixture
def send(emulator: Emulator) -> Send:
    """Send JSON, with any headers."""

    def run(method: str, path: str, body: Any = None, **headers: str) -> Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        text = None if body is None else json.dumps(body)
        own = {"Authorization": "Bearer sk_test_alpha", "Content-Type": "application/json"}
        return emulator.handle(Request.to(method, path, {**own, **given}, text))

    return run


@pytest.fixture
def create(send: Send) -> Callable[..., dict[str, Any]]:
    """Create a destination for a webhook."""

    def run(**fields: Any) -> dict[str, Any]:
        answer = send("POST", COLLECTION, {**HOOK, **fields})
        assert answer.status == 200, answer.body
        document: dict[str, Any] = answer.document
        return document

    return run


def error_of(answer: Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status, answer.document["error"]["code"]


def test_a_new_destination_is_filled_in(create: Callable[..., dict[str, Any]]) -> None:
    """Times are text, and what was not included is null."""
    made = create()
    assert made["created"] == made["updated"] == "2027-01-15T08:00:00.000Z"
    assert made["status"] == "enabled"
    assert made["events_from"] == ["@self"]
    assert made["snapshot_api_version"] is None
    assert made["webhook_endpoint"] == {"signing_secret": None, "url": None}


def test_the_secret_is_told_once_if_asked_for(
    create: Callable[..., dict[str, Any]], send: Send
) -> None:
    """A read can have the URL again, and never the secret."""
    made = create(include=BOTH)
    assert made["webhook_endpoint"]["url"] == "https://example.com/hook"
    assert made["webhook_endpoint"]["signing_secret"].startswith("whsec_")
    path = f"{COLLECTION}/{made['id']}"
    read = send("GET", f"{path}?include=webhook_endpoint.url").document["webhook_endpoint"]
    assert read == {"signing_secret": None, "url": "https://example.com/hook"}
    refused = send("GET", f"{path}?include=webhook_endpoint.signing_secret")
    assert error_of(refused) == (400, "invalid_field")


def test_null_clears(create: Callable[..., dict[str, Any]], send: Send) -> None:
    """A field is cleared, a metadata key removed, the rest stays."""
    made = create(description="Ours", metadata={"a": "1", "b": "2"})
    path = f"{COLLECTION}/{made['id']}"
    body = {"description": None, "metadata": {"a": None, "c": "3"}}
    after = send("POST", path, body).document
    assert (after["description"], after["metadata"]) == ("", {"b": "2", "c": "3"})
    assert error_of(send("POST", path, {"webhook_endpoint": {"url": None}})) == (
        400,
        "missing_field",
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"frob": 1}, "unknown_field"),
        ({"name": None}, "missing_field"),
        ({"name": 3}, "invalid_field"),
        ({"enabled_events": "all"}, "invalid_field"),
        ({"enabled_events": []}, "invalid_field"),
        ({"enabled_events": [True]}, "invalid_field"),
        ({"webhook_endpoint": {"url": "https://localhost/"}}, "invalid_field"),
        ({"webhook_endpoint": None}, "missing_field"),
        ({"snapshot_api_version": "2026-01-01.x"}, "invalid_field"),
        ({"amazon_eventbridge": {"aws_account_id": "1", "aws_region": "x"}}, "invalid_field"),
        ({"include": ["frob"]}, "invalid_field"),
    ],
)
def test_malformed_bodies_are_refused(send: Send, change: dict[str, Any], code: str) -> None:
    """Each with a code of v2's envelope."""
    answer = send("POST", COLLECTION, {**HOOK, **change})
    assert error_of(answer) == (400, code)
    assert set(answer.document["error"]) == {"code", "message", "type"}


@pytest.mark.parametrize("body", ["name=Ours", "[1]", "{"])
def test_only_json_is_read(emulator: Emulator, body: str) -> None:
    """A form is not a body of v2."""
    request = Request.to("POST", COLLECTION, {"Authorization": "Bearer sk_test_a"}, body)
    assert error_of(emulator.handle(request)) == (400, "invalid_json")


def test_pages_go_by_token(create: Callable[..., dict[str, Any]], send: Send) -> None:
    """Each page has the URLs of the next and the previous one, newest first."""
    ids = [create(name=f"N{number}")["id"] for number in range(5)][::-1]
    first = send("GET", f"{COLLECTION}?limit=2").document
    assert [one["id"] for one in first["data"]] == ids[:2]
    assert first["previous_page_url"] is None
    second = send("GET", first["next_page_url"]).document
    assert [one["id"] for one in second["data"]] == ids[2:4]
    third = send("GET", second["next_page_url"]).document
    assert ([one["id"] for one in third["data"]], third["next_page_url"]) == (ids[4:], None)
    assert send("GET", second["previous_page_url"]).document["data"] == first["data"]
    assert urlsplit(first["next_page_url"]).path == COLLECTION


@pytest.mark.parametrize("query", ["limit=many", "page=%21", "frob=1", "include=frob"])
def test_malformed_lists_are_refused(send: Send, query: str) -> None:
    """Limits, tokens and names are checked."""
    assert send("GET", f"{COLLECTION}?{query}").status == 400


def test_keys_replay_successes_only(
    create: Callable[..., dict[str, Any]], send: Send, emulator: Emulator
) -> None:
    """A failed request is run again; a delete can be repeated under its key."""
    made = create()
    path = f"{COLLECTION}/{made['id']}"
    assert send("POST", f"{path}/enable", {}, idempotency_key="k").status == 400
    again = send("POST", f"{path}/disable", {}, idempotency_key="d")
    replayed = send("POST", f"{path}/disable", {}, idempotency_key="d")
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert replayed.document == again.document
    assert send("POST", f"{path}/enable", {}, idempotency_key="k").status == 200
    missing = f"{COLLECTION}/ed_x"
    assert send("DELETE", missing, idempotency_key="m").status == 404
    assert "Idempotent-Replayed" not in send("DELETE", missing, idempotency_key="m").headers
    gone = {"id": made["id"], "object": "v2.core.event_destination"}
    assert send("DELETE", path, idempotency_key="x").document == gone
    assert send("DELETE", path, idempotency_key="x").document == gone
    assert error_of(send("DELETE", path)) == (404, "not_found")
    assert emulator.log[-1].status == 404


def test_not_even_a_500_of_an_execution_is_replayed(send: Send, emulator: Emulator) -> None:
    """A key remembers the response to the first request that was not refused."""
    emulator.faults.add(faults.server_error(saved=True))
    failed, made, again = (send("POST", COLLECTION, HOOK, idempotency_key="k") for _ in range(3))
    assert (failed.status, made.status) == (500, 200)
    assert "Idempotent-Replayed" not in made.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.body == made.body


def test_the_sdk_speaks_it(client: stripe.StripeClient) -> None:
    """Create, disable, ping, list and delete through the SDK."""
    service = client.v2.core.event_destinations
    made = service.create({**HOOK, "include": BOTH})  # type: ignore[typeddict-item]
    assert made.webhook_endpoint is not None
    assert str(made.webhook_endpoint.signing_secret).startswith("whsec_")
    disabled = service.disable(made.id)
    assert disabled.status_details is not None
    assert disabled.status_details.disabled is not None
    assert (disabled.status, disabled.status_details.disabled.reason) == ("disabled", "user")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        service.disable(made.id)
    assert caught.value.http_status == 400
    assert service.enable(made.id).status_details is None
    assert service.ping(made.id).type == "v2.core.event_destination.ping"
    assert [one.id for one in service.list().auto_paging_iter()] == [made.id]
    service.delete(made.id)
    assert list(service.list().data) == []


def test_buses_tell_where_events_arrive(create: Callable[..., dict[str, Any]]) -> None:
    """The region is not in the response."""
    bridge = {"aws_account_id": "123456789012", "aws_region": "us-east-1"}
    made = create(type="amazon_eventbridge", webhook_endpoint=None, amazon_eventbridge=bridge)
    told = made["amazon_eventbridge"]
    assert told["aws_event_source_arn"].endswith(made["id"])
    assert told["aws_event_source_status"] == "pending"
    assert set(told) == {"aws_account_id", "aws_event_source_arn", "aws_event_source_status"}
    grid = {
        "azure_region": "westus",
        "azure_resource_group_name": "group",
        "azure_subscription_id": "sub",
    }
    topic = create(type="azure_event_grid", webhook_endpoint=None, azure_event_grid=grid)
    assert topic["azure_event_grid"]["azure_partner_topic_status"] == "never_activated"


def test_sixteen_are_the_most(create: Callable[..., dict[str, Any]], send: Send) -> None:
    """The next one is refused."""
    for number in range(16):
        create(name=f"N{number}", event_payload="snapshot")
    assert send("POST", COLLECTION, HOOK).status == 400
