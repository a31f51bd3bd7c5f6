"""`engine.testing`: emulated projects, assertions, snapshots, webhooks, policies."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from engine.api import apply, plan, validate
from engine.errors import GuardError, UsageError
from engine.policies import Finding, Plan, policy
from engine.testing import (
    API_KEY,
    Clock,
    EmulatedProject,
    Emulator,
    Webhooks,
    assert_changes,
    assert_creates,
    assert_no_changes,
    assert_removes,
    assert_replaces,
    assert_updates,
    change_of,
    client_of,
    faults,
    global_client,
    plan_of,
    refused_by,
    snapshot_of,
)
from engine.testing.surroundings import without_keys
from engine.testing.webhooks import catching

PRICE = "stripe_price.pro-monthly"
SHOP = """
    from engine import output
    from engine.stripe import Price, Product, WebhookEndpoint

    pro = Product("pro", name="Pro")
    Price(
        "pro-monthly",
        product=pro,
        currency="usd",
        unit_amount=2900,
        recurring={"interval": "month"},
    )
    hook = WebhookEndpoint(
        "events", url="https://example.com/hook", enabled_events=["product.updated"]
    )
    output("secret", hook.secret, sensitive=True)
"""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator in memory."""
    with Emulator(seed=1) as emulator:
        yield emulator


@pytest.fixture
def project(emulator: Emulator, tmp_path: Path) -> EmulatedProject:
    """A project with one stack, not applied."""
    project = EmulatedProject(tmp_path / "shop", emulator)
    project.write("shop", SHOP)
    return project


# ── projects ──────────────────────────────────────────────────────────────────────────────


def test_a_project_is_applied_to_the_emulator(project: EmulatedProject, emulator: Emulator) -> None:
    """With the functions of `engine.api`, or with its own; a client sees what was made."""
    assert apply(plan(project)).complete
    client = client_of(emulator)
    assert client.v1.prices.retrieve(project.id_of(PRICE)).unit_amount == 2900
    with global_client(emulator):
        assert stripe.Product.retrieve(project.id_of("stripe_product.pro"))["name"] == "Pro"
    assert stripe.api_key is None
    assert project.reveal("secret").startswith("whsec_")
    ids = project.constants_module().SHOP_LOCAL
    assert project.id_of(PRICE) == ids.STRIPE_PRICE_PRO_MONTHLY
    with pytest.raises(UsageError, match="no state has stripe_product"):
        project.id_of("stripe_product.other")


def test_no_account_and_no_store_is_ever_reached(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the configuration and the variables of the process name."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[tool.engine]\nstate = "env:NO_SUCH_STORE"\ndefault-environment = "live"\n'
        '[tool.engine.environments.live]\napi-key = "env:LIVE_KEY"\naccount = "acct_1"\n'
        "live = true\n"
        'state = "s3://nowhere/at-all"\nsecrets = "command:false"\n'
        '[tool.engine.fleets.shops]\nenvironment = "live"\naccounts = "connected"\n'
    )
    monkeypatch.setenv("LIVE_KEY", "sk_live_1234567890abcdef")
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
    project = EmulatedProject(tmp_path, emulator, environment="live")
    project.write("shop", SHOP + "    import engine\n    output('where', engine.environment)\n")
    applied = project.apply()
    assert (applied.plan.environment, applied.plan.livemode) == ("live", False)
    assert project.outputs()["where"] == "live"
    assert (tmp_path / "state/live/shop.json").is_file()
    fleet = EmulatedProject(tmp_path, emulator, environment="shops/acct_1")
    with pytest.raises(UsageError, match="is an account of a fleet"):
        fleet.plan()


def test_a_copy_can_be_changed(
    project: EmulatedProject, emulator: Emulator, tmp_path: Path
) -> None:
    """Stacks are copied, what they read is linked, and states stay where they are."""
    project.apply()
    (project.folder / "terms.txt").write_text("Pro")
    (project.folder / "assets").mkdir()
    copy = EmulatedProject.copy_of(project.folder, tmp_path / "copy", emulator)
    assert sorted(path.name for path in copy.folder.iterdir()) == ["assets", "stacks", "terms.txt"]
    copy.edit("shop", "unit_amount=2900", "unit_amount=3400")
    assert "2900" in (project.folder / "stacks/shop.py").read_text()
    with pytest.raises(UsageError, match="is 0 times in"):
        copy.edit("shop", "unit_amount=2900", "x")
    with pytest.raises(UsageError, match="is no project"):
        EmulatedProject.copy_of(tmp_path / "assets", tmp_path / "other", emulator)


def test_variables_and_the_clock_are_the_tests_own(emulator: Emulator, tmp_path: Path) -> None:
    """A moment that the engine wants to be in the future is measured by it."""
    clock = Clock(dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    project = EmulatedProject(tmp_path, emulator, clock=clock, variables={"name": "A"})
    project.write(
        "shop",
        """
        from engine import variable
        from engine.stripe import Coupon, Product
        Product("a", name=variable("name", ""))
        Coupon("sale", percent_off=10, duration="once", redeem_by=1900000000)
        """,
    )
    assert project.plan().changes["stripe_product.a"].after["name"] == "A"
    project.variables["name"] = "B"
    assert project.plan().changes["stripe_product.a"].after["name"] == "B"
    clock.advance(days=365)
    assert clock() == 1893456000 + 365 * 86400
    assert [one.reference for one in validate(project)] == ["stripe-rule"]


def test_faults_are_those_of_the_emulator(project: EmulatedProject, emulator: Emulator) -> None:
    """A plan that is cut off is finished by the next one, and nothing is made twice."""
    emulator.faults.add(faults.dropped(executed=True), method="POST", path="/v1/products")
    assert project.apply().complete
    assert len(client_of(emulator).v1.products.list().data) == 1


# ── assertions ────────────────────────────────────────────────────────────────────────────


UNKNOWN = (
    "stripe_product.pros is not updated in place: it is not in the plan; did you mean "
    "stripe_product.pro?"
)


def test_assertions_say_what_is_planned_instead(project: EmulatedProject) -> None:
    """A line for each resource, and the plan's own text below."""
    first = project.plan()
    assert_creates(first, PRICE, "stripe_product.pro")
    with pytest.raises(AssertionError) as failed:
        assert_updates(first, PRICE, "stripe_product.pros")
    lines = str(failed.value).split("\n")
    assert lines[:3] == [
        f"{PRICE} is not updated in place: it is created (declared)",
        UNKNOWN,
        "",
    ]
    assert str(failed.value).endswith(first.text())
    with pytest.raises(AssertionError, match="the plan is not empty"):
        assert_no_changes(first)
    project.apply()
    assert_no_changes(project.plan())
    project.edit("shop", "unit_amount=2900", "unit_amount=3400")
    project.edit("shop", '"Pro"', '"Pro plus"')
    second = project.plan()
    assert_replaces(second, f"shop:{PRICE}")
    assert_updates(second, "stripe_product.pro")
    assert_changes(second, {PRICE: "replace", "stripe_product.pro": "update"})
    with pytest.raises(
        AssertionError, match=r"^stripe_price\S+ is replaced \(immutable, changed\)"
    ):
        assert_changes(second, {"stripe_product.pro": "update"})
    with pytest.raises(AssertionError, match="'updat' is no action"):
        assert_changes(second, {PRICE: "updat"})
    with pytest.raises(AssertionError, match="no address is named"):
        assert_removes(second)
    assert_removes(project.plan(destroy=True), PRICE)


def test_an_address_of_two_stacks_is_asked_for_with_one(project: EmulatedProject) -> None:
    """The failure lists the two."""
    project.write("store", SHOP)
    with pytest.raises(
        AssertionError, match=f"several stacks have it: shop:{PRICE}, store:{PRICE}"
    ):
        assert_creates(project.plan(), PRICE)
    assert_creates(project.plan(), f"store:{PRICE}")


# ── snapshots ─────────────────────────────────────────────────────────────────────────────

SNAPSHOT = """\
Environment local (embedded emulator), account acct_1, test mode

What the symbols mean:
    ~ update in place
  +/- create the replacement, then remove

  # stripe_price.pro-monthly will be replaced: unit_amount cannot be changed in place
  # the new one first, then the old one is archived (Stripe cannot delete a price)
+/- stripe_price.pro-monthly [price_1]  stacks/shop.py:6
      ~ unit_amount: 2900 ($29.00) -> 3400 ($34.00)  # forces replacement

  # stripe_webhook_endpoint.events will be updated in place
  ~ stripe_webhook_endpoint.events [we_1]  stacks/shop.py:13
      ~ enabled_events: ["product.updated"] -> ["price.created", "product.updated"]

Plan: 0 to create, 1 to update, 1 to replace, 0 to remove."""


@pytest.mark.parametrize("seed", [1, 2, None])
def test_a_snapshot_is_the_same_for_all_ids(seed: int | None, tmp_path: Path) -> None:
    """On every machine and in every run; what a person wrote stays."""
    with Emulator(seed=seed) as emulator:
        project = EmulatedProject(tmp_path, emulator)
        project.write("shop", SHOP)
        project.apply()
        project.edit("shop", "unit_amount=2900", "unit_amount=3400")
        project.edit("shop", '"product.updated"]', '"product.updated", "price.created"]')
        assert snapshot_of(project.plan()) == SNAPSHOT


def test_a_snapshot_keeps_what_the_stack_chose(emulator: Emulator, tmp_path: Path) -> None:
    """An id of a coupon, and words that look a little like ids."""
    project = EmulatedProject(tmp_path, emulator)
    project.write(
        "shop",
        """
        from engine.stripe import Coupon
        Coupon("c", id="spring_SALE20304050", percent_off=20, duration="once",
               metadata={"team": "growth_internationalization"})
        """,
    )
    text = snapshot_of(project.plan())
    assert "spring_SALE20304050" in text
    assert "growth_internationalization" in text
    project.apply()
    assert "[spring_SALE20304050]" in snapshot_of(project.plan(destroy=True))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_snapshot_has_no_id_without_a_prefix(seed: int, tmp_path: Path) -> None:
    """Stripe gives a coupon one; a word that is the same as one stays."""
    with Emulator(seed=seed) as emulator:
        project = EmulatedProject(tmp_path, emulator)
        project.write(
            "shop",
            """
            from engine import output
            from engine.stripe import Coupon
            output("id", Coupon("c", percent_off=20, duration="once").id)
            """,
        )
        project.apply()
        text = snapshot_of(project.plan(destroy=True))
    assert "- stripe_coupon.c [id_1]  20 % off once" in text
    assert '- id: "id_1"' in text


# ── webhooks ──────────────────────────────────────────────────────────────────────────────


def test_webhooks_are_caught_and_given_to_the_application(
    project: EmulatedProject, emulator: Emulator
) -> None:
    """Signed; what the application raises ends no apply, and is kept."""
    with catching(emulator) as webhooks:
        project.apply()
        webhooks.clear()
        project.edit("shop", '"Pro"', '"Pro 2"')
        project.apply()
        (caught,) = webhooks
        event = stripe.Webhook.construct_event(
            caught.body, caught.headers["Stripe-Signature"], project.reveal("secret")
        )
        assert (event.type, caught.path) == ("product.updated", "/hook")
        assert webhooks.of("product.updated") == [caught] == webhooks[:1]
        webhooks.deliver_to(lambda _: 1 // 0)
        project.edit("shop", '"Pro 2"', '"Pro 3"')
        assert project.apply().complete
        assert webhooks.statuses == [200, None]
        with pytest.raises(ZeroDivisionError):
            webhooks.raise_errors()
        webhooks.deliver_to(None)
        emulator.deliveries.retry()
        assert webhooks.statuses == [200, None, 200]
        assert repr(webhooks) == "<Webhooks: product.updated, product.updated, product.updated>"


@pytest.mark.parametrize(
    "base",
    [
        "https://example.com",
        "http://example.com:80",
        "http://127.0.0.1@x.example",
        "ftp://127.0.0.1:1",
    ],
)
def test_no_other_machine_gets_a_delivery(base: str) -> None:
    """Not even by mistake."""
    with pytest.raises(UsageError, match="is no address of this machine"):
        Webhooks().deliver_over_http(base)


# ── policies ──────────────────────────────────────────────────────────────────────────────


@policy(mandatory=True)
def nothing_above_thirty(plan: Plan) -> Iterator[Finding]:
    """No price is above thirty dollars."""
    for change in plan.changes:
        for amount in change.amounts:
            if amount.after is not None and amount.after.value > 3000:
                yield change.refuse(f"{amount.after.value} is too much")


def test_a_policy_is_asked_about_a_plan_that_was_made(project: EmulatedProject) -> None:
    """And about one made by hand."""
    assert refused_by(nothing_above_thirty, project.plan()) == []
    project.edit("shop", "unit_amount=2900", "unit_amount=3400")
    assert refused_by(nothing_above_thirty, project.plan()) == ["3400 is too much"]
    by_hand = plan_of(change_of(PRICE, after={"currency": "usd", "unit_amount": 4000}))
    assert refused_by(nothing_above_thirty, by_hand) == ["4000 is too much"]


def test_policies_of_the_project_are_asked(project: EmulatedProject) -> None:
    """Those of its module, and those that its configuration switches on for the environment."""
    (project.folder / "pyproject.toml").write_text(
        "[tool.engine.environments.test.policies]\nlookup-keys = 'mandatory'\n"
    )
    project.write(
        "_policies",
        """
        from engine.policies import policy

        @policy(mandatory=True)
        def nothing_new(plan):
            \"\"\"Nothing is new.\"\"\"
            yield plan.refuse("it is new")
        """,
    )
    assert [one.policy for one in project.plan().refusals] == ["nothing-new"]
    project.environment = "test"
    assert {one.policy for one in project.plan().refusals} == {"nothing-new", "lookup-keys"}
    with pytest.raises(GuardError, match="nothing was changed"):
        project.apply()


# ── surroundings ──────────────────────────────────────────────────────────────────────────


def test_keys_are_taken_out_of_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they are called, and put back at the end."""
    monkeypatch.setenv("BILLING", "rk_live_1234567890abcdefgh")
    monkeypatch.setenv("STRIPE_API_KEY", "nonsense")
    monkeypatch.setenv("ENGINE_ENVIRONMENT", "live")
    monkeypatch.setenv("ORDINARY", "sk_test_prices")
    with without_keys():
        assert not {"BILLING", "STRIPE_API_KEY", "ENGINE_ENVIRONMENT"} & set(os.environ)
        assert os.environ["ORDINARY"] == "sk_test_prices"
    assert os.environ["BILLING"] == "rk_live_1234567890abcdefgh"
    assert API_KEY.startswith("sk_test_")
