"""The journal of a run: what it holds at each moment, and what is read of it afterwards."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from engine.apply.journal import (
    FORMAT,
    Intent,
    Journal,
    Run,
    Unfinished,
    first_record,
    intent_record,
    objects_of,
    read_journal,
    room_for,
)
from engine.catalog import loader
from engine.errors import ConnectionFailedError, ProviderError, StateError
from engine.plan.model import Step, StepKind
from engine.state.model import Delta, RemovedObject, ResourceState, State
from engine.values.secret import Sealed, Sensitive, fingerprint
from tests.support.fakes.ports import FakeJournalFile
from tests.support.fakes.world import World, make

A, B, C = (f"stripe_product.{name}" for name in "abc")
HOOK = "stripe_webhook_endpoint.h"
SCHEMAS = loader.schemas()
FORMATS = Path(__file__).parent / "formats"
RUN = Run(
    id="run1",
    stack="shop",
    environment="live",
    lineage="l",
    serial=7,
    objects="0123456789abcdef",
    account_id="acct_1",
    livemode=True,
    since="2026-11-26T10:00:00+00:00",
)


class Written:
    """A journal that keeps the bytes of its records."""

    def __init__(self, records: list[bytes]) -> None:
        """Begin with some."""
        self.records = records

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Keep one more."""
        assert reserve >= 0
        self.records.append(record)

    def sync(self) -> None:
        """Nothing is left to do."""

    def close(self) -> None:
        """Nothing to close."""


def product(address: str, *needs: str) -> Step:
    """Create a product named like its address."""
    return make(StepKind.CREATE, address, params={"name": address.rpartition(".")[2]}, after=needs)


def kinds(file: FakeJournalFile) -> list[str]:
    """What each record says, and of which operation."""
    names = ("intent", "done", "failed", "noted")
    return [f"{name} {entry[name]}" for entry in file.records for name in names if name in entry]


def raw(*records: dict[str, Any] | bytes) -> list[bytes]:
    """Records as a store gives them back."""
    return [entry if isinstance(entry, bytes) else json.dumps(entry).encode() for entry in records]


# ── what a run writes down ───────────────────────────────────────────────────────────────────


def test_an_intent_stands_before_the_request_and_its_result_after(world: World) -> None:
    """When Stripe is called the journal says with what; once it answered, what came of it."""
    seen: list[list[str]] = []
    world.provider.before = lambda _: seen.append(kinds(world.journal))
    world.apply(product(A), product(B, f"create {A}"))
    assert seen == [["intent 0"], ["intent 0", "done 0", "intent 1"]]
    assert kinds(world.journal) == ["intent 0", "done 0", "intent 1", "done 1"]


def test_an_intent_holds_all_that_it_takes_to_send_it_again(world: World) -> None:
    """Resolved parameters, the key of the request, and the moment by Stripe's clock."""
    world.provider.time = 1_790_000_000
    world.apply(
        product(A),
        make(
            StepKind.CREATE,
            "stripe_price.p",
            params={"product": f"${{{A}.id}}", "currency": "usd"},
            after=(f"create {A}",),
        ),
    )
    sent = world.provider.calls[1]
    _, _, record, _ = world.journal.records
    assert record["key"] == sent.context.idempotency_key
    assert record["at"] == 1_790_000_000
    assert record["step"]["params"] == sent.params == {"product": "product_1", "currency": "usd"}


def test_an_update_names_the_object_it_acts_on(world: World) -> None:
    """The state may name another by the time it is taken up."""
    world.has(A, "prod_1", declared={"name": "a"})
    world.apply(make(StepKind.UPDATE, A, params={"name": "b"}))
    assert world.journal.records[0]["step"]["id"] == "prod_1"


def test_no_secret_is_in_a_journal(world: World) -> None:
    """Neither one that its author wrote, nor one that Stripe told."""
    world.apply(make(StepKind.CREATE, HOOK, params={"url": Sensitive("https://hunter2.example")}))
    text = json.dumps(world.journal.records)
    assert kinds(world.journal) == ["intent 0", "done 0"]
    assert "hunter2" not in text
    assert "whsec" not in text
    assert world.sink.kept == {("s", f"{HOOK}.secret"): "whsec_of_webhook_endpoint_1"}


def test_a_refusal_closes_its_intent(world: World) -> None:
    """Stripe said no: nobody has to find out what became of it."""
    world.provider.failures["create a"] = ProviderError("no", status=400)
    world.apply(product(A))
    assert kinds(world.journal) == ["intent 0", "failed 0"]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ConnectionFailedError("no answer"), id="no answer"),
        pytest.param(ProviderError("a fault", status=500), id="500"),
        pytest.param(ProviderError("a fault", status=503), id="503"),
        pytest.param(ProviderError("in use", status=409), id="409"),
        pytest.param(RuntimeError("a bug"), id="a bug"),
    ],
)
def test_what_may_have_happened_stays_open(world: World, error: Exception) -> None:
    """Stripe may have carried it out: the next run finds out."""
    world.provider.failures["create a"] = error
    result = world.apply(product(A))
    assert len(result.failures) == 1
    assert kinds(world.journal) == ["intent 0"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
def test_what_cannot_have_happened_does_not(world: World, status: int) -> None:
    """Stripe carries out nothing that it answers like this (D)."""
    world.provider.failures["create a"] = ProviderError("no", status=status)
    world.apply(product(A))
    assert kinds(world.journal) == ["intent 0", "failed 0"]


def test_an_uncertain_failure_says_when_it_is_found_out(world: World) -> None:
    """Beside what was to be done anyway."""
    world.provider.failures["create a"] = ProviderError("a fault", status=500)
    world.provider.failures["create b"] = ConnectionFailedError("no", hint="check the network")
    hints = [entry.error.hint for entry in world.apply(product(A), product(B)).failures
             if entry.error]  # fmt: skip
    later = "whether Stripe carried it out is found out by the next engine plan or apply"
    assert hints == [later, f"check the network; {later}"]


def test_what_stripe_has_no_part_in_is_noted(world: World) -> None:
    """Renames, and records of what is there already."""
    world.has(A, "prod_1")
    forget = make(StepKind.FORGET, B, id="prod_1")
    world.apply(forget, moves={A: B})
    assert kinds(world.journal) == ["noted True", "noted True"]
    assert set(world.journal.records[0]["resources"]) == {A, B}
    assert world.journal.records[1]["resources"] == {B: None}


def test_a_secret_that_was_not_kept_leaves_its_intent_open(world: World) -> None:
    """The object is remembered, and the same request with the same key tells the secret again."""
    world.sink.torn = True
    result = world.apply(make(StepKind.CREATE, HOOK, params={"url": "https://e.example"}))
    assert len(result.failures) == 1
    assert kinds(world.journal) == ["intent 0", "noted True"]
    assert world.journal.records[1]["resources"][HOOK]["id"] == "webhook_endpoint_1"


def test_an_intent_tells_which_secret_was_kept_before(world: World) -> None:
    """So that whoever takes the run up can tell a new secret in the sink from an old one."""
    step = make(StepKind.CREATE, HOOK, params={"url": "https://e.example"})
    world.apply(step)
    assert "kept" not in world.journal.records[0]
    world.apply(step, run="run2")
    kept = {f"{HOOK}.secret": fingerprint("whsec_of_webhook_endpoint_1", "l")}
    assert world.journal.records[2]["kept"] == kept
    records = [first_record(RUN), json.dumps(world.journal.records[2]).encode()]
    assert read_journal(records, SCHEMAS, {}).pending[0].kept == kept


def test_a_sink_that_cannot_be_read_keeps_nobody_from_working(world: World) -> None:
    """A program that reads secrets fails for one that is not there yet."""
    world.sink.mute = True
    result = world.apply(make(StepKind.CREATE, HOOK, params={"url": "https://e.example"}))
    assert result.failures == ()
    assert "kept" not in world.journal.records[0]


def test_without_room_for_an_intent_nothing_is_sent(world: World) -> None:
    """What could not be found out afterwards is not begun, and nothing after it."""
    world.journal.room = 0
    result = world.apply(product(A), product(B))
    assert world.provider.calls == []
    assert isinstance(result.unsaved, StateError)
    assert [entry.outcome.value for entry in result.results] == ["failed", "skipped"]


def test_a_result_that_cannot_be_written_stops_the_run_and_is_not_lost(world: World) -> None:
    """The state of the end has it; the intent stays open, and is answered alike again."""
    world.journal.room = 1
    result = world.apply(product(A), product(B, f"create {A}"))
    assert kinds(world.journal) == ["intent 0"]
    assert world.saved[-1].resources[A].id == "product_1"
    assert isinstance(result.unsaved, StateError)
    assert [entry.outcome.value for entry in result.results] == ["failed", "skipped"]


# ── the format ───────────────────────────────────────────────────────────────────────────────


def test_the_bytes_of_a_journal() -> None:
    """As engines that were released have written them: the file is never changed."""
    lines = (FORMATS / f"{FORMAT}.jsonl").read_bytes().splitlines()
    step = make(StepKind.CREATE, A, params={"name": "Größe"})
    step = dataclasses.replace(step, after=("create b",), account="acct_2")
    intents = (
        Intent(number=0, key="k0", at=None, step=step),
        Intent(number=1, key="k1", at=17, step=step, kept={"b": "1", "a": "2"}),
    )
    entry = ResourceState(type="stripe_product", id="prod_1", declared={"name": "Größe"})
    gone = RemovedObject(type="stripe_product", id="prod_9", account="acct_2")
    delta = Delta(resources={B: entry, A: None}, removed={B: gone, A: None})
    file = Written([first_record(RUN)])
    journal = Journal(RUN, file)
    for intent in intents:
        journal.intend(intent)
    journal.done(0, delta)
    journal.note(Delta())
    journal.failed(1)
    assert file.records == lines
    read = read_journal(lines, SCHEMAS, {})
    assert read == Unfinished(run=RUN, deltas=(delta, Delta()), pending=(), done=intents[:1])
    assert read_journal(lines[:3], SCHEMAS, {}).pending == intents


# ── room ─────────────────────────────────────────────────────────────────────────────────────


class Measured:
    """A journal that fails a test when a result needs more than was set aside for it."""

    def __init__(self) -> None:
        """Nothing is set aside."""
        self.room = 0

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Take a record out of what was set aside, or set aside more."""
        if not reserve:
            assert len(record) <= self.room
        self.room = max(self.room - len(record), reserve)

    def sync(self) -> None:
        """Nothing is left to do."""

    def close(self) -> None:
        """Nothing to close."""


def test_there_is_room_for_the_results_of_all_that_is_in_flight() -> None:
    """However many are open, each finds room for what comes of it, however late."""
    journal = Journal(RUN, Measured())
    wide = {"name": "x" * 500, "metadata": {f"k{n}": "v" * 400 for n in range(20)}}
    entry = ResourceState(
        type="stripe_product", id="prod_" + "1" * 14, declared=wide, attributes=wide
    )
    for number in range(10):
        step = make(StepKind.CREATE, f"stripe_product.p{number}", params=wide)
        journal.intend(Intent(number=number, step=step, key=f"key-{number}", at=None))
    assert sorted(journal.open) == list(range(10))
    for number in reversed(range(10)):
        journal.done(number, Delta(resources={f"stripe_product.p{number}": entry}))
    assert journal.open == {}


def test_the_room_for_a_run_is_that_of_its_records() -> None:
    """More than what each operation and its result take, also of text that UTF-8 makes longer."""
    steps = [
        make(StepKind.CREATE, f"stripe_product.{name}", params={"name": text * 50})
        for name, text in (("a", "x"), ("b", "ß"), ("c", "字"))
    ]
    needed = sum(
        2 * len(intent_record(Intent(number=1, step=step, key="k" * 60, at=1), "l"))
        for step in steps
    )
    assert room_for(steps, "l") > needed
    assert room_for([], "l") == 0


# ── what is read afterwards ──────────────────────────────────────────────────────────────────


def test_the_run_comes_back_whole() -> None:
    """Every field of it."""
    unfinished = read_journal([first_record(RUN)], SCHEMAS, {})
    assert unfinished.run == RUN
    assert (unfinished.deltas, unfinished.pending) == ((), ())


def test_results_and_open_intents_come_back_in_order() -> None:
    """What is done or failed is not pending; what is noted or done is a change."""
    intents = [
        Intent(number=number, step=product(address), key=f"key-{number}", at=1000 + number)
        for number, address in enumerate((A, B, C))
    ]
    entry = ResourceState(type="stripe_product", id="prod_1", declared={"name": "a"})
    gone = RemovedObject(type="stripe_product", id="prod_9", account="acct_2")
    noted = Delta(resources={"stripe_product.x": None}, removed={"stripe_product.x": gone})
    done = Delta(resources={A: entry}, removed={A: None})
    file = Written([first_record(RUN)])
    journal = Journal(RUN, file)
    journal.note(noted)
    for intent in intents:
        journal.intend(intent)
    journal.failed(1)
    journal.done(0, done)
    found = read_journal(file.records, SCHEMAS, {})
    assert found.deltas == (noted, done)
    assert found.pending == (intents[2],)
    assert list(journal.open) == [2]


def test_a_secret_that_the_stack_declares_is_filled_in() -> None:
    """By its fingerprint; another stays one."""
    step = make(StepKind.CREATE, A, params={"name": Sensitive("hunter2"), "x": Sensitive("lost")})
    record = intent_record(Intent(number=0, step=step, key="k", at=None), "l")
    known = {fingerprint("hunter2", "l"): "hunter2"}
    [intent] = read_journal([first_record(RUN), record], SCHEMAS, known).pending
    assert intent.step.params == {
        "name": Sensitive("hunter2"),
        "x": Sealed.of("lost", "l"),
    }


@pytest.mark.parametrize("text", ["ß", "字", "\ud800", "line\nbreak", "\u2028", "\0", '"\\'])
def test_any_text_fits_on_one_line_and_comes_back(text: str) -> None:
    """A record ends at a newline, so none may hold one."""
    step = make(StepKind.CREATE, A, params={"name": text})
    record = intent_record(Intent(number=0, step=step, key="k", at=None), "l")
    assert b"\n" not in record
    assert b"\0" not in record
    [intent] = read_journal([first_record(RUN), record], SCHEMAS, {}).pending
    assert intent.step.params == {"name": text}
    assert room_for([step], "l") > 0


@pytest.mark.parametrize(
    "records",
    [
        pytest.param(raw({"journal": 2}), id="another format"),
        pytest.param(raw({"intent": 0}), id="no head"),
        pytest.param(raw(b"{"), id="no JSON"),
        pytest.param(raw(b"[]"), id="no object"),
        pytest.param([], id="nothing"),
        pytest.param([first_record(RUN), b"[]"], id="no record"),
        pytest.param([first_record(RUN), *raw({"done": 0, "resources": {A: {}}})], id="no result"),
        pytest.param(
            [
                first_record(RUN),
                *raw({"intent": 0, "key": "k", "at": 1, "step": {"type": "stripe_nothing"}}),
            ],
            id="unknown type",
        ),
    ],
)
def test_a_journal_of_another_engine_is_refused(records: list[bytes]) -> None:
    """With what to do, and nothing guessed."""
    with pytest.raises(StateError, match="journal of an unfinished run cannot be read") as raised:
        read_journal(records, SCHEMAS, {})
    assert "run the version of engine that wrote it" in str(raised.value.hint)


# ── which objects a state has ────────────────────────────────────────────────────────────────


def test_states_are_told_apart_by_their_objects_alone() -> None:
    """Ids, addresses and what is superseded count; values and the serial do not."""

    def state(address: str = A, id: str = "prod_1", **parts: Any) -> State:
        lineage, serial = parts.pop("lineage", "l"), parts.pop("serial", 1)
        entry = ResourceState(type="stripe_product", id=id, **parts)
        return State(
            stack="s", environment="e", lineage=lineage, serial=serial, resources={address: entry}
        )

    base = objects_of(state())
    same = [state(serial=2), state(declared={"name": "x"}), state(dependencies=("a",))]
    other = [state(B), state(id="prod_2"), state(superseded=("prod_0",)), state(lineage="m")]
    assert [objects_of(entry) == base for entry in same] == [True] * 3
    assert [objects_of(entry) == base for entry in other] == [False] * 4
    two = {A: ResourceState(type="t", id="1"), B: ResourceState(type="t", id="2")}
    orders = [dict(two), dict(reversed(two.items()))]
    found = {
        objects_of(State(stack="s", environment="e", lineage="l", resources=order))
        for order in orders
    }
    assert len(found) == 1
