"""An empty account and an empty state for each test."""

from __future__ import annotations

import pytest

from tests.support.fakes.world import World


@pytest.fixture
def world() -> World:
    """An empty account and an empty state."""
    return World()
