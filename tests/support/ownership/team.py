"""A team at work: two accounts, the states of both environments, and what must always hold."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from engine.bootstrap.project import open_project
from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.plan.inputs.options import PlanOptions
from engine.ports.outcomes import ApplyReport
from engine.ports.provider import Provider
from engine.state.model import State
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.secret import Sensitive
from tests.support.ownership.code import ENVIRONMENTS, KINDS, Code
from tests.support.ownership.kills import Fuse, KilledError

NOW = 1_790_000_000
_CONFIGURATION = "".join(
    f"[tool.engine.environments.{name}]\nemulator = true\n" for name in ENVIRONMENTS
)
_Result = TypeVar("_Result")


class Team:
    """A project folder with two environments, each in front of an account of its own.

    Attributes:
        code: What the modules declare.
        root: The project folder.
    """

    def __init__(self, root: Path, emulator: Emulator) -> None:
        """Args: root: the folder to make; emulator: holds both accounts."""
        self.code = Code()
        self.root = root
        self._emulator = emulator
        self.strangers: dict[str, set[str]] = {name: set() for name in ENVIRONMENTS}
        (root / "stacks").mkdir(parents=True)
        (root / "pyproject.toml").write_text(_CONFIGURATION, encoding="utf-8")

    # ── what the team does ────────────────────────────────────────────────────────────────

    def write(self) -> None:
        """Write the modules, and remove those that are no longer there."""
        folder = self.root / "stacks"
        for path in folder.glob("*.py"):
            path.unlink()
        for stack in self.code.stacks:
            (folder / f"{stack}.py").write_text(self.code.module(stack), encoding="utf-8")

    def context(self, environment: str, fuse: Fuse | None = None) -> Context:
        """The wired ports of one environment."""
        opened = open_project(self.root, environment=environment, parallelism=1)
        backend = opened.backend
        if fuse is not None:
            backend = fuse.around_backend(backend)
        return dataclasses.replace(
            opened,
            open_backend=lambda: backend,
            connect=lambda: self._provider(environment, fuse),
            clock=lambda: NOW,
        )

    def run(self, environment: str, action: Callable[[Context], _Result], *, kill: int = 0) -> bool:
        """Do something in an environment, and end the process in the middle of it if wanted.

        Returns:
            Whether it came to its end.
        """
        fuse = Fuse(kill)
        try:
            with contextlib.closing(fuse):
                action(self.context(environment, fuse))
        except KilledError:
            return False
        return True

    def apply(self, environment: str, *names: str, **options: Any) -> ApplyReport:
        """Apply to the end, and expect that every step works."""
        report = _apply(self.context(environment), *names, **options)
        failures = [f"{failure.step.key}: {failure.error}" for failure in report.failures]
        assert failures == [], failures
        return report

    def killed_apply(self, environment: str, kill: int) -> bool:
        """Begin an apply and end the process at a point."""
        self.write()
        return self.run(environment, _apply, kill=kill)

    def make_by_hand(self, environment: str, path: str, **params: Any) -> str:
        """Create an object in the Dashboard."""
        made = self._http(environment).post(path, params, idempotency_key="")
        id = str(made["id"])
        self.strangers[environment].add(id)
        return id

    # ── what must hold ────────────────────────────────────────────────────────────────────

    def settle(self, environment: str) -> None:
        """Apply everything; then each declared object exists once and has one owner.

        Raises:
            AssertionError: with what is wrong, and every module.
        """
        self.write()
        try:
            self.apply(environment, allow_mass_change=True)
            self._check(environment)
        except Exception as error:
            modules = "\n".join(f"# {name}\n{self.code.module(name)}" for name in self.code.stacks)
            raise AssertionError(f"{environment}: {error}\n\n{modules}") from error

    def _check(self, environment: str) -> None:
        owned = Counter[tuple[str, str]]()
        declared: dict[str, str] = {}
        for name, state in self.states(environment).items():
            for address, entry in state.resources.items():
                owned[entry.type, entry.id] += 1
                declared[f"{name}:{address}"] = entry.id
        assert [key for key, count in owned.items() if count > 1] == [], "two owners"
        wanted = {f"{thing.stack}:{thing.address}" for thing in self.code.things}
        assert set(declared) == wanted, f"recorded is not declared: {set(declared) ^ wanted}"
        alive = {
            (kind.type, id) for kind in KINDS.values() for id in self.alive(environment, kind.path)
        }
        ours = {key for key in alive if key[1] not in self.strangers[environment]}
        assert ours <= set(owned), f"without an owner: {ours - set(owned)}"
        assert set(owned) <= alive, f"recorded and gone: {set(owned) - alive}"
        report = plan_stacks(self.context(environment), (), PlanOptions())
        changes = [
            f"{plan.stack}:{change.address} {change.action} {change.fields}"
            for plan in report.plans
            for change in plan.pending
        ]
        assert changes == [], f"the next plan is not empty: {changes}"
        assert not report.has_changes, "the next plan is not empty"
        assert report.refusals == (), report.refusals

    def states(self, environment: str) -> dict[str, State]:
        """All states of an environment, by stack."""
        backend = self.context(environment).backend
        found = {name: backend.read(name, environment) for name in backend.stacks(environment)}
        return {name: state for name, state in found.items() if state is not None}

    def alive(self, environment: str, path: str) -> Iterator[str]:
        """Ids of the objects that are neither deleted nor archived."""
        http = self._http(environment)
        for found in http.get(path, {"limit": 100})["data"]:
            if found.get("active", True):
                yield found["id"]

    def is_unfinished(self, environment: str) -> bool:
        """Whether a run that was killed left something to recover."""
        backend = self.context(environment).backend
        return any(backend.read_journal(name, environment) for name in backend.stacks(environment))

    # ── the account ───────────────────────────────────────────────────────────────────────

    def _options(self, environment: str) -> ClientOptions:
        return ClientOptions(
            api_key=Sensitive(f"sk_test_{environment}"),
            transport=InProcessTransport(self._emulator),
            sleep=lambda _: None,
        )

    def _http(self, environment: str) -> StripeHTTP:
        return StripeHTTP(self._options(environment))

    def _provider(self, environment: str, fuse: Fuse | None) -> Provider:
        http = self._http(environment)
        key = f"sk_test_{environment}"
        provider = StripeProvider(http, loader.schemas(), api_key=key, root=self.root)
        return provider if fuse is None else fuse.around_provider(provider)


def _apply(context: Context, *names: str, **options: Any) -> ApplyReport:
    wanted = PlanOptions(**{"allow_mass_change": True, **options})
    return apply_stacks(context, names, wanted, lambda _: True)
