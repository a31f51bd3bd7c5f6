"""Two runs on one project at once: one works, the other waits or gives up; nothing is twice."""

from __future__ import annotations

import getpass
import os
import re
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from engine.bootstrap.project import open_project
from engine.emulator.core import Emulator
from engine.errors import LockHeldError
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import PlanReport
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyReport
from tests.support.surroundings import served

STACK = """
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency="usd", unit_amount=2900, lookup_key="month")
    Coupon("launch", percent_off=25, duration="once")
"""
OTHER_STACK = """
    from engine.stripe import TaxRate

    TaxRate("vat", display_name="VAT", percentage=19, inclusive=False)
"""
LONG_ENOUGH = 600.0
"""Seconds that no test ever waits for: a stop for what has hung."""


class Waiting(Hook):
    """Tells when a run has to wait, and for whom."""

    def __init__(self) -> None:
        self.told = threading.Event()
        self.owner = ""

    def waiting_for_lock(self, stack: str, owner: str) -> None:
        """Remember whom the run waits for."""
        assert stack == "shop"
        self.owner = owner
        self.told.set()


class First:
    """A run that stands still under its lock until it is let go."""

    def __init__(self, context: Context) -> None:
        """Args: context: of the run."""
        self._context = context
        self._under_lock = threading.Event()
        self._go = threading.Event()
        self._run: Future[ApplyReport] | None = None

    def start(self, pool: ThreadPoolExecutor) -> None:
        """Begin, and come back once the run holds its lock and has made its plan."""
        self._run = pool.submit(
            apply_stacks, self._context, ("shop",), PlanOptions(), self._stand_still
        )
        assert self._under_lock.wait(LONG_ENOUGH)

    def _stand_still(self, report: PlanReport) -> bool:
        assert report.has_changes
        self._under_lock.set()
        return self._go.wait(LONG_ENOUGH)

    def go_on(self) -> None:
        """Let the run go on."""
        self._go.set()

    def report(self) -> ApplyReport:
        """Let the run go on, and wait for its end."""
        self.go_on()
        assert self._run is not None
        return self._run.result(LONG_ENOUGH)


class Shop:
    """A project folder and a served emulator, as several people and machines would use them."""

    def __init__(self, root: Path, emulator: Emulator) -> None:
        """Args: root: the folder; emulator: holds the account."""
        self.root = root
        self.emulator = emulator
        folder = root / "stacks"
        folder.mkdir(parents=True)
        for name, text in (("shop", STACK), ("taxes", OTHER_STACK)):
            (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")

    def context(self, hook: Hook | None = None) -> Context:
        """One run's wired ports."""
        return open_project(self.root, hook=hook)

    def command(self, *words: str) -> subprocess.Popen[str]:
        """The engine in a process of its own."""
        return subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-m", "engine", "-C", str(self.root), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def created(self) -> dict[str, int]:
        """How often each kind of object was created."""
        found: dict[str, int] = {}
        for entry in self.emulator.log.writes():
            assert entry.status == 200
            found[entry.path] = found.get(entry.path, 0) + 1
        return found


EACH_ONCE = {"/v1/coupons": 1, "/v1/prices": 1, "/v1/products": 1}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A project whose environment is a served emulator, for this process and its children."""
    with served(monkeypatch, seed=3, STRIPE_API_KEY="sk_test_two", NO_COLOR="1") as emulator:
        yield Shop(tmp_path / "shop", emulator)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for the runs of a test."""
    with ThreadPoolExecutor(max_workers=8) as threads:
        yield threads


@pytest.fixture
def first(shop: Shop, pool: ThreadPoolExecutor) -> Iterator[First]:
    """A run that holds the lock."""
    run = First(shop.context())
    run.start(pool)
    yield run
    run.go_on()


def _apply(context: Context, timeout: float) -> ApplyReport:
    options = PlanOptions(lock_timeout=timeout)
    return apply_stacks(context, ("shop",), options, lambda _: True)


def _plan(context: Context, timeout: float) -> PlanReport:
    return plan_stacks(context, ("shop",), PlanOptions(lock_timeout=timeout))


@pytest.mark.parametrize("use", [_plan, _apply])
def test_the_second_gives_up_at_once_and_names_the_holder(
    shop: Shop, first: First, use: Callable[[Context, float], object]
) -> None:
    """With a timeout of 0 there is no wait: exit code 3, with who, what for, where and when."""
    before = len(shop.emulator.log)
    with pytest.raises(LockHeldError) as raised:
        use(shop.context(), 0.0)
    assert raised.value.exit_code == 3
    who = re.escape(f"{getpass.getuser()}@{socket.gethostname()}")
    assert re.fullmatch(
        rf"default/shop is locked by {who} \(apply, pid {os.getpid()}, "
        r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00, lock [0-9a-f]{8}\)",
        raised.value.message,
    )
    assert "--lock-timeout SECONDS" in str(raised.value.hint)
    assert len(shop.emulator.log) == before
    assert first.report().failures == ()
    assert shop.created() == EACH_ONCE


def test_the_second_waits_is_told_for_whom_and_finds_nothing_to_do(
    shop: Shop, first: First, pool: ThreadPoolExecutor
) -> None:
    """With a timeout it goes on once the first is done, from what the first has written."""
    hook = Waiting()
    second = pool.submit(_apply, shop.context(hook), LONG_ENOUGH)
    assert hook.told.wait(LONG_ENOUGH)
    assert not second.done()
    assert f"(apply, pid {os.getpid()}, since " in hook.owner
    assert first.report().failures == ()
    report = second.result(LONG_ENOUGH)
    assert not report.plan.has_changes
    assert report.writes == 0
    assert shop.created() == EACH_ONCE


def test_a_wait_that_is_too_long_ends_with_the_holder(shop: Shop, first: First) -> None:
    """When the time is up the second gives up like one that never waited."""
    hook = Waiting()
    with pytest.raises(LockHeldError, match=r"is locked by .+ \(apply, pid "):
        _apply(shop.context(hook), 0.01)
    assert hook.told.is_set()
    assert first.report().failures == ()


def test_the_first_one_refused_is_the_second_one_done(shop: Shop, pool: ThreadPoolExecutor) -> None:
    """A run that ends without agreement frees the lock, and the next one works."""
    refused = apply_stacks(shop.context(), ("shop",), PlanOptions(), lambda _: False)
    assert not refused.approved
    assert pool.submit(_apply, shop.context(), 0.0).result(LONG_ENOUGH).failures == ()
    assert shop.created() == EACH_ONCE


def test_two_stacks_of_one_project_do_not_wait_for_each_other(shop: Shop, first: First) -> None:
    """The lock is a stack's, not the project's."""
    report = apply_stacks(shop.context(), ("taxes",), PlanOptions(), lambda _: True)
    assert report.failures == ()
    assert first.report().failures == ()
    assert shop.created() == EACH_ONCE | {"/v1/tax_rates": 1}


def test_many_at_once_make_everything_once(shop: Shop, pool: ThreadPoolExecutor) -> None:
    """Eight runs that all wait come through one after the other, and one of them has work."""
    runs = [pool.submit(_apply, shop.context(), LONG_ENOUGH) for _ in range(8)]
    reports = [run.result(LONG_ENOUGH) for run in runs]
    assert sum(report.plan.has_changes for report in reports) == 1
    assert all(report.failures == () for report in reports)
    assert shop.created() == EACH_ONCE


def test_another_process_exits_3_and_names_the_holder(shop: Shop, first: First) -> None:
    """The command line tells the same: nothing on stdout, the holder and the way on on stderr."""
    with shop.command("apply", "--yes", "shop") as second:
        answered, told = second.communicate(timeout=LONG_ENOUGH)
    assert (second.returncode, answered) == (3, "")
    assert f"default/shop is locked by {getpass.getuser()}@" in told
    assert f"(apply, pid {os.getpid()}, since " in told
    assert "Hint: wait for it to end, or give --lock-timeout SECONDS to wait here" in told
    assert first.report().failures == ()
    assert shop.created() == EACH_ONCE


def _line_with(stream: IO[str] | None, text: str) -> str:
    assert stream is not None
    return next(line for line in stream if text in line)


def test_another_process_waits_with_the_holder_shown(shop: Shop, first: First) -> None:
    """It says whom it waits for, then goes on and has nothing left to do."""
    with shop.command("apply", "--yes", "--lock-timeout", str(LONG_ENOUGH), "shop") as second:
        told = _line_with(second.stderr, "waiting")
        assert f"(apply, pid {os.getpid()}, since " in told
        assert second.poll() is None
        assert first.report().failures == ()
        answered, _ = second.communicate(timeout=LONG_ENOUGH)
    assert second.returncode == 0
    assert "No changes." in answered
    assert shop.created() == EACH_ONCE


def test_a_process_that_is_killed_frees_its_lock(shop: Shop) -> None:
    """The lock is the kernel's: nobody has to clean up after a run that died under it."""
    script = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from engine.bootstrap.project import open_project
        from engine.operations.apply import apply_stacks
        from engine.plan.inputs.options import PlanOptions

        def stand_still(_):
            print("under the lock", flush=True)
            sys.stdin.read()
            return True

        apply_stacks(open_project(Path({str(shop.root)!r})), ("shop",), PlanOptions(), stand_still)
        """
    )
    with subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert _line_with(owner.stdout, "under the lock")
        with pytest.raises(LockHeldError, match=f"pid {owner.pid}"):
            _apply(shop.context(), 0.0)
        owner.kill()
    assert _apply(shop.context(), 0.0).failures == ()
    assert shop.created() == EACH_ONCE
