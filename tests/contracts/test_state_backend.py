"""What every `engine.ports.state_store.StateBackend` MUST do, one suite for all of them."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.backends.state.local import LocalBackend
from engine.backends.state.memory import MemoryBackend
from engine.errors import LockHeldError, LockLostError, StaleStateError, StateError, UsageError
from engine.ports.journal import JournalFile
from engine.ports.run_locks import Holder
from engine.ports.state_store import StateBackend
from engine.state.codec import encode
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State, new_state

LONG_ENOUGH = 600.0
"""Seconds that no test ever waits for: a stop for what has hung."""
VERSION = "9.9.9"


def _local(root: Path) -> StateBackend:
    return LocalBackend(root / "state", root / ".engine", engine_version=VERSION)


def _memory(_: Path) -> StateBackend:
    return MemoryBackend(engine_version=VERSION)


BACKENDS: dict[str, Callable[[Path], StateBackend]] = {"local": _local, "memory": _memory}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> StateBackend:
    """An empty backend."""
    return BACKENDS[request.param](tmp_path)


def a_state(serial: int = 1, **changes: Any) -> State:
    """A state with something of everything in it."""
    full = dataclasses.replace(
        new_state("shop", "test", "lineage-1"),
        serial=serial,
        account_id="acct_1",
        livemode=False,
        api_version="2026-10-28.endive",
        engine_version=VERSION,
        outputs={"id": "prod_1", "nested": {"list": [1, 2.5, None, True, "ß"]}},
        resources={
            "stripe_product.pro": ResourceState(
                type="stripe_product",
                id="prod_1",
                declared={"name": "Pro", "default_price": "${stripe_price.m.id}"},
                attributes={"name": "Pro", "metadata": {}},
                dependencies=("stripe_price.m",),
                superseded=("prod_0",),
                removal_policy=RemovalPolicy(protect=True, keep=True, account="acct_2"),
            )
        },
        removed={"stripe_price.m": RemovedObject(type="stripe_price", id="price_1")},
    )
    return dataclasses.replace(full, **changes)


def _silent(_: Holder | None) -> None:
    """Nobody is told."""


def hold(backend: StateBackend, stack: str = "shop", environment: str = "test") -> Any:
    """The lock, without waiting for it."""
    return backend.lock(stack, environment, operation="apply", timeout=0, on_wait=_silent)


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


# ── 4. one holder at a time ───────────────────────────────────────────────────────────────


def test_4_1_a_lock_is_free_when_its_holder_is_done(backend: StateBackend) -> None:
    """It can be had again and again."""
    for _ in range(3):
        with hold(backend):
            pass


def test_4_2_a_second_holder_is_refused(backend: StateBackend) -> None:
    """Also within one process, and also after it was refused once."""
    with hold(backend):
        for _ in range(2):
            with pytest.raises(LockHeldError), hold(backend):
                pytest.fail("two hold it")
    with hold(backend):
        pass


def test_4_3_locks_are_of_one_stack_in_one_environment(backend: StateBackend) -> None:
    """Others are free."""
    with hold(backend), hold(backend, stack="other"), hold(backend, environment="live"):
        pass


def test_4_4_many_who_wait_come_one_after_the_other(backend: StateBackend) -> None:
    """No update is lost: each reads what the one before it wrote."""
    many = 12
    backend.write(a_state(1), expected=None)

    def add_one(_: int) -> None:
        with backend.lock("shop", "test", operation="apply", timeout=LONG_ENOUGH, on_wait=_silent):
            before = backend.read("shop", "test")
            assert before is not None
            backend.write(dataclasses.replace(before, serial=before.serial + 1), expected=before)

    with ThreadPoolExecutor(max_workers=many) as pool:
        list(pool.map(add_one, range(many)))
    last = backend.read("shop", "test")
    assert last is not None
    assert last.serial == 1 + many


def test_4_5_a_lock_is_freed_by_an_error(backend: StateBackend) -> None:
    """Whatever ends the block ends the hold."""

    def fail() -> None:
        with hold(backend):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with hold(backend):
        pass


# ── 5. says who holds it ──────────────────────────────────────────────────────────────────


def test_5_1_a_refusal_names_the_holder(backend: StateBackend) -> None:
    """Who, what for, which process, since when, and what to do."""
    with hold(backend), pytest.raises(LockHeldError) as raised, hold(backend):
        pytest.fail("two hold it")
    assert raised.value.message.startswith("test/shop is locked by ")
    assert f"(apply, pid {os.getpid()}, since " in raised.value.message
    assert "--lock-timeout" in str(raised.value.hint)


def test_5_2_who_waits_is_told_before_the_wait(backend: StateBackend) -> None:
    """The holder is known while the wait lasts; then the lock is had."""
    told: list[Holder | None] = []
    waiting, had = threading.Event(), threading.Event()

    def on_wait(holder: Holder | None) -> None:
        told.append(holder)
        waiting.set()

    def come_second() -> None:
        with backend.lock(
            "shop", "test", operation="destroy", timeout=LONG_ENOUGH, on_wait=on_wait
        ):
            had.set()

    with ThreadPoolExecutor(max_workers=1) as pool:
        with hold(backend):
            second = pool.submit(come_second)
            assert waiting.wait(LONG_ENOUGH)
            assert not had.is_set()
        second.result(LONG_ENOUGH)
    (holder,) = told
    assert holder is not None
    assert (holder.operation, holder.pid) == ("apply", os.getpid())
    assert "@" in holder.who
    assert len(holder.id) == 8


def test_5_3_who_does_not_have_to_wait_is_told_nothing(backend: StateBackend) -> None:
    """Neither with a free lock, nor when the answer is no at once."""

    def on_wait(_: Holder | None) -> None:
        pytest.fail("nobody waits")

    def take() -> Any:
        return backend.lock("shop", "test", operation="plan", timeout=0, on_wait=on_wait)

    with backend.lock("shop", "test", operation="plan", timeout=LONG_ENOUGH, on_wait=on_wait):
        pass
    with hold(backend), pytest.raises(LockHeldError), take():
        pytest.fail("two hold it")


def test_5_4_a_wait_that_ends_in_vain_is_a_refusal(backend: StateBackend) -> None:
    """After the timeout it is the same refusal, with the holder's name."""
    told: list[Holder | None] = []
    with hold(backend):
        late = backend.lock("shop", "test", operation="plan", timeout=0.01, on_wait=told.append)
        with pytest.raises(LockHeldError, match=f"pid {os.getpid()}"), late:
            pytest.fail("two hold it")
    assert len(told) == 1


def test_5_5_each_hold_has_an_id_of_its_own(backend: StateBackend) -> None:
    """Two holds of one process are told apart."""
    seen: list[str] = []
    for _ in range(2):
        with hold(backend), pytest.raises(LockHeldError) as raised, hold(backend):
            pytest.fail("two hold it")
        seen.append(raised.value.message.rpartition(" ")[2])
    assert len(set(seen)) == 2


def test_5_6_locks_of_runs_are_listed(backend: StateBackend) -> None:
    """Of every environment, by environment and stack, for as long as they are held."""
    with hold(backend, stack="b"), hold(backend, stack="a"), hold(backend, environment="live"):
        found = [(lock.environment, lock.stack, lock.holder.pid) for lock in backend.run_locks()]
        ours = os.getpid()
        assert found == [("live", "shop", ours), ("test", "a", ours), ("test", "b", ours)]
    assert backend.run_locks() == ()


# ── 7. a lock that is taken away ends what its holder may do ──────────────────────────────


def _id_of(refused: pytest.ExceptionInfo[LockHeldError]) -> str:
    found = re.search(r"lock ([0-9a-f]{8})", refused.value.message)
    assert found is not None
    return found[1]


def test_7_1_a_hold_lasts_as_long_as_its_block(backend: StateBackend) -> None:
    """Afterwards it vouches for nothing."""
    with hold(backend) as held:
        held.check()
        assert held.holder.operation == "apply"
    with pytest.raises(LockLostError):
        held.check()


def test_7_2_a_run_that_is_there_keeps_its_lock(backend: StateBackend) -> None:
    """Without force it is only said how to stop it."""
    with hold(backend) as held:
        with pytest.raises(LockHeldError, match="still at work") as raised:
            backend.unlock(held.holder.id, force=False)
        assert f"kill {os.getpid()}" in str(raised.value.hint)
        held.check()
        with pytest.raises(LockHeldError), hold(backend):
            pytest.fail("two hold it")


def test_7_3_an_id_that_nobody_has(backend: StateBackend) -> None:
    """A typing mistake unlocks nothing; the ids there are get listed."""
    with pytest.raises(UsageError, match="no run holds a lock with the id '1f0c9a2e'"):
        backend.unlock("1f0c9a2e", force=True)
    with hold(backend) as held:
        with pytest.raises(UsageError) as raised:
            backend.unlock("1f0c9a2e", force=True)
        assert held.holder.id in str(raised.value.hint)
        held.check()


def test_7_4_a_forced_unlock_lets_the_next_in_and_ends_the_first(backend: StateBackend) -> None:
    """Two hold it then, and only one of them can write."""
    backend.write(a_state(1), expected=None)
    with contextlib.ExitStack() as later:
        with hold(backend) as first:
            with pytest.raises(LockHeldError) as refused, hold(backend):
                pytest.fail("two hold it")
            lock = backend.unlock(_id_of(refused), force=True)
            assert (lock.environment, lock.stack, lock.holder) == ("test", "shop", first.holder)
            with pytest.raises(LockLostError, match="test/shop is no longer held by this run"):
                first.check()
            with pytest.raises(LockLostError):
                backend.write(a_state(2), expected=a_state(1))
            assert backend.read("shop", "test") == a_state(1)
            with ThreadPoolExecutor(max_workers=1) as other:
                second = other.submit(later.enter_context, hold(backend)).result(LONG_ENOUGH)
                second.check()
                other.submit(backend.write, a_state(3), expected=a_state(1)).result(LONG_ENOUGH)
                with pytest.raises(LockLostError):
                    backend.write(a_state(2), expected=a_state(3))
        second.check()
        assert backend.read("shop", "test") == a_state(3)


def test_7_5_a_forced_unlock_lets_in_who_waits(backend: StateBackend) -> None:
    """It is told of the first, and had by nobody else meanwhile."""
    waiting = threading.Event()

    def come_second() -> str:
        with backend.lock(
            "shop", "test", operation="plan", timeout=LONG_ENOUGH, on_wait=lambda _: waiting.set()
        ) as held:
            held.check()
            return str(held.holder.operation)

    with ThreadPoolExecutor(max_workers=1) as pool, hold(backend) as first:
        second = pool.submit(come_second)
        assert waiting.wait(LONG_ENOUGH)
        backend.unlock(first.holder.id, force=True)
        assert second.result(LONG_ENOUGH) == "plan"


# ── 8. locks that people hold ─────────────────────────────────────────────────────────────


def test_8_1_a_lock_is_held_until_it_is_released(backend: StateBackend) -> None:
    """With who, since when and why; it is no state."""
    assert backend.held_locks() == ()
    held = backend.put_held_lock("live", "shop", reason="launch freeze")
    assert (held.place, held.reason) == ("live/shop", "launch freeze")
    assert "@" in held.who
    assert re.fullmatch(r"[0-9a-f]{8}", held.id)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", held.since)
    assert backend.held_locks() == (held,)
    assert backend.stacks("live") == ()
    assert backend.drop_held_lock("live", "shop") == held.file
    assert backend.held_locks() == ()


def test_8_2_locks_are_listed_by_environment_and_stack(backend: StateBackend) -> None:
    """One on a whole environment stands before those on its stacks."""
    for environment, stack in (("test", "b"), ("live", "shop"), ("test", ""), ("test", "a")):
        backend.put_held_lock(environment, stack, reason="x")
    places = [lock.place for lock in backend.held_locks()]
    assert places == ["live/shop", "test", "test/a", "test/b"]
    assert [lock.place for lock in backend.held_locks("live")] == ["live/shop"]


def test_8_3_what_is_locked_is_not_locked_again(backend: StateBackend) -> None:
    """The first lock stays."""
    held = backend.put_held_lock("live", "", reason="audit")
    with pytest.raises(LockHeldError, match=r"live is locked by .+: audit"):
        backend.put_held_lock("live", "", reason="mine")
    assert backend.held_locks() == (held,)


def test_8_4_what_is_not_locked_is_not_released(backend: StateBackend) -> None:
    """Neither what nobody locked, nor what another lock covers."""
    backend.put_held_lock("live", "", reason="audit")
    for environment, stack in (("live", "shop"), ("test", ""), ("live/shop", "x")):
        with pytest.raises(UsageError, match="is not locked"):
            backend.drop_held_lock(environment, stack)
    assert len(backend.held_locks()) == 1


def test_8_5_a_held_lock_is_not_a_run_lock(backend: StateBackend) -> None:
    """A run can still be made, for reading; whether it may write is the operations' affair."""
    backend.put_held_lock("test", "shop", reason="audit")
    with hold(backend):
        assert len(backend.run_locks()) == 1


# ── 9. what outlives a process ────────────────────────────────────────────────────────────

HOLDER = """
    import sys
    from pathlib import Path
    from engine.backends.state.local import LocalBackend

    root = Path(sys.argv[1])
    backend = LocalBackend(root / "state", root / ".engine", engine_version="9.9.9")
    with backend.lock("shop", "test", operation="apply", timeout=0, on_wait=print):
        print("held", flush=True)
        sys.stdin.read()
"""


def test_9_1_a_lock_is_freed_by_the_death_of_its_holder(tmp_path: Path) -> None:
    """Killed without a chance to clean up, it still lets the next one in."""
    backend = _local(tmp_path)
    with subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockHeldError, match=f"pid {holder.pid}"), hold(backend):
            pytest.fail("two hold it")
        holder.kill()
    with hold(backend), pytest.raises(LockHeldError, match=f"pid {os.getpid()}"), hold(backend):
        pytest.fail("two hold it")


def test_9_2_a_state_is_there_for_the_next_process(tmp_path: Path) -> None:
    """Another backend on the same folder reads the same state."""
    _local(tmp_path).write(a_state(), expected=None)
    assert _local(tmp_path).read("shop", "test") == a_state()


# ── 7. keeps the journal of a run ─────────────────────────────────────────────────────────

RECORDS = tuple(b'{"record":%d,"text":"%b"}' % (n, b"x" * n) for n in range(6))


def begin(backend: StateBackend, *records: bytes, reserve: int = 0) -> JournalFile:
    """A journal of one stack."""
    return backend.begin_journal("shop", "test", records, reserve=reserve)


def test_7_1_without_a_run_there_is_no_journal(backend: StateBackend) -> None:
    """Ending one that is not there is no error."""
    assert backend.read_journal("shop", "test") is None
    backend.end_journal("shop", "test")
    assert backend.read_journal("shop", "test") is None


def test_7_2_records_come_back_as_they_were_added(backend: StateBackend) -> None:
    """In order, while it is open and after it was closed."""
    file = begin(backend, *RECORDS[:2])
    assert backend.read_journal("shop", "test") == RECORDS[:2]
    for number, record in enumerate(RECORDS[2:], start=3):
        file.append(record)
        assert backend.read_journal("shop", "test") == RECORDS[:number]
    file.close()
    assert backend.read_journal("shop", "test") == RECORDS


def test_7_3_any_bytes_but_a_newline_are_a_record(backend: StateBackend) -> None:
    """UTF-8, what looks like a checksum, and what a line ends with elsewhere."""
    records = ("ß字\u2028".encode(), b"00000000 {}", b"{}\r", b"x" * 300_000, b"\xed\xa0\x80")
    file = begin(backend, b"{}")
    for record in records:
        file.append(record)
    file.close()
    assert backend.read_journal("shop", "test") == (b"{}", *records)


def test_7_4_room_that_was_set_aside_is_no_record(backend: StateBackend) -> None:
    """However much it is, and however much of it was used."""
    file = begin(backend, RECORDS[0], reserve=100_000)
    assert backend.read_journal("shop", "test") == RECORDS[:1]
    file.append(RECORDS[1], reserve=200_000)
    file.close()
    assert backend.read_journal("shop", "test") == RECORDS[:2]


def test_7_5_a_new_journal_takes_the_place_of_the_old(backend: StateBackend) -> None:
    """Longer or shorter, nothing of the old one shows through."""
    old = begin(backend, *RECORDS, reserve=10_000)
    old.close()
    new = begin(backend, RECORDS[5])
    new.append(RECORDS[4])
    new.close()
    assert backend.read_journal("shop", "test") == (RECORDS[5], RECORDS[4])


def test_7_6_an_ended_journal_is_gone(backend: StateBackend) -> None:
    """And the next one begins from nothing."""
    begin(backend, *RECORDS).close()
    backend.end_journal("shop", "test")
    assert backend.read_journal("shop", "test") is None
    begin(backend, RECORDS[1]).close()
    assert backend.read_journal("shop", "test") == RECORDS[1:2]


def test_7_7_journals_are_of_one_stack_in_one_environment(backend: StateBackend) -> None:
    """Others, and the states beside them, are not touched."""
    backend.write(a_state(), expected=None)
    places = [("shop", "test"), ("shop", "live"), ("other", "test")]
    for number, (stack, environment) in enumerate(places):
        backend.begin_journal(stack, environment, RECORDS[number : number + 1], reserve=0).close()
    backend.end_journal("shop", "live")
    assert [backend.read_journal(*place) for place in places] == [
        RECORDS[0:1],
        None,
        RECORDS[2:3],
    ]
    assert backend.read("shop", "test") == a_state()
    assert backend.stacks("test") == ("shop",)


# What a file is, and memory is not: cut off in the middle, damaged, on a disk that is full.


def _journal(root: Path) -> Path:
    return root / "state" / "test" / "shop.journal"


def test_7_8_a_journal_is_there_for_the_next_process_and_for_nobody_else(tmp_path: Path) -> None:
    """Its parameters may be confidential: it is readable by its user alone."""
    begin(_local(tmp_path), *RECORDS).close()
    assert _local(tmp_path).read_journal("shop", "test") == RECORDS
    assert _journal(tmp_path).stat().st_mode & 0o777 == 0o600


def test_7_9_a_record_that_a_crash_tore_is_left_out(tmp_path: Path) -> None:
    """Torn at any byte, what was whole before it is read, and nothing more."""
    backend = _local(tmp_path)
    file = begin(backend, RECORDS[0], reserve=500)
    put_in_place = _journal(tmp_path).read_bytes().rindex(b"\n") + 1
    for record in RECORDS[1:3]:
        file.append(record)
    file.close()
    whole = _journal(tmp_path).read_bytes()
    ends = [whole.index(record) + len(record) for record in RECORDS[:3]]
    for cut in range(put_in_place, len(whole) + 1):
        _journal(tmp_path).write_bytes(whole[:cut] + bytes(len(whole) - cut))
        expected = RECORDS[: sum(cut >= end for end in ends)]
        assert backend.read_journal("shop", "test") == expected


def test_7_9b_what_no_crash_can_do_is_refused(tmp_path: Path) -> None:
    """Cut short at any byte, or without the beginning that was put in place with it."""
    backend = _local(tmp_path)
    file = begin(backend, RECORDS[0], reserve=500)
    put_in_place = _journal(tmp_path).read_bytes().rindex(b"\n") + 1
    file.append(RECORDS[1])
    file.close()
    whole = _journal(tmp_path).read_bytes()
    first = whole.index(b"\n")
    torn = [whole[:cut] + bytes(len(whole) - cut) for cut in range(first)]
    for content in [*torn, *(whole[:length] for length in range(len(whole)))]:
        _journal(tmp_path).write_bytes(content)
        with pytest.raises(StateError, match=r"shop\.journal, line \d: the journal") as raised:
            backend.read_journal("shop", "test")
        assert "engine state rebuild shop --force" in str(raised.value.hint)
    _journal(tmp_path).write_bytes(whole[:put_in_place] + bytes(len(whole) - put_in_place))
    assert backend.read_journal("shop", "test") == RECORDS[:1]


def test_7_10_damage_before_whole_records_is_refused(tmp_path: Path) -> None:
    """Any bit of any byte: it is noticed, and the line named, or it was the last record's."""
    backend = _local(tmp_path)
    file = begin(backend, *RECORDS[:2], reserve=100)
    file.append(RECORDS[2])
    file.append(RECORDS[3])
    file.close()
    whole = _journal(tmp_path).read_bytes().rstrip(b"\0")
    last = whole.rindex(b"\n", 0, -1) + 1
    assert len(_journal(tmp_path).read_bytes()) > len(whole)
    for at in range(len(whole)):
        for bit in (0x01, 0x20, 0x80):
            damaged = bytearray(whole)
            damaged[at] ^= bit
            _journal(tmp_path).write_bytes(bytes(damaged) + bytes(100))
            if at >= last - 1:
                found = backend.read_journal("shop", "test")
                assert found is not None
                # The newline between the last two records belongs to both of them.
                assert found in (RECORDS[:4], RECORDS[:3], RECORDS[:2])
                continue
            with pytest.raises(
                StateError, match="journal of an unfinished run is damaged"
            ) as raised:
                backend.read_journal("shop", "test")
            line = whole[:at].count(b"\n") + 1
            assert f"state/test/shop.journal, line {line}:" in raised.value.message
            assert "backup" in str(raised.value.hint)


def test_7_11_a_record_that_could_not_be_written_leaves_those_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it may be on the disk: it is wiped, and the next one is whole."""
    backend = _local(tmp_path)
    file = begin(backend, RECORDS[0], reserve=1000)
    real, asked = os.pwrite, []

    def half(handle: int, content: bytes, offset: int) -> int:
        asked.append(content)
        if len(asked) == 1:
            return real(handle, content[: len(content) // 2], offset)
        if len(asked) == 2:
            raise OSError(errno.EIO, "Input/output error")
        return real(handle, content, offset)

    monkeypatch.setattr(os, "pwrite", half)
    with pytest.raises(StateError, match=r"shop\.journal cannot be written") as raised:
        file.append(RECORDS[5])
    assert raised.value.cause == "Input/output error"
    assert backend.read_journal("shop", "test") == RECORDS[:1]
    file.append(RECORDS[1])
    file.append(RECORDS[2])
    file.close()
    assert backend.read_journal("shop", "test") == RECORDS[:3]


def test_7_12_without_room_the_old_journal_is_intact(tmp_path: Path) -> None:
    """A reserve that no disk has is found out before anything is replaced, and leaves nothing."""
    backend = _local(tmp_path)
    begin(backend, *RECORDS[:2]).close()
    before = _journal(tmp_path).read_bytes()
    with pytest.raises(StateError, match=r"shop\.journal cannot be written"):
        begin(backend, RECORDS[5], reserve=1 << 62)
    assert _journal(tmp_path).read_bytes() == before
    assert [path.name for path in _journal(tmp_path).parent.iterdir()] == ["shop.journal"]


FULL = """
    import os, resource, sys
    from pathlib import Path
    from engine.backends.state.local import LocalBackend
    from engine.errors import StateError

    root, how = Path(sys.argv[1]), sys.argv[2]
    backend = LocalBackend(root / "state", root / ".engine", engine_version="9.9.9")
    file = backend.begin_journal("shop", "test", (b"{}",), reserve=300_000)
    file.append(b"x" * 1000, reserve=400_000)
    # From here on not one byte more is to be had.
    if how == "quota":
        size = (root / "state" / "test" / "shop.journal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    else:
        with (root / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass
    for _ in range(390):
        file.append(b"y" * 1000)
    print("all that was promised", flush=True)
    try:
        while True:
            file.append(b"z" * 1000, reserve=1000)
    except StateError as error:
        print(error.cause, flush=True)
"""


@pytest.mark.parametrize("how", ["quota", "full disk"])
def test_7_13_what_is_set_aside_can_be_written_when_nothing_else_can(
    tmp_path: Path, how: str
) -> None:
    """Up to the last byte of the reserve; what is over it is an error, and all before it stays."""
    with _small_disk(tmp_path) if how == "full disk" else contextlib.nullcontext():
        found = subprocess.run(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path), how],
            capture_output=True,
            text=True,
            check=True,
        )
        told, why = found.stdout.splitlines()
        assert told == "all that was promised"
        assert why == {"quota": "File too large", "full disk": "No space left on device"}[how]
        records = _local(tmp_path).read_journal("shop", "test")
        assert records is not None
        assert len(records) >= 392
        assert {len(record) for record in records[1:]} == {1000}


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """Two megabytes of a disk of its own."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("this system has no mount command")
    mounted = subprocess.run(  # noqa: S603 - the system's own command
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run([unmount, str(folder)], check=True)  # noqa: S603 - the system's own command
