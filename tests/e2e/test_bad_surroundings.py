"""Surroundings that fail: files, keys, accounts, networks. A clear message, and nothing lost."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.bootstrap.project import open_project
from engine.catalog import loader
from engine.emulator.accounts.keys import account_id
from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.doors.transport import InProcessTransport
from engine.emulator.testing import faults
from engine.emulator.testing.faults import Effect
from engine.errors import (
    AuthenticationError,
    ConnectionFailedError,
    EngineError,
    GuardError,
    ProviderError,
    RateLimitedError,
    SecretSinkError,
    SettingsError,
    StaleStateError,
    StateError,
)
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import PlanReport
from engine.ports.outcomes import ApplyReport
from engine.ports.provider import Provider
from engine.state.codec import decode, encode
from engine.state.model import FORMAT_VERSION
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.secret import Sensitive
from tests.support.surroundings import clear

OURS = "sk_test_ours"
OUR_ACCOUNT = account_id("ours")
OTHER_ACCOUNT = account_id("theirs")
STACK = """
    from engine import output
    from engine.stripe import Coupon, Product

    pro = Product("pro", name="{name}")
    Coupon("launch", id="LAUNCH", percent_off=25, duration="once")
    output("pro", pro.id)
"""
HOOK = """
    from engine.stripe import WebhookEndpoint

    WebhookEndpoint("hook", url="https://example.com/h", enabled_events=["invoice.paid"])
"""


class House:
    """A project folder, an emulated Stripe, and whatever key and door the test chooses."""

    def __init__(self, root: Path, emulator: Emulator) -> None:
        """Args: root: the folder; emulator: holds the accounts."""
        self.root = root
        self.emulator = emulator
        self.key = OURS
        self.base = ""
        self.retries = 3
        self.slept: list[float] = []
        (root / "stacks").mkdir(parents=True)
        self.write("Pro")

    def write(self, name: str) -> None:
        """Write the stack; its product is called `name`."""
        self.write_text(STACK.format(name=name))

    def write_text(self, text: str) -> None:
        """Write the stack."""
        path = self.root / "stacks" / "shop.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def context(self, environment: str = "local") -> Context:
        """The wired ports, with this house's door to Stripe."""
        opened = open_project(self.root, environment=environment)
        return dataclasses.replace(opened, connect=self.connect)

    def connect(self) -> Provider:
        """A provider that never sleeps, only writes down for how long it would."""
        options = ClientOptions(
            api_key=Sensitive(self.key),
            api_base=self.base,
            transport=None if self.base else InProcessTransport(self.emulator),
            retries=self.retries,
            sleep=self.slept.append,
        )
        return StripeProvider(StripeHTTP(options), loader.schemas(), api_key=self.key)

    def plan(self, environment: str = "local") -> PlanReport:
        """Plan."""
        return plan_stacks(self.context(environment), (), PlanOptions())

    def apply(self, environment: str = "local") -> ApplyReport:
        """Apply, with everything agreed to."""
        return apply_stacks(self.context(environment), (), PlanOptions(), lambda _: True)

    @property
    def state_file(self) -> Path:
        """Where the state is."""
        return self.root / "state" / "local" / "shop.json"

    def begin(self) -> bytes:
        """Apply once, forget the requests, and return the state's bytes."""
        assert self.apply().failures == ()
        self.emulator.log.clear()
        return self.state_file.read_bytes()

    def configure(self, text: str) -> None:
        """Write `pyproject.toml`."""
        (self.root / "pyproject.toml").write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A project without a key in its environment, and a fresh emulator."""
    clear(monkeypatch)
    with Emulator(seed=11) as emulator:
        yield House(tmp_path / "house", emulator)


# ── state files ───────────────────────────────────────────────────────────────────────────


def _truncate(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def _empty(_: bytes) -> bytes:
    return b""


def _edit(raw: bytes) -> bytes:
    return raw.replace(b'"Pro"', b'"Prof"')


NEXT = FORMAT_VERSION + 1


def _newer(raw: bytes) -> bytes:
    newer = f'"format_version": {NEXT},'.encode()
    return re.sub(rb'"format_version": \d+,', newer, raw)


def _conflict(raw: bytes) -> bytes:
    return b"<<<<<<< HEAD\n" + raw + b"=======\n" + raw + b">>>>>>> theirs\n"


def _not_text(raw: bytes) -> bytes:
    return raw.replace(b"LAUNCH", b"LAUNC\xff")


def _of_another_stack(raw: bytes) -> bytes:
    state = dataclasses.replace(decode(raw, path=""), stack="store")
    return encode(state, engine_version=state.engine_version)


BAD_STATES: dict[str, tuple[Callable[[bytes], bytes], str, str]] = {
    "truncated": (
        _truncate,
        r"state/local/shop\.json, line \d+: the state cannot be trusted: it is not whole JSON",
        "engine state rebuild shop",
    ),
    "empty": (
        _empty,
        r"state/local/shop\.json, line 1: the state cannot be trusted: it is empty",
        "git checkout -- state/local/shop.json",
    ),
    "edited": (
        _edit,
        r"state/local/shop\.json, line 8: the state cannot be trusted: its digest does not match",
        "git checkout -- state/local/shop.json",
    ),
    "newer": (
        _newer,
        rf"state/local/shop\.json, line \d+: written by a newer engine \(format {NEXT}, engine ",
        "upgrade the engine; nothing was changed",
    ),
    "in conflict": (
        _conflict,
        r"state/local/shop\.json, line 1: unresolved merge conflict",
        "git checkout --ours or --theirs",
    ),
    "not text": (
        _not_text,
        r"state/local/shop\.json, line \d+: the state cannot be trusted: it is not UTF-8",
        "git checkout -- state/local/shop.json",
    ),
    "of another stack": (
        _of_another_stack,
        r"state/local/shop\.json is the state of local/store",
        "makes duplicates",
    ),
}


@pytest.mark.parametrize("case", BAD_STATES)
def test_a_bad_state_file_is_refused_whole(house: House, case: str) -> None:
    """File, line and the way back are named; Stripe is not asked and the file is not touched."""
    damage, message, hint = BAD_STATES[case]
    bad = damage(house.begin())
    house.state_file.write_bytes(bad)
    for use in (house.plan, house.apply):
        with pytest.raises(StateError, match=message) as raised:
            use()
        assert raised.value.exit_code == 1
        assert hint in str(raised.value.hint)
    assert house.state_file.read_bytes() == bad
    assert len(house.emulator.log) == 0


def test_a_good_state_goes_on_where_the_bad_one_stopped(house: House) -> None:
    """The way back that the message names works: with the last good file all is as it was."""
    good = house.begin()
    house.state_file.write_bytes(_truncate(good))
    with pytest.raises(StateError):
        house.apply()
    house.state_file.write_bytes(good)
    assert not house.plan().has_changes


# The tests may run as root, whom no permission stops: what stands in the way stops everybody.


@pytest.mark.parametrize("place", ["state", "state/local"])
def test_a_state_folder_that_is_none_stops_before_the_first_call(house: House, place: str) -> None:
    """A file where the folder belongs: nothing is created that could not be written down."""
    (house.root / place).parent.mkdir(exist_ok=True)
    (house.root / place).write_text("in the way")
    with pytest.raises(StateError) as raised:
        house.apply()
    assert raised.value.message == "the lock of local/shop cannot be made"
    assert str(raised.value.cause).startswith(str(house.root / place))
    assert "nothing was changed" in str(raised.value.hint)
    assert len(house.emulator.log) == 0


def test_a_state_folder_that_takes_no_file_stops_before_the_first_call(house: House) -> None:
    """Whether a state can be written is tried before anything is created."""
    (house.root / "state" / "local" / ".shop.json.probe.tmp").mkdir(parents=True)
    with pytest.raises(StateError) as raised:
        house.apply()
    assert raised.value.message == "state/local/shop.json cannot be written"
    assert "make the folder writable" in str(raised.value.hint)
    assert house.emulator.log.writes() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_stops_before_the_first_call(house: House) -> None:
    """Missing permission is named before anything is created."""
    (house.root / "state").mkdir(mode=0o500)
    with pytest.raises(StateError, match="cannot be written"):
        house.apply()
    assert house.emulator.log.writes() == []


def test_a_lock_folder_that_cannot_be_written_stops_before_the_first_call(house: House) -> None:
    """Without a lock nothing is read or written."""
    (house.root / "state" / "local").mkdir(parents=True)
    (house.root / "state" / "local" / ".locks").write_text("in the way")
    with pytest.raises(StateError, match="the lock of local/shop cannot be made") as raised:
        house.plan()
    assert "nothing was changed" in str(raised.value.hint)
    assert len(house.emulator.log) == 0


def test_a_secret_that_cannot_be_kept_is_not_asked_for(house: House) -> None:
    """Where a secret has no place to go the run is refused before its first write."""
    house.write_text(HOOK)
    private = house.root / ".engine"
    private.mkdir()
    (private / "secrets").write_text("in the way")
    with pytest.raises(SecretSinkError) as raised:
        house.apply()
    assert "nothing with a secret is created" in str(raised.value.hint)
    assert house.emulator.log.writes() == []
    assert not list((house.root / "state").rglob("*.j*"))  # the lock is there, and nothing else


def test_a_state_that_changes_during_the_run_is_not_overwritten(house: House) -> None:
    """Somebody wrote the file past the lock: theirs stays, and the message says so."""
    house.begin()
    house.write("Changed")
    theirs = b""

    def somebody_else_was_faster(_: PlanReport) -> bool:
        nonlocal theirs
        stored = house.context().backend.read("shop", "local")
        assert stored is not None
        newer = dataclasses.replace(stored, serial=stored.serial + 5)
        house.context().backend.write(newer, expected=stored)
        theirs = house.state_file.read_bytes()
        return True

    report = apply_stacks(house.context(), (), PlanOptions(), somebody_else_was_faster)
    (result,) = report.results
    assert isinstance(result.unsaved, StaleStateError)
    assert "Nothing was overwritten" in str(result.unsaved.hint)
    assert house.state_file.read_bytes() == theirs


# ── keys and accounts ─────────────────────────────────────────────────────────────────────


LIVE = """
    [tool.engine.environments.live]
    api-key = "env:SHOP_LIVE_KEY"
    account = "acct_shop"
"""


def test_no_key_for_a_live_environment(house: House) -> None:
    """The environment and the variable that is missing are named."""
    house.configure(LIVE)
    context = open_project(house.root, environment="live")
    with pytest.raises(SettingsError) as raised:
        apply_stacks(context, (), PlanOptions(), lambda _: True)
    assert str(raised.value).splitlines() == [
        "environment 'live' has no API key",
        "SHOP_LIVE_KEY is not set.",
        "Hint: export SHOP_LIVE_KEY=sk_..., or use the embedded emulator: -e local",
    ]
    assert raised.value.exit_code == 1
    assert not list((house.root / "state").rglob("*.j*"))  # the lock is there, and nothing else


def test_a_key_of_another_account_than_configured(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused with exit code 4 before the first write; both accounts are named."""
    house.configure(LIVE)
    monkeypatch.setenv("SHOP_LIVE_KEY", OURS)
    with pytest.raises(GuardError) as raised:
        house.apply("live")
    assert raised.value.exit_code == 4
    assert raised.value.message == (
        f"the key of environment 'live' belongs to {OUR_ACCOUNT}, not to acct_shop"
    )
    assert raised.value.hint == ("set SHOP_LIVE_KEY to a key of acct_shop; nothing was changed")
    assert house.emulator.log.writes() == []
    assert not list((house.root / "state").rglob("*.j*"))  # the lock is there, and nothing else


@pytest.mark.parametrize("key", ["sk_test_theirs", "rk_test_theirs"])
def test_a_key_of_another_account_than_the_state(house: House, key: str) -> None:
    """The state remembers whose it is, and a restricted key gives its account away as well."""
    before = house.begin()
    house.write("Changed")
    house.key = key
    for use in (house.plan, house.apply):
        with pytest.raises(GuardError) as raised:
            use()
        assert raised.value.message == (
            f"the state of local/shop belongs to account {OUR_ACCOUNT}, "
            f"but the key belongs to {OTHER_ACCOUNT}"
        )
        assert raised.value.exit_code == 4
    assert house.emulator.log.writes() == []
    assert house.state_file.read_bytes() == before


def test_a_key_of_the_other_mode(house: House) -> None:
    """Live and test mode of one account are not each other's."""
    before = house.begin()
    house.write("Changed")
    house.key = "sk_live_ours"
    with pytest.raises(GuardError) as raised:
        house.apply()
    assert raised.value.message == (
        "the state of local/shop is of test mode, but the key is for live mode"
    )
    assert raised.value.exit_code == 4
    assert house.emulator.log.writes() == []
    assert house.state_file.read_bytes() == before


def test_a_key_that_stripe_does_not_know(house: House) -> None:
    """401 ends the run at once, without a second try and without the key in the text."""
    before = house.begin()
    house.write("Changed")
    house.key = "sk_test_wrong-key-4242"
    with pytest.raises(AuthenticationError) as raised:
        house.apply()
    text = str(raised.value)
    assert raised.value.status == 401
    assert "Invalid API Key provided" in text
    assert "wrong-key" not in text
    assert "check the API key of this environment" in text
    assert house.slept == []
    assert house.emulator.log.writes() == []
    assert house.state_file.read_bytes() == before


def test_a_restricted_key_that_may_do_its_work_works(house: House) -> None:
    """Not being allowed to read the account is no obstacle: the refusal names it."""
    house.key = "rk_test_ours"
    house.begin()
    assert json.loads(house.state_file.read_bytes())["account"] == {
        "id": OUR_ACCOUNT,
        "livemode": False,
    }


# ── the network, and Stripe's bad days ────────────────────────────────────────────────────


def test_a_server_that_nobody_runs(house: House) -> None:
    """The address is named; every try is counted out and the state is as it was."""
    before = house.begin()
    house.write("Changed")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: a refusal, whoever asks
        house.base = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConnectionFailedError) as raised:
            house.apply()
    assert raised.value.message == f"Stripe could not be reached at {house.base}"
    assert raised.value.cause
    assert "check the network" in str(raised.value.hint)
    assert len(house.slept) == house.retries
    assert house.state_file.read_bytes() == before


def test_a_server_that_hangs_up(house: House) -> None:
    """A connection that breaks each time ends in the same sentence over real HTTP."""
    before = house.begin()
    house.write("Changed")
    house.emulator.faults.add(faults.dropped(), times=None)
    with EmulatorServer(house.emulator) as server:
        house.base = server.url
        with pytest.raises(ConnectionFailedError, match="could not be reached"):
            house.apply()
    assert len(house.emulator.log) == house.retries + 1
    assert house.state_file.read_bytes() == before


def test_a_broken_connection_is_tried_again_with_the_same_key(house: House) -> None:
    """An answer that was lost is asked for again, and the object exists once."""
    house.emulator.faults.add(
        faults.dropped(executed=True), method="POST", path="/v1/products", times=1
    )
    house.begin()
    assert len(house.slept) == 1
    objects = house.connect().find(loader.schemas()["stripe_product"], {})
    assert [entry["name"] for entry in objects] == ["Pro"]


BAD_DAYS: dict[str, tuple[Effect, type[ProviderError], int, str]] = {
    "429": (
        faults.rate_limited(retry_after=7),
        RateLimitedError,
        429,
        "something else uses up the account's rate limit",
    ),
    "500": (faults.server_error(), ProviderError, 500, "Stripe had a fault; run the command again"),
    "503": (
        faults.server_error(503),
        ProviderError,
        503,
        "Stripe had a fault; run the command again",
    ),
    "409": (faults.in_use("k"), ProviderError, 409, ""),
}


@pytest.mark.parametrize("case", BAD_DAYS)
def test_a_bad_day_that_lasts(house: House, case: str) -> None:
    """Every retry is used up, then the run ends with Stripe's words and what to do."""
    effect, kind, status, hint = BAD_DAYS[case]
    before = house.begin()
    house.write("Changed")
    house.emulator.faults.add(effect, times=None)
    with pytest.raises(kind) as raised:
        house.apply()
    assert type(raised.value) is kind
    assert raised.value.status == status
    assert hint in str(raised.value.hint)
    assert str(raised.value.request_id).startswith("req_")
    patience = 5 if case == "429" else 1  # what came too fast did nothing wrong
    assert len(house.slept) == house.retries * patience
    assert house.state_file.read_bytes() == before


@pytest.mark.parametrize("case", BAD_DAYS)
def test_a_bad_day_that_passes(house: House, case: str) -> None:
    """A write is sent again with its own idempotency key, and everything exists once."""
    effect, *_ = BAD_DAYS[case]
    house.emulator.faults.add(effect, method="POST", path="/v1/products", times=2)
    assert house.apply().failures == ()
    tries = [entry for entry in house.emulator.log.writes() if entry.path == "/v1/products"]
    assert [entry.status for entry in tries] == [int(case), int(case), 200]
    assert len({entry.key for entry in tries}) == 1
    assert len(house.slept) == 2
    assert not house.plan().has_changes


def test_retry_after_is_honoured(house: House) -> None:
    """The wait is the one that Stripe asks for."""
    house.emulator.faults.add(faults.rate_limited(retry_after=7), method="GET", times=2)
    house.begin()
    assert house.slept == [7.0, 7.0]


def test_a_failure_in_the_middle_keeps_what_was_done(house: House) -> None:
    """What exists on Stripe is in the state; the next run does the rest and nothing twice."""
    house.emulator.faults.add(faults.server_error(), method="POST", path="/v1/products", times=None)
    report = house.apply()
    (failure,) = report.failures
    assert str(failure.step.address) == "stripe_product.pro"
    assert list(json.loads(house.state_file.read_bytes())["resources"]) == ["stripe_coupon.launch"]
    house.emulator.faults.clear()
    house.emulator.log.clear()
    assert house.apply().failures == ()
    assert [entry.path for entry in house.emulator.log.writes()] == ["/v1/products"]


def test_every_message_names_a_next_step(house: House) -> None:
    """Errors of the surroundings all carry a hint, since each has a way on."""
    house.begin()
    house.write("Changed")
    found: list[EngineError] = []
    for effect in (
        faults.unauthenticated(),
        faults.rate_limited(),
        faults.server_error(),
        faults.dropped(),
    ):
        house.emulator.faults.add(effect, times=None)
        with pytest.raises(EngineError) as raised:
            house.plan()
        found.append(raised.value)
        house.emulator.faults.clear()
    assert all(error.hint for error in found)
    assert not any(OURS in str(error) for error in found)
