"""What is found out about states, and the locks on them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from engine.operations.doctor import states
from engine.ports.upkeep.diagnosis import Verdict
from engine.state.model import new_state
from tests.support.backends import local_backend
from tests.support.fakes.provider import FakeProvider
from tests.support.patients import lines, patient


def test_states_of_another_version_account_and_merge(tmp_path: Path) -> None:
    """One stops an apply: that of another account."""
    backend = local_backend(tmp_path)
    state = dataclasses.replace(
        new_state("shop", "test", "lineage"),
        serial=1,
        api_version="2020-08-27",
        account_id="acct_2",
        merged=True,
    )
    backend.write(state, expected=None)
    found = lines(states.states, patient(tmp_path, FakeProvider()))
    assert [verdict for verdict, _ in found] == [
        Verdict.NOTE,
        Verdict.NOTE,
        Verdict.PROBLEM,
        Verdict.OK,
    ]
    assert "the state of shop is of API version 2020-08-27" in found[0][1]
    assert "belongs to account acct_2, but the key belongs to acct_1" in found[2][1]


def test_a_run_at_work_stops_an_apply(tmp_path: Path) -> None:
    """For as long as it works; its journal is its own affair."""
    backend = local_backend(tmp_path)
    project = patient(tmp_path, FakeProvider())
    with backend.lock("shop", "test", operation="apply", timeout=0, on_wait=print):
        ((verdict, text),) = lines(states.locks, project)
        assert (verdict, text.partition(":")[0]) == (
            Verdict.PROBLEM,
            "a run works on test/shop",
        )
    assert lines(states.locks, project) == [(Verdict.OK, "nothing is locked")]
