"""The fault suite's bookkeeping: what was tried, and what was survived.

`python -m pytest tests/e2e/faults --faults=whole` tries every fault at every point; without the
option a selection runs. Either way a table of faults tried and survived stands at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

_TRIED: Counter[str] = Counter()
_SURVIVED: Counter[str] = Counter()

Trying = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def trying() -> Trying:
    """Count a fault as tried, and as survived if the checks inside hold."""

    @contextmanager
    def counted(fault: str) -> Iterator[None]:
        _TRIED[fault] += 1
        yield
        _SURVIVED[fault] += 1

    return counted


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether every fault is to be tried at every point."""
    return bool(request.config.getoption("--faults") == "whole")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the faults tried and survived."""
    if not _TRIED:
        return
    terminalreporter.section("faults")
    for fault, tried in sorted(_TRIED.items()):
        terminalreporter.write_line(f"{fault}: {tried} tried, {_SURVIVED[fault]} survived")
    terminalreporter.write_line(
        f"all: {_TRIED.total()} tried, {_SURVIVED.total()} survived", bold=True
    )
