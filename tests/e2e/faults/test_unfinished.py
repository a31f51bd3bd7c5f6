"""What an unfinished run leaves behind, and what may have become of it before it is taken up."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from engine.address import parse_address
from engine.bootstrap.project import open_project
from engine.emulator.testing import faults
from engine.errors import ConnectionFailedError, GuardError, StateError
from engine.operations.plan import plan_stacks
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.operations.state_edit.forget import forget_resources
from engine.operations.verify.files import verify_states
from engine.plan.inputs.options import PlanOptions
from engine.ports.hook import Hook
from engine.ports.outcomes import Found, RecoveredStep
from tests.support.faults.shop import AFTER, BEFORE, Shop, Trying
from tests.support.faults.victims import Victim

STACK = """
    from engine.stripe import Product

    Product("a", name="A")
    Product("b", name="B")
"""


LIVE_PATHS = ("/v1/products", "/v1/prices", "/v1/coupons", "/v1/webhook_endpoints")


class Told(Hook):
    """Remembers what was found out."""

    def __init__(self) -> None:
        self.findings: list[RecoveredStep] = []

    def recovered(self, stack: str, since: str, findings: Sequence[RecoveredStep]) -> None:
        """Remember it."""
        assert stack == "shop"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", since)
        self.findings.extend(findings)


def _state(folder: Path) -> Path:
    return folder / "state" / "default" / "shop.json"


def _journal(folder: Path) -> Path:
    return folder / "state" / "default" / "shop.journal"


def _told(shop: Shop, folder: Path) -> list[RecoveredStep]:
    """What a plan finds out of an unfinished run."""
    told = Told()
    plan_stacks(shop.context(folder, hook=told), (), PlanOptions())
    return told.findings


@pytest.fixture
def cut(shop: Shop) -> Path:
    """A project whose last run made one product, and lost the answer about the other."""
    shop.emulator.faults.clear()
    folder = shop.fresh(STACK)
    shop.emulator.faults.add(faults.dropped(executed=True), method="POST", skip=1)
    report = shop.attempt(shop.context(folder, retries=0, parallelism=1))
    assert [str(entry.step.address) for entry in report.failures] == ["stripe_product.b"]
    return folder


def test_an_uncertain_operation_is_carried_over_and_found_out_by_a_plan(
    shop: Shop, trying: Trying, cut: Path
) -> None:
    """The journal keeps it alone; the state has the rest already."""
    with trying("answer lost, run ended"):
        records = open_project(cut).backend.read_journal("shop", "default")
        assert records is not None
        assert len(records) == 2
        assert b"stripe_product.b" in records[1]
        assert set(shop.state(cut).resources) == {"stripe_product.a"}
        [finding] = _told(shop, cut)
        assert (finding.address, finding.what) == ("stripe_product.b", Found.CONFIRMED)
        assert shop.state(cut).resources["stripe_product.b"].id == finding.id
        assert not _journal(cut).exists()
        assert not shop.plan(cut).has_changes
        assert len(shop.listed("/v1/products")) == 2


def test_as_long_as_stripe_is_away_nothing_changes(shop: Shop, trying: Trying, cut: Path) -> None:
    """Plan after plan fails, and state and journal stay as they were, byte by byte."""
    with trying("no connection while a run is taken up"):
        before = [path(cut).read_bytes() for path in (_state, _journal)]
        for effect in (faults.dropped(), faults.server_error(), faults.dropped(executed=True)):
            shop.emulator.faults.add(effect, method="POST", times=None)
            with pytest.raises(Exception, match=r"could not be reached|unknown error"):
                plan_stacks(shop.context(cut, retries=0), (), PlanOptions())
            shop.emulator.faults.clear()
            assert [path(cut).read_bytes() for path in (_state, _journal)] == before
        shop.emulator.faults.add(faults.dropped(), method="GET")
        with pytest.raises(ConnectionFailedError):
            plan_stacks(shop.context(cut, retries=0), (), PlanOptions())
        assert [path(cut).read_bytes() for path in (_state, _journal)] == before
        shop.apply(cut)
        assert len(shop.listed("/v1/products")) == 2


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("sk_test_somebodyelse", r"belongs to account acct_\w+, but the key belongs to acct_\w+"),
        ("sk_live_{same}", r"is a live key, and environment 'default' does not say that it is"),
    ],
)
def test_another_account_is_not_asked(
    shop: Shop, trying: Trying, cut: Path, key: str, message: str
) -> None:
    """What a run did on one account is not found out on another; exit code 4, nothing sent."""
    with trying("journal of another account"):
        before = [path(cut).read_bytes() for path in (_state, _journal)]
        right = os.environ["STRIPE_API_KEY"]
        os.environ["STRIPE_API_KEY"] = key.format(same=right.removeprefix("sk_test_"))
        shop.emulator.log.clear()
        with pytest.raises(GuardError, match=message):
            shop.apply(cut)
        assert shop.emulator.log.writes() == []
        assert [path(cut).read_bytes() for path in (_state, _journal)] == before
        os.environ["STRIPE_API_KEY"] = right
        shop.apply(cut)
        assert len(shop.listed("/v1/products")) == 2


def test_a_journal_that_was_left_behind_says_nothing_new(
    shop: Shop, victim: Victim, trying: Trying
) -> None:
    """The state was written, and its end missed: nothing is told, and it goes."""
    with trying("journal left behind"):
        # Killed where the last unlink is: the state is written, the journal still there.
        points = victim.run(shop.fresh(BEFORE)).points
        folder = shop.fresh(BEFORE)
        assert victim.run(folder, at=points - 1).code < 0
        assert _journal(folder).exists()
        written = _state(folder).read_bytes()
        assert _told(shop, folder) == []
        assert _state(folder).read_bytes() == written
        assert not _journal(folder).exists()
        shop.check(folder, ended=0)


def test_a_newer_state_that_git_brought_is_kept(shop: Shop, trying: Trying, cut: Path) -> None:
    """A colleague applied meanwhile: what is theirs stays, what the run made is not lost."""
    with trying("newer state brought by git"):
        journal = _journal(cut).read_bytes()
        _journal(cut).unlink()
        theirs = """
            from engine.stripe import Product

            Product("a", name="A of theirs")
            Product("c", name="C")
        """
        shop.write(cut, theirs)
        shop.apply(cut)
        _journal(cut).write_bytes(journal)
        [finding] = _told(shop, cut)
        assert (finding.address, finding.what) == ("stripe_product.b", Found.CONFIRMED)
        names = {found["name"] for found in shop.listed("/v1/products")}
        assert names == {"A of theirs", "B", "C"}
        assert set(shop.state(cut).resources) == {f"stripe_product.{name}" for name in "abc"}
        shop.apply(cut)
        assert {found["name"] for found in shop.listed("/v1/products")} == {"A of theirs", "C"}
        assert not shop.plan(cut).has_changes


def test_an_older_state_is_refused_until_the_newer_is_back(shop: Shop, trying: Trying) -> None:
    """`git checkout` of an older file while a run is unfinished: exit code 1, and how to go on."""
    with trying("older state brought by git"):
        shop.emulator.faults.clear()
        folder = shop.fresh(BEFORE)
        shop.apply(folder)
        old = _state(folder).read_bytes()
        shop.write(folder, AFTER)
        shop.emulator.faults.add(faults.dropped(executed=True), method="POST", skip=3)
        shop.attempt(shop.context(folder, retries=0, parallelism=1))
        new, journal = _state(folder).read_bytes(), _journal(folder).read_bytes()
        _state(folder).write_bytes(old)
        shop.emulator.log.clear()
        with pytest.raises(StateError, match="is older than the one an unfinished run worked on"):
            shop.apply(folder)
        assert shop.emulator.log.writes() == []
        assert _journal(folder).read_bytes() == journal
        _state(folder).write_bytes(new)
        shop.apply(folder)
        shop.check(folder, ended=2)


def test_a_state_that_is_gone_is_not_begun_anew(shop: Shop, trying: Trying, cut: Path) -> None:
    """A fresh lineage would make every object twice."""
    with trying("state deleted, journal there"):
        state = _state(cut).read_bytes()
        _state(cut).unlink()
        with pytest.raises(StateError, match="left a journal, but its state is gone") as raised:
            shop.apply(cut)
        assert "bring the state back" in str(raised.value.hint)
        _state(cut).write_bytes(state)
        shop.apply(cut)
        assert len(shop.listed("/v1/products")) == 2


def test_a_state_of_another_lineage_is_refused(shop: Shop, trying: Trying, cut: Path) -> None:
    """The stack of another project, copied into this one."""
    with trying("foreign state, journal there"):
        mine = _state(cut).read_bytes()
        account = os.environ["STRIPE_API_KEY"]
        other = shop.fresh(STACK.replace('"a"', '"c"').replace('"b"', '"d"'))
        os.environ["STRIPE_API_KEY"] = account
        shop.apply(other)
        _state(cut).write_bytes(_state(other).read_bytes())
        with pytest.raises(StateError, match="is of another default/shop than the state"):
            shop.apply(cut)
        _state(cut).write_bytes(mine)
        shop.apply(cut)
        assert set(shop.state(cut).resources) == {"stripe_product.a", "stripe_product.b"}


def test_a_damaged_journal_is_refused_with_its_line(shop: Shop, trying: Trying, cut: Path) -> None:
    """Nothing is sent and nothing overwritten."""
    with trying("journal damaged"):
        whole = _journal(cut).read_bytes()
        _journal(cut).write_bytes(whole.replace(b'"stack":"shop"', b'"stack":"shap"'))
        with pytest.raises(StateError, match=r"state/default/shop\.journal, line 2: the journal"):
            shop.apply(cut)
        _journal(cut).write_bytes(whole)
        shop.apply(cut)
        assert len(shop.listed("/v1/products")) == 2


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda _: b"",
    "zeroed": lambda raw: bytes(len(raw)),
    "garbage": lambda raw: b"\x8f\x13" * (len(raw) // 2),
    "CRLF": lambda raw: raw.replace(b"\n", b"\r\n"),
    "byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "begun in the middle": lambda raw: raw[30:],
    "cut short": lambda raw: raw[: raw.rstrip(b"\0").rindex(b"\n", 0, -1) + 1],
    "a record taken out": lambda raw: b"\n".join(raw.split(b"\n")[:2] + raw.split(b"\n")[4:]),
}
"""What no crash does to a journal, but an editor, a synced folder or a repair of the disk may."""


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_journal_that_no_crash_left_like_this_is_not_taken_for_none(
    shop: Shop, victim: Victim, trying: Trying, damage: str
) -> None:
    """Refused by every command, nothing sent; after a rebuild nothing is made twice."""
    with trying("journal without its beginning, or cut short"):
        folder = shop.fresh(BEFORE)
        points = victim.run(folder).points
        folder = shop.fresh(BEFORE)
        assert victim.run(folder, at=points * 3 // 4).code < 0
        made = {path: len(shop.listed(path)) for path in LIVE_PATHS}
        assert sum(made.values()) > 3
        damaged = DAMAGES[damage](_journal(folder).read_bytes())
        _journal(folder).write_bytes(damaged)
        shop.emulator.log.clear()
        context = shop.context(folder)
        for refused in (
            lambda: shop.apply(folder),
            lambda: shop.plan(folder),
            lambda: shop.attempt(context, destroy=True),
            lambda: forget_resources(context, "shop", [parse_address("stripe_product.pro")]),
        ):
            with pytest.raises(StateError, match=r"state/default/shop\.journal, line 1?\d: the"):
                refused()
        assert shop.emulator.log.writes() == []
        assert _journal(folder).read_bytes() == damaged
        [verified] = verify_states(context, (), ())
        assert [entry.reference for entry in verified.problems] == ["state-journal"]
        rebuild_states(context, ("shop",), RebuildOptions(force=True))
        assert not _journal(folder).exists()
        assert _journal(folder).with_name("shop.journal.replaced").read_bytes() == damaged
        shop.apply(folder)
        shop.check(folder, ended=0, secret=False)


def test_a_sink_that_breaks_after_the_create(shop: Shop, trying: Trying) -> None:
    """The object is remembered; the next run gets the secret from the replay."""
    with trying("sink broken after the create"):
        shop.emulator.faults.clear()
        folder = shop.fresh(BEFORE)
        context = shop.context(folder)
        place = folder / ".engine" / "secrets" / "default" / "shop"

        class Breaking(Hook):
            def step_started(self, step: object) -> None:
                """Put a file where the folder of the secrets goes."""
                if "webhook_endpoint" in str(step) and not place.exists():
                    place.write_text("in the way")

        report = shop.attempt(shop.context(folder, hook=Breaking()))
        assert context.settings.private.exists()
        [failure] = report.failures
        assert "secrets cannot be kept" in str(failure.error)
        place.unlink()
        told = _told(shop, folder)
        assert [(entry.address, entry.what) for entry in told] == [
            ("stripe_webhook_endpoint.events", Found.CONFIRMED)
        ]
        shop.apply(folder)
        shop.check(folder, ended=0)


SEALED = """
    from engine import Sensitive
    from engine.stripe import AppsSecret

    AppsSecret("token", name="token", scope={{"type": "account"}}, payload=Sensitive("{payload}"))
"""


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("then", ["hunter2", "another2"])
def test_a_secret_that_is_sent(shop: Shop, trying: Trying, then: str, *, executed: bool) -> None:
    """It is in no journal; sent again while the stack declares it, looked for once it does not."""
    with trying("answer lost, a secret among the parameters"):
        shop.emulator.faults.clear()
        folder = shop.fresh(SEALED.format(payload="hunter2"))
        shop.emulator.faults.add(faults.dropped(executed=executed), method="POST")
        assert shop.attempt(shop.context(folder, retries=0)).failures
        for path in (_journal(folder), _state(folder)):
            assert b"hunter2" not in path.read_bytes()
        shop.write(folder, SEALED.format(payload=then))
        shop.apply(folder)
        assert not shop.plan(folder).has_changes
        scope = {"scope": {"type": "account"}, "name": "token", "expand": ["payload"]}
        assert shop.http().get("/v1/apps/secrets/find", scope)["payload"] == then
