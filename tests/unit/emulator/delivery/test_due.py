"""Which attempt is next, and which have to wait."""

from __future__ import annotations

from engine.emulator.accounts.keys import Caller
from engine.emulator.delivery.due import Due, DueQueue

CALLER = Caller(account="acct_1", livemode=False, restricted=False, shown="")


def due(event: str, endpoint: str = "we_1") -> Due:
    """An attempt."""
    return Due(caller=CALLER, event=event, endpoint=endpoint)


def test_in_order_one_of_each_endpoint_at_a_time() -> None:
    """What is added first is first; of an endpoint that is busy nothing is taken."""
    queue = DueQueue()
    one, two, other = due("evt_1"), due("evt_2"), due("evt_3", "we_2")
    queue.add((one, two, other))
    assert queue.take() is one
    assert queue.take() is other
    assert queue.take() is None
    assert (queue.is_ready, queue.is_idle, bool(queue)) == (False, False, True)
    queue.done(one)
    assert queue.take() is two
    queue.done(two)
    queue.done(other)
    assert (queue.is_ready, queue.is_idle, bool(queue)) == (False, True, False)


def test_what_has_to_wait_comes_in_its_time() -> None:
    """The earliest first, whatever was added first, and after what is queued already."""
    queue = DueQueue()
    late, early = due("evt_late", "we_1"), due("evt_early", "we_2")
    queue.add_later(late, 5.0)
    queue.add_later(early, 2.0)
    assert (queue.ripens, bool(queue)) == (2.0, False)
    assert queue.ripen(1.9) == 0
    assert queue.ripen(2.0) == 1
    assert queue.take() is early
    assert queue.ripen(9.0) == 1
    assert queue.take() is late


def test_everything_that_is_left_is_taken_out() -> None:
    """But for what is being made."""
    queue = DueQueue()
    taken, left, later = due("evt_1"), due("evt_2"), due("evt_3")
    queue.add((taken, left))
    queue.add_later(later, 1.0)
    queue.take()
    assert list(queue.drain()) == [left, later]
    assert (bool(queue), queue.ripens, queue.is_idle) == (False, None, False)
