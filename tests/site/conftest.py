"""The site, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.site import built


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site."""
    return built(tmp_path_factory)
