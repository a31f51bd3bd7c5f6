"""Stripe's SDK for Node, current and older, unchanged but for the base URL."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.emulator.doors.server import EmulatorServer

PROGRAM = Path(__file__).with_name("stripe_node.cjs")
AREAS = 14


@pytest.mark.parametrize("package", ["stripe", "stripe-18", "stripe-14"])
def test_every_area_works(served: EmulatorServer, packages: Path, package: str) -> None:
    """Each major asks for the API version of its time."""
    command = ["node", str(PROGRAM), str(packages / package), str(served.port)]
    done = subprocess.run(  # noqa: S603 - our own program
        command, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == AREAS
