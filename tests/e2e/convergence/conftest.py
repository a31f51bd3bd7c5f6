"""The samples of every leaf, projects to declare them in, and the summary of what converged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.secret import Sensitive
from tests.support.random_life import RandomLife
from tests.support.random_stacks import RandomStack
from tests.support.samples import DATA, KEY, Samples, Tally

_TALLIES = pytest.StashKey[dict[str, Tally]]()
_CHANCE = pytest.StashKey["Chance"]()


@dataclass(slots=True)
class Chance:
    """What random stacks came to.

    Attributes:
        stacks: How many were tried.
        resources: How many resources they had in the end.
        taken: How many leaves were declared or changed.
        refused: How many validation refused.
        turned_down: How many changes were refused as a whole.
    """

    stacks: int = 0
    resources: int = 0
    taken: int = 0
    refused: int = 0
    turned_down: int = 0

    def note(self, stack: RandomStack, life: RandomLife) -> None:
        """Count one that held."""
        self.stacks += 1
        self.resources += len(stack.addresses)
        self.taken += sum(stack.taken.values())
        self.refused += sum(stack.refused.values())
        self.turned_down += len(life.turned_down)


@pytest.fixture
def samples(request: pytest.FixtureRequest) -> Samples:
    """Declarations made from the catalogue."""
    return Samples(request.config.stash[_TALLIES])


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Chance:
    """Counts random stacks."""
    return request.config.stash[_CHANCE]


@pytest.fixture
def rooted_project(make_project: Any) -> Any:
    """Make a project in front of an emulator, in process, whose files can be sent."""

    def make(root: Path, emulator: Emulator) -> Any:
        project = make_project(root, emulator)
        for name, text in DATA["files"].items():
            (root / name).write_text(text, encoding="utf-8")

        def connect(key: str = KEY) -> StripeProvider:
            options = ClientOptions(
                api_key=Sensitive(key),
                transport=InProcessTransport(emulator),
                retries=1,
                sleep=lambda _: None,
            )
            return StripeProvider(StripeHTTP(options), loader.schemas(), api_key=key, root=root)

        project.connect = connect
        return project

    return make


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
