"""Machines with one project, one store and one account: the next finishes what one left."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path
from typing import Any

from engine.errors import LockHeldError
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from engine.ports.outcomes import ApplyReport
from tests.support.faults.machines import Machine
from tests.support.faults.places import Place
from tests.support.faults.shop import Shop

BEFORE = """
    from engine.stripe import Coupon, Price, Product, WebhookEndpoint

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency="usd", unit_amount=2900, lookup_key="month")
    Coupon("sale", percent_off=10, duration="once")
    WebhookEndpoint("hook", url="https://example.com/hook", enabled_events=["charge.failed"])
    Product("old", name="Old")
"""
"""A stack as it is first applied."""
AFTER = (
    BEFORE.replace("2900", "3400")
    .replace("percent_off=10", "percent_off=20")
    .replace('name="Pro"', 'name="Pro+"')
    .replace('"old", name="Old"', '"new", name="New"')
)
"""The same with a change of every kind: replaced, updated, removed, added."""
NEWEST = (
    AFTER.replace("3400", "3900")
    .replace("percent_off=20", "percent_off=30")
    .replace('name="Pro+"', 'name="Pro++"')
    .replace("/hook", "/newer")
)
"""What another machine applies while one is stopped."""
EACH_ONCE = {
    "/v1/products": 2, "/v1/prices": 1, "/v1/coupons": 1, "/v1/webhook_endpoints": 1,
}  # fmt: skip
"""How many objects each of them has."""
_UNLOCK = re.compile(r"engine unlock (\w+)")


class Stopwatch:
    """What the engine takes for the time since the machine began; it stands still."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@dataclasses.dataclass
class Team:
    """Machines with one project, one store and one account.

    Attributes:
        shop: Where the account is.
        folder: The project.
        place: The store.
        stopwatch: The time that passes for all of them.
    """

    shop: Shop
    folder: Path
    place: Place
    stopwatch: Stopwatch

    def machine(self, **ports: Any) -> Machine:
        """Another one."""
        return Machine(self.shop, self.folder, self.place, **ports)

    def take_over(self) -> None:
        """Finish on another machine what one left, whose lock is named and taken from it."""
        other = self.machine()
        report = other.apply()
        if isinstance(report, LockHeldError):
            named = _UNLOCK.search(f"{report} {report.hint}")
            assert named is not None, report
            assert other.backend.unlock(named[1], force=True).stack == "shop"
            report = other.apply()
        succeeded(report)

    def check(self) -> None:
        """Hold the account, the state and the store to what is declared."""
        other = self.machine()
        state = other.backend.read("shop", "default")
        assert state is not None
        known = Counter(entry.id for entry in state.resources.values())
        alive = [
            (path, found["id"])
            for path in EACH_ONCE
            for found in self.shop.listed(path)
            if found.get("active") is not False
        ]
        assert Counter(path for path, _ in alive) == EACH_ONCE
        assert Counter(id for _, id in alive) == known
        report = plan_stacks(other.context, (), PlanOptions())
        assert not report.has_changes
        serials = [version.serial for version in other.backend.history("shop", "default", limit=99)]
        oldest = 1 if self.place.whole_history else serials[-1]
        assert serials == list(range(state.serial, oldest - 1, -1))
        assert other.backend.run_locks() == ()
        assert other.backend.read_journal("shop", "default") is None
        assert not any(b"whsec_" in content for content in self.place.contents().values())
        kept = (self.folder / ".engine" / "secrets").rglob("stripe_webhook_endpoint.hook.secret")
        assert [path.read_text()[:6] for path in kept] == ["whsec_"]


def succeeded(report: object) -> None:
    """Hold an apply to its end."""
    assert isinstance(report, ApplyReport), report
    assert [str(failure.error) for failure in report.failures] == []
    assert [result.unsaved for result in report.results if result.unsaved] == []
