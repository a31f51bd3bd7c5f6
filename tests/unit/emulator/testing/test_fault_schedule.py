"""Faults by the number of the request, and what a test may do during a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.emulator.core import Emulator
from engine.emulator.testing import faults
from engine.emulator.testing.disconnects import ConnectionBroken, ResponseCut
from engine.emulator.testing.faults import Faults
from engine.emulator.testing.gate import Gate
from engine.emulator.wire.messages import Request, Response

HEADERS = {"Authorization": "Bearer sk_test_alpha"}
EFFECTS = {
    "rate limit": faults.rate_limited(),
    "server error": faults.server_error(),
    "dropped": faults.dropped(),
    "lost": faults.dropped(executed=True),
    "cut": faults.truncated(),
}


def post(emulator: Emulator, name: str = "Pro", key: str = "") -> Response:
    """Make a product."""
    headers = {**HEADERS, **({"Idempotency-Key": key} if key else {})}
    return emulator.handle(Request.to("POST", "/v1/products", headers, f"name={name}"))


@given(
    schedule=st.dictionaries(st.integers(0, 12), st.sampled_from(sorted(EFFECTS))),
    count=st.integers(0, 14),
)
def test_each_request_meets_its_own_effect(schedule: dict[int, str], count: int) -> None:
    """Whatever the others meet, and in whatever order the schedule was written."""
    plan = Faults()
    for index, name in schedule.items():
        plan.at(index, EFFECTS[name])
    struck = [plan.strike("POST", "/v1/products") for _ in range(count)]
    for index, effect in enumerate(struck):
        assert effect is (EFFECTS[schedule[index]] if index in schedule else None)
    assert plan.pending == sum(index >= count for index in schedule)


def test_a_schedule_counts_what_it_is_about() -> None:
    """Other methods and paths pass uncounted."""
    plan = Faults()
    effect = faults.dropped()
    plan.at(1, effect, method="POST", path="/v1/prices*")
    requests = [("POST", "/v1/prices"), ("GET", "/v1/prices"), ("POST", "/v1/products")]
    assert [plan.strike(*one) for one in requests] == [None] * 3
    assert plan.strike("POST", "/v1/prices/price_x") is effect


def test_a_schedule_begins_when_it_is_made() -> None:
    """Requests before it do not count."""
    plan = Faults()
    plan.add(faults.server_error(), path="/none")
    assert plan.strike("GET", "/") is None
    plan.at(0, faults.dropped())
    assert plan.strike("GET", "/") == faults.dropped()


def test_a_scheduled_request_is_no_other_faults() -> None:
    """The faults that wait do not count what the schedule strikes; of two the first happens."""
    plan = Faults()
    plan.add(EFFECTS["server error"], times=2)
    plan.at(0, EFFECTS["dropped"])
    plan.at(0, EFFECTS["lost"])
    struck = [plan.strike("GET", "/") for _ in range(4)]
    error = EFFECTS["server error"]
    assert struck == [EFFECTS["dropped"], error, error, None]


def test_clearing_takes_the_schedule_away() -> None:
    """Nothing is pending, and nothing strikes."""
    plan = Faults()
    plan.at(0, faults.dropped())
    plan.clear()
    assert plan.pending == 0
    assert plan.strike("GET", "/") is None


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("index", range(3))
def test_a_retry_with_its_key_makes_nothing_twice(
    emulator: Emulator, index: int, name: str
) -> None:
    """Whatever strikes, and whenever: the same request again ends in one object each."""
    emulator.faults.at(index, EFFECTS[name], method="POST")
    for number in range(3):
        for _ in range(2):
            try:
                answered = post(emulator, f"p{number}", key=f"k{number}")
            except ConnectionBroken:
                continue
            if answered.status == 200:
                break
    assert [made.params["name"] for made in emulator.history] == ["p0", "p1", "p2"]
    assert emulator.faults.pending == 0


def test_half_an_answer_is_told_with_the_whole(emulator: Emulator) -> None:
    """A door gets the response, and how much of it arrives."""
    emulator.faults.add(faults.truncated())
    with pytest.raises(ResponseCut) as caught:
        post(emulator)
    cut = caught.value
    assert cut.response.document["name"] == "Pro"
    assert 0 < cut.arrived < len(cut.response.body)


def test_a_cut_answer_that_was_not_carried_out_is_a_500(emulator: Emulator) -> None:
    """Stripe has no 200 for what it did not do."""
    emulator.faults.add(faults.truncated(executed=False))
    with pytest.raises(ResponseCut) as caught:
        post(emulator)
    assert caught.value.response.status == 500
    assert len(emulator.history) == 0


def test_callbacks_learn_of_refusals_too(emulator: Emulator) -> None:
    """`after` gets the response that the client gets."""
    statuses: list[int] = []
    after = faults.after(lambda _, response: statuses.append(response.status))
    emulator.faults.add(after, times=None)
    post(emulator, name="")
    post(emulator)
    assert statuses == [400, 200]


@pytest.mark.parametrize("effect", [faults.dropped(), faults.server_error(saved=True)])
def test_callbacks_go_before_what_never_happens(emulator: Emulator, effect: faults.Effect) -> None:
    """`before` is called although the request is not carried out."""
    called: list[str] = []
    effect = faults.before(lambda request: called.append(request.path), effect)
    emulator.faults.add(effect, times=2)
    for _ in range(2):
        try:
            post(emulator, key="k")
        except ConnectionBroken:
            continue
    assert called == ["/v1/products"] * 2
    assert len(emulator.history) == 0


def test_a_callback_that_raises_leaves_nothing_behind(emulator: Emulator) -> None:
    """What it raises comes through, nothing is made, and the key is free."""

    def fail(_: object) -> None:
        raise RuntimeError("the end")

    emulator.faults.add(faults.before(fail))
    with pytest.raises(RuntimeError, match="the end"):
        post(emulator, key="k")
    assert post(emulator, key="k").status == 200
    assert len(emulator.history) == 1


def test_a_hang_that_is_over_holds_nobody(emulator: Emulator) -> None:
    """Released once, it lets everything pass; the first end is the one that counts."""
    gate = Gate()
    gate.release()
    gate.time_out()
    emulator.faults.add(faults.hung(gate), times=None)
    assert [post(emulator).status for _ in range(2)] == [200, 200]
    assert gate.until(0)
    assert gate.until(1, timeout=0) is False


def test_a_reset_lets_clients_give_up(emulator: Emulator) -> None:
    """A gate of before the reset holds no request after it."""
    gate = Gate()
    emulator.faults.add(faults.hung(gate))
    emulator.reset()
    assert emulator.faults.pending == 0
    emulator.faults.add(faults.hung(gate))
    with pytest.raises(ConnectionBroken):
        post(emulator)


def test_each_request_can_be_cut_in_turn(emulator: Emulator) -> None:
    """The same writes repeatedly; each time the response to another one is lost."""
    for cut in range(3):
        emulator.reset()
        emulator.faults.at(cut, faults.dropped(executed=True))
        arrived = 0
        for _ in range(3):
            try:
                arrived += post(emulator).status == 200
            except ConnectionBroken:
                continue
        assert (arrived, len(emulator.history)) == (2, 3)
