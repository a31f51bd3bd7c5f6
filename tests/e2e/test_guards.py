"""Guards: keys, modes, permissions, held locks, and what a live account may lose."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine.address import ResourceAddress, parse_address
from engine.bootstrap.project import open_project
from engine.emulator.accounts.keys import account_id
from engine.emulator.core import Emulator
from engine.emulator.testing import faults
from engine.errors import GuardError, LockHeldError, StateError, UsageError
from engine.operations.apply import apply_stacks
from engine.operations.import_ import import_object
from engine.operations.locks import hold_lock, locks, release_lock, unlock
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import PlanReport
from engine.ports.backend import Store
from engine.ports.outcomes import ApplyReport
from tests.support.surroundings import served

PROJECT = """
    [tool.engine.environments.test]
    api-key = "env:SHOP_TEST_KEY"
    [tool.engine.environments.live]
    api-key = "env:SHOP_LIVE_KEY"
    live = true
"""
STACK = """
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency="usd", unit_amount={amount}, lookup_key="month")
    {coupon}
"""
COUPON = 'Coupon("launch", percent_off=25, duration="once")'
MONTH = parse_address("stripe_price.month")
LAUNCH = parse_address("stripe_coupon.launch")


class Shop:
    """A project with a test and a live environment on one emulator."""

    def __init__(self, root: Path, emulator: Emulator) -> None:
        """Args: root: the folder; emulator: holds the account."""
        self.root = root
        self.emulator = emulator
        (root / "stacks").mkdir()
        (root / "pyproject.toml").write_text(textwrap.dedent(PROJECT), encoding="utf-8")
        self.write()

    def write(self, *, amount: int = 2900, coupon: str = COUPON) -> None:
        """Write the stack."""
        text = textwrap.dedent(STACK.format(amount=amount, coupon=coupon))
        (self.root / "stacks" / "shop.py").write_text(text, encoding="utf-8")

    def plan(self, environment: str = "live", **options: object) -> PlanReport:
        """Plan."""
        context = open_project(self.root, environment=environment)
        return plan_stacks(context, (), PlanOptions(**options))  # type: ignore[arg-type]

    def apply(self, environment: str = "live", **options: object) -> ApplyReport:
        """Apply, with a yes to the plan and nobody to ask about removals."""
        context = open_project(self.root, environment=environment)
        return apply_stacks(context, (), PlanOptions(**options), lambda _: True)  # type: ignore[arg-type]

    def begin(self, environment: str = "live") -> None:
        """Apply once and forget the requests."""
        assert self.apply(environment).failures == ()
        self.emulator.log.clear()

    def writes(self) -> list[str]:
        """Requests that were not refused and could change something."""
        return [entry.path for entry in self.emulator.log.writes() if entry.status == 200]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A project whose environments are a served emulator."""
    with served(
        monkeypatch, seed=3, SHOP_TEST_KEY="sk_test_shop", SHOP_LIVE_KEY="sk_live_shop"
    ) as emulator:
        yield Shop(tmp_path, emulator)


# ── keys and modes ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["sk_live_shop", "rk_live_shop", "sk_org_live_shop", "sk_org_shop"])
def test_a_live_key_needs_an_environment_that_says_it_is_live(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Refused before anything is asked of Stripe; the key is not in the text."""
    monkeypatch.setenv("SHOP_TEST_KEY", key)
    for use in (shop.plan, shop.apply):
        with pytest.raises(GuardError) as raised:
            use("test")
        assert raised.value.exit_code == 4
        assert raised.value.message == (
            "the key in SHOP_TEST_KEY is a live key, and environment 'test' does not say that it "
            "is live"
        )
        assert "live = true in [tool.engine.environments.test]" in str(raised.value.hint)
        assert key not in str(raised.value)
    assert len(shop.emulator.log) == 0
    assert not (shop.root / "state").exists()


def test_a_bare_live_key_is_told_how_to_declare_its_environment(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`STRIPE_API_KEY` alone never reaches real money."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_shop")
    with pytest.raises(GuardError) as raised:
        shop.apply("default")
    hint = str(raised.value.hint)
    assert "[tool.engine.environments.live]" in hint
    assert 'api-key = "env:STRIPE_API_KEY"' in hint
    assert "live = true" in hint
    assert "-e live" in hint
    assert len(shop.emulator.log) == 0


@pytest.mark.parametrize("key", ["sk_test_shop", "rk_test_shop", "sk_org_test_shop"])
def test_a_test_key_does_not_fit_a_live_environment(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Nobody is to believe that live was changed when test was."""
    monkeypatch.setenv("SHOP_LIVE_KEY", key)
    with pytest.raises(GuardError, match="'live' is live, but the key in SHOP_LIVE_KEY is a test"):
        shop.apply()
    assert len(shop.emulator.log) == 0


def test_keys_that_fit_work(shop: Shop) -> None:
    """Each in its own environment and state, on one account."""
    shop.begin("test")
    shop.begin("live")
    assert (shop.plan("live").livemode, shop.plan("test").livemode) == (True, False)


def test_a_key_whose_account_stripe_does_not_tell_is_refused_once_the_state_is_pinned(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be checked is not taken for right."""
    shop.begin("test")
    shop.write(amount=3400)
    monkeypatch.setenv("SHOP_TEST_KEY", "rk_test_shop")
    text = (
        "This is a restricted API key, but the required permissions are not available for use by "
        "restricted keys."
    )
    shop.emulator.faults.add(faults.error(text, status=403), path="/v1/account", times=None)
    with pytest.raises(GuardError, match="Stripe does not return the account of the key") as raised:
        shop.apply("test")
    assert account_id("shop") in raised.value.message
    assert shop.writes() == []


# ── what a live account may lose ──────────────────────────────────────────────────────────


def test_on_a_live_account_removals_and_replaced_prices_have_to_be_named(shop: Shop) -> None:
    """A yes alone is refused with exit code 4, every address in the text, before any write."""
    shop.begin()
    shop.write(amount=3400, coupon="")
    with pytest.raises(GuardError) as raised:
        shop.apply()
    assert raised.value.exit_code == 4
    assert raised.value.cause == "stripe_coupon.launch\nstripe_price.month"
    with pytest.raises(GuardError) as raised:
        shop.apply(confirmed_removals=(MONTH,))
    assert raised.value.cause == "stripe_coupon.launch"
    assert shop.emulator.log.writes() == []
    assert shop.apply(confirmed_removals=(MONTH, LAUNCH)).failures == ()
    assert not shop.plan().has_changes


def test_the_plan_says_what_has_to_be_named(shop: Shop) -> None:
    """As options that can be copied; once they are named there is nothing to say."""
    shop.begin()
    shop.write(coupon="")
    (plan,) = shop.plan().plans
    assert plan.warnings == (
        (
            "the account is live, so an apply needs the names of what it ends: "
            "--confirm-removal stripe_coupon.launch"
        ),
    )
    (plan,) = shop.plan(confirmed_removals=(LAUNCH,)).plans
    assert plan.warnings == ()


def test_the_same_command_again_finds_nothing_wrong(shop: Shop) -> None:
    """What was named and is gone already is no reason to refuse."""
    shop.begin()
    shop.write(coupon="")
    assert shop.apply(confirmed_removals=(LAUNCH,)).failures == ()
    shop.write(amount=3400, coupon="")
    assert shop.apply(confirmed_removals=(LAUNCH, MONTH)).failures == ()
    assert not shop.apply(confirmed_removals=(LAUNCH, MONTH)).plan.has_changes


def test_whoever_was_asked_has_named_them(shop: Shop) -> None:
    """Asked about what the options leave out, and about nothing else."""
    shop.begin()
    shop.write(amount=3400, coupon="")
    asked: list[tuple[ResourceAddress, ...]] = []

    def apply(*, answer: bool) -> ApplyReport:
        def confirm(_: PlanReport, addresses: Sequence[ResourceAddress]) -> bool:
            asked.append(tuple(addresses))
            return answer

        context = open_project(shop.root, environment="live")
        options = PlanOptions(confirmed_removals=(LAUNCH,))
        return apply_stacks(context, (), options, lambda _: True, confirm=confirm)

    assert not apply(answer=False).approved
    assert shop.emulator.log.writes() == []
    assert apply(answer=True).approved
    assert asked == [(MONTH,), (MONTH,)]
    assert shop.writes() != []


def test_destroying_live_has_to_name_everything(shop: Shop) -> None:
    """Also without reading Stripe first."""
    shop.begin()
    for refresh in (True, False):
        with pytest.raises(GuardError, match="3 resources would be removed"):
            shop.apply(destroy=True, refresh=refresh)
    assert shop.emulator.log.writes() == []


def test_in_test_mode_a_yes_is_enough(shop: Shop) -> None:
    """Nobody is hurt there."""
    shop.begin("test")
    shop.write(amount=3400, coupon="")
    assert shop.apply("test").failures == ()
    assert shop.apply("test", destroy=True).failures == ()


# ── restricted keys ───────────────────────────────────────────────────────────────────────


def test_every_missing_permission_is_named_before_the_first_write(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All at once, for what the plan writes and nothing else."""
    shop.begin("test")
    before = (shop.root / "state" / "test" / "shop.json").read_bytes()
    shop.write(amount=3400, coupon="")
    monkeypatch.setenv("SHOP_TEST_KEY", "rk_test_shop")
    shop.emulator.restrict("rk_test_shop", {"product_read", "plan_read", "coupon_read"})
    with pytest.raises(GuardError) as raised:
        shop.apply("test")
    assert raised.value.exit_code == 4
    assert raised.value.message == (
        "the restricted key in SHOP_TEST_KEY may not do all of this: 2 permissions are missing"
    )
    assert sorted(str(raised.value.cause).splitlines()) == [
        "Coupons Write (coupon_write), for stripe_coupon",
        "Prices Write (plan_write), for stripe_price",
    ]
    assert shop.writes() == []
    assert (shop.root / "state" / "test" / "shop.json").read_bytes() == before
    shop.emulator.restrict("rk_test_shop", {"product_read", "plan_write", "coupon_write"})
    assert shop.apply("test").failures == ()
    assert not shop.plan("test").has_changes


def test_a_first_apply_with_too_few_permissions_makes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither objects nor a state; the one that is missing is named."""
    monkeypatch.setenv("SHOP_TEST_KEY", "rk_test_shop")
    shop.emulator.restrict("rk_test_shop", {"product_write", "plan_write", "coupon_read"})
    with pytest.raises(GuardError, match="1 permission is missing") as raised:
        shop.apply("test")
    assert raised.value.cause == "Coupons Write (coupon_write), for stripe_coupon"
    assert shop.writes() == []
    assert not list((shop.root / "state").rglob("*.j*"))  # the lock is there, and nothing else


def test_a_secret_key_is_not_asked_about_permissions(shop: Shop) -> None:
    """No request more than the work needs."""
    assert shop.apply("test").failures == ()
    assert [entry.status for entry in shop.emulator.log.writes()] == [200, 200, 200]


# ── held locks ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stack", ["shop", ""])
def test_a_held_lock_keeps_writers_away_until_it_is_released(shop: Shop, stack: str) -> None:
    """Apply, destroy and import are told who, since when, why, and how it is released."""
    shop.begin("test")
    shop.write(amount=3400)
    before = (shop.root / "state" / "test" / "shop.json").read_bytes()
    context = open_project(shop.root, environment="test")
    held = hold_lock(context, stack, "  launch\n freeze ")
    assert held.reason == "launch freeze"
    for destroy in (False, True):
        with pytest.raises(LockHeldError) as raised:
            shop.apply("test", destroy=destroy)
        assert raised.value.exit_code == 3
        assert raised.value.message == (
            f"{held.place} is locked by {held.who} since {held.since}: launch freeze"
        )
        assert f"engine lock {held.place} --release" in str(raised.value.hint)
    with pytest.raises(LockHeldError, match="launch freeze"):
        import_object(context, MONTH, "price_1")
    assert len(shop.emulator.log) == 0
    assert (shop.root / "state" / "test" / "shop.json").read_bytes() == before
    assert release_lock(context, stack) == held.file
    assert shop.apply("test").failures == ()


def test_a_plan_works_under_a_held_lock_and_says_so(shop: Shop) -> None:
    """It reads; the lock is for those who write."""
    context = open_project(shop.root, environment="test")
    held = hold_lock(context, "shop", "launch freeze")
    report = shop.plan("test")
    assert report.has_changes
    (plan,) = report.plans
    assert plan.warnings == (
        f"an apply is refused while {held}. To release it: engine lock test/shop --release",
    )
    assert shop.plan("live").plans[0].warnings == ()


def test_a_lock_that_comes_while_a_person_thinks_is_respected(shop: Shop) -> None:
    """The yes was given to a plan that nobody may carry out any more."""
    context = open_project(shop.root, environment="test")

    def approve(_: PlanReport) -> bool:
        hold_lock(context, "shop", "launch freeze")
        return True

    with pytest.raises(LockHeldError, match="launch freeze"):
        apply_stacks(context, (), PlanOptions(), approve)
    assert shop.emulator.log.writes() == []


def test_other_environments_and_stacks_are_free(shop: Shop) -> None:
    """A lock on one stack is no lock on its neighbours."""
    (shop.root / "stacks" / "other.py").write_text("from engine.stripe import Coupon\n")
    hold_lock(open_project(shop.root, environment="test"), "other", "broken")
    context = open_project(shop.root, environment="test")
    report = apply_stacks(context, ("shop",), PlanOptions(), lambda _: True)
    assert report.failures == ()
    with pytest.raises(LockHeldError, match="test/other is locked"):
        shop.apply("test")
    assert shop.apply("live").failures == ()


def test_a_damaged_lock_refuses(shop: Shop) -> None:
    """Nobody knows what it locks; plans are not made over it either."""
    context = open_project(shop.root, environment="test")
    held = hold_lock(context, "shop", "launch freeze")
    (shop.root / held.file).write_text("{", encoding="utf-8")
    for use in (shop.plan, shop.apply):
        with pytest.raises(StateError, match="held lock that cannot be read"):
            use("test")
    assert shop.emulator.log.writes() == []
    assert shop.apply("live").failures == ()
    release_lock(context, "shop")
    assert shop.apply("test").failures == ()


def files(context: Context) -> tuple[Store, ...]:
    """The one store of the project."""
    return (Store((context.environment,), context.open_backend),)


def test_a_lock_needs_a_stack_that_exists_and_a_reason(shop: Shop) -> None:
    """A typing mistake would keep nobody away."""
    context = open_project(shop.root, environment="test")
    with pytest.raises(UsageError, match="there is no stack 'shpo'") as raised:
        hold_lock(context, "shpo", "x")
    assert raised.value.hint == "did you mean test/shop?"
    for reason in ("", "  \n", "a\x1b[31m"):
        with pytest.raises(UsageError, match="a lock needs a reason"):
            hold_lock(context, "shop", reason)
    assert locks(files(context)).held == ()


def test_a_held_lock_is_not_unlocked_like_a_run(shop: Shop) -> None:
    """The way to release it is told."""
    context = open_project(shop.root, environment="test")
    held = hold_lock(context, "shop", "launch freeze")
    with pytest.raises(UsageError, match="is a held lock") as raised:
        unlock(files(context), held.id, force=True)
    assert raised.value.hint == "release it: engine lock test/shop --release"
    assert locks(files(context)).held == (held,)
