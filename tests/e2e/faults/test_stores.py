"""A store that machines share: each fault at each request, and another machine after it.

The pass rule of each: the next machine ends with every declared object exactly once on the account
and in the state, no other object of ours, every version of the state in its history, no journal, no
lock, no secret in the store, and an empty plan; and one that lost its lock writes nothing.

In memory each fault is tried at some requests of two applies, in servers at one request of one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
from collections.abc import Callable, Iterator, Sequence

import pytest

from engine.backends.shared.store import HeadChangedError, NameTakenError
from engine.backends.state import lock_check
from engine.errors import StoreUnavailableError
from engine.ports.outcomes import ApplyReport
from tests.support.faults.machines import KilledError, Machine, Point, Trouble
from tests.support.faults.places import PLACES, arrive
from tests.support.faults.shop import Shop, Trying
from tests.support.faults.team import AFTER, BEFORE, EACH_ONCE, NEWEST, Stopwatch, Team, succeeded


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    """The time that passes for all machines."""
    stopwatch = Stopwatch()
    monkeypatch.setattr(lock_check, "_now", stopwatch)
    return stopwatch


@dataclasses.dataclass
class Trials:
    """What is tried with one store.

    Attributes:
        shop: Where the accounts are.
        store: Its name.
        stopwatch: The time that passes for all machines.
        whole: Every point is tried.
        points: The points of an undisturbed run, by store and apply.
    """

    shop: Shop
    store: str
    stopwatch: Stopwatch
    whole: bool
    points: dict[tuple[str, str], list[Point]]

    @property
    def applies(self) -> tuple[str, ...]:
        """The applies that are put to the test."""
        both = self.whole or self.store == "memory"
        return ("first apply", "change") if both else ("change",)

    @contextlib.contextmanager
    def begun(self, apply: str) -> Iterator[Team]:
        """A team with a store and an account of its own, in which an apply is due."""
        self.shop.emulator.faults.clear()
        self.stopwatch.now = 0.0
        folder = self.shop.fresh(BEFORE)
        with PLACES[self.store]() as place:
            team = Team(self.shop, folder, place, self.stopwatch)
            if apply == "change":
                succeeded(team.machine().apply())
                self.shop.write(folder, AFTER)
            yield team

    def of(self, apply: str) -> list[Point]:
        """The points of an undisturbed run."""
        key = (self.store, apply)
        if key not in self.points:
            with self.begun(apply) as team:
                machine = team.machine()
                succeeded(machine.apply())
                team.check()
            self.points[key] = machine.points
        return self.points[key]

    def chosen(self, points: Sequence[Point], fault: int, most: int = 6) -> Sequence[Point]:
        """Those that are tried: all, some, or one, which is another one in each store."""
        if self.whole:
            return points
        if self.store == "memory":
            return points[:: max(1, len(points) // most)]
        share = (list(PLACES).index(self.store) + fault / len(FAULTS)) / len(PLACES)
        return points[int(share * len(points)) :][:1]


@pytest.fixture(scope="module")
def points() -> dict[tuple[str, str], list[Point]]:
    """The points of an undisturbed run, by store and apply, as far as there was one."""
    return {}


@pytest.fixture(params=PLACES)
def trials(
    request: pytest.FixtureRequest,
    shop: Shop,
    stopwatch: Stopwatch,
    points: dict[tuple[str, str], list[Point]],
    *,
    whole: bool,
) -> Trials:
    """What is tried with one store."""
    return Trials(shop, str(request.param), stopwatch, whole, points)


def _any(point: Point) -> bool:
    return point.number >= 0


def _at_store(point: Point) -> bool:
    return point.where == "store"


def _conditional(point: Point) -> bool:
    return point.what.startswith(("swap", "create"))


def _sent(point: Point) -> bool:
    return point.where == "store" and point.writes and point.when == "before"


# ── what goes wrong ───────────────────────────────────────────────────────────────────────


def _first(at: Point, where: Callable[[Point], bool]) -> Callable[[Point], bool]:
    """Whether a point is the first from another on that is of a kind."""
    found: list[Point] = []

    def is_due(point: Point) -> bool:
        if not found and point.number >= at.number and where(point):
            found.append(point)
        return point in found

    return is_due


def killed(at: Point) -> Trouble:
    """Nothing is done any more."""

    def trouble(_: Machine, point: Point) -> None:
        if point.number >= at.number:
            raise KilledError

    return trouble


def lost(at: Point) -> Trouble:
    """One request, or its answer."""
    due = _first(at, _at_store)

    def trouble(_: Machine, point: Point) -> None:
        if due(point):
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
    due = _first(at, _conditional)

    def trouble(_: Machine, point: Point) -> None:
        if due(point):
            raise HeadChangedError if point.what.startswith("swap") else NameTakenError

    return trouble


def late(at: Point) -> Trouble:
    """A write arrives after the machine asked what became of it."""
    due, waiting = _first(at, _sent), list[Callable[[], object]]()

    def trouble(machine: Machine, point: Point) -> None:
        if due(point):
            waiting.append(machine.sending)
            raise StoreUnavailableError("no answer in time", hint="wait")
        if waiting and point.when == "after":
            arrive(waiting.pop())

    return trouble


FAULTS: dict[str, tuple[Callable[[Point], Trouble], Callable[[Point], bool]]] = {
    "killed": (killed, _any),
    "request or answer lost": (lost, _at_store),
    "store goes away": (gone, _at_store),
    "refused by its own first try": (refused, _conditional),
    "write arrives late": (late, _sent),
}
"""What goes wrong, and at which points."""
PASSING = (lost, refused, late)
"""What a run notices nothing of if it happens to a conditional write."""


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_at_each_request(trials: Trials, trying: Trying, fault: str) -> None:
    """Whatever goes wrong, and wherever, another machine ends as if nothing had happened."""
    happens, where = FAULTS[fault]
    for apply in trials.applies:
        points = [point for point in trials.of(apply) if where(point)]
        for at in trials.chosen(points, list(FAULTS).index(fault)):
            with trying(f"{trials.store}: {fault}"), trials.begun(apply) as team:
                machine = team.machine()
                machine.trouble = happens(at)
                report = machine.apply()
                if happens in PASSING and _conditional(at):
                    succeeded(report)
                team.take_over()
                team.check()


def _harmless(point: Point) -> bool:
    """Whether a request that arrives late changes nothing: Stripe knows its key, or it only reads.

    Stripe knows no locks, so that an update or a removal that passed every check arrives.
    """
    created = point.what.startswith("POST") and point.what.endswith(tuple(EACH_ONCE))
    return point.where == "store" or point.when == "after" or created or not point.writes


class Sleeping:
    """Stopped at a point, while another machine takes the lock and applies something newer.

    Attributes:
        kept: What was in the store when it woke up; None if it did not have the lock.
    """

    def __init__(self, at: Point, team: Team) -> None:
        self.kept: dict[str, object] | None = None
        self._at = at.number
        self._team = team

    def __call__(self, _: Machine, point: Point) -> None:
        """Sleep for an hour, if this is the point."""
        team = self._team
        if point.number == self._at:
            locked = team.machine().backend.run_locks()
            team.shop.write(team.folder, NEWEST)
            team.take_over()
            team.stopwatch.now += 3600
            self.kept = team.place.kept() if locked else None


def test_stopped_at_each_request(trials: Trials, trying: Trying) -> None:
    """A machine wakes up when another took its lock and applied something newer."""
    for apply in trials.applies:
        points = [point for point in trials.of(apply) if _harmless(point)]
        for at in trials.chosen(points, 0, most=20):
            with trying(f"{trials.store}: stopped, and another takes the lock"):
                _sleep(trials, apply, at)


def _sleep(trials: Trials, apply: str, at: Point) -> None:
    with trials.begun(apply) as team:
        machine = team.machine()
        machine.trouble = sleeping = Sleeping(at, team)
        report = machine.apply()
        if sleeping.kept is None:
            # It had no lock to lose, and works with what it declares when it gets one.
            assert isinstance(report, ApplyReport | StoreUnavailableError)
            team.take_over()
        else:
            assert machine.written(since=at.number + 1) == []
            assert sleeping.kept.items() <= team.place.kept().items()
        team.check()


def test_faults_that_follow_each_other(trials: Trials, trying: Trying) -> None:
    """Each machine recovers what the one before left, and gets into trouble of its own."""
    if trials.store != "memory":
        pytest.skip("what a store does in the middle of a recovery is tried in memory")
    seed = 20261130
    print(f"seed {seed}")  # noqa: T201 - pytest shows it with a failure
    dice = random.Random(seed)  # noqa: S311 - picks points, guards nothing
    every = list(FAULTS.values())
    for number in range(400 if trials.whole else 12):
        apply = trials.applies[number % 2]
        points = trials.of(apply)
        with trying("memory: faults that follow each other"), trials.begun(apply) as team:
            for _ in range(3):
                machine = team.machine(parallelism=dice.choice((1, 4)))
                happens, where = dice.choice(every)
                at = dice.choice([point for point in points if where(point)])
                machine.trouble = happens(at)
                person = team.machine().backend
                for lock in person.run_locks():
                    person.unlock(lock.owner.id, force=True)
                machine.apply()
            team.take_over()
            team.check()
