"""Files, their links, and the secrets of apps."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request
from tests.support.clock import Clock

Refused = Callable[..., stripe.StripeError]


@pytest.fixture
def file(client: stripe.StripeClient) -> str:
    """Id of a file of seven bytes."""
    upload = io.BytesIO(b"content")
    upload.name = "/tmp/Logo.PNG"  # noqa: S108 - a name only; nothing is written there
    return client.v1.files.create({"file": upload, "purpose": "business_logo"}).id


def test_an_upload_is_told_by_what_can_be_told(client: stripe.StripeClient, file: str) -> None:
    """Name, size and type; the content is not in it."""
    made = client.v1.files.retrieve(file)
    assert (made.size, made.type, made.purpose) == (7, "png", "business_logo")
    assert str(made.filename).endswith("Logo.PNG")
    assert made.links is not None
    assert (made.links.url, made.links.data) == (f"/v1/file_links?file={file}", [])


def test_the_same_upload_under_a_key_is_one_file(client: stripe.StripeClient) -> None:
    """Another content under the same key is refused."""
    options: Any = {"idempotency_key": "once"}

    def upload(content: bytes) -> str:
        given: Any = {"file": io.BytesIO(content), "purpose": "business_logo"}
        return client.v1.files.create(given, options).id

    assert upload(b"a") == upload(b"a")
    with pytest.raises(stripe.IdempotencyError):
        upload(b"b")


def test_a_link_may_come_along(client: stripe.StripeClient) -> None:
    """It is made with the file, and listed in it."""
    made = client.v1.files.create(
        {
            "file": io.BytesIO(b"a"),
            "purpose": "business_logo",
            "file_link_data": {"create": True, "metadata": {"a": "b"}},
        }
    )
    assert made.links is not None
    assert [one.metadata.to_dict() for one in made.links.data] == [{"a": "b"}]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "multipart/form-data"}, b"x"),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"x"),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--b\r\nx\r\n--b--"),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--b\r\n\xff\r\n\r\n\r\n--b--"),
        ({}, b"file=x&purpose=business_logo"),
    ],
)
def test_what_is_no_upload_is_refused(
    emulator: Emulator, headers: dict[str, str], body: bytes
) -> None:
    """A body must fit its header, and hold a file."""
    given = {"Authorization": "Bearer sk_test_a", **headers}
    assert emulator.handle(Request.to("POST", "/v1/files", given, body)).status == 400


def test_links_end(
    client: stripe.StripeClient, file: str, refused: Refused, clock: Clock[int]
) -> None:
    """At their time or at once; an expired one cannot be changed."""
    create = client.v1.file_links.create
    first = create({"file": file, "expires_at": clock.now + 10}).id
    second = create({"file": file}).id
    assert client.v1.file_links.update(second, {"expires_at": "now"}).expired is True
    assert [one.id for one in client.v1.file_links.list({"expired": False}).data] == [first]
    clock.now += 10
    assert client.v1.file_links.retrieve(first).expired is True
    assert refused(client.v1.file_links.update, first, {"metadata": {"a": "b"}}).http_status == 400
    assert refused(create, {"file": "file_x"}).user_message == "No such file: 'file_x'"
    assert refused(create, {"file": file, "expires_at": 1}).http_status == 400


def test_secrets_are_named_by_name_and_scope(
    client: stripe.StripeClient, refused: Refused, clock: Clock[int]
) -> None:
    """A second create replaces the first; the payload is absent unless expanded."""
    service = client.v1.apps.secrets
    ours: Any = {"type": "account"}
    theirs: Any = {"type": "user", "user": "usr_1"}
    first = service.create({"name": "token", "payload": "a", "scope": ours})
    assert "payload" not in first.to_dict()
    clock.now += 1
    second = service.create({"name": "token", "payload": "b", "scope": ours})
    assert (second.id, second.created) == (first.id, first.created)
    other = service.create({"name": "token", "payload": "c", "scope": theirs})
    assert other.id != first.id
    found = service.find({"name": "token", "scope": ours, "expand": ["payload"]})
    assert (found.id, found.payload) == (first.id, "b")
    assert [one.id for one in service.list({"scope": theirs}).data] == [other.id]
    assert service.delete_where({"name": "token", "scope": ours}).to_dict()["deleted"] is True
    error = refused(service.find, {"name": "token", "scope": ours})
    assert (error.http_status, error.code) == (404, "resource_missing")


@pytest.mark.parametrize(
    "change",
    [
        {"scope": {"type": "user"}},
        {"scope": {"type": "account", "user": "usr_1"}},
        {"expires_at": 1},
        {"payload": "x" * 5001},
    ],
)
def test_secrets_that_do_not_fit_are_refused(
    client: stripe.StripeClient, refused: Refused, change: dict[str, Any]
) -> None:
    """Scopes, ends and lengths are checked."""
    params = {"name": "token", "payload": "a", "scope": {"type": "account"}, **change}
    assert refused(client.v1.apps.secrets.create, params).http_status == 400
