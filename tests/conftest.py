"""Options of the whole test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the fault suite be run whole; without the option a selection runs with the tests."""
    parser.addoption(
        "--faults",
        choices=("short", "whole"),
        default="short",
        help="how much of tests/e2e/faults to try: a selection, or every fault at every point",
    )
