"""The fault suite: what is put to the test, who is killed, and what was survived.

`python -m pytest tests/e2e/faults --faults=whole` tries every fault at every point; without the
option a selection runs. Either way a table of faults tried and survived is printed at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from tests.support.faults.shop import Clock, Shop, Trial, Trying
from tests.support.faults.victims import Victim
from tests.support.recorded import record, recorded
from tests.support.surroundings import clear


@pytest.fixture
def trying(request: pytest.FixtureRequest) -> Trying:
    """Count a fault as tried, and as survived if the checks inside hold."""

    @contextmanager
    def counted(fault: str) -> Iterator[None]:
        try:
            yield
        except pytest.skip.Exception:
            raise
        except BaseException:
            record(request, "fault", [fault, False])
            raise
        record(request, "fault", [fault, True])

    return counted


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether every fault is to be tried at every point."""
    return bool(request.config.getoption("--faults") == "whole")


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    """One process for all runs of a module."""
    process = Victim()
    yield process
    process.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Projects in front of one served emulator."""
    with pytest.MonkeyPatch.context() as patch:
        clear(patch)
        patch.setenv("STRIPE_API_KEY", "")
        clock = Clock()
        with Emulator(clock=clock, seed=5) as emulator, EmulatorServer(emulator) as server:
            patch.setenv("STRIPE_API_BASE", server.url)
            yield Shop(tmp_path_factory.mktemp("shop"), emulator, clock, server.port)


@pytest.fixture(params=["first apply", "change"])
def trial(request: pytest.FixtureRequest, shop: Shop) -> Trial:
    """The apply that is put to the test."""
    return Trial(shop, change=request.param == "change")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the faults tried and survived."""
    tried, survived = Counter[str](), Counter[str]()
    for fault, held in recorded(terminalreporter, "fault"):
        tried[fault] += 1
        survived[fault] += held
    if not tried:
        return
    terminalreporter.section("faults")
    for fault, count in sorted(tried.items()):
        terminalreporter.write_line(f"{fault}: {count} tried, {survived[fault]} survived")
    terminalreporter.write_line(
        f"all: {tried.total()} tried, {survived.total()} survived", bold=True
    )
