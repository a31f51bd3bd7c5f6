"""Machines that work at once with one store: none twice, no update lost; and wrong clocks."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import LockLostError
from engine.ports.outcomes import ApplyReport
from engine.variables import variables_of
from tests.support.faults.machines import KilledError, Machine, Point
from tests.support.faults.places import PLACES, Place
from tests.support.faults.shop import Shop, Trying
from tests.support.faults.team import AFTER, BEFORE, Stopwatch, Team, succeeded

TURNS = """
    from engine import output, variable
    from engine.stripe import Coupon, Product

    Product("pro", name="Pro", metadata={"turn": variable("turn", "0")})
    Coupon("launch", percent_off=25, duration="once")
    output("turn", variable("turn", "0"))
"""
DECADE = 10 * 366 * 24 * 3600


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Iterator[tuple[str, Place]]:
    """An empty store, and its name."""
    with PLACES[request.param]() as opened:
        yield request.param, opened


@pytest.mark.parametrize("many", [2, 8])
def test_machines_apply_at_once(
    shop: Shop, place: tuple[str, Place], trying: Trying, many: int
) -> None:
    """One at a time: each has its turn, each object is made once, and every state is kept."""
    name, opened = place
    folder = shop.fresh(TURNS)
    ready = threading.Barrier(many)

    def turn(number: int) -> object:
        machine = Machine(shop, folder, opened)
        values = variables_of({}, [("turn", f"machine {number}")])
        settings = dataclasses.replace(machine.context.settings, variables=values)
        machine.context = dataclasses.replace(machine.context, settings=settings)
        ready.wait()
        return machine.apply(lock_timeout=600)

    with trying(f"{name}: {many} machines at once"):
        with ThreadPoolExecutor(many) as pool:
            for report in pool.map(turn, range(many)):
                succeeded(report)
        backend = Machine(shop, folder, opened).backend
        state = backend.read("shop", "default")
        assert state is not None
        # The first state is written before anything is created, and once more with what was.
        assert state.serial == many + 1
        assert str(state.outputs["turn"]).startswith("machine ")
        [product] = shop.listed("/v1/products")
        assert product["metadata"]["turn"] == state.outputs["turn"]
        assert len(shop.listed("/v1/coupons")) == 1
        assert {entry.id for entry in state.resources.values()} == {
            product["id"],
            *(coupon["id"] for coupon in shop.listed("/v1/coupons")),
        }
        assert backend.run_locks() == ()
        if opened.whole_history:
            versions = [backend.version("shop", "default", at + 1) for at in range(many + 1)]
            turns = [
                str(version.outputs.get("turn")) for version in versions if version is not None
            ]
            assert sorted(turns[1:]) == [f"machine {number}" for number in range(many)]


def test_a_second_worker_has_the_claim_of_the_first(
    shop: Shop, place: tuple[str, Place], trying: Trying
) -> None:
    """A fleet gives an account to another worker while the first lives: that sends no more."""
    name, opened = place
    folder = shop.fresh(BEFORE)
    team = Team(shop, folder, opened, Stopwatch())
    first, second = team.machine(claim="fleet-1"), team.machine(claim="fleet-1")
    reports: list[object] = []

    def meanwhile(_: Machine, point: Point) -> None:
        if not reports and (point.where, point.when, point.writes) == ("Stripe", "after", True):
            reports.append(None)
            reports[0] = second.apply()

    with trying(f"{name}: two workers with one claim"):
        first.trouble = meanwhile
        report = first.apply()
        assert isinstance(report, ApplyReport)
        assert [type(result.unsaved) for result in report.results] == [LockLostError]
        assert len(first.written()) == 1
        succeeded(reports[0])
        team.check()


@pytest.mark.parametrize("wrong", [-DECADE, DECADE])
def test_a_clock_is_wrong_by_ten_years(
    shop: Shop, place: tuple[str, Place], trying: Trying, wrong: int
) -> None:
    """Of the machine that is killed; the one that finishes has the right time."""
    name, opened = place
    folder = shop.fresh(BEFORE)
    team = Team(shop, folder, opened, Stopwatch())
    succeeded(team.machine().apply())
    shop.write(folder, AFTER)
    now = dt.datetime.now(dt.UTC).timestamp()
    machine = team.machine(clock=lambda: now + wrong)

    def dies(machine: Machine, _: Point) -> None:
        if len(machine.written()) > 2:
            raise KilledError

    with trying(f"{name}: clock wrong by ten years"):
        machine.trouble = dies
        assert isinstance(machine.apply(), KilledError)
        team.take_over()
        team.check()
