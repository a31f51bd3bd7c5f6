"""A stack of any types, made at random, converges; changed at random, it converges again.

`python -m pytest tests/e2e/convergence/test_random_stacks.py --stacks=1000` tries a thousand;
without the option a few run. The seed is in the test's name; a failure prints it, what went wrong
and every module on the way there. `--stacks=1 --first-seed=N` tries one again.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import pytest

from engine.catalog import loader
from tests.support.samples.random_life import Chance, RandomLife
from tests.support.samples.random_stacks import RandomStack
from tests.support.samples.samples import Samples, sample_project

_CHANGES = 2
_ENOUGH = 200


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed."""
    if "seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--first-seed")
        metafunc.parametrize("seed", range(first, first + metafunc.config.getoption("--stacks")))


def test_a_random_stack_converges(
    seed: int, tmp_path: Path, samples: Samples, chance: Chance
) -> None:
    """Made, changed twice and destroyed; after each apply the next plan is empty."""
    stack = RandomStack(seed, samples)
    with contextlib.closing(samples.emulator()) as emulator:
        life = RandomLife(seed, stack, sample_project(tmp_path / "shop", emulator))
        life.live(_CHANGES)
        chance.note(stack, life)


def test_chance_leaves_nothing_out(samples: Samples) -> None:
    """Every type is declared, stacks have several resources, and validation turns little down."""
    stacks = [RandomStack(seed, samples) for seed in range(_ENOUGH)]
    types = Counter(address.partition(".")[0] for stack in stacks for address in stack.addresses)
    assert set(types) == set(loader.schemas())
    assert sum(types.values()) > 4 * _ENOUGH
    taken = sum(sum(stack.taken.values()) for stack in stacks)
    refused = sum(sum(stack.refused.values()) for stack in stacks)
    assert taken > 10 * _ENOUGH
    assert refused < taken / 5


def test_a_seed_makes_one_stack(samples: Samples) -> None:
    """The same modules each time, so that a failure can be looked at again."""
    one, other = RandomStack(7, samples), RandomStack(7, samples)
    assert one.source == other.source
    one.change()
    other.change()
    assert one.source == other.source
