"""The samples of every leaf, projects to declare them in, and the summary of what converged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.transport import InProcessTransport
from engine.stripe.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values import Sensitive
from tests.support.samples import DATA, KEY, Samples, Tally

_TALLIES = pytest.StashKey[dict[str, Tally]]()


@pytest.fixture
def samples(request: pytest.FixtureRequest) -> Samples:
    """Declarations made from the catalogue."""
    return Samples(request.config.stash[_TALLIES])


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


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print how many leaves of how many types converge."""
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
