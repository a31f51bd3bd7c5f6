"""Moments of the past: refused where they would be sent, and no matter where they were."""

from __future__ import annotations

import pytest

from engine.errors import StackError
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from tests.support.project import NOW, Project

LATER = NOW + 30_000_000
"""Ahead of the engine's clock and of the emulator's."""
COUPON = """
    from engine.stripe import Coupon

    Coupon(
        "{name}",
        percent_off=5,
        redeem_by={moment},
    )
"""


def test_a_moment_of_the_past_is_refused_until_stripe_has_it(project: Project) -> None:
    """A new object cannot have it; one that began long ago stays as it is, and may be renamed."""
    project.write(COUPON.format(name="sale", moment=NOW - 60))
    with pytest.raises(StackError) as caught:
        project.plan()
    (problem,) = caught.value.problems
    assert (problem.line, problem.message) == (
        7,
        (
            "stripe_coupon.sale: redeem_by expects a date and time in the future, and this one is "
            "in the past."
        ),
    )
    assert project.writes() == []
    project.write(COUPON.format(name="sale", moment=LATER))
    project.apply()
    project.now = LATER + 3600
    assert project.plan().pending == ()
    moved = "    from engine import moved\n    moved('stripe_coupon.sale', 'stripe_coupon.autumn')"
    project.write(COUPON.format(name="autumn", moment=LATER) + moved)
    assert [change.action.value for change in project.plan().pending] == ["move"]
    project.write(COUPON.format(name="sale", moment=LATER + 120))
    with pytest.raises(StackError, match="in the past"):
        project.plan()


def test_a_lost_state_is_made_again_from_what_began_long_ago(project: Project) -> None:
    """Of objects that no state knows nobody can say which moments Stripe has already."""
    project.write(COUPON.format(name="sale", moment=LATER))
    project.apply()
    project.now = LATER + 3600
    (project.root / "state" / "local" / "shop.json").unlink()
    rebuild_states(project.context(), ("shop",), RebuildOptions())
    assert project.plan().pending == ()
