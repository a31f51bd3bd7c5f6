"""What is found out about the installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.operations.doctor import installation
from engine.ports.upkeep.diagnosis import Verdict
from tests.support.fakes.provider import FakeProvider
from tests.support.patients import lines, patient


@pytest.mark.parametrize(
    ("versions", "verdict"),
    [
        ({"stripe": ""}, Verdict.PROBLEM),
        ({"stripe": "15.6.2"}, Verdict.WARNING),
        ({"stripe": "16.99.0"}, Verdict.NOTE),
        ({"stripe": "16.1.0"}, Verdict.OK),
    ],
)
def test_the_sdk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], verdict: Verdict
) -> None:
    """Missing, not one for this engine, another one than that of the catalog, the same."""
    monkeypatch.setattr(installation, "installed", versions.__getitem__)
    ((found, _),) = lines(installation.sdk, patient(tmp_path, FakeProvider()))
    assert found is verdict
