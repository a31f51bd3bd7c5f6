"""Stamps are written onto objects of every type that can carry one, and change nothing else."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from engine.catalog import loader
from engine.operations.stamps import plan_stamps, write_stamps
from engine.ports.provider import RequestContext
from engine.schema.remote import STAMP_KEY
from engine.values.markers import CLEAR
from tests.support.samples.samples import Samples, sample_project

HEAD = "from engine import Lifecycle, stripe\n"
STAMPED = [name for name in loader.managed() if loader.by_object(name).has_metadata]


@pytest.mark.parametrize("object_name", STAMPED)
def test_every_type_is_stamped(object_name: str, tmp_path: Path, samples: Samples) -> None:
    """The metadata of others stays; the state and the next plan are what they were."""
    kind = loader.by_object(object_name)
    base = samples.base(object_name, "one")
    needed = {**samples.before(object_name), **samples.needed(object_name, [base])}
    lines = [*needed.values(), samples.line(object_name, "one", base)]
    with contextlib.closing(samples.emulator()) as emulator:
        project = sample_project(tmp_path, emulator)
        project.write(HEAD + "\n".join(lines) + "\n")
        project.apply()
        state, address = project.state(), f"{kind.name}.one"
        entry = state.resources[address]
        provider = project.connect()
        foreign = {"metadata": {STAMP_KEY: CLEAR, "crm": "42"}}
        provider.update(kind, entry.id, foreign, RequestContext(idempotency_key="by hand"))
        (plan,) = plan_stamps(project.context(), ()).plans
        assert [change.address for change in plan.changes] == [address]
        assert write_stamps(project.context(), (), lambda _: True).is_whole
        found = provider.read(kind, entry.id)
        assert found is not None
        stamp = f"{state.lineage}:{address}"
        assert found["metadata"].items() >= {STAMP_KEY: stamp, "crm": "42"}.items()
        assert project.state() == state
        assert not project.plan().has_changes
