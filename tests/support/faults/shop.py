"""A project in front of a served emulator, with an account of its own for each try."""

from __future__ import annotations

import dataclasses
import os
import textwrap
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

from engine.bootstrap.project import open_project
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Plan
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyReport
from engine.ports.provider import Provider
from engine.state.model import State
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.secret import Sensitive

Trying: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Counts a fault as tried, and as survived if the checks inside hold."""
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
"""A stack as it is first applied."""
AFTER = (
    BEFORE.replace("2900", "3400")
    .replace("percent_off=10", "percent_off=20")
    .replace('name="Seat"', 'name="Seats"')
    .replace('old = Product("old", name="Old")', 'Product("new", name="New")')
)
"""The same with a change of every kind: replaced, updated, removed, added."""
LIVE = {
    "product": "/v1/products",
    "price": "/v1/prices",
    "meter": "/v1/billing/meters",
    "feature": "/v1/entitlements/features",
    "webhook": "/v1/webhook_endpoints",
    "coupon": "/v1/coupons",
    "promotion code": "/v1/promotion_codes",
}
"""Where the objects of each kind are listed."""
ONCE = {
    "product": 2, "price": 1, "meter": 1, "feature": 1, "webhook": 1, "coupon": 1,
    "promotion code": 1,
}  # fmt: skip
"""How many of each kind there are after an apply."""


class Clock:
    """Stripe's clock, which tests set forward."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        """Seconds since 1970."""
        return int(time.time()) + self.ahead


class Shop:
    """A project in front of an emulator, with an account of its own for each try.

    Whoever is put to the test speaks to it over HTTP; what is done before and after it, in process.
    """

    def __init__(self, root: Path, emulator: Emulator, clock: Clock, port: int) -> None:
        self.root = root
        self.port = port
        self.emulator = emulator
        self.clock = clock
        self._numbers = count(1)

    def fresh(self, stack: str) -> Path:
        """Another project folder and another account."""
        number = next(self._numbers)
        os.environ["STRIPE_API_KEY"] = f"sk_test_victim{number}"
        folder = self.root / str(number)
        (folder / "stacks").mkdir(parents=True)
        self.write(folder, stack)
        return folder

    def write(self, folder: Path, stack: str) -> None:
        """Write the stack."""
        path = folder / "stacks" / "shop.py"
        path.write_text(textwrap.dedent(stack), encoding="utf-8")

    def http(self, transport: Any = None, retries: int = 2, base: str = "") -> StripeHTTP:
        """The way to the account, without a network unless a transport has one."""
        options = ClientOptions(
            api_key=Sensitive(os.environ["STRIPE_API_KEY"]),
            api_base=base,
            transport=transport or InProcessTransport(self.emulator),
            retries=retries,
            sleep=lambda _: None,
        )
        return StripeHTTP(options)

    def context(
        self,
        folder: Path,
        *,
        transport: Any = None,
        base: str = "",
        retries: int = 2,
        hook: Hook | None = None,
        parallelism: int = 4,
    ) -> Context:
        """A project's ports, with the emulator behind them."""
        opened = open_project(folder, hook=hook, parallelism=parallelism)
        key = os.environ["STRIPE_API_KEY"]

        def connect() -> Provider:
            http = self.http(transport, retries, base)
            return StripeProvider(http, opened.schemas, api_key=key, root=folder)

        return dataclasses.replace(opened, connect=connect)

    def attempt(self, context: Context, **options: Any) -> ApplyReport:
        """Apply, whatever comes of it."""
        wanted = PlanOptions(allow_mass_change=True, **options)
        return apply_stacks(context, (), wanted, lambda _: True)

    def apply(self, folder: Path, **options: Any) -> ApplyReport:
        """Apply, and expect it to succeed."""
        report = self.attempt(self.context(folder), **options)
        assert [str(failure.error) for failure in report.failures] == []
        assert all(result.unsaved is None for result in report.results)
        return report

    def plan(self, folder: Path) -> Plan:
        """Plan the one stack."""
        return plan_stacks(self.context(folder), (), PlanOptions()).plans[0]

    def state(self, folder: Path) -> State:
        """The state as stored."""
        state = open_project(folder).backend.read("shop", "default")
        assert state is not None
        return state

    def listed(self, path: str) -> list[dict[str, Any]]:
        """All objects of an account, of a kind."""
        variants: tuple[dict[str, Any], ...] = ({},)
        if path == "/v1/prices":
            variants = ({"active": True}, {"active": False})
        http, found = self.http(), list[dict[str, Any]]()
        for variant in variants:
            params = {**variant, "limit": 100}
            while True:
                page = http.get(path, params)
                found.extend(page["data"])
                if not page["has_more"]:
                    break
                params["starting_after"] = page["data"][-1]["id"]
        return found

    def check(self, folder: Path, *, ended: int | None = None, secret: bool = True) -> None:
        """Hold an account and its state to what is declared.

        Args:
            folder: The project.
            ended: How many archived objects there are; None for any number.
            secret: The webhook's secret is where secrets go.
        """
        state = self.state(folder)
        known = {entry.id for entry in state.resources.values()}
        alive: Counter[str] = Counter()
        gone = 0
        for name, path in LIVE.items():
            for found in self.listed(path):
                if found.get("active") is False or found.get("status") == "inactive":
                    gone += 1
                else:
                    alive[name] += 1
                    assert found["id"] in known, f"an orphan: {found['id']}"
        assert dict(alive) == ONCE
        assert ended in (None, gone)
        assert len(state.resources) == sum(ONCE.values()) + 1  # the product's feature is a child
        assert all(not entry.superseded for entry in state.resources.values())
        assert not list(folder.rglob("*.journal"))
        report = plan_stacks(self.context(folder), (), PlanOptions())
        assert [change.address for plan in report.plans for change in plan.pending] == []
        assert not report.has_changes
        kept = list((folder / ".engine" / "secrets").rglob("stripe_webhook_endpoint.events.secret"))
        assert not secret or [path.read_text()[:6] for path in kept] == ["whsec_"]


@dataclass(frozen=True, slots=True)
class Trial:
    """The apply that is put to the test: the first one of a stack, or one that changes it.

    Attributes:
        shop: Where it runs.
        change: Whether it changes a stack that was applied.
    """

    shop: Shop
    change: bool

    @property
    def ended(self) -> int:
        """How many archived objects an undisturbed run leaves: a price and a promotion code."""
        return 2 if self.change else 0

    def begin(self) -> Path:
        """A project on an account of its own, in which the apply is due."""
        self.shop.emulator.faults.clear()
        folder = self.shop.fresh(BEFORE)
        if self.change:
            self.shop.apply(folder)
            self.shop.write(folder, AFTER)
        return folder

    def converge(self, folder: Path, *, ended: int | None = None) -> None:
        """Apply once more, and check that it ends as if nothing had happened.

        Args:
            folder: The project.
            ended: How many archived objects there are; None for any number.
        """
        self.shop.apply(folder)
        self.shop.check(folder, ended=ended)
