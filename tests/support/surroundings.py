"""Environment variables of a test, and an emulator that other processes reach."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer

OURS = ("STRIPE_", "ENGINE_", "TF_HTTP_")
"""How the variables begin that change what the engine does."""


def clear(patch: pytest.MonkeyPatch, *further: str) -> None:
    """Take away the variables of the person who runs the tests.

    Args:
        patch: Puts them back at the end of the test.
        further: How other variables begin that are to go as well.
    """
    for name in list(os.environ):
        if name.startswith((*OURS, *further)):
            patch.delenv(name)


@contextmanager
def served(patch: pytest.MonkeyPatch, seed: int, **variables: str) -> Iterator[Emulator]:
    """Serve an emulator for this process and its children.

    Args:
        patch: Puts the environment back at the end of the test.
        seed: What the emulator's ids are made from.
        variables: Set in addition to the address of the emulator.
    """
    clear(patch)
    with Emulator(seed=seed) as emulator, EmulatorServer(emulator) as server:
        for name, value in {"STRIPE_API_BASE": server.url, **variables}.items():
            patch.setenv(name, value)
        yield emulator
