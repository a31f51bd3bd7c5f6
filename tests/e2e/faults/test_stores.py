"""A store that machines share: each fault at each request, and another machine after it.

The pass rule of each: the next machine ends with every declared object exactly once on the account
and in the state, no other object of ours, every version of the state in its history, no journal, no
lock, no secret in the store, and an empty plan; and one that lost its lock writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.backends.shared.store import Head, HeadChangedError, NameTakenError
from engine.backends.state import lock_check
from engine.errors import LockHeldError, StoreUnavailableError
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from engine.ports.outcomes import ApplyReport
from tests.support.fakes.memory_store import Shelf
from tests.support.faults.machines import KilledError, Machine, Point, Trouble, arrive
from tests.support.faults.shop import Shop, Trying

BEFORE = """
    from engine.stripe import Coupon, Price, Product, WebhookEndpoint

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency="usd", unit_amount=2900, lookup_key="month")
    Coupon("sale", percent_off=10, duration="once")
    WebhookEndpoint("hook", url="https://example.com/hook", enabled_events=["charge.failed"])
    Product("old", name="Old")
"""
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


class Clock:
    """What the engine takes for the time since the machine began."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands unless a machine is stopped."""
    clock = Clock()
    monkeypatch.setattr(lock_check, "_now", clock)
    return clock


@dataclass
class Team:
    """Machines with one project, one store and one account."""

    shop: Shop
    folder: Path
    shelf: Shelf
    clock: Clock

    def machine(self, *, parallelism: int = 1) -> Machine:
        """Another one."""
        return Machine(self.shop, self.folder, self.shelf, parallelism=parallelism)

    def take_over(self) -> None:
        """Finish on another machine what one left, whose lock is named and taken."""
        other = self.machine()
        locks = other.backend.run_locks()
        if locks:
            assert isinstance(other.apply(), LockHeldError)
            assert [lock.stack for lock in locks] == ["shop"]
            other.backend.unlock(locks[0].owner.id, force=True)
        _succeeded(other.apply())

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
        assert serials == list(range(state.serial, 0, -1))
        head = self.shelf.heads["default", "shop"]
        assert (head.owner, head.journal) == (None, "")
        assert not any(b"whsec_" in content for content in self.shelf.blobs.values())
        kept = (self.folder / ".engine" / "secrets").rglob("stripe_webhook_endpoint.hook.secret")
        assert [path.read_text()[:6] for path in kept] == ["whsec_"]


@pytest.fixture(params=["first apply", "change"])
def begin(request: pytest.FixtureRequest, shop: Shop, clock: Clock) -> Callable[[], Team]:
    """Makes a team on an account of its own, in which the apply is due."""

    def begun() -> Team:
        shop.emulator.faults.clear()
        clock.now = 0.0
        folder = shop.fresh(BEFORE)
        team = Team(shop, folder, Shelf(), clock)
        if request.param == "change":
            _succeeded(team.machine().apply())
            shop.write(folder, AFTER)
        return team

    return begun


def _succeeded(report: object) -> None:
    assert isinstance(report, ApplyReport), report
    assert [str(failure.error) for failure in report.failures] == []
    assert [result.unsaved for result in report.results if result.unsaved] == []


# ── what goes wrong ───────────────────────────────────────────────────────────────────────


def killed(at: Point) -> Trouble:
    """Nothing is done any more."""

    def trouble(_: Machine, point: Point) -> None:
        if point.number >= at.number:
            raise KilledError

    return trouble


def lost(at: Point) -> Trouble:
    """One request, or its answer."""

    def trouble(_: Machine, point: Point) -> None:
        if point.number == at.number:
            raise StoreUnavailableError("no answer", hint="wait")

    return trouble


def gone(at: Point) -> Trouble:
    """The store does not answer any more, after it carried a last request out or not."""

    def trouble(_: Machine, point: Point) -> None:
        if point.number >= at.number and point.where == "store":
            raise StoreUnavailableError("no answer", hint="wait")

    return trouble


def refused(at: Point) -> Trouble:
    """A write, by its own first try or a conflict that is none."""

    def trouble(_: Machine, point: Point) -> None:
        if point.number == at.number:
            raise HeadChangedError if point.what.startswith("swap") else NameTakenError

    return trouble


def late(at: Point) -> Trouble:
    """A write arrives after the machine asked what became of it."""
    waiting: list[Callable[[], object]] = []

    def trouble(machine: Machine, point: Point) -> None:
        if point.number == at.number:
            waiting.append(machine.sending)
            raise StoreUnavailableError("no answer in time", hint="wait")
        if waiting and point.when == "after":
            arrive(waiting.pop())

    return trouble


Fault = Callable[[Point], Trouble]


def _any(point: Point) -> bool:
    return point.number >= 0


def _at_store(point: Point) -> bool:
    return point.where == "store"


def _conditional(point: Point) -> bool:
    return point.what.startswith(("swap", "create"))


def _sent(point: Point) -> bool:
    return _conditional(point) and point.when == "before"


FAULTS: dict[str, tuple[Fault, Callable[[Point], bool]]] = {
    "killed": (killed, _any),
    "request or answer lost": (lost, _at_store),
    "store goes away": (gone, _at_store),
    "refused by its own first try": (refused, _conditional),
    "write arrives late": (late, _sent),
}
"""What goes wrong, and at which points."""
PASSING = (lost, refused, late)
"""What a run notices nothing of if it happens to a conditional write."""


def _points(begin: Callable[[], Team]) -> list[Point]:
    """The points of an undisturbed run."""
    team = begin()
    machine = team.machine()
    _succeeded(machine.apply())
    team.check()
    return machine.points


def _chosen(points: list[Point], *, whole: bool, most: int) -> Iterator[Point]:
    yield from points[:: 1 if whole else max(1, len(points) // most)]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_at_each_request(
    begin: Callable[[], Team], trying: Trying, *, whole: bool, fault: str
) -> None:
    """Whatever goes wrong, and wherever, another machine ends as if nothing had happened."""
    happens, where = FAULTS[fault]
    points = [point for point in _points(begin) if where(point)]
    assert len(points) > 10
    for at in _chosen(points, whole=whole, most=6):
        with trying(f"shared store: {fault}"):
            team = begin()
            machine = team.machine()
            machine.trouble = happens(at)
            report = machine.apply()
            if happens in PASSING and _conditional(at):
                _succeeded(report)
            team.take_over()
            team.check()


def _harmless(point: Point) -> bool:
    """Whether a request that arrives late changes nothing: Stripe knows its key, or it only reads.

    Stripe knows no locks, so that an update or a removal that passed every check arrives.
    """
    created = point.what.startswith("POST") and point.what.endswith(tuple(EACH_ONCE))
    return point.where == "store" or point.when == "after" or created or not point.writes


def _locked(points: list[Point]) -> list[Point]:
    """The points from the swap that takes the lock to the one that frees it."""
    swaps = [point.number for point in points if point.what.startswith("swap")]
    return points[swaps[1] : swaps[-2] + 1]


def test_stopped_at_each_request(begin: Callable[[], Team], trying: Trying, *, whole: bool) -> None:
    """A machine wakes up when another took its lock and applied something newer."""
    points = [point for point in _locked(_points(begin)) if _harmless(point)]
    for at in _chosen(points, whole=whole, most=20):
        with trying("shared store: stopped, and another takes the lock"):
            team = begin()
            machine = team.machine()
            machine.trouble = sleeping = Sleeping(at, team)
            machine.apply()
            assert machine.written(since=at.number + 1) == []
            assert team.shelf.heads == sleeping.heads
            assert sleeping.kept.items() <= team.shelf.blobs.items()
            team.check()


class Sleeping:
    """Stopped at a point, while another machine takes the lock and applies something newer.

    Attributes:
        heads: What was in the store when it woke up.
        kept: The same, of blobs that are states or describe them.
    """

    def __init__(self, at: Point, team: Team) -> None:
        self.heads: dict[tuple[str, str], Head] = {}
        self.kept: dict[str, bytes] = {}
        self._at = at.number
        self._team = team

    def __call__(self, _: Machine, point: Point) -> None:
        """Sleep for an hour, if this is the point."""
        team = self._team
        if point.number == self._at:
            team.shop.write(team.folder, NEWEST)
            team.take_over()
            team.clock.now += 3600
            self.heads = dict(team.shelf.heads)
            blobs = team.shelf.blobs.items()
            self.kept = {name: it for name, it in blobs if name.startswith(("states", "history"))}
