"""Options of the whole run, and two watches over all tests.

No request of the engine has a parameter that Stripe does not have, and no answer of an emulator of
this process differs from Stripe's description, where the machine has it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from engine.catalog.generator.description import named_file, read
from engine.emulator.testing.observers import observing
from engine.redaction import forget
from tests.support.watch.answers import Answers, Published
from tests.support.watch.sent import Watch, marked

collect_ignore = ["samples"]
"""Projects of users, with tests of their own, which tests/e2e/test_samples.py runs."""

# How long an example takes says nothing of the code: a busy machine is no failure.
settings.register_profile("engine", deadline=None)
settings.load_profile("engine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long suites be run whole; without the options a selection runs with the tests."""
    parser.addoption(
        "--faults",
        choices=("short", "whole"),
        default="short",
        help="how much of tests/e2e/faults to try: a selection, or every fault at every point; and "
        "of tests/e2e/fleet: forty accounts, or a thousand and a worker that wakes up",
    )
    parser.addoption(
        "--stacks", type=int, default=25, help="how many random stacks tests/e2e/convergence tries"
    )
    parser.addoption(
        "--leaves",
        choices=("some", "all"),
        default="some",
        help="which leaves of each type the longest suites of tests/e2e/convergence try: a third "
        "of them each, so that most leaves are in one of them, or all",
    )
    parser.addoption("--first-seed", type=int, default=0, help="seed of the first random stack")
    parser.addoption(
        "--sequences", type=int, default=10, help="how many random sequences of moves are tried"
    )


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """A sync of this process only waits: what it is for are power cuts, which tests model."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "fdatasync"):
            patch.setattr(os, name, lambda _: None, raising=False)
        yield


@pytest.fixture(autouse=True)
def _own_secrets() -> Iterator[None]:
    """What one test calls secret hides nothing in the next."""
    forget()
    yield
    forget()


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    """The watch over every request that the engine sends to an emulator of this process."""
    watch = Watch()
    with marked(), observing(watch):
        yield watch


@pytest.fixture(autouse=True)
def _only_what_the_sdk_knows(watch: Watch) -> Iterator[None]:
    """Fail any test that made the engine send a parameter that the SDK does not have."""
    yield
    assert watch.drain() == []


@pytest.fixture(scope="session")
def answers() -> Iterator[Answers]:
    """The watch over every answer; it looks at none where no description is named."""
    named = named_file()
    answers = Answers(None if named is None else Published(read(named)))
    with observing(answers):
        yield answers


@pytest.fixture(autouse=True)
def _only_what_stripe_describes(answers: Answers) -> Iterator[None]:
    """Fail any test that made an emulator answer what Stripe would not."""
    yield
    assert answers.drain() == []
