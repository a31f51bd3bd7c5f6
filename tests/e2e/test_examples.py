"""The example that `engine types` prints of each type applies as it is, on a new account."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.views.example import example_of
from tests.support.project import Project

KEY = "sk_test_e2e"


@pytest.mark.parametrize("object_name", loader.managed())
def test_every_example_applies(object_name: str, tmp_path: Path) -> None:
    """Copied into stacks/, it is made, and the next plan is empty."""
    kind = loader.by_object(object_name)
    with contextlib.closing(Emulator(seed=7)) as emulator:
        project = Project(tmp_path / "project", emulator)
        if not kind.creatable and not kind.life.singleton:
            # Nobody but the Dashboard makes one, and the example says where its id goes.
            emulator.seed(object_name, {"id": "ID", "status": "active", "version": 1}, key=KEY)
        project.write(example_of(kind, loader.schemas()), name="example")
        project.apply()
        state = project.state("example")
        assert kind.name in {entry.type for entry in state.resources.values()}
        plan = project.plan()
        assert not plan.has_changes
        assert plan.drift == ()
