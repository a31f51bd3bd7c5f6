"""A state that is lost or damaged is made again from the account; nothing is sent to Stripe."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.backends.state.lock_owner import this_run
from engine.emulator.core import Emulator
from engine.emulator.testing import faults
from engine.errors import (
    GuardError,
    LockHeldError,
    NewerStateError,
    PermissionDeniedError,
    StateError,
    UsageError,
)
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.ports.reports import MatchedBy, Rebuilt
from engine.schema.remote import STAMP_KEY
from engine.state.codec import encode
from engine.state.model import RemovedObject, State
from tests.support.build import as_rebuilt
from tests.support.plans import actions
from tests.support.project import Project

SHOP = """
    from engine import output
    from engine.stripe import Coupon, Price, Product, PromotionCode, WebhookEndpoint

    pro = Product("pro", name="Pro")
    monthly = Price("monthly", product=pro.id, currency="usd", unit_amount={amount})
    launch = Coupon("launch", id="LAUNCH", percent_off=25, duration="once")
    PromotionCode("code", code="LAUNCH25", promotion={{"type": "coupon", "coupon": launch.id}})
    hook = WebhookEndpoint("hook", url="https://a.example/h", enabled_events=["invoice.paid"])
    output("price", monthly.id)
    output("secret", hook.secret, sensitive=True)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    """A project whose stack was applied."""
    with Emulator(seed=11) as emulator:
        project = Project(tmp_path / "project", emulator)
        project.write(SHOP.format(amount=2900))
        project.apply()
        emulator.log.clear()
        yield project


def state_file(project: Project, name: str = "shop") -> Path:
    """The file of a state."""
    path: Path = project.root / "state" / "local" / f"{name}.json"
    return path


def rebuild(project: Project, *names: str, **options: Any) -> Rebuilt:
    """Rebuild the one state there is to rebuild; nothing may be sent."""
    project.writes()
    found = rebuild_states(project.context(), names, RebuildOptions(**options))
    assert project.writes() == []
    (rebuilt,) = found
    return rebuilt


def lose(project: Project, name: str = "shop") -> State:
    """Delete a state, and return what it was."""
    state = project.state(name)
    state_file(project, name).unlink()
    return state


def serial_of(raw: bytes) -> bytes:
    """The serial as it stands in a state file."""
    return f'"serial": {json.loads(raw)["serial"]}'.encode()


def without_stamp(project: Project, path: str) -> None:
    """Take the ownership stamp off an object."""
    project.call("post", path, metadata={STAMP_KEY: ""})


# ── what is found ─────────────────────────────────────────────────────────────────────────


def test_a_lost_state_is_what_it_was(shop: Project) -> None:
    """Resources, outputs, secrets' fingerprints, lineage and account; the plan is empty."""
    before = lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.state == dataclasses.replace(as_rebuilt(before), serial=1)
    assert shop.state() == rebuilt.state
    assert set(rebuilt.traces.values()) == {MatchedBy.STAMP}
    assert (rebuilt.missing, rebuilt.undeclared, rebuilt.aside) == ((), (), "")
    assert not shop.plan().has_changes
    shop.apply()
    assert shop.writes() == []


def test_it_goes_on_like_any_other_state(shop: Project) -> None:
    """The next change is planned as it would have been; removal too."""
    lose(shop)
    rebuild(shop)
    shop.write(SHOP.format(amount=3900))
    assert actions(shop.plan()) == {"stripe_price.monthly": "replace"}
    shop.apply()
    shop.apply(destroy=True)
    assert not shop.state().resources


def test_a_price_that_was_replaced_is_not_taken_for_its_successor(shop: Project) -> None:
    """Both carry the stamp; the archived one is history."""
    shop.write(SHOP.format(amount=3900))
    shop.apply()
    before = lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.state.resources == as_rebuilt(before).resources
    assert rebuilt.state.removed == {}
    assert not shop.plan().has_changes


def test_a_replacement_that_did_not_finish_is_finished_by_the_next_apply(shop: Project) -> None:
    """Of two that are alive the newer one is the one; the other is still to be removed."""
    old = shop.id("stripe_price.monthly")
    shop.emulator.faults.add(
        faults.error("not now", status=400), method="POST", path=f"/v1/prices/{old}", times=None
    )
    shop.write(SHOP.format(amount=3900))
    shop.try_apply()
    shop.emulator.faults.clear()
    before = lose(shop)
    rebuilt = rebuild(shop)
    assert before.resources["stripe_price.monthly"].superseded == (old,)
    assert rebuilt.state.resources == as_rebuilt(before).resources
    assert actions(shop.plan()) == {"stripe_price.monthly": "update"}
    shop.apply()
    assert [entry["active"] for entry in shop.objects("/v1/prices")] == [False, True]


def test_what_was_archived_is_remembered(shop: Project) -> None:
    """Declared or not: a declaration that is there, or returns, revives it and makes no twin."""
    before = shop.state().resources
    shop.write("")
    shop.apply()
    removed = shop.state().removed
    assert set(removed) == {
        "stripe_price.monthly",
        "stripe_product.pro",
        "stripe_promotion_code.code",
    }
    lose(shop)
    shop.write(SHOP.format(amount=2900))
    rebuilt = rebuild(shop)
    price = before["stripe_price.monthly"].id
    assert rebuilt.state.removed["stripe_price.monthly"] == RemovedObject(
        type="stripe_price", id=price
    )
    assert dict(rebuilt.state.removed) == dict(removed)
    assert actions(shop.plan())["stripe_price.monthly"] == "revive"
    shop.apply()
    assert len(shop.objects("/v1/prices")) == 1


def test_an_object_without_a_stamp_is_found_by_its_key(shop: Project) -> None:
    """A chosen id, a code; and what has neither is not found, and said so."""
    without_stamp(shop, "/v1/coupons/LAUNCH")
    without_stamp(shop, f"/v1/promotion_codes/{shop.id('stripe_promotion_code.code')}")
    without_stamp(shop, f"/v1/prices/{shop.id('stripe_price.monthly')}")
    before = lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.traces == {
        "stripe_coupon.launch": MatchedBy.KEY,
        "stripe_product.pro": MatchedBy.STAMP,
        "stripe_promotion_code.code": MatchedBy.KEY,
        "stripe_webhook_endpoint.hook": MatchedBy.STAMP,
    }
    assert rebuilt.missing == ("stripe_price.monthly",)
    rest = {
        name: entry for name, entry in as_rebuilt(before).resources.items() if "_price." not in name
    }
    assert rebuilt.state.resources == rest


def test_children_and_their_like_are_found_below_their_parents(shop: Project) -> None:
    """A stamp below a parent, a key made of references, a key that is not unique, a setting."""
    shop.write(
        """
        from engine import stripe

        pro = stripe.Product("pro", name="Pro")
        export = stripe.Feature("export", name="Export", lookup_key="export")
        stripe.ProductFeature("pro-export", product=pro.id, entitlement_feature=export.id)
        terms = stripe.ValueList("terms", alias="terms", name="Terms", item_type="email")
        stripe.ValueListItem("a", value_list=terms.id, value="a@example.com")
        stripe.PaymentMethodConfiguration("cards", name="Cards")
        stripe.TaxSettings("tax", defaults={"tax_behavior": "exclusive"})
        clock = stripe.TestClock("clock", name="Clock", frozen_time=1_900_000_000)
        stripe.Customer("late", name="Late", test_clock=clock.id)
        """
    )
    shop.apply()
    before = lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.missing == ()
    assert rebuilt.state == dataclasses.replace(as_rebuilt(before), serial=1)
    assert rebuilt.traces["stripe_product_feature.pro-export"] is MatchedBy.KEY
    assert not shop.plan().has_changes


def test_a_key_that_several_objects_have_says_nothing(shop: Project) -> None:
    """Two of the same name: neither is taken, and both are named."""
    shop.write(
        'from engine.stripe import Product, TestClock\nProduct("pro", name="Pro")\n'
        'TestClock("clock", name="Clock", frozen_time=1_900_000_000)\n'
    )
    shop.apply()
    clock = shop.id("stripe_test_helpers_test_clock.clock")
    twin = shop.call(
        "post", "/v1/test_helpers/test_clocks", name="Clock", frozen_time=1_900_000_000
    )["id"]
    lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.missing == ("stripe_test_helpers_test_clock.clock",)
    assert set(rebuilt.taken["stripe_test_helpers_test_clock.clock"].split(", ")) == {clock, twin}


def test_what_only_a_reference_tells(shop: Project) -> None:
    """A file has neither stamp nor key; what shows it has its id."""
    (shop.root / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    shop.write(
        """
        from engine.stripe import File, FileLink

        logo = File("logo", file="logo.png", purpose="business_logo")
        FileLink("link", file=logo.id)
        """
    )
    shop.apply()
    before = lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.traces["stripe_file.logo"] is MatchedBy.REFERENCE
    assert rebuilt.state.resources == as_rebuilt(before).resources


def test_an_object_of_another_stack_is_not_taken(shop: Project) -> None:
    """A key that somebody else's object holds does not make it ours."""
    shop.call("post", "/v1/coupons/LAUNCH", metadata={STAMP_KEY: "ffff:stripe_coupon.theirs"})
    lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.missing == ("stripe_coupon.launch",)
    assert rebuilt.taken == {"stripe_coupon.launch": "LAUNCH"}


def test_a_renamed_resource_is_found_under_its_old_stamp(shop: Project) -> None:
    """A move does not rewrite the stamp; while it is declared it is followed."""
    shop.write(
        SHOP.format(amount=2900).replace('"monthly"', '"every-month"')
        + "    from engine import moved\n"
        + '    moved("stripe_price.monthly", "stripe_price.every-month")\n'
    )
    shop.apply()
    before = lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.state.resources == as_rebuilt(before).resources
    assert rebuilt.undeclared == ()


def test_a_renamed_resource_with_a_key_is_found_by_it(shop: Project) -> None:
    """Also once `moved` was taken out of the code again: the stamp names nothing declared."""
    renamed = SHOP.format(amount=2900).replace('Coupon("launch"', 'Coupon("start"')
    shop.write(renamed)
    lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.traces["stripe_coupon.start"] is MatchedBy.KEY
    assert rebuilt.undeclared == ()


def test_a_renamed_resource_without_a_key_is_found_by_its_fields(shop: Project) -> None:
    """If they are its alone; a price that is paid once is not like one that recurs."""
    renamed = SHOP.format(amount=2900).replace('Price("monthly"', 'Price("every-month"')
    shop.write(renamed)
    before = lose(shop)
    rebuilt = rebuild(shop)
    assert rebuilt.traces["stripe_price.every-month"] is MatchedBy.LIKENESS
    assert rebuilt.undeclared == ()
    renamed_state = before.with_move("stripe_price.monthly", "stripe_price.every-month")
    assert rebuilt.state.resources == as_rebuilt(renamed_state).resources
    lose(shop)
    recurring = 'unit_amount=2900, recurring={"interval": "month"})'
    shop.write(renamed.replace("unit_amount=2900)", recurring))
    assert rebuild(shop).undeclared == ("stripe_price.monthly",)


# ── what is declared no more ──────────────────────────────────────────────────────────────


def test_what_is_declared_no_more_is_recorded_and_removed_next(shop: Project) -> None:
    """Nothing is orphaned, and it goes in the order that Stripe demands."""
    shop.write('from engine.stripe import Product\nProduct("other", name="Other")\n')
    before = lose(shop)
    with pytest.raises(UsageError, match="nothing on the account belongs to stack 'shop'"):
        rebuild(shop)
    rebuilt = rebuild(shop, lineage=before.lineage)
    assert rebuilt.missing == ("stripe_product.other",)
    assert rebuilt.undeclared == tuple(sorted(before.resources))
    assert rebuilt.state.resources["stripe_price.monthly"].dependencies == ("stripe_product.pro",)
    assert actions(shop.plan(allow_mass_change=True)) == {
        "stripe_coupon.launch": "delete",
        "stripe_price.monthly": "delete",
        "stripe_product.other": "create",
        "stripe_product.pro": "delete",
        "stripe_promotion_code.code": "delete",
        "stripe_webhook_endpoint.hook": "delete",
    }
    shop.apply(allow_mass_change=True)
    assert not shop.plan().has_changes
    assert shop.objects("/v1/webhook_endpoints") == []


def test_types_that_are_declared_no_more_need_not_be_listed(shop: Project) -> None:
    """With very many customers that is a long list; the types that are declared are all listed."""
    shop.write('from engine.stripe import Product\nProduct("pro", name="Pro")\n')
    before = lose(shop)
    shop.emulator.log.clear()
    rebuilt = rebuild(shop, declared_only=True)
    assert rebuilt.undeclared == ()
    assert rebuilt.state.lineage == before.lineage
    lose(shop)
    assert "stripe_price.monthly" in rebuild(shop).undeclared


def test_a_type_that_the_key_may_not_read_is_named(shop: Project) -> None:
    """Undeclared, it may hold something of ours; declared, there is no state without it."""
    lose(shop)
    refusal = faults.permission_denied("acct_1")
    shop.emulator.faults.add(refusal, method="GET", path="/v1/customers", times=None)
    rebuilt = rebuild(shop)
    assert [text.partition(":")[0] for text in rebuilt.unread] == ["customer"]
    lose(shop)
    shop.emulator.faults.add(refusal, method="GET", path="/v1/coupons", times=None)
    with pytest.raises(PermissionDeniedError):
        rebuild(shop)
    assert not state_file(shop).exists()


# ── whose it is ───────────────────────────────────────────────────────────────────────────


def test_the_lineages_of_other_states_are_not_ours(shop: Project) -> None:
    """Two stacks may use one address; the one whose state is there keeps its own."""
    shop.write('from engine.stripe import Product\nProduct("pro", name="Other")\n', "other")
    shop.apply("other")
    before = lose(shop)
    assert rebuild(shop, "shop").state.lineage == before.lineage


def test_several_lineages_are_a_question(shop: Project) -> None:
    """They are listed with what speaks for each, and --lineage answers."""
    shop.write('from engine.stripe import Product\nProduct("pro", name="Pro")\n')
    shop.apply()
    before = lose(shop)
    # An engine that did not look before it made things went on without the state.
    twin = {"engine": "0123abcd:stripe_product.pro"}
    shop.call("post", "/v1/products", name="Pro", metadata=twin)
    with pytest.raises(UsageError, match="several lineages") as raised:
        rebuild(shop)
    for lineage in (before.lineage, "0123abcd"):
        assert f"{lineage} (1 of 1 resources)" in raised.value.message
    assert "--lineage" in str(raised.value.hint)
    rebuilt = rebuild(shop, lineage=before.lineage)
    assert rebuilt.state.resources == as_rebuilt(before).resources


def test_the_key_of_another_account_is_refused(shop: Project) -> None:
    """As far as the damaged file tells whose it is."""
    path = state_file(shop)
    document = json.loads(path.read_bytes())
    document["account"]["id"] = "acct_other"
    path.write_text(json.dumps(document))
    with pytest.raises(GuardError, match="belongs to account acct_other"):
        rebuild(shop)
    assert json.loads(path.read_bytes()) == document


def test_nothing_to_rebuild_from(tmp_path: Path) -> None:
    """A stack that was never applied gets no empty state."""
    with Emulator(seed=11) as emulator:
        project = Project(tmp_path / "project", emulator)
        project.write(SHOP.format(amount=2900))
        with pytest.raises(UsageError, match="there is nothing to rebuild its state from"):
            rebuild(project)
        assert not state_file(project).exists()


# ── what is there already ─────────────────────────────────────────────────────────────────


def test_a_damaged_state_is_kept_aside(shop: Project) -> None:
    """Its serial is continued, its lineage believed, and its bytes are kept."""
    before = shop.state()
    path = state_file(shop)
    damaged = path.read_bytes().replace(b'"name": "Pro"', b'"name": "P')
    path.write_bytes(damaged)
    rebuilt = rebuild(shop)
    assert rebuilt.aside == "state/local/shop.json.replaced"
    assert (shop.root / rebuilt.aside).read_bytes() == damaged
    assert rebuilt.state == dataclasses.replace(as_rebuilt(before), serial=before.serial + 1)
    assert not shop.plan().has_changes


def test_a_merge_conflict_tells_the_higher_serial(shop: Project) -> None:
    """Whichever side was ahead, nobody's later state looks older than this one."""
    path = state_file(shop)
    ours = path.read_bytes()
    theirs = ours.replace(serial_of(ours), b'"serial": 41')
    path.write_bytes(b"<<<<<<< HEAD\n" + ours + b"=======\n" + theirs + b">>>>>>> theirs\n")
    assert rebuild(shop).state.serial == 42


def test_ids_of_a_damaged_file_are_believed_last(shop: Project) -> None:
    """For what has neither stamp nor key, if it exists and is nobody else's."""
    without_stamp(shop, f"/v1/prices/{shop.id('stripe_price.monthly')}")
    before = shop.state()
    path = state_file(shop)
    path.write_bytes(path.read_bytes().replace(serial_of(path.read_bytes()), b'"serial": 41'))
    rebuilt = rebuild(shop)
    assert rebuilt.traces["stripe_price.monthly"] is MatchedBy.FILE
    assert rebuilt.state.resources == as_rebuilt(before).resources
    assert rebuilt.missing == ()


def test_a_state_that_can_be_read_is_left(shop: Project) -> None:
    """Named, it is refused with the way on; with force it is made again all the same."""
    before = shop.state()
    assert rebuild_states(shop.context(), (), RebuildOptions()) == ()
    with pytest.raises(UsageError, match=r"shop\.json can be read") as raised:
        rebuild(shop, "shop")
    assert "--refresh-only" in str(raised.value.hint)
    assert shop.state() == before
    rebuilt = rebuild(shop, "shop", force=True)
    assert rebuilt.state == dataclasses.replace(as_rebuilt(before), serial=before.serial + 1)
    assert rebuilt.aside


def test_a_newer_engines_state_is_not_replaced(shop: Project) -> None:
    """Nothing is wrong with it."""
    path = state_file(shop)
    path.write_bytes(path.read_bytes().replace(b'"format_version": 5', b'"format_version": 9'))
    for options in ({}, {"force": True}):
        with pytest.raises(NewerStateError):
            rebuild(shop, "shop", **options)


def test_a_copied_file_tells_nothing(shop: Project) -> None:
    """The state of another stack in the place of this one: its lineage and ids are not ours."""
    before = shop.state()
    foreign = dataclasses.replace(before, stack="store", lineage="f" * 32, serial=70)
    state_file(shop).write_bytes(encode(foreign, engine_version="1"))
    rebuilt = rebuild(shop)
    assert rebuilt.state == dataclasses.replace(as_rebuilt(before), serial=1)


def test_a_state_that_cannot_be_written_stops_before_stripe_is_asked(shop: Project) -> None:
    """Hours of lists would be lost."""
    lose(shop)
    (shop.root / "state" / "local" / ".shop.json.probe.tmp").mkdir()
    shop.emulator.log.clear()
    with pytest.raises(StateError, match="cannot be written"):
        rebuild(shop)
    assert len(shop.emulator.log) == 0


def test_another_run_is_waited_for(shop: Project) -> None:
    """It is under the lock, like everything that writes a state."""
    lose(shop)
    backend = shop.context().backend
    with (
        backend.lock("shop", "local", operation="apply", timeout=0, on_wait=print),
        pytest.raises(LockHeldError, match=this_run("x").who),
    ):
        rebuild(shop)


# ── several stacks ────────────────────────────────────────────────────────────────────────


def test_stacks_are_rebuilt_each_after_those_it_reads(shop: Project) -> None:
    """Every lost one; the output that the other reads is there by then."""
    shop.write(
        """
        from engine import stack_output
        from engine.stripe import Price

        Price("p", product=stack_output("zz", "pro"), currency="usd", unit_amount=1)
        """,
        "aa",
    )
    shop.write(
        """
        from engine import output
        from engine.stripe import Product

        output("pro", Product("shared", name="Shared").id)
        """,
        "zz",
    )
    shop.apply()
    before = {name: lose(shop, name) for name in ("aa", "zz")}
    with pytest.raises(UsageError, match="--lineage is of one stack"):
        rebuild_states(shop.context(), (), RebuildOptions(lineage="x"))
    found = rebuild_states(shop.context(), (), RebuildOptions())
    assert [entry.state.stack for entry in found] == ["zz", "aa"]
    for entry in found:
        assert entry.state == dataclasses.replace(as_rebuilt(before[entry.state.stack]), serial=1)
    assert [plan.has_changes for plan in shop.report().plans] == [False, False, False]


# ── a journal beside it ───────────────────────────────────────────────────────────────────


def test_what_an_unfinished_run_made_is_found(shop: Project) -> None:
    """The journal speaks of the state that was lost; it is kept aside with it."""
    journal = state_file(shop).with_suffix(".journal")
    before = shop.state()
    shop.context().backend.begin_journal("shop", "local", (b'{"run":1}',), reserve=0).close()
    lose(shop)
    with pytest.raises(StateError, match="its state is gone") as raised:
        shop.plan()
    assert "engine state rebuild shop" in str(raised.value.hint)
    assert rebuild(shop).state == dataclasses.replace(as_rebuilt(before), serial=1)
    assert not journal.exists()
    assert journal.with_name("shop.journal.replaced").exists()
    assert not shop.plan().has_changes
