"""Taking up a run that did not finish: what it did, what it did not, and nothing twice."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest

from engine.apply.journal import Intent, Unfinished, first_record, objects_of, read_journal
from engine.apply.recovery import KEY_LIFE, RecoveryPorts, recover
from engine.apply.references import References
from engine.backends.state.git_advice import git_advice
from engine.catalog import loader
from engine.errors import (
    AuthenticationError,
    ConnectionFailedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitedError,
    StateError,
)
from engine.plan.model import Step, StepKind
from engine.ports.outcomes import Found, RecoveredStep
from engine.ports.provider import RequestContext
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import Delta, Draft, RemovalPolicy, RemovedObject, ResourceState, State
from engine.values.markers import UNKNOWN
from engine.values.secret import Sealed, Sensitive, fingerprint
from tests.support.fakes import world
from tests.support.fakes.world import World, make

A, B = "stripe_product.a", "stripe_product.b"
PRICE = "stripe_price.p"
HOOK = "stripe_webhook_endpoint.h"
METER = "stripe_billing_meter.m"
SCHEMAS = loader.schemas()
SENT = 1_000_000
"""When the operations were sent, by Stripe's clock."""
KEY = "engine-run0-s-0"
ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})
DELETE = Removal(verb=Verb.DELETE)
RUN = dataclasses.replace(world.RUN, id="run0", serial=3)


class Crash:
    """A run that ended in the middle, and what is found when it is taken up."""

    def __init__(self, world: World) -> None:
        """Let the run have begun from the state as it is in this world."""
        self.world = world
        world.state = dataclasses.replace(world.state, serial=3)
        self.run = dataclasses.replace(RUN, objects=objects_of(world.state))
        self.draft = Draft(world.state)

    def now(self, state: State) -> None:
        """Let this be the state that is stored when the run is taken up."""
        self.draft = Draft(state)

    def recover(
        self, *pending: Intent, deltas: tuple[Delta, ...] = ()
    ) -> tuple[RecoveredStep, ...]:
        """Take it up."""
        world, draft = self.world, self.draft
        references = References(
            stack="s",
            draft=draft,
            schemas=SCHEMAS,
            sink=world.sink,
            outputs_of=lambda _: UNKNOWN,
        )
        unfinished = Unfinished(run=self.run, deltas=deltas, pending=pending)
        ports = RecoveryPorts(
            provider=lambda: world.provider,
            schemas=SCHEMAS,
            sink=world.sink,
            references=references,
            advice=git_advice("state/test/s.json"),
        )
        return recover(unfinished, draft, ports)

    @property
    def found(self) -> Mapping[str, str]:
        """The ids that the state has now, by address."""
        return {address: entry.id for address, entry in self.draft.resources.items()}

    @property
    def sent(self) -> list[str]:
        """The writes that reached Stripe."""
        return [f"{call.verb} {call.object}" for call in self.world.provider.calls]


@pytest.fixture
def crash(world: World) -> Crash:
    """A run that began from an empty state."""
    return Crash(world)


def intent(step: Step, *, at: int | None = SENT, number: int = 0, key: str = KEY) -> Intent:
    """An operation that was sent."""
    return Intent(number=number, step=step, key=key, at=at)


def stamped(address: str, lineage: str = "l") -> dict[str, Any]:
    """Metadata with an ownership stamp."""
    return {"metadata": {"engine": f"{lineage}:{address}"}}


def product(address: str = A, **params: Any) -> Step:
    """Create a product with an ownership stamp."""
    declared = {"name": address.rpartition(".")[2], **params}
    return make(
        StepKind.CREATE, address, params={**declared, **stamped(address)}, declared=declared
    )


def put(world: World, id: str, **fields: Any) -> None:
    """Let there be an object on Stripe, made right after the operations were sent."""
    world.provider.objects[id] = {"id": id, "created": SENT + 1, **fields}


def resource(id: str, type: str = "stripe_product", **parts: Any) -> ResourceState:
    """What a state says of an object."""
    return ResourceState(type=type, id=id, **parts)


def answered(world: World, step: Step, key: str = KEY) -> None:
    """Let Stripe have carried a create out, and its answer be lost."""
    world.provider.create(SCHEMAS[step.type], step.params, RequestContext(idempotency_key=key))
    for found in world.provider.objects.values():
        found.setdefault("created", SENT + 1)
    world.provider.calls.clear()


# ── what the journal knows ───────────────────────────────────────────────────────────────────


def test_results_are_folded_in_and_nobody_is_asked(crash: Crash) -> None:
    """Made, removed, and remembered as archived; in order."""
    gone = RemovedObject(type="stripe_price", id="price_1")
    findings = crash.recover(
        deltas=(
            Delta(resources={A: resource("prod_1")}),
            Delta(resources={A: resource("prod_1", declared={"name": "b"})}),
            Delta(resources={PRICE: None}, removed={PRICE: gone}),
        )
    )
    assert crash.found == {A: "prod_1"}
    assert crash.draft.resources[A].declared == {"name": "b"}
    assert crash.draft.removed == {PRICE: gone}
    assert [(entry.address, entry.what, entry.id) for entry in findings] == [
        (A, Found.RECORDED, "prod_1"),
        (A, Found.RECORDED, "prod_1"),
        (PRICE, Found.RECORDED, ""),
    ]
    assert crash.sent == []


def test_a_state_of_another_lineage_is_refused(crash: Crash) -> None:
    """The objects of one are not those of the other."""
    crash.now(dataclasses.replace(crash.draft.base, lineage="m"))
    with pytest.raises(StateError, match="another test/s than the state") as raised:
        crash.recover(deltas=(Delta(resources={A: resource("prod_1")}),))
    assert "worked on lineage l, the state has m" in str(raised.value.cause)
    assert "git checkout" in str(raised.value.hint)
    assert crash.found == {}


def test_an_older_state_is_refused(crash: Crash) -> None:
    """What the run stood on is not in it."""
    crash.now(dataclasses.replace(crash.draft.base, serial=2))
    with pytest.raises(
        StateError, match="older than the one an unfinished run worked on"
    ) as raised:
        crash.recover(deltas=(Delta(resources={A: resource("prod_1")}),))
    assert "began from serial 3; the state is at 2" in str(raised.value.cause)
    assert "bring back the newer state" in str(raised.value.hint)
    assert crash.found == {}


def test_the_state_that_the_run_wrote_needs_nothing(crash: Crash) -> None:
    """Only the end of the journal was missed: nothing changes, and nothing is told."""
    deltas = (
        Delta(resources={A: resource("prod_1")}, removed={A: None}),
        Delta(resources={PRICE: resource("price_2", "stripe_price", superseded=("price_1",))}),
        Delta(resources={PRICE: resource("price_2", "stripe_price")}),
        Delta(resources={B: None}, removed={B: RemovedObject(type="stripe_product", id="prod_9")}),
    )
    written = Draft(dataclasses.replace(crash.draft.base, serial=4))
    for delta in deltas:
        written.change(delta)
    crash.now(written.state())
    assert crash.recover(deltas=deltas) == ()
    assert crash.draft.state() == written.state()


# ── a state that moved on ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("serial", [3, 4, 9])
def test_an_object_that_a_newer_state_does_not_know_is_not_lost(crash: Crash, serial: int) -> None:
    """At its address if that is free; else it goes where the next plan removes it.

    Also if the other state has the serial that the run began from: another branch counted too.
    """
    there = {B: resource("prod_b"), "stripe_product.c": resource("prod_c")}
    crash.now(dataclasses.replace(crash.draft.base, serial=serial, resources=there))
    findings = crash.recover(
        deltas=(
            Delta(resources={A: resource("prod_a")}),
            Delta(resources={B: resource("prod_new", superseded=("prod_old",))}),
        )
    )
    assert crash.found == {A: "prod_a", B: "prod_b", "stripe_product.c": "prod_c"}
    assert crash.draft.resources[B].superseded == ("prod_new",)
    assert [(entry.address, entry.id) for entry in findings] == [(A, "prod_a"), (B, "prod_new")]


def test_what_a_newer_state_says_stays(crash: Crash) -> None:
    """Values it has of an object are newer, and what it still has is not dropped."""
    there = {
        A: resource("prod_a", declared={"name": "newer"}),
        B: resource("prod_b", superseded=("prod_0",)),
    }
    crash.now(dataclasses.replace(crash.draft.base, serial=5, resources=there))
    findings = crash.recover(
        deltas=(
            Delta(resources={A: resource("prod_a", declared={"name": "older"})}),
            Delta(resources={B: None}),
            Delta(resources={"stripe_product.c": resource("prod_0")}),
        )
    )
    assert findings == ()
    assert crash.draft.resources == there


def test_a_replacement_finds_the_old_object_in_a_newer_state(crash: Crash) -> None:
    """The new one takes the place of the one that it was made for."""
    crash.now(
        dataclasses.replace(crash.draft.base, serial=5, resources={PRICE: resource("price_1")})
    )
    made = resource("price_2", "stripe_price", superseded=("price_1",))
    crash.recover(deltas=(Delta(resources={PRICE: made}),))
    assert crash.draft.resources[PRICE] == made


def test_what_changes_is_not_sent_late_into_a_newer_state(crash: Crash) -> None:
    """An old update could undo what is newer; the next plan sees what it did."""
    put(crash.world, "prod_a", name="newest")
    crash.now(dataclasses.replace(crash.draft.base, serial=5, resources={A: resource("prod_a")}))
    kinds = (StepKind.UPDATE, StepKind.SETTLE, StepKind.REMOVE, StepKind.DETACH, StepKind.CALL)
    steps = [make(kind, A, id="prod_a", params={"name": "old"}) for kind in kinds]
    findings = crash.recover(*map(intent, steps))
    assert [entry.what for entry in findings] == [Found.LEFT] * len(kinds)
    assert crash.sent == []


def test_what_a_create_made_beside_a_newer_state_is_to_go(crash: Crash) -> None:
    """The state has another object there: the one that the run made is removed by the next plan."""
    step = product()
    answered(crash.world, step)
    crash.now(
        dataclasses.replace(crash.draft.base, serial=5, resources={A: resource("prod_other")})
    )
    [finding] = crash.recover(intent(step))
    assert finding.what is Found.CONFIRMED
    assert crash.found == {A: "prod_other"}
    assert crash.draft.resources[A].superseded == ("product_1",)


# ── sent again with its own key ──────────────────────────────────────────────────────────────


def test_an_answer_that_was_lost_comes_again(crash: Crash) -> None:
    """Stripe replays it: one object, and the state has it."""
    step = product()
    answered(crash.world, step)
    findings = crash.recover(intent(step))
    assert findings == (RecoveredStep(address=A, what=Found.CONFIRMED, id="product_1"),)
    assert crash.found == {A: "product_1"}
    assert list(crash.world.provider.objects) == ["product_1"]
    [call] = crash.world.provider.calls
    assert call.context == RequestContext(idempotency_key=KEY)


def test_a_request_that_never_arrived_arrives_now(crash: Crash) -> None:
    """The same wish, agreed to in the run before."""
    [finding] = crash.recover(intent(product()))
    assert (finding.what, crash.found) == (Found.CONFIRMED, {A: "product_1"})


def test_it_is_sent_to_the_account_it_was_sent_to(crash: Crash) -> None:
    """A connected account has keys of its own."""
    crash.recover(intent(dataclasses.replace(product(), account="acct_2")))
    [call] = crash.world.provider.calls
    assert call.context == RequestContext(idempotency_key=KEY, account="acct_2")


def test_what_stripe_refuses_did_not_happen(crash: Crash) -> None:
    """A 400 is final: the next plan decides anew, and nothing is looked for."""
    put(crash.world, "prod_x", **stamped(A))
    crash.world.provider.failures["create a"] = ProviderError("no", status=400)
    assert crash.recover(intent(product())) == (RecoveredStep(address=A, what=Found.NOT_DONE),)
    assert crash.found == {}


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ConnectionFailedError("no answer"), id="no answer"),
        pytest.param(ProviderError("a fault", status=500), id="500 now"),
        pytest.param(ProviderError("in use", status=409), id="409"),
        pytest.param(RateLimitedError("slow down", status=429), id="429"),
        pytest.param(AuthenticationError("no key", status=401), id="401"),
        pytest.param(PermissionDeniedError("not yours", status=403), id="403"),
    ],
)
def test_as_long_as_stripe_does_not_tell_nothing_is_decided(
    crash: Crash, error: ProviderError
) -> None:
    """The error goes on to whoever asked; the journal is as good as before."""
    crash.world.provider.failures["create a"] = error
    with pytest.raises(type(error)) as raised:
        crash.recover(intent(product()))
    assert raised.value is error


def test_an_update_is_answered_again(crash: Crash) -> None:
    """The state learns what it did."""
    world = crash.world
    world.has(A, "prod_a", declared={"name": "old"})
    crash = Crash(world)
    [finding] = crash.recover(intent(make(StepKind.UPDATE, A, id="prod_a", params={"name": "new"})))
    assert finding == RecoveredStep(address=A, what=Found.CONFIRMED, id="prod_a")
    assert crash.draft.resources[A].declared == {"name": "new"}
    assert crash.sent == ["update product"]


@pytest.mark.parametrize("removal", [ARCHIVE, DELETE])
def test_a_removal_is_left_to_the_next_plan(crash: Crash, removal: Removal) -> None:
    """What was to go may be declared again by now, and the plan sees whether it is there."""
    crash.world.has(A, "prod_a")
    crash = Crash(crash.world)
    [finding] = crash.recover(intent(make(StepKind.REMOVE, A, id="prod_a", removal=removal)))
    assert finding == RecoveredStep(address=A, what=Found.LEFT)
    assert crash.sent == []
    assert crash.found == {A: "prod_a"}


def test_an_update_of_what_is_gone_did_not_happen(crash: Crash) -> None:
    """Somebody deleted it: the next plan says so."""
    crash.world.has(A, "prod_a")
    crash = Crash(crash.world)
    crash.world.provider.objects.clear()
    [finding] = crash.recover(intent(make(StepKind.UPDATE, A, id="prod_a", params={"name": "n"})))
    assert finding == RecoveredStep(address=A, what=Found.NOT_DONE)
    assert crash.found == {A: "prod_a"}


def test_taking_up_twice_changes_nothing_more(crash: Crash) -> None:
    """Killed after the state was written, the next one does it all over."""
    step = product()
    crash.recover(intent(step), deltas=(Delta(resources={B: resource("prod_b")}),))
    after = dataclasses.replace(crash.draft.state(), serial=4)
    crash.now(after)
    [finding] = crash.recover(intent(step), deltas=(Delta(resources={B: resource("prod_b")}),))
    assert finding.what is Found.CONFIRMED
    assert crash.draft.state() == after
    assert list(crash.world.provider.objects) == ["product_1"]


def test_one_that_fails_leaves_no_doubt_about_the_others(crash: Crash) -> None:
    """What was found out before the connection broke is found out again."""
    crash.world.provider.failures["create b"] = ConnectionFailedError("no answer")
    both = (intent(product()), intent(product(B), number=1, key="engine-run0-s-1"))
    with pytest.raises(ConnectionFailedError):
        crash.recover(*both)
    crash.world.provider.failures.clear()
    again = Crash(crash.world)
    assert [entry.what for entry in again.recover(*both)] == [Found.CONFIRMED] * 2
    assert sorted(again.found) == [A, B]
    assert len(crash.world.provider.objects) == 2


# ── keys that Stripe may have forgotten ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("at", "now", "again"),
    [
        pytest.param(SENT, SENT, True, id="at once"),
        pytest.param(SENT, SENT + KEY_LIFE - 1, True, id="just in time"),
        pytest.param(SENT, SENT + KEY_LIFE, False, id="too old"),
        pytest.param(SENT, SENT + 10 * 365 * 86400, False, id="years later"),
        pytest.param(SENT, SENT - 1, False, id="before it was sent"),
        pytest.param(None, SENT, False, id="nobody knows when it was sent"),
        pytest.param(SENT, None, False, id="nobody knows what time it is"),
    ],
)
def test_a_key_is_trusted_for_less_than_a_day_of_stripes_clock(
    crash: Crash, at: int | None, now: int | None, *, again: bool
) -> None:
    """Stripe may forget it after 24 hours (D) and would make a second object."""
    step = product()
    answered(crash.world, step)
    crash.world.provider.time = now
    [finding] = crash.recover(intent(step, at=at))
    assert finding.what is (Found.CONFIRMED if again else Found.DISCOVERED)
    assert crash.sent == (["create product"] if again else [])
    assert crash.found == {A: "product_1"}


@pytest.mark.parametrize("kind", [StepKind.UPDATE, StepKind.SETTLE, StepKind.REMOVE])
def test_an_old_change_is_left_to_the_next_plan(crash: Crash, kind: StepKind) -> None:
    """Sent a day late it would be a new wish that nobody agreed to."""
    crash.world.has(A, "prod_a", declared={"name": "by hand"})
    crash = Crash(crash.world)
    crash.world.provider.time = SENT + KEY_LIFE
    [finding] = crash.recover(intent(make(kind, A, id="prod_a", params={"name": "old"})))
    assert finding.what is Found.LEFT
    assert crash.sent == []
    assert crash.found == {A: "prod_a"}


def test_an_old_call_is_made_again(crash: Crash) -> None:
    """No later plan would make it, and it does no more than its name says."""
    domain = "stripe_payment_method_domain.d"
    crash.world.has(domain, "pmd_1", declared={"domain_name": "e.example"})
    crash = Crash(crash.world)
    crash.world.provider.time = SENT + KEY_LIFE
    [finding] = crash.recover(intent(make(StepKind.CALL, domain, id="pmd_1", call="validate")))
    assert finding.what is Found.CONFIRMED
    assert crash.sent == ["validate payment_method_domain"]


@pytest.mark.parametrize("made", [True, False])
@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ProviderError("a fault", status=500, replayed=True), id="saved 500"),
        pytest.param(ProviderError("a fault", status=503, replayed=True), id="saved 503"),
        pytest.param(
            ProviderError("other parameters", status=400, code="idempotency_error"),
            id="other parameters",
        ),
        pytest.param(FileNotFoundError("logo.png"), id="a file is gone"),
    ],
)
def test_where_the_key_tells_nothing_the_object_is_looked_for(
    crash: Crash, error: Exception, *, made: bool
) -> None:
    """A saved fault of Stripe's own says nothing of what happened; the account does."""
    step = product()
    if made:
        put(crash.world, "prod_made", name="a", **stamped(A))
    crash.world.provider.failures["create a"] = error
    [finding] = crash.recover(intent(step))
    assert finding.what is (Found.DISCOVERED if made else Found.NOT_DONE)
    assert crash.found == ({A: "prod_made"} if made else {})


# ── looked for ───────────────────────────────────────────────────────────────────────────────


def old(crash: Crash, step: Step) -> RecoveredStep:
    """Take up an operation whose key nobody trusts any more."""
    crash.world.provider.time = SENT + KEY_LIFE
    [finding] = crash.recover(intent(step))
    assert crash.sent == []
    return finding


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        pytest.param(stamped(A), True, id="ours"),
        pytest.param({"metadata": {"engine": f"l:{A}", "other": "x"}}, True, id="with more"),
        pytest.param(stamped(B), False, id="of another address"),
        pytest.param(stamped(A, "m"), False, id="of another lineage"),
        pytest.param({"metadata": {}}, False, id="without a stamp"),
        pytest.param({"metadata": None}, False, id="without metadata"),
        pytest.param({"created": SENT - 3600, **stamped(A)}, False, id="older than the request"),
        pytest.param({"created": SENT - 5, **stamped(A)}, True, id="as clocks differ"),
    ],
)
def test_an_object_is_known_by_its_stamp(
    crash: Crash, fields: dict[str, Any], *, found: bool
) -> None:
    """Lineage and address; whatever else was changed about it since."""
    put(crash.world, "prod_x", name="changed by hand", **fields)
    finding = old(crash, product())
    assert finding.what is (Found.DISCOVERED if found else Found.NOT_DONE)
    assert crash.found == ({A: "prod_x"} if found else {})


@pytest.mark.parametrize("made", [True, False])
@pytest.mark.parametrize("superseded", [("price_1",), ("price_0", "price_1")])
def test_a_replacement_and_what_it_replaces_carry_one_stamp(
    crash: Crash, superseded: tuple[str, ...], *, made: bool
) -> None:
    """The old object is known by its id and never taken for the new one."""
    params = {"currency": "usd", "unit_amount": 200, **stamped(PRICE)}
    crash.world.has(PRICE, "price_1", superseded=superseded[:-1])
    for id in superseded:
        put(crash.world, id, created=SENT - 10, active=True, **stamped(PRICE))
    if made:
        put(crash.world, "price_2", active=True, **params)
    crash = Crash(crash.world)
    record = resource("", "stripe_price", declared=params, superseded=superseded)
    step = make(StepKind.CREATE, PRICE, params=params, record=record, supersedes="price_1")
    finding = old(crash, step)
    assert finding.what is (Found.DISCOVERED if made else Found.NOT_DONE)
    assert crash.found == {PRICE: "price_2" if made else "price_1"}
    assert crash.draft.resources[PRICE].superseded == (superseded if made else superseded[:-1])


def test_what_is_remembered_as_archived_is_not_what_was_made(crash: Crash) -> None:
    """It carries the same stamp and is somebody else."""
    put(crash.world, "prod_9", created=SENT - 1, **stamped(A))
    crash.now(
        dataclasses.replace(
            crash.draft.base, removed={A: RemovedObject(type="stripe_product", id="prod_9")}
        )
    )
    assert old(crash, product()).what is Found.NOT_DONE


def test_of_two_the_one_that_the_state_does_not_know_is_the_news(crash: Crash) -> None:
    """A newer state came with an object of another clone's; ours must not be lost for it."""
    for id in ("prod_ours", "prod_theirs"):
        put(crash.world, id, **stamped(A))
    crash.now(
        dataclasses.replace(crash.draft.base, serial=5, resources={A: resource("prod_theirs")})
    )
    finding = old(crash, product())
    assert (finding.what, finding.id) == (Found.DISCOVERED, "prod_ours")
    assert crash.found == {A: "prod_theirs"}
    assert crash.draft.resources[A].superseded == ("prod_ours",)


def test_what_the_state_has_already_stays_as_it_is(crash: Crash) -> None:
    """Only the journal's end was missed, days ago."""
    put(crash.world, "prod_a", name="a", **stamped(A))
    entry = resource("prod_a", declared={"name": "a"}, attributes={"name": "a"})
    crash.now(dataclasses.replace(crash.draft.base, serial=4, resources={A: entry}))
    finding = old(crash, product())
    assert (finding.what, finding.id) == (Found.DISCOVERED, "prod_a")
    assert crash.draft.resources == {A: entry}


METERED = {
    "display_name": "Calls",
    "event_name": "calls",
    "default_aggregation": {"formula": "sum"},
}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        pytest.param({}, True, id="as sent"),
        pytest.param({"value_settings": {"event_payload_key": "value"}}, True, id="with more"),
        pytest.param({"status": "inactive"}, True, id="deactivated since"),
        pytest.param({"display_name": "Other"}, False, id="another name"),
        pytest.param({"event_name": "other"}, False, id="another key"),
        pytest.param({"created": SENT - 3600}, False, id="older than the request"),
    ],
)  # fmt: skip
def test_a_type_without_metadata_is_known_by_what_was_sent(
    crash: Crash, fields: dict[str, Any], *, found: bool
) -> None:
    """All declared leaves agree, and it is no older than the request."""
    put(crash.world, "mtr_x", **{"status": "active", **METERED, **fields})
    finding = old(crash, make(StepKind.CREATE, METER, params=METERED))
    assert finding.what is (Found.DISCOVERED if found else Found.NOT_DONE)
    assert crash.found == ({METER: "mtr_x"} if found else {})


def test_its_like_at_another_address_is_not_taken_from_there(crash: Crash) -> None:
    """Two declarations may be alike; each has an object of its own."""
    put(crash.world, "mtr_x", **METERED)
    other = "stripe_billing_meter.other"
    crash.now(
        dataclasses.replace(
            crash.draft.base, resources={other: resource("mtr_x", "stripe_billing_meter")}
        )
    )
    assert old(crash, make(StepKind.CREATE, METER, params=METERED)).what is Found.NOT_DONE


def test_without_stamps_any_type_is_known_by_what_was_sent(crash: Crash) -> None:
    """`ownership-stamp = false` leaves metadata to its author."""
    params = {"name": "Pro", "metadata": {"tier": "gold"}}
    put(crash.world, "prod_other", name="Pro", metadata={"tier": "silver"})
    put(crash.world, "prod_ours", name="Pro", metadata={"tier": "gold", "x": "y"}, active=True)
    assert old(crash, make(StepKind.CREATE, A, params=params)).id == "prod_ours"


def test_a_list_that_needs_filters_gets_them(crash: Crash) -> None:
    """Stripe lists items of a value list by the list alone."""
    address = "stripe_radar_value_list_item.i"
    params = {"value_list": "rsl_1", "value": "1.2.3.4"}
    put(crash.world, "rsli_other", value_list="rsl_2", value="1.2.3.4")
    put(crash.world, "rsli_x", **params)
    assert old(crash, make(StepKind.CREATE, address, params=params)).id == "rsli_x"


def test_a_child_is_looked_for_beneath_its_parent(crash: Crash) -> None:
    """And kept with it, as it is addressed."""
    address = "stripe_product_feature.f"
    params = {"product": "prod_1", "entitlement_feature": "feat_1"}
    told = {"entitlement_feature": {"id": "feat_1", "name": "Seat"}}
    for parent in ("prod_2", "prod_1"):
        put(crash.world, f"{parent}/prodft_x", product=parent, **told)
    finding = old(crash, make(StepKind.CREATE, address, params=params))
    assert finding.id == "prod_1/prodft_x"


def test_a_chosen_id_is_read(crash: Crash) -> None:
    """Whose stamp it carries decides whether it is ours."""
    address = "stripe_coupon.sale"
    params = {"id": "SALE", "percent_off": 10, "duration": "once", **stamped(address)}
    put(crash.world, "SALE", percent_off=10, **stamped(address))
    assert old(crash, make(StepKind.CREATE, address, params=params)).id == "SALE"


@pytest.mark.parametrize("fields", [{"metadata": {}}, stamped("stripe_coupon.sale", "m")])
def test_a_chosen_id_of_somebody_else_is_not_ours(crash: Crash, fields: dict[str, Any]) -> None:
    """The plan says who holds it."""
    address = "stripe_coupon.sale"
    params = {"id": "SALE", "percent_off": 10, "duration": "once", **stamped(address)}
    put(crash.world, "SALE", percent_off=10, duration="once", **fields)
    assert old(crash, make(StepKind.CREATE, address, params=params)).what is Found.NOT_DONE
    assert crash.found == {}


def test_what_ended_for_good_is_not_what_was_made(crash: Crash) -> None:
    """An archived alert is gone, although Stripe still answers it."""
    address = "stripe_billing_alert.a"
    params = {"title": "Usage", "alert_type": "usage_threshold"}
    put(crash.world, "alrt_gone", status="archived", **params)
    assert old(crash, make(StepKind.CREATE, address, params=params)).what is Found.NOT_DONE
    put(crash.world, "alrt_x", status="active", **params)
    assert old(crash, make(StepKind.CREATE, address, params=params)).id == "alrt_x"


def test_what_there_is_one_of_is_left_to_the_next_plan(crash: Crash) -> None:
    """It is there whether it was changed or not: the plan compares it."""
    put(crash.world, "tax.settings", defaults={"tax_behavior": "exclusive"})
    step = make(
        StepKind.CREATE, "stripe_tax_settings.t", params={"defaults": {"tax_behavior": "exclusive"}}
    )
    assert old(crash, step).what is Found.NOT_DONE


# ── secrets ──────────────────────────────────────────────────────────────────────────────────

ENDPOINT = {"url": "https://e.example/hook", "enabled_events": ["charge.failed"]}


@pytest.mark.parametrize("kept", [True, False])
def test_the_replay_brings_a_secret_again(crash: Crash, *, kept: bool) -> None:
    """It reaches its sink; state gets its fingerprint and nothing more."""
    step = make(StepKind.CREATE, HOOK, params={**ENDPOINT, **stamped(HOOK)}, declared=ENDPOINT)
    answered(crash.world, step)
    if kept:
        crash.world.sink.kept["s", f"{HOOK}.secret"] = "whsec_of_webhook_endpoint_1"
    [finding] = crash.recover(intent(step))
    assert (finding.what, finding.secret_lost) == (Found.CONFIRMED, False)
    assert crash.world.sink.kept == {("s", f"{HOOK}.secret"): "whsec_of_webhook_endpoint_1"}
    entry = crash.draft.resources[HOOK]
    assert entry.attributes["secret"] == Sealed.of("whsec_of_webhook_endpoint_1", "l")


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        pytest.param(None, None, True, id="never kept"),
        pytest.param(None, "whsec_new", False, id="kept before the crash"),
        pytest.param("whsec_old", "whsec_old", True, id="that of the object before it"),
        pytest.param("whsec_old", "whsec_new", False, id="kept in place of an old one"),
    ],
)
def test_a_secret_that_nobody_kept_is_said_to_be_lost(
    crash: Crash, before: str | None, now: str | None, *, lost: bool
) -> None:
    """An object that was looked up tells none; what the sink has is its own if it is new."""
    name = f"{HOOK}.secret"
    step = make(StepKind.CREATE, HOOK, params={**ENDPOINT, **stamped(HOOK)}, declared=ENDPOINT)
    put(crash.world, "we_x", status="enabled", **ENDPOINT, **stamped(HOOK))
    if now is not None:
        crash.world.sink.kept["s", name] = now
    crash.world.provider.time = SENT + KEY_LIFE
    kept = {} if before is None else {name: fingerprint(before, "l")}
    [finding] = crash.recover(dataclasses.replace(intent(step), kept=kept))
    assert (finding.what, finding.secret_lost) == (Found.DISCOVERED, lost)
    assert crash.found == {HOOK: "we_x"}
    told = crash.draft.resources[HOOK].attributes.get("secret")
    assert told == (None if lost or now is None else Sealed.of(now, "l"))
    assert crash.world.sink.kept == ({} if now is None else {("s", name): now})


def test_nothing_is_lost_with_what_tells_no_secret(crash: Crash) -> None:
    """An update of an endpoint is answered without one, and needs none."""
    crash.world.has(HOOK, "we_1", declared={"url": "https://old.example"})
    crash = Crash(crash.world)
    [finding] = crash.recover(
        intent(make(StepKind.UPDATE, HOOK, id="we_1", params={"url": "https://new.example"}))
    )
    assert (finding.what, finding.secret_lost) == (Found.CONFIRMED, False)


def test_a_nested_secret_of_v2_is_kept_too(crash: Crash) -> None:
    """An event destination's signing secret, two steps deep."""
    address = "stripe_v2_core_event_destination.d"
    params = {"name": "d", "type": "webhook_endpoint", **stamped(address)}
    step = make(StepKind.CREATE, address, params=params)
    answered(crash.world, step)
    crash.world.provider._answers[KEY]["webhook_endpoint"] = {"signing_secret": "whsec_v2"}
    [finding] = crash.recover(intent(step))
    assert (finding.what, finding.secret_lost) == (Found.CONFIRMED, False)
    kept = {("s", f"{address}.webhook_endpoint.signing_secret"): "whsec_v2"}
    assert crash.world.sink.kept == kept
    told = crash.draft.resources[address].attributes["webhook_endpoint"]
    assert told == {"signing_secret": Sealed.of("whsec_v2", "l")}


def test_a_sink_that_failed_after_the_create_gets_the_secret_from_the_replay(world: World) -> None:
    """The run remembered the object; the next one asks again with the same key."""
    world.sink.torn = True
    step = make(StepKind.CREATE, HOOK, params=ENDPOINT)
    world.apply(step)
    assert world.sink.kept == {}
    world.sink.torn = False
    world.state = world.saved[-1]
    world.provider.calls.clear()
    crash = Crash(world)
    records = [first_record(crash.run), *(json.dumps(r).encode() for r in world.journal.records)]
    unfinished = read_journal(records, SCHEMAS, {})
    before = crash.draft.state()
    findings = crash.recover(*unfinished.pending, deltas=unfinished.deltas)
    assert world.sink.kept == {("s", f"{HOOK}.secret"): "whsec_of_webhook_endpoint_1"}
    assert findings[-1] == RecoveredStep(
        address=HOOK, what=Found.CONFIRMED, id="webhook_endpoint_1"
    )
    assert crash.draft.state() == before
    assert list(world.provider.objects) == ["webhook_endpoint_1"]


SECRET = "stripe_apps_secret.token"  # noqa: S105 - an address
SCOPED = {"name": "token", "scope": {"type": "account"}}


def test_a_secret_that_the_stack_still_declares_is_sent_again(crash: Crash) -> None:
    """The journal had its fingerprint; the stack has the value."""
    params = {**SCOPED, "payload": Sensitive("hunter2")}
    [finding] = crash.recover(intent(make(StepKind.CREATE, SECRET, params=params)))
    assert finding.what is Found.CONFIRMED
    [call] = crash.world.provider.calls
    assert call.params["payload"] == "hunter2"
    assert "hunter2" not in repr(crash.draft.state())


@pytest.mark.parametrize("made", [True, False])
def test_a_secret_that_nobody_knows_is_not_sent(crash: Crash, *, made: bool) -> None:
    """A fingerprint is no value. What the fields name is there or not; the next plan sends it."""
    if made:
        put(crash.world, "name=token&scope.type=account", **SCOPED)
    mark = Sealed.of("hunter2", "l")
    step = make(StepKind.CREATE, SECRET, params={**SCOPED, "payload": mark})
    [finding] = crash.recover(intent(step))
    assert crash.sent == []
    assert finding.what is (Found.DISCOVERED if made else Found.NOT_DONE)
    if made:
        assert crash.draft.resources[SECRET].declared == SCOPED


def test_an_update_with_a_secret_that_nobody_knows_is_left_to_the_plan(crash: Crash) -> None:
    """It is not sent, and the state says what it said."""
    crash.world.has(HOOK, "we_1", declared={"url": "https://old.example"})
    crash = Crash(crash.world)
    mark = Sealed.of("https://hunter2.example", "l")
    [finding] = crash.recover(intent(make(StepKind.UPDATE, HOOK, id="we_1", params={"url": mark})))
    assert (finding.what, crash.sent) == (Found.LEFT, [])
    assert crash.draft.resources[HOOK].declared == {"url": "https://old.example"}


# ── what refers to what was found ────────────────────────────────────────────────────────────


def test_what_was_found_is_what_others_refer_to(crash: Crash) -> None:
    """State keeps the reference as written and what it stands for as it is now."""
    params = {"product": "prod_1", "currency": "usd", "unit_amount": 100, **stamped(PRICE)}
    declared = {"product": f"${{{A}.id}}", "currency": "usd", "unit_amount": 100}
    step = make(StepKind.CREATE, PRICE, params=params, declared=declared, referred=("currency",))
    answered(crash.world, step)
    crash.recover(intent(step), deltas=(Delta(resources={A: resource("prod_1")}),))
    entry = crash.draft.resources[PRICE]
    assert entry.declared == declared
    assert entry.attributes == {"product": "prod_1", "currency": "usd", "unit_amount": 100}


# ── connected accounts ───────────────────────────────────────────────────────────────────────

COUPON = "stripe_coupon.ten"
MOVED = ResourceState(
    type="stripe_coupon",
    id="",
    superseded=(":C10",),
    removal_policy=RemovalPolicy(account="acct_2"),
)
"""What state is to record of a coupon that moves from the key's own account to another."""


def moving_coupon() -> Step:
    """Create, on another account, the coupon that has the same id on the key's own."""
    return make(
        StepKind.CREATE,
        COUPON,
        params={"id": "C10", "percent_off": 10},
        record=MOVED,
        account="acct_2",
        supersedes=":C10",
    )


def test_the_same_id_on_another_account_is_a_new_object(crash: Crash) -> None:
    """It is recorded, and the old one is left to be removed."""
    crash.now(crash.draft.base.with_resource(COUPON, resource("C10", "stripe_coupon")))
    step = moving_coupon()
    answered(crash.world, step)
    [finding] = crash.recover(intent(step))
    entry = crash.draft.resources[COUPON]
    assert finding.what is Found.CONFIRMED
    assert (entry.id, entry.account, entry.left) == ("C10", "acct_2", (("", "C10"),))


def test_a_moved_object_is_folded_into_a_state_that_moved_on(crash: Crash) -> None:
    """A state that has one of its id on another account does not have it."""
    made = dataclasses.replace(MOVED, id="C10")
    other = resource("C10", "stripe_coupon", removal_policy=RemovalPolicy(account="acct_3"))
    state = dataclasses.replace(crash.draft.base, serial=4).with_resource(COUPON, other)
    crash.now(state)
    crash.recover(deltas=(Delta(resources={COUPON: made}),))
    entry = crash.draft.resources[COUPON]
    assert (entry.id, entry.account) == ("C10", "acct_3")
    assert entry.left == (("acct_2", "C10"),)
    crash.now(state.with_resource(COUPON, resource("C10", "stripe_coupon")))
    crash.recover(deltas=(Delta(resources={COUPON: made}),))
    assert crash.draft.resources[COUPON] == made


def test_a_search_finds_the_object_on_the_account_of_the_step(crash: Crash) -> None:
    """What is known of another account under the id does not hide it."""
    held = resource("C10", "stripe_coupon")
    crash.now(crash.draft.base.with_resource(COUPON, held))
    put(crash.world, "C10", percent_off=10)
    [finding] = crash.recover(intent(moving_coupon(), at=SENT - KEY_LIFE - 1))
    assert finding.what is Found.DISCOVERED
    assert crash.draft.resources[COUPON].account == "acct_2"
