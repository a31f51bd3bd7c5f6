"""Clocks that jump: ours between a crash and its recovery, and Stripe's past the life of a key."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.address import parse_address

if TYPE_CHECKING:
    from tests.e2e.faults.conftest import Shop, Trying, Victim

KILLED = -signal.SIGKILL
HOUR, YEAR = 3600, 365 * 24 * 3600


def _begun(shop: Shop, before: str, after: str, *, change: bool) -> Path:
    folder = shop.fresh(before)
    if change:
        shop.apply(folder)
        shop.write(folder, after)
    return folder


@pytest.mark.parametrize("jump", [-10 * YEAR, -30 * HOUR, 30 * HOUR, 10 * YEAR])
@pytest.mark.parametrize("run", ["first apply", "change"])
def test_our_clock_is_set_between_a_crash_and_its_recovery(
    shop: Shop,
    victim: Victim,
    trying: Trying,
    before: str,
    after: str,
    *,
    whole: bool,
    run: str,
    jump: int,
) -> None:
    """Nothing is decided by it: the key is as old as Stripe's clock says."""
    change = run == "change"
    points = victim.run(_begun(shop, before, after, change=change)).points
    stride = 3 if whole else 41
    for at in range(1 + (jump // HOUR + 7 * change) % stride, points + 1, stride):
        with trying("our clock jumps"):
            folder = _begun(shop, before, after, change=change)
            end = victim.run(folder, at=at)
            assert end.code == KILLED, end.told
            end = victim.run(folder, clock=jump)
            assert end.code == 0, end.told
            shop.check(folder, ended=2 if change else 0)


@pytest.mark.parametrize("jump", [-10 * YEAR, 10 * YEAR])
def test_our_clock_is_wrong_all_the_time(
    shop: Shop, victim: Victim, trying: Trying, before: str, jump: int
) -> None:
    """Also while the run is at work that is killed, and is right when it is taken up."""
    with trying("our clock is wrong"):
        folder = shop.fresh(before)
        end = victim.run(folder, at=70, clock=jump)
        assert end.code == KILLED, end.told
        shop.apply(folder)
        shop.check(folder, ended=0)


@pytest.mark.parametrize("run", ["first apply", "change"])
def test_stripe_forgets_the_keys_before_the_run_is_taken_up(
    shop: Shop,
    victim: Victim,
    trying: Trying,
    before: str,
    after: str,
    *,
    whole: bool,
    run: str,
) -> None:
    """A day later nothing is posted blindly: what was made is found, what was not is made."""
    change = run == "change"
    points = victim.run(_begun(shop, before, after, change=change)).points
    stride = 1 if whole else 11
    lost = 0
    for at in range(1 + 2 * change, points + 1, stride):
        with trying("Stripe forgets the keys"):
            folder = _begun(shop, before, after, change=change)
            end = victim.run(folder, at=at)
            assert end.code == KILLED, end.told
            shop.clock.ahead += 25 * HOUR
            shop.apply(folder)
            kept = list((folder / ".engine").rglob("stripe_webhook_endpoint.events.secret"))
            if not kept:
                # The one answer that told it was lost with the run: a person decides.
                lost += 1
                events = parse_address("stripe_webhook_endpoint.events")
                shop.apply(folder, replace=(events,))
            shop.check(folder, ended=2 if change else 0)
    assert lost <= points // 10


def test_a_run_of_years_ago_is_taken_up(
    shop: Shop, victim: Victim, trying: Trying, before: str
) -> None:
    """However long it lay there."""
    with trying("Stripe forgets the keys"):
        folder = shop.fresh(before)
        assert victim.run(folder, at=40).code == KILLED
        shop.clock.ahead += 3 * YEAR
        shop.apply(folder)
        shop.check(folder, ended=0)
