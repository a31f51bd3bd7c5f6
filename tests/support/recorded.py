"""Facts that tests record for the summary at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


def record(request: pytest.FixtureRequest, name: str, value: Any) -> None:
    """Record a fact about a test.

    Args:
        request: Of a fixture of the test.
        name: Of this kind of fact.
        value: Numbers, texts, and lists of them: it may come from another process.
    """
    request.node.user_properties.append((name, value))


def recorded(reporter: pytest.TerminalReporter, name: str) -> Iterator[Any]:
    """The facts of a kind, from this process and from those of pytest-xdist."""
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                yield from (value for key, value in report.user_properties if key == name)
