"""`kill -9` at every write, fsync, rename and request of an apply, each also with a torn write.

The pass rule of each: the next run ends with every declared object exactly once on the account and
in the state, nothing of ours beside them, a secret in its sink, no journal, and an empty plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.faults.conftest import Shop, Trying, Victim


def _points(shop: Shop, victim: Victim, first: str, second: str) -> int:
    """How many points an undisturbed run has."""
    folder = shop.fresh(first)
    if second:
        shop.apply(folder)
        shop.write(folder, second)
    code, told = victim.run(folder)
    assert code == 0, told
    shop.check(folder)
    return int(told)


@pytest.mark.parametrize("fault", ["kill -9", "kill -9 in half a write"])
@pytest.mark.parametrize("run", ["first apply", "change"])
def test_killed_at_every_point(
    shop: Shop,
    victim: Victim,
    trying: Trying,
    before: str,
    after: str,
    *,
    whole: bool,
    run: str,
    fault: str,
) -> None:
    """Wherever an apply is killed, the next one ends as if nothing had happened."""
    change, torn = run == "change", fault != "kill -9"
    points = _points(shop, victim, before, after if change else "")
    assert points > 60
    stride = 1 if whole else 9
    for at in range(1 + (torn + 2 * change) % stride, points + 1, stride):
        with trying(fault):
            folder = shop.fresh(before)
            if change:
                shop.apply(folder)
                shop.write(folder, after)
            code, told = victim.run(folder, at=at, torn=torn)
            assert code == -9, told
            shop.apply(folder)
            shop.check(folder)
