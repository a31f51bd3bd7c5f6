"""`kill -9` at every write, fsync, rename and request of an apply, each also with a torn write.

The pass rule of each: the next run ends with every declared object exactly once on the account and
in the state, nothing of ours beside them, a secret in its sink, no journal, and an empty plan.
"""

from __future__ import annotations

import random

import pytest

from tests.support.faults.shop import Shop, Trial, Trying
from tests.support.faults.victims import KILLED, Victim


def _points(trial: Trial, victim: Victim) -> int:
    """How many points an undisturbed run has."""
    folder = trial.begin()
    end = victim.run(folder)
    assert end.code == 0, end.told
    trial.shop.check(folder)
    return end.points


@pytest.mark.parametrize("fault", ["kill -9", "kill -9 in half a write"])
def test_killed_at_every_point(
    trial: Trial,
    victim: Victim,
    trying: Trying,
    *,
    whole: bool,
    fault: str,
) -> None:
    """Wherever an apply is killed, the next one ends as if nothing had happened."""
    torn = fault != "kill -9"
    points = _points(trial, victim)
    assert points > 60
    stride = 1 if whole else 23
    for at in range(1 + (torn + 2 * trial.change) % stride, points + 1, stride):
        with trying(fault):
            folder = trial.begin()
            victim.kill(folder, at, torn=torn)
            trial.converge(folder)


def test_killed_again_while_it_is_taken_up(
    shop: Shop, victim: Victim, trying: Trying, *, whole: bool
) -> None:
    """Killed with four operations in flight, and in each of the next three runs too."""
    seed = 20261126
    print(f"seed {seed}")  # noqa: T201 - pytest shows it with a failure
    dice = random.Random(seed)  # noqa: S311 - picks points, guards nothing
    points = _points(Trial(shop, change=False), victim)
    for number in range(60 if whole else 3):
        folder = Trial(shop, change=bool(number % 2)).begin()
        with trying("kill -9, and again during the recovery"):
            for most in (points, 25, 25, 25):
                at = dice.randint(1, most)
                end = victim.run(folder, at=at, torn=dice.random() < 1 / 2, parallelism=4)
                assert end.code in (KILLED, 0), end.told
            shop.apply(folder)
            shop.check(folder)


MANY = """
    from engine.stripe import Price, Product

    for number in range(100):
        pro = Product(f"p{number:03}", name=f"Product {number}")
        Price(f"p{number:03}", product=pro, currency="usd", unit_amount=100 + number)
"""


def test_two_hundred_objects_killed_on_the_way(
    shop: Shop, victim: Victim, trying: Trying, *, whole: bool
) -> None:
    """However often the run is killed, the last one ends with 200 objects, each once."""
    seed = 200
    print(f"seed {seed}")  # noqa: T201 - pytest shows it with a failure
    dice = random.Random(seed)  # noqa: S311 - picks points, guards nothing
    left = 50 if whole else 6
    while left:
        folder = shop.fresh(MANY)
        kills = min(left, dice.randint(3, 9))
        left -= kills
        for _ in range(kills):
            with trying("kill -9 among 200 objects"):
                victim.kill(folder, dice.randint(1, 220), parallelism=4)
                made = len(shop.listed("/v1/products")) + len(shop.listed("/v1/prices"))
                assert made <= 200
        shop.apply(folder)
        ids = [
            found["id"] for path in ("/v1/products", "/v1/prices") for found in shop.listed(path)
        ]
        assert len(set(ids)) == len(ids) == 200
        assert {entry.id for entry in shop.state(folder).resources.values()} == set(ids)
        assert not shop.plan(folder).has_changes
