"""Clocks that jump: ours between a crash and its recovery, and Stripe's past the life of a key."""

from __future__ import annotations

import pytest

from engine.address import parse_address
from tests.support.faults.shop import BEFORE, Shop, Trial, Trying
from tests.support.faults.victims import KILLED, Victim

HOUR, YEAR = 3600, 365 * 24 * 3600


@pytest.mark.parametrize("jump", [-10 * YEAR, -30 * HOUR, 30 * HOUR, 10 * YEAR])
def test_our_clock_is_set_between_a_crash_and_its_recovery(
    trial: Trial,
    victim: Victim,
    trying: Trying,
    *,
    whole: bool,
    jump: int,
) -> None:
    """Nothing is decided by it: the key is as old as Stripe's clock says."""
    points = victim.run(trial.begin()).points
    stride = 3 if whole else 61
    for at in range(1 + (jump // HOUR + 7 * trial.change) % stride, points + 1, stride):
        with trying("our clock jumps"):
            folder = trial.begin()
            victim.kill(folder, at)
            end = victim.run(folder, clock=jump)
            assert end.code == 0, end.told
            trial.shop.check(folder, ended=trial.ended)


@pytest.mark.parametrize("jump", [-10 * YEAR, 10 * YEAR])
def test_our_clock_is_wrong_all_the_time(
    shop: Shop, victim: Victim, trying: Trying, jump: int
) -> None:
    """Also while the run is at work that is killed, and is right when it is taken up."""
    with trying("our clock is wrong"):
        folder = shop.fresh(BEFORE)
        victim.kill(folder, 70, clock=jump)
        shop.apply(folder)
        shop.check(folder, ended=0)


def test_stripe_forgets_the_keys_before_the_run_is_taken_up(
    trial: Trial,
    victim: Victim,
    trying: Trying,
    *,
    whole: bool,
) -> None:
    """A day later nothing is posted blindly: what was made is found, what was not is made."""
    points = victim.run(trial.begin()).points
    stride = 1 if whole else 17
    lost = 0
    for at in range(1 + 2 * trial.change, points + 1, stride):
        with trying("Stripe forgets the keys"):
            folder = trial.begin()
            victim.kill(folder, at)
            trial.shop.clock.ahead += 25 * HOUR
            trial.shop.apply(folder)
            kept = list((folder / ".engine").rglob("stripe_webhook_endpoint.events.secret"))
            if not kept:
                # The one answer that told it was lost with the run: a person decides.
                lost += 1
                events = parse_address("stripe_webhook_endpoint.events")
                trial.shop.apply(folder, replace=(events,))
            trial.shop.check(folder, ended=trial.ended)
    assert lost <= points // 10


def test_a_run_of_years_ago_is_taken_up(shop: Shop, victim: Victim, trying: Trying) -> None:
    """However long it lay there."""
    with trying("Stripe forgets the keys"):
        folder = shop.fresh(BEFORE)
        assert victim.run(folder, at=40).code == KILLED
        shop.clock.ahead += 3 * YEAR
        shop.apply(folder)
        shop.check(folder, ended=0)
