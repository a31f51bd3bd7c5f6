"""Carrying out a plan: order, failures, what state remembers, and what never reaches it."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from engine.apply import executor
from engine.errors import (
    ConnectionFailedError,
    EngineError,
    LockLostError,
    NotFoundError,
    ProviderError,
    SecretSinkError,
    StateError,
)
from engine.plan.model import Step, StepKind
from engine.ports.outcomes import Outcome
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState
from engine.values.markers import CLEAR
from engine.values.secret import Sealed, Sensitive, fingerprint
from engine.values.targets import OutputTarget
from tests.support.fakes.world import World, make

A, B, C, D = (f"stripe_product.{name}" for name in "abcd")
PRICE = "stripe_price.p"
HOOK = "stripe_webhook_endpoint.h"
ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})
CREATE, UPDATE, SETTLE = StepKind.CREATE, StepKind.UPDATE, StepKind.SETTLE
REMOVE, DETACH, RECORD, FORGET = (
    StepKind.REMOVE,
    StepKind.DETACH,
    StepKind.RECORD,
    StepKind.FORGET,
)


def product(address: str, *needs: str, **parts: Any) -> Step:
    """Create a product named like its address, after others."""
    params = {"name": address.rpartition(".")[2]}
    return make(CREATE, address, params=params, after=needs, **parts)


def outcomes(world: World) -> list[str]:
    """What the watcher was told of ends, in order."""
    return [text for text in world.hook.told if not text.startswith(("start ", "apply "))]


# ── order ────────────────────────────────────────────────────────────────────────────────────


def test_steps_wait_for_what_they_come_after(world: World) -> None:
    """A step begins once all it comes after are done, however many could run at once."""
    result = world.apply(
        product(A, f"create {C}"),
        product(B, f"create {A}", f"create {C}"),
        product(C),
    )
    assert [call.params["name"] for call in world.provider.calls] == ["c", "a", "b"]
    assert [entry.step.key for entry in result.results] == [f"create {name}" for name in (A, B, C)]
    assert result.failures == ()
    assert world.hook.counts == [3]
    assert world.hook.results == [result]


def test_independent_steps_run_at_once(world: World) -> None:
    """Two steps that do not wait for each other are in flight together."""
    together = threading.Barrier(2, timeout=10)
    world.provider.before = lambda _: void(together.wait())
    assert world.apply(product(A), product(B)).failures == ()
    assert world.provider.most_at_once == 2


def void(_: object) -> None:
    """Take no interest in a result."""


def test_no_more_at_once_than_asked_for(world: World) -> None:
    """parallelism=1 sends one operation after the other, in plan order."""
    world.apply(*(product(name) for name in (C, A, B)), parallelism=1)
    assert world.provider.most_at_once == 1
    assert [call.params["name"] for call in world.provider.calls] == ["c", "a", "b"]


def test_nothing_to_do(world: World) -> None:
    """A plan without steps writes the state once, at its end."""
    result = world.apply()
    assert (result.results, result.state, world.provider.calls) == ((), world.state, [])


# ── failures ─────────────────────────────────────────────────────────────────────────────────


def test_a_failure_skips_its_dependents_and_nothing_else(world: World) -> None:
    """Dependents of a failure, near and far, name the step that failed; other branches go on."""
    world.provider.failures["create a"] = ProviderError("refused", status=400)
    result = world.apply(
        product(A),
        product(B, f"create {A}"),
        product(C, f"create {B}"),
        product(D),
    )
    found = {entry.step.key: (entry.outcome, entry.because) for entry in result.results}
    assert found == {
        f"create {A}": (Outcome.FAILED, ""),
        f"create {B}": (Outcome.SKIPPED, f"create {A}"),
        f"create {C}": (Outcome.SKIPPED, f"create {A}"),
        f"create {D}": (Outcome.APPLIED, ""),
    }
    (failure,) = result.failures
    assert str(failure.error) == "refused"
    assert set(result.state.resources) == {D}
    assert result.unsaved is None


def test_what_is_in_flight_when_another_fails_is_recorded(world: World) -> None:
    """An operation that ends after another's failure is in the state like any other."""
    failed = threading.Event()

    def before(call: Any) -> None:
        if call.params["name"] == "b":
            assert failed.wait(10)

    world.provider.before = before
    world.provider.failures["create a"] = ConnectionFailedError("cut off")
    world.hook.then = failed.set
    assert set(world.apply(product(A), product(B)).state.resources) == {B}


def test_a_bug_is_a_failure_with_a_name(world: World) -> None:
    """Whatever a provider throws, the others are recorded, and the bug keeps its cause."""
    bug = ValueError("boo")
    world.provider.failures["create a"] = bug
    result = world.apply(product(A), product(B))
    (failure,) = result.failures
    assert isinstance(failure.error, EngineError)
    assert "unexpected ValueError" in failure.error.message
    assert failure.error.__cause__ is bug
    assert set(result.state.resources) == {B}


# ── state ────────────────────────────────────────────────────────────────────────────────────


def test_each_operation_is_written_down_before_and_after(world: World) -> None:
    """The intent stands in the journal when Stripe is called, the result before the next begins."""
    seen: list[list[str]] = []
    world.provider.before = lambda _: seen.append([next(iter(r)) for r in world.journal.records])
    world.apply(product(A), product(B, f"create {A}"), product(C, f"create {B}"))
    assert seen == [
        ["intent"],
        ["intent", "done", "intent"],
        ["intent", "done", "intent", "done", "intent"],
    ]
    assert [set(state.resources) for state in world.saved] == [{A, B, C}]


def test_an_intent_holds_all_that_sending_it_again_takes(world: World) -> None:
    """Resolved parameters, the id it acts on, the key it is sent with, and Stripe's time."""
    world.has(A, "prod_1", declared={"name": "a"})
    world.apply(
        make(UPDATE, A, params={"description": f"${{{A}.id}}"}), make(REMOVE, B, id="prod_2")
    )
    first, second = (entry for entry in world.journal.records if "intent" in entry)
    assert first["key"] == world.provider.calls[0].context.idempotency_key
    assert (first["at"], first["step"]["id"]) == (1_000_000, "prod_1")
    assert first["step"]["params"] == {"description": "prod_1"}
    assert second["step"]["removal"] == {"verb": "delete"}


def test_a_refusal_is_written_down_and_an_unknown_end_is_not(world: World) -> None:
    """What Stripe refused did not happen; what broke off may have, and stays to be found out."""
    world.provider.failures["create a"] = ProviderError("no", status=400)
    world.provider.failures["create b"] = ConnectionFailedError("cut off")
    world.provider.failures["create c"] = ProviderError("a fault", status=500, hint="run it again")
    result = world.apply(*(product(name) for name in (A, B, C)), parallelism=1)
    assert [next(iter(entry)) for entry in world.journal.records] == [
        "intent", "failed", "intent", "intent",
    ]  # fmt: skip
    assert [failure.error.hint for failure in result.failures if failure.error] == [
        None,
        "whether Stripe carried it out is found out by the next engine plan or apply",
        "run it again; whether Stripe carried it out is found out by the next engine plan or apply",
    ]


def test_no_secret_is_written_down(world: World) -> None:
    """A declared secret and one that Stripe tells stand in the journal as fingerprints."""
    world.apply(make(CREATE, HOOK, params={"url": "https://x", "description": Sensitive("canary")}))
    text = str(world.journal.records)
    assert "canary" not in text
    assert "whsec_of_" not in text
    assert fingerprint("canary", "l") in text
    assert world.sink.kept["s", f"{HOOK}.secret"] == "whsec_of_webhook_endpoint_1"


def test_a_created_object_is_recorded(world: World) -> None:
    """State holds the id, what was declared, what Stripe answered of it, and what others need."""
    result = world.apply(
        make(CREATE, A, params={"name": "a", "url": "https://x"}, declared={"name": "a"},
             referred=("url",))
    )  # fmt: skip
    entry = result.state.resources[A]
    assert entry.id == "product_1"
    assert entry.declared == {"name": "a"}
    assert entry.attributes == {"name": "a", "url": "https://x"}
    assert result.results[0].id == "product_1"


def test_a_journal_that_cannot_be_written_stops_new_work(world: World) -> None:
    """What happened on Stripe is in the state of the end; nothing else is begun."""
    world.journal.room = 3
    result = world.apply(
        product(A), product(B, f"create {A}"), product(C, f"create {B}"),
        parallelism=1,
    )  # fmt: skip
    assert isinstance(result.unsaved, StateError)
    assert [entry.outcome for entry in result.results] == [
        Outcome.APPLIED,
        Outcome.FAILED,
        Outcome.SKIPPED,
    ]
    assert result.results[1].id == "product_2"
    assert result.results[2].because == executor.UNSAVED
    assert set(world.saved[-1].resources) == {A, B}


@pytest.mark.parametrize("kind", [CREATE, RECORD])
def test_what_cannot_be_written_down_is_not_begun(world: World, kind: StepKind) -> None:
    """Without an intent on disk nothing is sent."""
    world.journal.room = 0
    result = world.apply(make(kind, A, params={"name": "a"}), product(B))
    assert world.provider.calls == []
    assert [entry.outcome for entry in result.results] == [Outcome.FAILED, Outcome.SKIPPED]
    assert isinstance(result.unsaved, StateError)


def test_a_run_that_lost_its_lock_sends_nothing_more(world: World) -> None:
    """The fence is asked once the intent is written down, so that who took over knows of it."""

    def fence() -> None:
        if len(world.journal.records) > 2:
            raise LockLostError("the lock is another run's")

    world.fence = fence
    result = world.apply(*(product(name) for name in (A, B, C)), parallelism=1)
    assert [call.params["name"] for call in world.provider.calls] == ["a"]
    assert [next(iter(entry)) for entry in world.journal.records] == ["intent", "done", "intent"]
    assert [entry.outcome for entry in result.results] == [
        Outcome.APPLIED, Outcome.FAILED, Outcome.SKIPPED,
    ]  # fmt: skip
    assert isinstance(result.unsaved, LockLostError)


def test_a_lock_that_is_lost_between_two_tries_leaves_the_operation_open(world: World) -> None:
    """The first try may have been carried out: nobody says that it failed."""
    world.provider.failures["create a"] = LockLostError("the lock is another run's")
    result = world.apply(product(A), product(B), parallelism=1)
    assert [next(iter(entry)) for entry in world.journal.records] == ["intent"]
    assert [entry.outcome for entry in result.results] == [Outcome.FAILED, Outcome.SKIPPED]
    assert isinstance(result.unsaved, LockLostError)


def test_every_request_carries_the_fence(world: World) -> None:
    """Whoever sends it can ask right before each try."""
    asked: list[str] = []
    world.fence = lambda: asked.append("asked")
    world.apply(product(A))
    asked.clear()
    world.provider.calls[0].context.fence()
    assert asked == ["asked"]


def test_a_refusal_that_cannot_be_written_down_stops_new_work(world: World) -> None:
    """The run ends as for any other failure of the journal."""
    world.provider.failures["create a"] = ProviderError("no", status=400)
    world.journal.room = 1
    result = world.apply(product(A), product(B), parallelism=1)
    assert [entry.outcome for entry in result.results] == [Outcome.FAILED, Outcome.SKIPPED]
    assert isinstance(result.unsaved, StateError)


def test_a_state_that_cannot_be_written_at_the_end_is_told(world: World) -> None:
    """The result holds what the state should have been."""
    world.writes_left = 0
    result = world.apply(product(A))
    assert isinstance(result.unsaved, StateError)
    assert result.failures == ()
    assert set(result.state.resources) == {A}


def test_a_record_sends_nothing(world: World) -> None:
    """What concerns state alone changes state alone."""
    world.has(A, "prod_1", declared={"name": "a"}, superseded=("prod_0",))
    gone = RemovedObject(type="stripe_product", id="prod_x")
    world.state = dataclasses.replace(world.state, removed={A: gone})
    record = dataclasses.replace(world.state.resources[A], dependencies=(B,), superseded=())
    result = world.apply(make(RECORD, A, id="prod_1", record=record))
    assert world.provider.calls == []
    assert result.state.resources[A].dependencies == (B,)
    # Leftovers are state's own affair: only their removal strikes them out.
    assert result.state.resources[A].superseded == ("prod_0",)
    assert result.state.removed == {}
    assert world.hook.told == ["apply s", f"applied record {A}"]


def test_a_step_without_a_record_leaves_state_alone(world: World) -> None:
    """Letting go of something changes an object that state says nothing new about."""
    world.has(A, "prod_1", declared={"name": "a"})
    result = world.apply(make(DETACH, A, id="prod_1", params={"default_price": CLEAR}))
    assert result.state == world.state
    assert world.provider.objects["prod_1"]["default_price"] is None


def test_forgetting_leaves_the_object(world: World) -> None:
    """A forgotten resource is gone from state and stays on Stripe."""
    world.has(A, "prod_1")
    result = world.apply(make(FORGET, A, id="prod_1"))
    assert result.state.resources == {}
    assert set(world.provider.objects) == {"prod_1"}
    assert world.provider.calls == []


def test_moves_come_first(world: World) -> None:
    """Renames are written before the first operation, for dependents too."""
    world.has(A, "prod_1", declared={"name": "a"})
    world.has(PRICE, "price_1", dependencies=(A,))
    seen: list[Any] = []
    world.provider.before = lambda _: seen.append(world.journal.records[0])
    result = world.apply(make(UPDATE, B, id="prod_1", params={"name": "b"}), moves={A: B})
    (first,) = seen
    assert {name: bool(entry) for name, entry in first["resources"].items()} == {
        A: False, B: True, PRICE: True,
    }  # fmt: skip
    assert first["resources"][PRICE]["dependencies"] == [B]
    assert set(result.state.resources) == {B, PRICE}


def test_what_stripe_told_once_moves_along(world: World) -> None:
    """Whoever refers to the secret looks under the new name; without it nothing is begun."""
    moved = "stripe_webhook_endpoint.moved"
    sealed = {"secret": Sealed.of("whsec_old", "l")}
    world.has(HOOK, "we_1", attributes=sealed)
    world.sink.kept["s", f"{HOOK}.secret"] = "whsec_old"
    assert world.apply(moves={HOOK: moved}).unsaved is None
    assert world.sink.kept["s", f"{moved}.secret"] == "whsec_old"
    world.sink.torn = True
    result = world.apply(product(A), moves={HOOK: moved})
    assert isinstance(result.unsaved, SecretSinkError)
    assert (set(result.state.resources), world.provider.calls) == ({HOOK}, [])


# ── removal ──────────────────────────────────────────────────────────────────────────────────


def test_deleting(world: World) -> None:
    """A deleted object is gone from Stripe and state, and nothing remembers it."""
    world.has(A, "prod_1")
    result = world.apply(make(REMOVE, A, id="prod_1"))
    assert world.provider.objects == {}
    assert (result.state.resources, result.state.removed) == ({}, {})


def test_archiving_is_remembered(world: World) -> None:
    """An archived object is remembered, with its account, so that it can come back."""
    world.has(A, "prod_1", removal_policy=RemovalPolicy(account="acct_2"))
    result = world.apply(make(REMOVE, A, id="prod_1", removal=ARCHIVE, account="acct_2"))
    assert world.provider.objects["prod_1"]["active"] is False
    assert result.state.resources == {}
    assert result.state.removed == {
        A: RemovedObject(type="stripe_product", id="prod_1", account="acct_2")
    }


@pytest.mark.parametrize("removal", [Removal(verb=Verb.DELETE), ARCHIVE])
def test_what_is_gone_already_is_removed(world: World, removal: Removal) -> None:
    """Somebody was faster: the wish is fulfilled."""
    world.has(A, "prod_1")
    world.provider.objects.clear()
    result = world.apply(make(REMOVE, A, id="prod_1", removal=removal))
    assert result.failures == ()
    assert result.state.resources == {}


def test_keeping_sends_nothing(world: World) -> None:
    """What Stripe cannot remove is dropped from state and remembered, without a request."""
    portal = "stripe_billing_portal_configuration.p"
    world.has(portal, "bpc_1")
    result = world.apply(make(REMOVE, portal, id="bpc_1", removal=Removal(verb=Verb.KEEP)))
    assert world.provider.calls == []
    assert result.state.resources == {}
    assert result.state.removed[portal].id == "bpc_1"


def test_a_type_that_cannot_come_back_is_not_remembered(world: World) -> None:
    """A coupon that is gone is gone, whichever way it went."""
    coupon = "stripe_coupon.c"
    world.has(coupon, "SALE")
    result = world.apply(make(REMOVE, coupon, id="SALE", removal=ARCHIVE))
    assert result.state.removed == {}


def test_a_failed_removal_keeps_the_resource(world: World) -> None:
    """What could not be removed stays in state."""
    world.has(A, "prod_1")
    world.provider.failures["delete prod_1"] = ProviderError("it has prices", status=400)
    result = world.apply(make(REMOVE, A, id="prod_1"))
    assert [entry.outcome for entry in result.results] == [Outcome.FAILED]
    assert set(result.state.resources) == {A}


def test_an_end_of_what_state_dropped_already(world: World) -> None:
    """An object that state no longer holds is still ended, and remembered."""
    world.provider.objects["prod_1"] = {"id": "prod_1"}
    result = world.apply(make(REMOVE, A, id="prod_1", removal=ARCHIVE))
    assert world.provider.objects["prod_1"] == {"id": "prod_1", "active": False}
    assert result.state.removed[A].id == "prod_1"


def test_superseded_until_removed(world: World) -> None:
    """Between the new object and the end of the old, state holds both; afterwards one."""
    world.has(PRICE, "price_old")
    record = ResourceState(type="stripe_price", id="", superseded=("price_old",))
    create = make(CREATE, PRICE, params={"currency": "usd"}, record=record, supersedes="price_old")
    remove = make(REMOVE, PRICE, id="price_old", removal=ARCHIVE, after=(create.key,))
    result = world.apply(create, remove)
    created = next(r for r in world.journal.records if "price_2" in str(r.get("resources")))
    assert created["resources"][PRICE]["superseded"] == ["price_old"]
    entry = result.state.resources[PRICE]
    assert (entry.id, entry.superseded) == ("price_2", ())
    assert entry.former == ("price_old",)
    assert "former" not in created["resources"][PRICE]
    assert result.state.removed == {}


def test_former_objects_are_listed_newest_first(world: World) -> None:
    """Each replacement adds what it archived, before those of earlier ones."""
    world.has(PRICE, "price_1", former=("price_0",))
    record = ResourceState(type="stripe_price", id="", superseded=("price_1",), former=("price_0",))
    create = make(CREATE, PRICE, params={"currency": "usd"}, record=record, supersedes="price_1")
    remove = make(REMOVE, PRICE, id="price_1", removal=ARCHIVE, after=(create.key,))
    entry = world.apply(create, remove).state.resources[PRICE]
    assert entry.former == ("price_1", "price_0")


def test_a_replaced_object_that_is_deleted_is_no_former_one(world: World) -> None:
    """Nothing on Stripe has that id any more."""
    world.has(A, "prod_2", superseded=("prod_1",), former=("prod_0",))
    world.provider.objects["prod_1"] = {"id": "prod_1"}
    entry = world.apply(
        make(REMOVE, A, id="prod_1", removal=Removal(verb=Verb.DELETE))
    ).state.resources[A]
    assert (entry.superseded, entry.former) == ((), ("prod_0",))


def test_what_was_archived_at_an_address_is_former_to_the_next_object_there(world: World) -> None:
    """Removed first, or removed in another run: its customers pay by it all the same."""
    world.has(PRICE, "price_1", former=("price_0",))
    result = world.apply(make(REMOVE, PRICE, id="price_1", removal=ARCHIVE))
    gone = result.state.removed[PRICE]
    assert (gone.id, gone.former) == ("price_1", ("price_0",))
    record = ResourceState(
        type="stripe_price", id="", former=(), removal_policy=RemovalPolicy(account="acct_3")
    )
    world.state = result.state
    made = world.apply(
        make(CREATE, PRICE, params={"currency": "usd"}, record=record, account="acct_3")
    ).state
    assert made.resources[PRICE].former == (":price_1", ":price_0")
    assert made.removed == {}


def test_an_object_that_is_revived_is_no_former_one(world: World) -> None:
    """It is the current one again; those before it stay listed."""
    gone = RemovedObject(type="stripe_price", id="price_1", former=("price_0",))
    world.state = dataclasses.replace(world.state, removed={PRICE: gone})
    world.provider.objects["price_1"] = {"id": "price_1", "active": False}
    record = ResourceState(type="stripe_price", id="price_1")
    entry = world.apply(
        make(UPDATE, PRICE, id="price_1", params={"active": True}, record=record)
    ).state.resources[PRICE]
    assert (entry.id, entry.former) == ("price_1", ("price_0",))


def test_a_former_object_that_becomes_the_current_one_is_dropped(world: World) -> None:
    """As where a declaration goes back to a price that is archived."""
    world.has(PRICE, "price_2", former=("price_1", "price_0"))
    world.provider.objects["price_1"] = {"id": "price_1", "active": False}
    record = ResourceState(type="stripe_price", id="price_1")
    entry = world.apply(
        make(UPDATE, PRICE, id="price_1", params={"active": True}, record=record)
    ).state.resources[PRICE]
    assert entry.former == ("price_0",)


def test_a_superseded_object_that_stays_is_not_lost(world: World) -> None:
    """A removal that failed leaves the old id in state for the next run."""
    world.has(PRICE, "price_2", superseded=("price_0", "price_1"))
    world.provider.objects |= {"price_0": {}, "price_1": {}}
    world.provider.failures["update price_1"] = ProviderError("no", status=400)
    result = world.apply(
        *(make(REMOVE, PRICE, key=id, id=id, removal=ARCHIVE) for id in ("price_0", "price_1"))
    )
    assert result.state.resources[PRICE].superseded == ("price_1",)


def test_removal_before_creation(world: World) -> None:
    """A coupon that keeps its id is gone from state for a moment, and back."""
    coupon = "stripe_coupon.c"
    world.has(coupon, "SALE")
    remove = make(REMOVE, coupon, id="SALE")
    create = make(CREATE, coupon, params={"id": "SALE", "percent_off": 20}, after=(remove.key,))
    result = world.apply(remove, create)
    changes = [entry["resources"] for entry in world.journal.records if "done" in entry]
    assert changes[0] == {coupon: None}
    assert changes[1][coupon]["id"] == "SALE"
    assert result.state.resources[coupon].id == "SALE"


# ── references ───────────────────────────────────────────────────────────────────────────────


def test_references_are_resolved_when_they_are_known(world: World) -> None:
    """Ids, attributes of answers, of state, of lookups and of other stacks, whole and in text."""
    world.has(B, "prod_b", attributes={"name": "Bee"})
    world.others[OutputTarget("base", "name")] = "Acme"
    params = {
        "name": "${output.base.name}: ${stripe_product.a.name} and ${stripe_product.b.name}",
        "description": "${stripe_product.a.id}",
        "metadata": {
            "n": "${data.stripe_product.x.marketing_features}",
            "b": "${stripe_product.b.id}",
        },
    }  # fmt: skip
    world.apply(
        product(A),
        make(CREATE, C, params=params, after=(f"create {A}",)),
        lookups={"data.stripe_product.x": {"marketing_features": [1, 2]}},
    )
    assert world.provider.calls[1].params == {
        "name": "Acme: a and Bee",
        "description": "product_2",
        "metadata": {"n": [1, 2], "b": "prod_b"},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${stripe_product.gone.id}", "stripe_product.gone.id is not known"),
        ("${stripe_product.b.url}", "stripe_product.b.url is not known"),
        ("${data.stripe_product.x.id}", "data.stripe_product.x.id is not known"),
        ("${stripe_webhook_endpoint.h.secret}", "stripe_webhook_endpoint.h.secret is not known"),
        ("${output.base.none}", "stack 'base' has no output 'none'"),
    ],
)
def test_what_is_not_known_fails_before_it_is_sent(world: World, text: str, message: str) -> None:
    """A reference that leads nowhere is a failure of its step, and no request."""
    world.has(B, "prod_b")
    world.has(HOOK, "we_1", attributes={"secret": Sealed("lost")})
    result = world.apply(make(CREATE, A, params={"name": text}))
    (failure,) = result.failures
    assert failure.error is not None
    assert failure.error.message == message
    assert failure.error.hint
    assert world.provider.calls == []


def test_settling_completes_a_create(world: World) -> None:
    """A product and its default price: create, create, then the update on the id just made."""
    default = {"default_price": "${stripe_price.p.id}"}
    result = world.apply(
        make(CREATE, A, params={"name": "a"}),
        make(CREATE, PRICE, params={"product": "${stripe_product.a.id}"}, after=(f"create {A}",)),
        make(SETTLE, A, params=default, declared={"name": "a", **default},
             after=(f"create {A}", f"create {PRICE}")),
    )  # fmt: skip
    call = world.provider.calls[-1]
    assert (call.verb, call.id, call.params) == (
        "update",
        "product_1",
        {"default_price": "price_2"},
    )
    entry = result.state.resources[A]
    assert entry.declared == {"name": "a", **default}
    assert entry.attributes == {"name": "a", "default_price": "price_2"}


# ── keys and accounts ────────────────────────────────────────────────────────────────────────


def test_idempotency_keys_are_unique_by_run_and_step(world: World) -> None:
    """No two operations share a key, in one run or in two, so no old answer is replayed."""
    steps = (product(A), product(B), product(C))
    world.apply(*steps, run="run1")
    world.apply(*steps, run="run2")
    keys = [call.context.idempotency_key for call in world.provider.calls]
    assert len(set(keys)) == 6
    assert all(1 <= len(key) <= 255 for key in keys)
    assert sum("run1" in key for key in keys) == 3


def test_requests_go_to_the_resources_account(world: World) -> None:
    """A connected account's object is made and changed on it."""
    world.apply(product(A, account="acct_2"), product(B))
    accounts = {call.params["name"]: call.context.account for call in world.provider.calls}
    assert accounts == {"a": "acct_2", "b": ""}


# ── secrets ──────────────────────────────────────────────────────────────────────────────────


TOLD = "whsec_of_webhook_endpoint_1"


def hook_step(**parts: Any) -> Step:
    """Create a webhook endpoint."""
    return make(CREATE, HOOK, params={"url": "https://x", "enabled_events": ["*"]}, **parts)


def test_a_secret_goes_to_the_sink_and_never_to_state(world: World) -> None:
    """State holds a salted fingerprint of a webhook's secret; the sink holds the secret."""
    result = world.apply(hook_step())
    assert world.sink.kept == {("s", f"{HOOK}.secret"): TOLD}
    assert result.state.resources[HOOK].attributes["secret"] == Sealed.of(TOLD, "l")
    assert not any(TOLD in repr(state) for state in world.saved)


def test_nothing_with_a_secret_is_made_if_the_sink_cannot_take_it(world: World) -> None:
    """The sink is asked before the object is made; objects without a secret do not ask."""
    world.sink.full = True
    result = world.apply(hook_step(), product(A))
    assert [entry.outcome for entry in result.results] == [Outcome.FAILED, Outcome.APPLIED]
    assert [call.object for call in world.provider.calls] == ["product"]


def test_an_object_whose_secret_was_lost_is_still_recorded(world: World) -> None:
    """A sink that breaks in between fails the step, and the object is not orphaned."""
    world.sink.torn = True
    result = world.apply(hook_step())
    assert [entry.outcome for entry in result.results] == [Outcome.FAILED]
    assert result.state.resources[HOOK].id == "webhook_endpoint_1"


def test_an_answer_that_keeps_the_secret_to_itself(world: World) -> None:
    """Where Stripe tells no secret there is none to keep."""
    world.provider.tells_secrets = False
    result = world.apply(hook_step())
    assert world.sink.kept == {}
    assert "secret" not in result.state.resources[HOOK].attributes


def test_a_secret_is_read_back_for_whoever_refers_to_it(world: World) -> None:
    """A reference to a secret, of this run or an earlier one, sends the secret itself."""
    text = "${stripe_webhook_endpoint.h.secret}"
    result = world.apply(
        hook_step(),
        make(CREATE, A, params={"name": "a", "metadata": {"hook": text}},
             declared={"name": "a"}, after=(f"create {HOOK}",)),
    )  # fmt: skip
    assert world.provider.calls[-1].params["metadata"] == {"hook": TOLD}
    assert "whsec" not in repr(result.state)


@pytest.mark.parametrize("text", ["{}", "token {}"])
def test_a_secret_that_another_object_carries_is_sealed(world: World, text: str) -> None:
    """What Stripe answers of a field that refers to a secret is kept as a fingerprint."""
    params = {
        "name": "a",
        "metadata": {"hook": text.format("${stripe_webhook_endpoint.h.secret}")},
        "images": [text.format("${stripe_webhook_endpoint.h.secret}")],
        "default_price": "${stripe_price.later.id}",
    }
    sent = {name: value for name, value in params.items() if name != "default_price"}
    result = world.apply(
        hook_step(), make(CREATE, A, params=sent, declared=params, after=(f"create {HOOK}",))
    )
    assert result.failures == ()
    assert TOLD not in repr(world.saved)
    attributes = result.state.resources[A].attributes
    assert attributes["metadata"] == {"hook": Sealed.of(text.format(TOLD), "l")}
    assert isinstance(attributes["images"], Sealed)


def test_a_declared_secret_is_sent_and_kept_sealed(world: World) -> None:
    """A sensitive parameter leaves its wrapping only for the provider."""
    sealed = {"metadata": {"token": Sealed.of("s3cret", "l")}}
    result = world.apply(
        make(CREATE, A, params={"metadata": {"token": Sensitive("s3cret")}}, declared=sealed)
    )
    assert world.provider.calls[0].params == {"metadata": {"token": "s3cret"}}
    assert result.state.resources[A].attributes == sealed
    assert "s3cret" not in repr(result.state)


def test_a_later_answer_without_the_secret_keeps_its_fingerprint(world: World) -> None:
    """Stripe tells a webhook's secret once; an update does not forget it."""
    kept = Sealed("abc")
    world.has(HOOK, "we_1", declared={"url": "https://x"}, attributes={"secret": kept})
    result = world.apply(make(UPDATE, HOOK, id="we_1", params={"url": "https://y"}))
    assert result.state.resources[HOOK].attributes == {"url": "https://y", "secret": kept}


# ── outputs ──────────────────────────────────────────────────────────────────────────────────


def test_outputs_are_recorded_at_the_end(world: World) -> None:
    """Outputs that can be told are written; one that cannot keeps its last value, or has none."""
    world.state = world.state.with_outputs({"stale": "old", "gone": 1})
    wanted = {
        "id": ("${stripe_product.a.id}", False),
        "stale": ("${stripe_product.never.id}", False),
        "never": ("${stripe_product.never.id}", False),
    }
    result = world.apply(product(A), wanted_outputs=wanted)
    assert result.state.outputs == {"id": "product_1", "stale": "old"}
    assert world.saved[-1].outputs == result.state.outputs


def test_outputs_stay_where_only_part_is_planned(world: World) -> None:
    """Without wanted outputs they are left as they are."""
    world.state = world.state.with_outputs({"a": 1})
    assert world.apply(product(A), wanted_outputs=None).state.outputs == {"a": 1}


def test_sensitive_outputs_go_to_the_sink(world: World) -> None:
    """A sensitive output, or one made of a secret, is in state as a fingerprint only."""
    wanted = {
        "told": ("open text", True),
        "hook": ("${stripe_webhook_endpoint.h.secret}", False),
        "plain": ("${stripe_webhook_endpoint.h.url}", False),
    }
    result = world.apply(hook_step(), wanted_outputs=wanted)
    assert world.sink.kept["s", "output.told"] == "open text"
    assert world.sink.kept["s", "output.hook"] == TOLD
    assert result.state.outputs == {
        "told": Sealed.of("open text", "l"),
        "hook": Sealed.of(TOLD, "l"),
        "plain": "https://x",
    }


def test_a_sink_that_cannot_take_an_output(world: World) -> None:
    """The run says that its outputs are not written; what was made stays recorded."""
    world.sink.torn = True
    result = world.apply(product(A), wanted_outputs={"told": ("text", True)})
    assert result.unsaved is not None
    assert set(world.saved[-1].resources) == {A}


@pytest.mark.parametrize(
    ("address", "ended", "live"),
    [
        ("stripe_billing_meter.m", {"status": "inactive"}, {"status": "active"}),
        ("stripe_billing_alert.a", {"status": "archived"}, {"status": "active"}),
        ("stripe_billing_credit_grant.g", {"voided_at": 1_700_000_000}, {"voided_at": None}),
    ],
)
def test_what_has_ended_already_counts_as_removed(
    world: World, address: str, ended: dict[str, Any], live: dict[str, Any]
) -> None:
    """Stripe refuses to end a thing twice; one that is still alive is a failure."""
    refusal = ProviderError("This is already over.", status=400)
    removal = Removal(verb=Verb.DEACTIVATE, call="deactivate")
    for fields, failures in ((ended, 0), (live, 1)):
        world.has(address, "x_1")
        world.provider.objects["x_1"].update(fields)
        world.provider.failures["deactivate x_1"] = refusal
        result = world.apply(make(REMOVE, address, id="x_1", removal=removal))
        assert len(result.failures) == failures
        assert (address in world.saved[-1].resources) is bool(failures)


@pytest.mark.parametrize("kind", [UPDATE, StepKind.CALL])
def test_what_vanished_since_the_plan_asks_for_another_plan(world: World, kind: StepKind) -> None:
    """Somebody deleted it: the error names it and what to do; nothing else is lost."""
    world.has(A, "prod_a", declared={"name": "a"})
    world.provider.objects.clear()
    step = make(kind, A, params={"url": "x"}, call="validate")
    result = world.apply(step, product(B))
    [failure] = result.failures
    assert failure.error is not None
    assert failure.error.message == "No such product: 'prod_a'"
    assert failure.error.hint == (
        f"what {A} needs is not there, or not any more; run engine plan again to see where things "
        "stand"
    )
    assert set(world.saved[-1].resources) == {A, B}


def test_a_hint_that_is_there_is_not_replaced(world: World) -> None:
    """A key for the other mode is told so."""
    world.provider.failures["create a"] = NotFoundError("no", status=404, hint="the other mode")
    [failure] = world.apply(product(A)).failures
    assert failure.error is not None
    assert failure.error.hint == "the other mode"


# ── the person stops the run ─────────────────────────────────────────────────────────────────


def test_a_stop_lets_what_is_in_flight_finish(world: World) -> None:
    """Once the person asked, nothing new begins, and what was sent is recorded."""
    world.provider.before = lambda _: world.stop.set()
    result = world.apply(product(A), product(B, f"create {A}"))
    assert result.interrupted
    assert sorted(outcomes(world)) == [f"applied create {A}", f"skipped create {B}"]
    assert result.results[1].because == executor.INTERRUPTED
    assert set(world.saved[-1].resources) == {A}


def test_a_stop_before_the_first_operation_begins_none(world: World) -> None:
    """A run that is stopped at once sends nothing."""
    world.stop.set()
    result = world.apply(product(A))
    assert result.interrupted
    assert world.provider.calls == []


def test_what_stripe_quotes_of_a_secret_is_hidden(world: World) -> None:
    """An error says nothing of a value that its author called sensitive."""
    world.provider.failures["create hunter2"] = ProviderError("No such name: 'hunter2'", status=400)
    result = world.apply(
        make(StepKind.CREATE, A, params={"name": Sensitive("hunter2"), "tags": [Sensitive("x1")]})
    )
    [failure] = result.failures
    assert str(failure.error) == "No such name: '(sensitive)'"


# ── connected accounts ───────────────────────────────────────────────────────────────────────

SHOP = "stripe_account.shop"
ON_SHOP = "${stripe_account.shop.id}"


def on_shop(address: str, *needs: str) -> Step:
    """Create a product on the account that the run makes."""
    step = product(address, *needs, account=ON_SHOP)
    assert step.record is not None
    record = dataclasses.replace(step.record, removal_policy=RemovalPolicy(account=ON_SHOP))
    return dataclasses.replace(step, record=record)


def made_shop() -> Step:
    """Create that account."""
    return make(CREATE, SHOP, params={"id": "acct_2", "type": "custom"})


def test_an_account_that_the_run_makes_is_resolved_before_the_intent_is_written(
    world: World,
) -> None:
    """In the request, the journal and the state: never the text of the reference."""
    result = world.apply(made_shop(), on_shop(A, f"create {SHOP}"))
    assert result.failures == ()
    assert [call.context.account for call in world.provider.calls] == ["", "acct_2"]
    entry = result.state.at(A)
    assert entry is not None
    assert entry.account == "acct_2"
    assert [found.step.account for found in result.results] == ["", "acct_2"]
    [intent] = [
        record["step"]
        for record in world.journal.records
        if "intent" in record and record["step"]["address"] == A
    ]
    assert intent["account"] == intent["record"]["lifecycle"]["account"] == "acct_2"
    assert ON_SHOP not in str(world.journal.records)


def test_without_its_account_nothing_is_sent(world: World) -> None:
    """An account that could not be made takes along what was to be on it."""
    world.provider.failures["create "] = ProviderError("no", status=400)
    result = world.apply(made_shop(), on_shop(A, f"create {SHOP}"))
    assert [entry.outcome for entry in result.results] == [Outcome.FAILED, Outcome.SKIPPED]
    result = world.apply(on_shop(A))
    [failure] = result.failures
    assert failure.error is not None
    assert failure.error.message == "stripe_account.shop.id is not known"


def test_an_output_that_is_no_account_is_no_account(world: World) -> None:
    """What another stack's apply made of it is known only now."""
    world.others[OutputTarget("platform", "account")] = "prod_1"
    step = dataclasses.replace(on_shop(A), account="${output.platform.account}")
    [failure] = world.apply(step).failures
    assert failure.error is not None
    assert failure.error.message == (
        "${output.platform.account} is no account, so stripe_product.a cannot be on it"
    )
    assert world.provider.calls == []


def test_an_object_of_the_same_id_on_another_account_is_another_object(world: World) -> None:
    """Its removal leaves the resource's own object in the state, and its secrets in the sink."""
    coupon = "stripe_coupon.ten"
    left = ("acct_2:C10", ":C5")
    world.has(coupon, "C10", superseded=left, removal_policy=RemovalPolicy(account="acct_3"))
    step = make(REMOVE, coupon, id="C10", account="acct_2", key=f"remove {coupon} acct_2:C10")
    entry = world.apply(step).state.at(coupon)
    assert entry is not None
    assert (entry.id, entry.account, entry.superseded) == ("C10", "acct_3", (":C5",))
