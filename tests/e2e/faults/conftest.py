"""The fault suite's house: what is put to the test, who is killed, and what was survived.

`python -m pytest tests/e2e/faults --faults=whole` tries every fault at every point; without the
option a selection runs. Either way a table of faults tried and survived stands at the end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap import open_project
from engine.emulator.core import Emulator
from engine.emulator.server import EmulatorServer
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.plan.options import PlanOptions
from engine.state.model import State

_TRIED: Counter[str] = Counter()
_SURVIVED: Counter[str] = Counter()

Trying = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def trying() -> Trying:
    """Count a fault as tried, and as survived if the checks inside hold."""

    @contextmanager
    def counted(fault: str) -> Iterator[None]:
        _TRIED[fault] += 1
        yield
        _SURVIVED[fault] += 1

    return counted


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether every fault is to be tried at every point."""
    return bool(request.config.getoption("--faults") == "whole")


BEFORE = """
    from engine import output
    from engine.stripe import (
        Meter, Coupon, Feature, Price, Product, ProductFeature, PromotionCode,
        WebhookEndpoint,
    )

    pro = Product("pro", name="Pro", default_price="${stripe_price.month.id}")
    Price("month", product=pro, currency="usd", unit_amount=2900, lookup_key="month",
          recurring={"interval": "month"})
    meter = Meter("calls", display_name="Calls", event_name="calls",
                         default_aggregation={"formula": "sum"})
    seat = Feature("seat", name="Seat", lookup_key="seat")
    ProductFeature("pro-seat", product=pro, entitlement_feature=seat)
    hook = WebhookEndpoint("events", url="https://example.com/hook",
                           enabled_events=["charge.failed"])
    sale = Coupon("sale", percent_off=10, duration="once")
    PromotionCode("code", code="SALE", promotion={"type": "coupon", "coupon": sale.id})
    old = Product("old", name="Old")
    output("hook_secret", hook["secret"], sensitive=True)
"""
AFTER = (
    BEFORE.replace("2900", "3400")
    .replace("percent_off=10", "percent_off=20")
    .replace('name="Seat"', 'name="Seats"')
    .replace('old = Product("old", name="Old")', 'Product("new", name="New")')
)
LIVE = {
    "product": "/v1/products",
    "price": "/v1/prices",
    "meter": "/v1/billing/meters",
    "feature": "/v1/entitlements/features",
    "webhook": "/v1/webhook_endpoints",
    "coupon": "/v1/coupons",
    "promotion code": "/v1/promotion_codes",
}
ONCE = {
    "product": 2, "price": 1, "meter": 1, "feature": 1, "webhook": 1, "coupon": 1,
    "promotion code": 1,
}  # fmt: skip


class Victim:
    """The process that forks what is killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, str(Path(__file__).with_name("victim.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, root: Path, *, at: int = 0, torn: bool = False, parallelism: int = 1
    ) -> tuple[int, str]:
        """Apply in a child of its own; its exit code, and what it told."""
        environ = {name: os.environ[name] for name in ("STRIPE_API_KEY", "STRIPE_API_BASE")}
        order = {
            "root": str(root),
            "environ": environ,
            "at": at,
            "torn": torn,
            "parallelism": parallelism,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["code"], answer["told"]

    def close(self) -> None:
        """End it."""
        self._process.communicate()


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    """One for all."""
    process = Victim()
    yield process
    process.close()


class Shop:
    """A project in front of a served emulator, with an account of its own for each try."""

    def __init__(self, root: Path, emulator: Emulator, base: str) -> None:
        self.root = root
        self.emulator = emulator
        self.base = base
        self._numbers = count(1)
        self._number = 0

    def fresh(self, stack: str) -> Path:
        """Another project folder and another account."""
        self._number = next(self._numbers)
        os.environ["STRIPE_API_KEY"] = f"sk_test_victim{self._number}"
        folder = self.root / str(self._number)
        (folder / "stacks").mkdir(parents=True)
        self.write(folder, stack)
        return folder

    def write(self, folder: Path, stack: str) -> None:
        """Write the stack."""
        path = folder / "stacks" / "shop.py"
        path.write_text(textwrap.dedent(stack), encoding="utf-8")

    def apply(self, folder: Path) -> None:
        """Apply in this process, and expect it to succeed."""
        options = PlanOptions(allow_mass_change=True)
        report = apply_stacks(open_project(folder), (), options, lambda _: True)
        assert report.failures == ()
        assert all(result.unsaved is None for result in report.results)

    def state(self, folder: Path) -> State:
        """The state as stored."""
        state = open_project(folder).backend.read("shop", "default")
        assert state is not None
        return state

    def _listed(self, folder: Path, path: str) -> list[dict[str, Any]]:
        provider = open_project(folder).connect()
        schemas = open_project(folder).schemas
        kind = next(kind for kind in schemas.values() if kind.collection == path)
        variants: tuple[dict[str, Any], ...] = ({},)
        if path == "/v1/prices":
            variants = ({"active": True}, {"active": False})
        return [dict(found) for v in variants for found in provider.find(kind, v)]

    def check(self, folder: Path) -> None:
        """Hold an account and its state to what is declared."""
        state = self.state(folder)
        known = {entry.id for entry in state.resources.values()}
        alive: Counter[str] = Counter()
        for name, path in LIVE.items():
            for found in self._listed(folder, path):
                ended = found.get("active") is False or found.get("status") == "inactive"
                if not ended:
                    alive[name] += 1
                    assert found["id"] in known, f"an orphan: {found['id']}"
        assert dict(alive) == ONCE
        assert len(state.resources) == sum(ONCE.values()) + 1  # the product's feature is a child
        assert all(not entry.superseded for entry in state.resources.values())
        assert not list(folder.rglob("*.journal"))
        report = plan_stacks(open_project(folder), (), PlanOptions())
        assert [change.address for plan in report.plans for change in plan.pending] == []
        assert not report.has_changes
        kept = list((folder / ".engine" / "secrets").rglob("stripe_webhook_endpoint.events.secret"))
        assert [path.read_text().startswith("whsec_") for path in kept] == [True]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Projects in front of one served emulator."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("STRIPE_", "ENGINE_")):
                patch.delenv(name)
        patch.setenv("STRIPE_API_KEY", "")
        with Emulator(seed=5) as emulator, EmulatorServer(emulator) as server:
            patch.setenv("STRIPE_API_BASE", server.url)
            yield Shop(tmp_path_factory.mktemp("kill"), emulator, server.url)


@pytest.fixture(scope="session")
def before() -> str:
    """The stack as it is first applied."""
    return BEFORE


@pytest.fixture(scope="session")
def after() -> str:
    """The stack with a change of every kind: replaced, updated, removed, added."""
    return AFTER


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the faults tried and survived."""
    if not _TRIED:
        return
    terminalreporter.section("faults")
    for fault, tried in sorted(_TRIED.items()):
        terminalreporter.write_line(f"{fault}: {tried} tried, {_SURVIVED[fault]} survived")
    terminalreporter.write_line(
        f"all: {_TRIED.total()} tried, {_SURVIVED.total()} survived", bold=True
    )
