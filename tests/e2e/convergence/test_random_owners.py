"""What a team does to its stacks at random ends with every declared object there once.

Things are made, changed, renamed, moved between stacks in code and by command, split off, merged,
adopted, imported, released, rebuilt and destroyed, over three stacks and two environments, with
runs that are ended in the middle. After each settled apply: every declared object exists once, each
object of ours has one owner and the same id as before, and the next plan is empty.

`python -m pytest tests/e2e/convergence/test_random_owners.py --sequences=200` tries two hundred;
without the option a few run. The seed is in the test's name; a failure prints the steps.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.ownership.machine import Ownership

_AT_ONCE = 5


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed, a few sequences each."""
    if "number" in metafunc.fixturenames:
        first = metafunc.config.getoption("--first-seed")
        count = -(-metafunc.config.getoption("--sequences") // _AT_ONCE)
        metafunc.parametrize("number", range(first, first + count))


def test_whatever_a_team_does_every_object_has_one_owner(number: int) -> None:
    """Every sequence ends with what is declared, once, and an empty plan."""
    tried = settings(
        max_examples=_AT_ONCE,
        stateful_step_count=14,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(Ownership), settings=tried)
