"""Faults, the log, the account, and a file that outlives its emulator."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from engine.emulator.accounts.keys import account_id
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.emulator.testing import faults
from engine.emulator.wire.messages import Request
from tests.support.raw_requests import Post, count

Refused = Callable[..., stripe.StripeError]


def code_of(error: stripe.StripeError) -> str | None:
    """The code in the body; the SDK leaves it out of some of its exceptions."""
    assert error.error is not None
    return error.error.code


@pytest.mark.parametrize(
    ("effect", "status", "code", "header"),
    [
        (faults.rate_limited(), 429, "rate_limit", ("Stripe-Rate-Limited-Reason", "global-rate")),
        (
            faults.rate_limited("endpoint-rate", retry_after=2),
            429,
            "rate_limit",
            ("Retry-After", "2"),
        ),
        (
            faults.lock_timeout(),
            429,
            "lock_timeout",
            ("Stripe-Rate-Limited-Reason", "resource-specific"),
        ),
        (faults.in_use("k"), 409, "idempotency_key_in_use", None),
        (faults.server_error(), 500, None, None),
        (faults.server_error(503), 503, None, None),
        (faults.unauthenticated(), 401, "api_key_expired", None),
        (faults.permission_denied("acct_1"), 403, "more_permissions_required", None),
        (faults.error("Odd.", status=418, code="odd"), 418, "odd", None),
    ],
)
def test_faults_answer_instead(
    emulator: Emulator,
    post: Post,
    effect: faults.Effect,
    status: int,
    code: str | None,
    header: tuple[str, str] | None,
) -> None:
    """The request is not carried out, and its key stays free."""
    emulator.faults.add(effect)
    response = post("/v1/products", "name=Pro")
    assert response.status == status
    assert response.document["error"].get("code") == code
    assert header is None or response.headers[header[0]] == header[1]
    assert count(emulator) == 0
    assert post("/v1/products", "name=Pro").status == 200


def test_the_rate_limit_body_is_the_one_seen_live(
    emulator: Emulator, client: stripe.StripeClient, refused: Refused
) -> None:
    """A 429 is an invalid request by type; the SDK goes by the status."""
    emulator.faults.add(faults.rate_limited())
    error = refused(client.v1.products.list)
    assert isinstance(error, stripe.RateLimitError)
    assert error.error is not None
    assert error.error.type == "invalid_request_error"


def test_the_permission_text_names_the_account(
    emulator: Emulator, client: stripe.StripeClient, refused: Refused
) -> None:
    """The 403 quotes the account and the permission."""
    emulator.faults.add(faults.permission_denied("acct_1", "Prices Read", "plan_read"))
    error = refused(client.v1.prices.list)
    assert isinstance(error, stripe.PermissionError)
    assert "on account 'acct_1'. Enabling \"Prices Read\" ('plan_read')" in str(error.user_message)


@pytest.mark.parametrize(("executed", "left"), [(False, 0), (True, 1)])
def test_connections_drop_before_or_after(
    emulator: Emulator, client: stripe.StripeClient, *, executed: bool, left: int
) -> None:
    """The SDK gets no response; what was carried out stays, and the key replays it."""
    emulator.faults.add(faults.dropped(executed=executed), method="POST")
    with pytest.raises(stripe.APIConnectionError) as caught:
        client.v1.products.create({"name": "Pro"}, {"idempotency_key": "k"})
    assert caught.value.should_retry is True
    assert count(emulator) == left
    client.v1.products.create({"name": "Pro"}, {"idempotency_key": "k"})
    assert count(emulator) == 1
    assert [entry.status for entry in emulator.log.writes()] == [None, 200]
    assert emulator.log.writes()[-1].replayed is executed


def test_an_answer_can_be_lost_on_the_way(emulator: Emulator, post: Post) -> None:
    """A gateway's 502 after the fact: the object is there, and the key knows it."""
    emulator.faults.add(faults.server_error(502, executed=True))
    assert post("/v1/products", "name=Pro").status == 502
    assert post("/v1/products", "name=Pro").status == 200
    assert count(emulator) == 1


def test_what_is_answered_in_place_of_a_replay_is_none(emulator: Emulator, post: Post) -> None:
    """The gateway that lost a replayed response does not know about keys: it is not marked."""
    emulator.faults.add(faults.server_error(502, executed=True), times=2)
    headers = [post("/v1/products", "name=Pro").headers for _ in range(3)]
    assert [entry.get("Idempotent-Replayed") for entry in headers] == [None, None, "true"]


def test_faults_wait_for_their_requests(emulator: Emulator, post: Post) -> None:
    """Method, path, how many pass first and how many are struck."""
    emulator.faults.add(faults.server_error(), method="POST", path="/v1/products*", skip=1, times=2)
    statuses = [post("/v1/products", "name=Pro", str(number)).status for number in range(4)]
    assert statuses == [200, 500, 500, 200]
    assert emulator.faults.pending == 0


def test_faults_can_last_until_they_are_cleared(emulator: Emulator, post: Post) -> None:
    """`times=None` strikes for ever."""
    emulator.faults.add(faults.server_error(), times=None)
    assert {post("/v1/products", "name=Pro").status for _ in range(5)} == {500}
    emulator.faults.clear()
    assert post("/v1/products", "name=Pro").status == 200


def test_the_log_tells_what_was_asked(
    emulator: Emulator, client: stripe.StripeClient, product: str
) -> None:
    """Method, path, parameters, key and status, and no API key anywhere."""
    emulator.log.clear()
    client.v1.products.update(product, {"metadata": {"a": "1"}}, {"idempotency_key": "k"})
    client.v1.products.list({"limit": 3})
    written, read = emulator.log
    assert (written.method, written.path, written.params, written.key, written.status) == (
        "POST",
        f"/v1/products/{product}",
        {"metadata": {"a": "1"}},
        "k",
        200,
    )
    assert (read.method, read.params, read.replayed) == ("GET", {"limit": "3"}, False)
    assert emulator.log.writes() == [written]
    assert len(emulator.log) == 2
    assert emulator.log[-1] == read
    assert "sk_test" not in repr(list(emulator.log))


def test_the_account_is_the_keys(
    client_for: Callable[[str], stripe.StripeClient], refused: Refused
) -> None:
    """Own account by either path, in either mode; another's is refused."""
    test, live = client_for("sk_test_alpha"), client_for("sk_live_alpha")
    account = test.v1.accounts.retrieve_current()
    assert account.id == live.v1.accounts.retrieve_current().id == account_id("alpha")
    assert test.v1.accounts.retrieve(account.id).id == account.id
    error = refused(test.v1.accounts.retrieve, "acct_x")
    assert (error.http_status, code_of(error)) == (403, "account_invalid")
    assert str(error.user_message).startswith(
        "The provided key 'sk_test_***' does not have access to account 'acct_x'"
    )


def test_a_restricted_key_learns_the_account_from_the_refusal(
    client_for: Callable[[str], stripe.StripeClient], refused: Refused
) -> None:
    """403 names the account; the rest works as with a secret key."""
    client = client_for("rk_test_alpha")
    error = refused(client.v1.accounts.retrieve_current)
    assert (error.http_status, code_of(error)) == (403, "more_permissions_required")
    assert f"on account '{account_id('alpha')}'" in str(error.user_message)
    assert client.v1.products.create({"name": "Pro"}).livemode is False


def test_a_foreign_account_header_is_refused(client: stripe.StripeClient, refused: Refused) -> None:
    """`Stripe-Account` may name the own account and no other."""
    own: Any = {"stripe_account": account_id("alpha")}
    assert client.v1.products.list({}, own).data == []
    error = refused(client.v1.products.list, {}, {"stripe_account": "acct_x"})
    assert code_of(error) == "account_invalid"


def test_a_reset_forgets_everything(
    emulator: Emulator, client: stripe.StripeClient, product: str
) -> None:
    """Objects, faults and log are gone."""
    emulator.faults.add(faults.server_error())
    emulator.reset()
    assert (emulator.faults.pending, len(emulator.log)) == (0, 0)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.products.retrieve(product)


def test_a_file_keeps_objects_and_keys(tmp_path: Path) -> None:
    """A fresh emulator on the file goes on where the last one ended."""

    def create() -> str:
        with Emulator(tmp_path / "s.db") as emulator:
            client = stripe.StripeClient(
                "sk_test_alpha", http_client=InProcessTransport(emulator), max_network_retries=0
            )
            return client.v1.products.create({"name": "Pro"}, {"idempotency_key": "k"}).id

    assert create() == create()


def _create_until_killed(path: Path, started: Any) -> None:
    emulator = Emulator(path)
    number = 0
    while True:
        headers = {"Authorization": "Bearer sk_test_alpha"}
        emulator.handle(Request.to("POST", "/v1/products", headers, f"id=p{number}&name=Pro"))
        number += 1
        started.set()


def test_a_killed_process_loses_nothing_it_answered(tmp_path: Path) -> None:
    """After a kill the file opens, and holds an unbroken row of products."""
    path = tmp_path / "s.db"
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=_create_until_killed, args=(path, started))
    process.start()
    started.wait()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with Emulator(path) as emulator:
        headers = {"Authorization": "Bearer sk_test_alpha"}
        response = emulator.handle(Request.to("GET", "/v1/products?limit=100", headers))
        newest = [one["id"] for one in response.document["data"]]
        last = int(newest[0][1:])
        assert newest == [f"p{number}" for number in range(last, max(-1, last - 100), -1)]


def _create_many(path: Path) -> None:
    with Emulator(path) as emulator:
        for _ in range(25):
            headers = {"Authorization": "Bearer sk_test_alpha"}
            response = emulator.handle(Request.to("POST", "/v1/products", headers, "name=Pro"))
            assert response.status == 200


def test_two_processes_write_one_file(tmp_path: Path) -> None:
    """Writers wait for each other and lose nothing."""
    path = tmp_path / "s.db"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_create_many, args=(path,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    with Emulator(path) as emulator:
        assert count(emulator) == 50
