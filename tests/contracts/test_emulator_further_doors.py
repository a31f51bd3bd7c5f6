"""Special requests through both doors: uploads, v2, children, singletons, verbs."""

from __future__ import annotations

import io
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.server import serve
from engine.emulator.doors.transport import InProcessTransport

KEY = "sk_test_contract"


def test_files_go_up(client: stripe.StripeClient) -> None:
    """Any bytes, to the host of files, which is the same one."""
    content = bytes(range(256)) + b"\r\n--x--\r\n"
    upload = io.BytesIO(content)
    upload.name = "all.bin"
    made = client.v1.files.create({"file": upload, "purpose": "business_logo"})
    assert (made.size, made.filename, made.type) == (len(content), "all.bin", "bin")
    link = client.v1.file_links.create({"file": made.id, "expand": ["file"]})
    assert isinstance(link.file, stripe.File)
    assert link.file.id == made.id


def test_v2_speaks_json(client: stripe.StripeClient) -> None:
    """Text, lists and metadata arrive and come back."""
    service = client.v2.core.event_destinations
    params: Any = {
        "name": "Größe & Preis",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["v1.billing.meter.no_meter_found"],
        "webhook_endpoint": {"url": "https://example.com/hook"},
        "metadata": {"ключ": "a=b"},
        "include": ["webhook_endpoint.url"],
    }
    made = service.create(params)
    assert made.webhook_endpoint is not None
    assert made.webhook_endpoint.url == "https://example.com/hook"
    read = service.retrieve(made.id)
    assert (read.name, read.to_dict()["metadata"]) == ("Größe & Preis", {"ключ": "a=b"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        service.retrieve("ed_x")
    assert (caught.value.http_status, caught.value.code) == (404, "not_found")


def test_children_singletons_and_verbs_have_their_paths(client: stripe.StripeClient) -> None:
    """Below a parent, without an id, behind an id."""
    customer = client.v1.customers.create({"name": "Ada"}).id
    tax_id = client.v1.customers.tax_ids.create(
        customer, {"type": "eu_vat", "value": "DE123456789"}
    )
    assert client.v1.customers.tax_ids.retrieve(customer, tax_id.id).value == "DE123456789"
    assert client.v1.tax.settings.retrieve().status == "pending"
    meter = client.v1.billing.meters.create(
        {"display_name": "C", "event_name": "c", "default_aggregation": {"formula": "sum"}}
    )
    assert client.v1.billing.meters.deactivate(meter.id).status == "inactive"


def test_objects_survive_in_a_file(tmp_path: Any) -> None:
    """Singletons and seeded objects among them."""
    place = tmp_path / "stripe.db"
    with Emulator(place) as first:
        seeded = first.seed("invoice_rendering_template", {"nickname": "Plain"}, key=KEY)
        client = stripe.StripeClient(KEY, http_client=InProcessTransport(first))
        client.v1.balance_settings.update({"payments": {"debit_negative_balances": True}})
    with Emulator(place) as second:
        client = stripe.StripeClient(KEY, http_client=InProcessTransport(second))
        found = client.v1.invoice_rendering_templates.retrieve(seeded["id"])
        assert found.nickname == "Plain"
        assert client.v1.balance_settings.retrieve().payments.debit_negative_balances is True


def test_a_server_may_be_started_twice() -> None:
    """`serve` starts it, and so does a `with`; it closes all the same."""
    with Emulator() as emulator, serve(emulator) as server:
        client = stripe.StripeClient("sk_test_twice", base_addresses={"api": server.url})
        assert client.v1.products.list().data == []
