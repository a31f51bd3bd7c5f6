"""Idempotency keys: what is replayed, what is not, and what a key is bound to (D)."""

from __future__ import annotations

import pytest

from engine.emulator.core import Emulator
from engine.emulator.testing import faults
from engine.emulator.wire.messages import Request, Response
from tests.support.clock import Clock
from tests.support.raw_requests import Post, count, send

HOUR = 3600


def test_a_repeated_key_replays_the_first_answer(emulator: Emulator, post: Post) -> None:
    """Same status and body, marked as replayed, and nothing is made again."""
    first = post("/v1/products", "name=Pro&metadata[a]=b")
    again = post("/v1/products", "metadata[a]=b&name=Pro")
    assert (again.status, again.body) == (200, first.body)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert again.headers["Request-Id"] != first.headers["Request-Id"]
    assert again.headers["Idempotency-Key"] == "k"
    assert count(emulator) == 1


def test_a_replay_tells_the_secret_again(post: Post) -> None:
    """The whole response to a create is replayed."""
    form = "url=https://example.com&enabled_events[0]=*"
    first, again = (post("/v1/webhook_endpoints", form) for _ in range(2))
    assert first.document["secret"] == again.document["secret"]


def test_a_key_is_bound_to_its_parameters(post: Post) -> None:
    """Other parameters, or another endpoint, are an idempotency error."""
    post("/v1/products", "name=Pro")
    other = post("/v1/products", "name=Other")
    assert other.status == 400
    assert other.document["error"]["type"] == "idempotency_error"
    assert other.document["error"]["message"] == (
        "Keys for idempotent requests can only be used with the same parameters they were first "
        "used with. Try using a key other than 'k' if you meant to execute a different request."
    )
    moved = post("/v1/coupons", "name=Pro")
    assert moved.document["error"]["message"].startswith(
        "Keys for idempotent requests can only be used for the same endpoint they were first used "
        "for ('/v1/products' vs '/v1/coupons')."
    )


def test_validation_failures_are_not_remembered(post: Post) -> None:
    """A key whose request was malformed is free for the corrected one."""
    assert post("/v1/products", "name=").status == 400
    assert post("/v1/prices", "product=x&currency=usd").status == 400
    assert post("/v1/products", "name=Pro").status == 200


def test_refusals_of_an_execution_are_remembered(post: Post) -> None:
    """A refusal because of the account's objects is replayed."""
    form = "product=prod_x&currency=usd&unit_amount=1"
    first = post("/v1/prices", form)
    post("/v1/products", "name=Pro&id=prod_x", "other")
    again = post("/v1/prices", form)
    assert (again.status, again.body) == (400, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_a_day(emulator: Emulator, post: Post, clock: Clock[int]) -> None:
    """23 hours later it replays, after 24 it is new."""
    post("/v1/products", "name=Pro")
    clock.now += 23 * HOUR
    assert post("/v1/products", "name=Pro").headers.get("Idempotent-Replayed") == "true"
    clock.now += HOUR
    assert post("/v1/products", "name=Other").status == 200
    assert count(emulator) == 2


def test_keys_belong_to_account_and_mode(post: Post) -> None:
    """The same key of another account or mode is another key."""
    ids = {
        post("/v1/products", "name=Pro", api_key=key).document["id"]
        for key in ("sk_test_alpha", "sk_live_alpha", "sk_test_beta")
    }
    assert len(ids) == 3


def test_a_key_in_flight_conflicts(emulator: Emulator, post: Post) -> None:
    """A second request while the first is under way is 409, whatever it asks for."""
    conflicts: list[Response] = []
    double = faults.before(lambda _: conflicts.append(post("/v1/products", "name=Other")))
    emulator.faults.add(double)
    first = post("/v1/products", "name=Pro")
    [conflict] = conflicts
    assert conflict.status == 409
    assert conflict.document["error"]["code"] == "idempotency_key_in_use"
    assert conflict.document["error"]["message"].startswith(
        "There is currently another in-progress request using this Idempotent Key"
    )
    # The conflict itself is not what the key remembers.
    assert post("/v1/products", "name=Pro").body == first.body


def test_a_key_in_flight_is_free_in_another_account(emulator: Emulator) -> None:
    """It belongs to the connected account that the request acts in."""
    accounts = [send(emulator, "POST", "/v1/accounts").document["id"] for _ in range(2)]
    answers: list[Response] = []

    def post_to(*named: str) -> None:
        for account in named:
            headers = {"idempotency_key": "k", "stripe_account": account}
            answers.append(send(emulator, "POST", "/v1/products", "name=Pro", **headers))

    emulator.faults.add(faults.before(lambda _: post_to(*accounts)))
    post_to(accounts[0])
    assert [one.status for one in answers] == [409, 200, 200]


def test_long_keys_are_refused(post: Post) -> None:
    """255 characters fit."""
    assert post("/v1/products", "name=Pro", "k" * 255).status == 200
    assert post("/v1/products", "name=Pro", "k" * 256).status == 400


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_keys_mean_nothing_where_repeating_is_safe(
    emulator: Emulator, post: Post, method: str
) -> None:
    """Reads and deletes of v1 are carried out anew, whatever key they carry."""
    post("/v1/products", "id=prod_x&name=Pro")
    headers = {"Authorization": "Bearer sk_test_alpha", "Idempotency-Key": "k"}
    path = "/v1/products/prod_x"
    first = emulator.handle(Request.to(method, path, headers))
    assert (first.status, "Idempotent-Replayed" in first.headers) == (200, False)
    emulator.handle(Request.to("DELETE", path, headers))
    again = emulator.handle(Request.to(method, path, headers))
    assert (again.status, "Idempotent-Replayed" in again.headers) == (404, False)


def test_a_saved_500_is_replayed(emulator: Emulator, post: Post) -> None:
    """Stripe keeps the 500 of a request whose execution had begun, and binds the key to it."""
    emulator.faults.add(faults.server_error(saved=True))
    first, again = (post("/v1/products", "name=Pro") for _ in range(2))
    assert (first.status, again.status) == (500, 500)
    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    other = post("/v1/products", "name=Other")
    assert other.document["error"]["type"] == "idempotency_error"
    assert count(emulator) == 0


@pytest.mark.parametrize(
    "effect",
    [
        faults.rate_limited(),
        faults.lock_timeout(),
        faults.in_use("k"),
        faults.server_error(503),
        faults.unauthenticated(),
    ],
)
def test_what_never_began_leaves_the_key_free(
    emulator: Emulator, post: Post, effect: faults.Effect
) -> None:
    """Even for another request: the key remembers nothing."""
    emulator.faults.add(effect)
    post("/v1/products", "name=Pro")
    assert post("/v1/products", "name=Other").status == 200
    assert count(emulator) == 1
