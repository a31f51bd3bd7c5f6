"""A project in a temporary folder, and the emulator that its engine speaks to."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from pathlib import Path
from typing import Any

from engine.address import parse_address
from engine.bootstrap.project import open_project
from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Plan, PlanReport
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyReport
from engine.ports.provider import Provider
from engine.state.model import State
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.secret import Sensitive

KEY = "sk_test_e2e"
NOW = 1_790_000_000
"""What the engine's clock says."""


class Project:
    """A project folder and the emulator that its engine speaks to.

    Attributes:
        root: The folder.
        emulator: Holds the account.
        key: API key of the account.
        now: What the engine's clock says.
    """

    def __init__(
        self, root: Path, emulator: Emulator, base: str = "", *, key: str = KEY, retries: int = 2
    ) -> None:
        """Make the folder.

        Args:
            root: The folder.
            emulator: Holds the account.
            base: HTTP address of the emulator; empty for the door within this process.
            key: API key of the account.
            retries: How often the engine tries a request again.
        """
        self.root = root
        self.emulator = emulator
        self.key = key
        self._base = base
        self._retries = retries
        self.now = NOW
        (root / "stacks").mkdir(parents=True)

    # ── what a person does ────────────────────────────────────────────────────────────────

    def write(self, text: str, name: str = "shop") -> None:
        """Write a stack module."""
        body = textwrap.dedent(text)
        (self.root / "stacks" / f"{name}.py").write_text(body, encoding="utf-8")

    def context(self, hook: Hook | None = None) -> Context:
        """The wired ports, with this project's emulator behind them."""
        opened = open_project(self.root, environment="local", hook=hook)
        return dataclasses.replace(opened, connect=self.connect, clock=lambda: self.now)

    def connect(self, key: str = "") -> Provider:
        """A provider that speaks to the emulator through this project's door."""
        key = key or self.key
        options = ClientOptions(
            api_key=Sensitive(key),
            api_base=self._base,
            transport=None if self._base else InProcessTransport(self.emulator),
            retries=self._retries,
            sleep=lambda _: None,
        )
        http = StripeHTTP(options)
        return StripeProvider(http, loader.schemas(), api_key=key, root=self.root)

    def plan(self, *names: str, **options: Any) -> Plan:
        """Plan, and return the plan of the one stack there is."""
        return self.report(*names, **options).plans[0]

    def report(self, *names: str, **options: Any) -> PlanReport:
        """Plan."""
        return plan_stacks(self.context(), names, PlanOptions(**_options(options)))

    def apply(self, *names: str, **options: Any) -> ApplyReport:
        """Apply, and expect that every operation works."""
        report = self.try_apply(*names, **options)
        assert [str(failure.error) for failure in report.failures] == []
        return report

    def try_apply(self, *names: str, **options: Any) -> ApplyReport:
        """Apply, whatever comes of it."""
        return apply_stacks(self.context(), names, PlanOptions(**_options(options)), lambda _: True)

    # ── what Stripe does ──────────────────────────────────────────────────────────────────

    def call(self, method: str, path: str, **params: Any) -> dict[str, Any]:
        """Speak to Stripe by hand, as the Dashboard would."""
        http = StripeHTTP(
            ClientOptions(
                api_key=Sensitive(self.key),
                transport=InProcessTransport(self.emulator, by_hand=True),
            )
        )
        if method.lower() == "delete":
            return http.delete(path)
        if method.lower() == "get":
            return http.get(path, params)
        return http.post(path, params, idempotency_key="")

    def objects(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All objects of a kind, oldest first; Stripe lists archived prices only when asked."""
        lists = [params]
        if path == "/v1/prices" and "active" not in params:
            lists = [{**params, "active": True}, {**params, "active": False}]
        found = [
            entry for some in lists for entry in self.call("get", path, limit=100, **some)["data"]
        ]
        return found[::-1]

    def writes(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Requests since the last time that could change something, without bookkeeping."""
        found = [
            (
                entry.method,
                entry.path,
                {k: _listed(v) for k, v in entry.params.items() if k != "expand"},
            )
            for entry in self.emulator.log.writes()
        ]
        self.emulator.log.clear()
        return found

    # ── what was written down ─────────────────────────────────────────────────────────────

    def state(self, name: str = "shop") -> State:
        """The state as stored."""
        state = self.context().backend.read(name, "local")
        assert state is not None
        return state

    def state_text(self, name: str = "shop") -> str:
        """The bytes of the state file."""
        return (self.root / "state" / "local" / f"{name}.json").read_text(encoding="utf-8")

    def id(self, address: str) -> str:
        """Stripe's id of a resource."""
        return str(json.loads(self.state_text())["resources"][address]["id"])


def _listed(value: Any) -> Any:
    """Indexed forms, `a[0]`, as the lists they stand for."""
    if isinstance(value, dict):
        if value and all(str(key).isdigit() for key in value):
            return [_listed(value[key]) for key in sorted(value, key=int)]
        return {key: _listed(inner) for key, inner in value.items()}
    return value


def _options(options: dict[str, Any]) -> dict[str, Any]:
    for name in ("targets", "excludes", "replace"):
        if name in options:
            options[name] = tuple(parse_address(text) for text in options[name])
    return options
