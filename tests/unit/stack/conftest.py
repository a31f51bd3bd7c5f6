"""An empty project for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stack_project import StackProject


@pytest.fixture
def project(tmp_path: Path) -> StackProject:
    """An empty project."""
    return StackProject(tmp_path)
