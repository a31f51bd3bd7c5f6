"""A project in front of an emulator, through both doors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from tests.support.project import Project


@pytest.fixture(params=["in-process", "http"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """A project whose engine speaks to a fresh emulator, once in process and once over HTTP."""
    with contextlib.ExitStack() as stack:
        emulator = stack.enter_context(Emulator(seed=7))
        base = ""
        if request.param == "http":
            base = stack.enter_context(EmulatorServer(emulator)).url
        yield Project(tmp_path / "project", emulator, base)
