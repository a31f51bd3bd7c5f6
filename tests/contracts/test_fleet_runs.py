"""What every `engine.ports.fleet.record.FleetRuns` MUST do, one suite for files and stores."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier

import pytest

from engine.backends.fleet_runs import FileFleetRuns
from engine.backends.http.backend import HttpBackend
from engine.backends.shared.fleet_runs import SharedFleetRuns
from engine.errors import StateError, StoreUnavailableError
from engine.ports.fleet.record import FleetRecord, FleetRuns, RecordChangedError
from tests.support.backends import http_backend
from tests.support.fakes.memory_store import Call, MemoryStore, Shelf, When
from tests.support.state_server import StateServer
from tests.support.stores import STORES

RECORD = FleetRecord(
    fleet="shops",
    claim="c1",
    stacks=("shop",),
    options=("--target stripe_price.pro",),
    groups={"a": ("part", "ßecond"), "b": ()},
    left={"acct_1": "a", "north": "b"},
)
OTHER = dataclasses.replace(RECORD, claim="c2")


@pytest.fixture(params=["file", "http", *STORES])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], FleetRuns]]:
    """What opens one keeper of records, as on another machine at each call."""
    if request.param == "file":
        yield lambda: FileFleetRuns(tmp_path / ".engine")
        return
    if request.param == "http":
        server = StateServer()
        yield lambda: _in_a_state_server(server)
        server.close()
        return
    with STORES[request.param]() as made:
        made().prepare()
        yield lambda: SharedFleetRuns(made)


def _in_a_state_server(server: StateServer) -> FleetRuns:
    backend = http_backend(f"{server.address}/s")
    assert isinstance(backend, HttpBackend)
    return backend.fleet_runs()


@pytest.fixture
def runs(opened: Callable[[], FleetRuns]) -> FleetRuns:
    """One of them."""
    return opened()


def test_1_there_is_none_at_first(runs: FleetRuns) -> None:
    """And to forget that one is allowed."""
    assert runs.read("shops") is None
    runs.swap("shops", None, expected=None)
    assert runs.read("shops") is None


def test_2_another_machine_reads_what_was_kept(opened: Callable[[], FleetRuns]) -> None:
    """All of it, and of that fleet alone."""
    opened().swap("shops", RECORD, expected=None)
    assert opened().read("shops") == RECORD
    assert opened().read("shop") is None
    assert opened().read("shops-2") is None


def test_3_a_record_is_replaced_and_forgotten(runs: FleetRuns) -> None:
    """As often as it takes."""
    before = None
    for record in (RECORD, OTHER, None, RECORD, None):
        runs.swap("shops", record, expected=before)
        assert runs.read("shops") == record
        before = record


@pytest.mark.parametrize("kept", [None, RECORD])
def test_4_a_swap_of_another_record_is_refused(runs: FleetRuns, kept: FleetRecord | None) -> None:
    """Whether there is one or not; what is kept stays."""
    runs.swap("shops", kept, expected=None)
    for record in (RECORD, None):
        with pytest.raises(RecordChangedError):
            runs.swap("shops", record, expected=OTHER)
    if kept is not None:
        with pytest.raises(RecordChangedError):
            runs.swap("shops", OTHER, expected=None)
    assert runs.read("shops") == kept


def test_5_one_of_many_swaps_succeeds(opened: Callable[[], FleetRuns]) -> None:
    """At the same time, of the same record."""
    count, rounds = 4, 3
    before: FleetRecord | None = None
    for number in range(rounds):
        barrier, wanted = Barrier(count), before

        def swap(
            index: int,
            number: int = number,
            barrier: Barrier = barrier,
            wanted: FleetRecord | None = wanted,
        ) -> str:
            claim = f"c{number}-{index}"
            runs = opened()
            barrier.wait()
            with suppress(RecordChangedError):
                runs.swap("shops", dataclasses.replace(RECORD, claim=claim), expected=wanted)
                return claim
            return ""

        with ThreadPoolExecutor(count) as pool:
            (won,) = filter(None, pool.map(swap, range(count)))
        before = opened().read("shops")
        assert before is not None
        assert before.claim == won


# ── what only a shared store can do ───────────────────────────────────────────────────────


def test_earlier_records_are_removed() -> None:
    """A fleet leaves one blob, however often it is applied."""
    shelf = Shelf()
    runs = SharedFleetRuns(lambda: MemoryStore(shelf))
    runs.swap("shops", RECORD, expected=None)
    runs.swap("shops", OTHER, expected=RECORD)
    runs.swap("shops", None, expected=OTHER)
    assert list(shelf.blobs) == ["fleets/shops/00000003.json"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(5))
def test_a_request_that_fails_leaves_a_whole_record(when: When, number: int) -> None:
    """The old one or the new one; a swap that returns has stored the new one."""
    shelf = Shelf()
    runs = SharedFleetRuns(lambda: MemoryStore(shelf))
    runs.swap("shops", RECORD, expected=None)
    first = len(shelf.calls)

    def failing(call: Call, at: When) -> None:
        if call.number == first + number and at == when:
            raise StoreUnavailableError("no answer")

    shelf.fault = failing
    try:
        runs.swap("shops", OTHER, expected=RECORD)
    except StateError:
        assert runs.read("shops") in (RECORD, OTHER)
    else:
        assert runs.read("shops") == OTHER


def test_a_slow_one_does_not_bring_an_old_record_back() -> None:
    """It was stopped before its write; others wrote that number and removed it."""
    shelf = Shelf()
    slow, fast = (SharedFleetRuns(lambda: MemoryStore(shelf)) for _ in range(2))
    third = dataclasses.replace(RECORD, claim="c3")
    fast.swap("shops", RECORD, expected=None)

    def overtaken(call: Call, at: When) -> None:
        if call.what == "create" and at == "before":
            shelf.fault = lambda *_: None
            fast.swap("shops", OTHER, expected=RECORD)
            fast.swap("shops", third, expected=OTHER)

    shelf.fault = overtaken
    with pytest.raises(RecordChangedError):
        slow.swap("shops", dataclasses.replace(RECORD, claim="slow"), expected=RECORD)
    assert fast.read("shops") == third
    assert list(shelf.blobs) == ["fleets/shops/00000003.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"write_id": "w"}',
        b'{"write_id": "w", "record": 1}',
        b'{"write_id": "w", "record": {"fleet": "other", "claim": "c"}}',
        b'{"write_id": "w", "record": {"fleet": "shops", "claim": "c", "left": {"a": "gone"}}}',
    ],
)
def test_what_another_program_wrote_is_refused(content: bytes) -> None:
    """With the name of the blob; blobs of other names are passed over."""
    shelf = Shelf()
    shelf.blobs["fleets/shops/00000007.json"] = content
    shelf.blobs["fleets/shops/notes.txt"] = b"mine"
    runs = SharedFleetRuns(lambda: MemoryStore(shelf))
    with pytest.raises(StateError, match=r"memory://shelf/fleets/shops/00000007\.json"):
        runs.read("shops")
