"""The samples of every leaf, projects to declare them in, and the summary of what converged."""

from __future__ import annotations

import pytest

from tests.support.random_life import Chance
from tests.support.samples import Samples, Tally

_TALLIES = pytest.StashKey[dict[str, Tally]]()
_CHANCE = pytest.StashKey[Chance]()


@pytest.fixture
def samples(request: pytest.FixtureRequest) -> Samples:
    """Declarations made from the catalogue."""
    return Samples(request.config.stash[_TALLIES])


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Chance:
    """Counts random stacks."""
    return request.config.stash[_CHANCE]


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.stash.setdefault(_TALLIES, {})
    config.stash.setdefault(_CHANCE, Chance())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print how many leaves of how many types converge, and how many random stacks."""
    chance = config.stash.get(_CHANCE, Chance())
    if chance.stacks:
        terminalreporter.section("random stacks")
        terminalreporter.line(
            f"{chance.stacks} converge, {chance.resources} resources in the end; {chance.taken} "
            f"leaves taken, {chance.refused} refused by validation, {chance.turned_down} changes "
            "refused as a whole"
        )
    tallies = config.stash.get(_TALLIES, {})
    if not tallies:
        return
    terminalreporter.section("convergence")
    for object_name, tally in sorted(tallies.items()):
        failed = f", {len(tally.failed)} FAIL" if tally.failed else ""
        terminalreporter.line(
            f"{object_name}: {len(tally.held)} held, {len(tally.excused)} excused{failed}"
        )
    held, excused = (
        sum(len(getattr(tally, name)) for tally in tallies.values()) for name in ("held", "excused")
    )
    required = sum(len(tally.required) for tally in tallies.values())
    failed_count = sum(len(tally.failed) for tally in tallies.values())
    total = held + excused + failed_count
    share = excused / total if total else 0.0
    terminalreporter.line(
        f"{len(tallies)} types, {held} of {total} leaves converge, "
        f"{excused} excused ({share:.1%}), {failed_count} fail; "
        f"{required} are required and never taken out"
    )
