"""Options of the whole test run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.redaction import forget


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the fault suite be run whole; without the option a selection runs with the tests."""
    parser.addoption(
        "--faults",
        choices=("short", "whole"),
        default="short",
        help="how much of tests/e2e/faults to try: a selection, or every fault at every point",
    )


@pytest.fixture(autouse=True)
def _own_secrets() -> Iterator[None]:
    """What one test calls secret hides nothing in the next."""
    forget()
    yield
    forget()
