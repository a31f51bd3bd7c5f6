"""`kill -9` at every point of the destroy of a stack whose module is gone.

The pass rule of each: while something is left a plan names the stack, and the same command again
ends with every object gone and no state and no journal of it.
"""

from __future__ import annotations

from pathlib import Path

from engine.bootstrap.project import open_project
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from tests.support.faults.shop import Shop, Trying
from tests.support.faults.victims import KILLED, Victim

STACK = """
    from engine import output
    from engine.stripe import Coupon, WebhookEndpoint

    sale = Coupon("sale", id="SALE", percent_off=10)
    Coupon("second", percent_off=20, metadata={"first": sale.id})
    hook = WebhookEndpoint("h", url="https://a.example.com/h", enabled_events=["*"])
    output("secret", hook.secret)
"""


def _begin(shop: Shop) -> Path:
    """A shop that was applied, and whose module is gone."""
    folder = shop.fresh(STACK)
    shop.apply(folder)
    (folder / "stacks" / "shop.py").unlink()
    (folder / "stacks" / "other.py").write_text("")
    return folder


def _live(shop: Shop) -> list[str]:
    found = (*shop.listed("/v1/coupons"), *shop.listed("/v1/webhook_endpoints"))
    return [entry["id"] for entry in found]


def _check(shop: Shop, folder: Path) -> None:
    assert _live(shop) == []
    assert open_project(folder).backend.stacks("default") == ()
    assert not list(folder.rglob("*.journal"))
    report = plan_stacks(shop.context(folder), (), PlanOptions())
    assert (report.orphans, report.has_changes) == ((), False)


def test_killed_at_every_point_of_a_destroy(
    shop: Shop, victim: Victim, trying: Trying, *, whole: bool
) -> None:
    """Wherever it is killed nothing is lost sight of, and the same command again finishes it."""
    folder = _begin(shop)
    end = victim.run(folder, destroy=("shop",))
    assert end.code == 0, end.told
    assert end.points > 15
    _check(shop, folder)
    for at in range(1, end.points + 1, 1 if whole else 3):
        with trying("kill -9 in the destroy of a stack without a module"):
            folder = _begin(shop)
            assert victim.run(folder, destroy=("shop",), at=at).code == KILLED
            orphans = plan_stacks(shop.context(folder), (), PlanOptions()).orphans
            assert _live(shop) == [] or [orphan.stack for orphan in orphans] == ["shop"]
            again = victim.run(folder, destroy=("shop",))
            if again.code:
                # It was killed behind all that it does.
                assert "there is no stack 'shop'" in again.told
            _check(shop, folder)
