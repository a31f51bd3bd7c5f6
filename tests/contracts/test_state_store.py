"""What every `engine.ports.state_store.StateStore` MUST do, one suite for all of them."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import StaleStateError, StateError
from engine.ports.backend import StateBackend
from engine.state.codec import encode
from engine.state.model import State
from tests.support.backends import VERSION, a_state, local_backend

# ── 1. keeps states ───────────────────────────────────────────────────────────────────────


def test_1_1_nothing_is_there_at_first(backend: StateBackend) -> None:
    """A state that was never written is None, and no stack is listed."""
    assert backend.read("shop", "test") is None
    assert backend.stacks("test") == ()


def test_1_2_what_is_read_is_what_was_written(backend: StateBackend) -> None:
    """Every field comes back."""
    backend.write(a_state(), expected=None)
    assert backend.read("shop", "test") == a_state()


def test_1_3_stacks_are_listed_sorted_and_by_environment(backend: StateBackend) -> None:
    """Only stacks with a state in that environment, in name order."""
    for stack, environment in (("b", "test"), ("a", "test"), ("c", "live")):
        backend.write(a_state(stack=stack, environment=environment), expected=None)
    assert backend.stacks("test") == ("a", "b")
    assert backend.stacks("live") == ("c",)
    assert backend.stacks("nowhere") == ()


def test_1_4_stacks_and_environments_are_kept_apart(backend: StateBackend) -> None:
    """Writing one leaves the others."""
    backend.write(a_state(), expected=None)
    backend.write(a_state(environment="live", serial=7), expected=None)
    backend.write(a_state(stack="other", serial=9), expected=None)
    assert backend.read("shop", "test") == a_state()


def test_1_5_nobody_shares_a_value_with_the_store(backend: StateBackend) -> None:
    """Changing what was written, or what was read, changes nothing that is stored."""
    outputs = {"id": "prod_1"}
    backend.write(a_state(outputs=outputs), expected=None)
    outputs["id"] = "changed"
    first = backend.read("shop", "test")
    assert first is not None
    assert dict(first.outputs) == {"id": "prod_1"}
    first.outputs["id"] = "changed"  # type: ignore[index]
    again = backend.read("shop", "test")
    assert again is not None
    assert dict(again.outputs) == {"id": "prod_1"}


def test_1_6_the_version_that_writes_is_the_version_that_is_read(backend: StateBackend) -> None:
    """Whatever version a state carries, the one that writes it is recorded."""
    backend.write(a_state(engine_version="0.0.1"), expected=None)
    stored = backend.read("shop", "test")
    assert stored is not None
    assert stored.engine_version == VERSION


def test_1_7_a_place_that_takes_writes_says_so(backend: StateBackend) -> None:
    """Asking whether a write can succeed leaves nothing behind."""
    backend.check_writable("shop", "test")
    assert backend.read("shop", "test") is None
    assert backend.stacks("test") == ()


def test_1_8_environments_are_those_with_a_state(backend: StateBackend) -> None:
    """Sorted, each once."""
    assert backend.environments() == ()
    for stack, environment in (("b", "test"), ("a", "test"), ("c", "live")):
        backend.write(a_state(stack=stack, environment=environment), expected=None)
    assert backend.environments() == ("live", "test")


def test_1_9_the_bytes_are_those_of_the_file_format(backend: StateBackend) -> None:
    """Whoever checks or repairs a state sees what is stored, and knows what to call it."""
    assert backend.stored("shop", "test") is None
    backend.write(a_state(), expected=None)
    assert backend.stored("shop", "test") == encode(a_state(), engine_version=VERSION)
    assert "test/shop" in backend.place("shop", "test")


def test_1_10_a_store_says_what_people_can_do(backend: StateBackend) -> None:
    """Every phrase is there, and about sharing it may say that there is nothing to do."""
    advice = backend.advice(backend.place("shop", "test"))
    phrases = dataclasses.asdict(advice)
    assert all(phrases.pop("caveats"))  # a store that keeps every promise has none
    assert all(phrases.values())
    share = backend.how_to_share("the file")
    assert not share or "the file" in share


def test_1_6_finding_out_whether_it_works_leaves_nothing(
    backend: StateBackend, tmp_path: Path
) -> None:
    """Before the first state, and with one."""
    before = sorted(tmp_path.rglob("*"))
    backend.check_works("test")
    assert sorted(tmp_path.rglob("*")) == before
    assert backend.environments() == ()
    backend.write(a_state(), expected=None)
    before = sorted(tmp_path.rglob("*"))
    backend.check_works("test")
    assert sorted(tmp_path.rglob("*")) == before
    assert backend.read("shop", "test") == a_state()


# ── 2. refuses a write over something it was not told of ──────────────────────────────────


def test_2_1_a_write_replaces_what_was_expected(backend: StateBackend) -> None:
    """What was read, or written, can be replaced by one that names it."""
    backend.write(a_state(1), expected=None)
    backend.write(a_state(2), expected=a_state(1))
    backend.write(a_state(3), expected=backend.read("shop", "test"))
    assert backend.read("shop", "test") == a_state(3)


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(a_state(2), id="higher serial"),
        pytest.param(a_state(1, lineage="lineage-2"), id="other lineage"),
        pytest.param(a_state(1, outputs={}), id="other outputs"),
        pytest.param(a_state(1, resources={}), id="other resources"),
        pytest.param(a_state(1, account_id="acct_9"), id="other account"),
    ],
)
def test_2_2_something_else_is_not_overwritten(backend: StateBackend, stored: State) -> None:
    """Any difference is a stale state; what is stored stays."""
    backend.write(stored, expected=None)
    with pytest.raises(StaleStateError, match="changed while this run was at work") as raised:
        backend.write(a_state(5), expected=a_state(1))
    assert "Nothing was overwritten" in str(raised.value.hint)
    assert backend.read("shop", "test") == stored


def test_2_3_something_where_nothing_was_expected(backend: StateBackend) -> None:
    """A first write finds that another was faster."""
    backend.write(a_state(3), expected=None)
    with pytest.raises(StaleStateError) as raised:
        backend.write(a_state(1), expected=None)
    assert raised.value.cause == "It was at serial none, and is now at 3."
    assert backend.read("shop", "test") == a_state(3)


def test_2_4_nothing_where_something_was_expected(backend: StateBackend) -> None:
    """A state that is gone is not brought back by whoever did not notice."""
    with pytest.raises(StaleStateError) as raised:
        backend.write(a_state(2), expected=a_state(1))
    assert raised.value.cause == "It was at serial 1, and is now at none."
    assert backend.read("shop", "test") is None


def test_2_5_a_state_does_not_go_back(backend: StateBackend) -> None:
    """A lower serial is an old state, whoever brings it; the same serial is the same run's."""
    backend.write(a_state(3), expected=None)
    backend.write(a_state(3, outputs={}), expected=a_state(3))
    with pytest.raises(StateError, match="is at serial 3, and a state of serial 2 is older"):
        backend.write(a_state(2), expected=a_state(3, outputs={}))
    assert backend.read("shop", "test") == a_state(3, outputs={})


def test_2_6_a_state_of_another_lineage_is_no_successor(backend: StateBackend) -> None:
    """Two that began apart manage different objects."""
    backend.write(a_state(1), expected=None)
    with pytest.raises(StateError, match=r"is of lineage lineage-1, and .* lineage-2"):
        backend.write(a_state(2, lineage="lineage-2"), expected=a_state(1))
    assert backend.read("shop", "test") == a_state(1)


def test_2_7_a_restored_state_takes_any_place(backend: StateBackend) -> None:
    """Another lineage and a lower serial are no obstacle; what was there is kept aside."""
    assert backend.restore(a_state(3)) == ""
    backend.write(a_state(4), expected=a_state(3))
    assert backend.restore(a_state(1, lineage="lineage-2")) != ""
    assert backend.read("shop", "test") == a_state(1, lineage="lineage-2")
    backend.write(a_state(2, lineage="lineage-2"), expected=a_state(1, lineage="lineage-2"))
    assert backend.stacks("test") == ("shop",)


def test_2_8_a_restored_state_has_no_journal(backend: StateBackend) -> None:
    """What a journal says is of the state that was there before."""
    backend.write(a_state(3), expected=None)
    backend.begin_journal("shop", "test", (b"{}",), reserve=0).close()
    backend.restore(a_state(4))
    assert backend.read_journal("shop", "test") is None


# ── 3. never half old and half new ────────────────────────────────────────────────────────


def test_3_1_a_state_that_cannot_be_stored_leaves_the_one_before(backend: StateBackend) -> None:
    """A failure half-way through a write is as if nobody had written."""
    backend.write(a_state(1), expected=None)
    unspeakable = a_state(2, outputs={"x": object()})
    with pytest.raises(TypeError):
        backend.write(unspeakable, expected=a_state(1))
    assert backend.read("shop", "test") == a_state(1)
    assert backend.stacks("test") == ("shop",)


def test_3_2_a_reader_sees_one_state_or_the_other(backend: StateBackend) -> None:
    """While one writes on and on, another reads whole states whose serials never go back."""
    many = 15
    backend.write(a_state(1), expected=None)
    done = threading.Event()

    def write_on() -> None:
        try:
            for serial in range(1, many):
                bulk = {"n": serial + 1, "bulk": ["x" * 50] * 200}
                before = backend.read("shop", "test")
                backend.write(a_state(serial + 1, outputs=bulk), expected=before)
        finally:
            done.set()

    seen: list[int] = []
    with ThreadPoolExecutor(max_workers=1) as pool:
        writer = pool.submit(write_on)
        while not done.is_set():
            found = backend.read("shop", "test")
            assert found is not None
            assert found.serial == found.outputs.get("n", 1)
            seen.append(found.serial)
        writer.result()
    assert seen == sorted(seen)
    last = backend.read("shop", "test")
    assert last is not None
    assert last.serial == many


# ── 9. what outlives a process ────────────────────────────────────────────────────────────


def test_9_2_a_state_is_there_for_the_next_process(tmp_path: Path) -> None:
    """Another backend on the same folder reads the same state."""
    local_backend(tmp_path).write(a_state(), expected=None)
    assert local_backend(tmp_path).read("shop", "test") == a_state()
