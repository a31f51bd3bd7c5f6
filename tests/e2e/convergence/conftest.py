"""The samples of every leaf, and the summary of what converged."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.recorded import record, recorded
from tests.support.samples.random_life import Chance
from tests.support.samples.samples import Samples, Tally


@pytest.fixture
def samples(request: pytest.FixtureRequest) -> Iterator[Samples]:
    """Declarations made from the catalogue; what becomes of their leaves is in the summary.

    A test that is marked `third` gets that third of the leaves of each type.
    """
    tallies: dict[str, Tally] = {}
    mark = request.node.get_closest_marker("third")
    some = mark is not None and request.config.getoption("--leaves") == "some"
    yield Samples(tallies, third=mark.args[0] if some else None)
    for object_name, tally in tallies.items():
        record(request, "leaves", [object_name, dataclasses.asdict(tally)])


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Iterator[Chance]:
    """Counts random stacks for the summary."""
    chance = Chance()
    yield chance
    record(request, "random stacks", dataclasses.asdict(chance))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many leaves of how many types converge, and how many random stacks."""
    counts = Counter[str]()
    for found in recorded(terminalreporter, "random stacks"):
        counts.update(found)
    if counts["stacks"]:
        terminalreporter.section("random stacks")
        terminalreporter.line(
            f"{counts['stacks']} converge, {counts['resources']} resources in the end; "
            f"{counts['taken']} leaves taken, {counts['refused']} refused by validation, "
            f"{counts['turned_down']} changes refused as a whole"
        )
    tallies: dict[str, Tally] = {}
    for object_name, found in recorded(terminalreporter, "leaves"):
        tallies.setdefault(object_name, Tally()).add(Tally(**found))
    if not tallies:
        return
    terminalreporter.section("convergence")
    for object_name, tally in sorted(tallies.items()):
        failed = f", {len(tally.failed)} FAIL" if tally.failed else ""
        terminalreporter.line(
            f"{object_name}: {len(tally.held)} held, {len(tally.excused)} excused{failed}"
        )
    held, excused, required, failed_count = (
        sum(len(getattr(tally, name)) for tally in tallies.values())
        for name in ("held", "excused", "required", "failed")
    )
    total = held + excused + failed_count
    share = excused / total if total else 0.0
    terminalreporter.line(
        f"{len(tallies)} types, {held} of {total} leaves converge, "
        f"{excused} excused ({share:.1%}), {failed_count} fail; "
        f"{required} are required and never taken out"
    )
