"""A project with two environments, `test` and `live`, each in front of an emulator of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.bootstrap.project import open_project
from engine.emulator.core import Emulator
from engine.operations.apply import apply_stacks
from engine.operations.environments.diff import diff_environments
from engine.operations.run.context import Context
from engine.plan.environments.model import EnvironmentsDifference
from engine.plan.inputs.options import PlanOptions
from engine.ports.outcomes import ApplyReport
from engine.variables import Given, Variables
from tests.support.project import KEY, Project

TEST, LIVE = "test", "live"
PAIR = (TEST, LIVE)
"""The environments, in the order in which they are compared."""


class TwoEnvironments:
    """One project folder and two accounts.

    Attributes:
        root: The folder.
        accounts: By environment, a project that speaks to its account by hand.
    """

    def __init__(self, root: Path, emulators: Sequence[Emulator], *, key: str = KEY) -> None:
        """Args: root: the folder; emulators: hold the accounts; key: of both accounts."""
        self.root = root
        self.accounts = {
            name: Project(root / name, emulator, key=key)
            for name, emulator in zip(PAIR, emulators, strict=True)
        }
        (root / "stacks").mkdir(parents=True, exist_ok=True)
        tables = [f"[tool.engine.environments.{name}]\nemulator = true\n" for name in PAIR]
        (root / "pyproject.toml").write_text("\n".join(tables), encoding="utf-8")

    def write(self, text: str, name: str = "shop") -> None:
        """Write a stack module."""
        Project.write(self.accounts[TEST], text, name)
        written = self.accounts[TEST].root / "stacks" / f"{name}.py"
        written.replace(self.root / "stacks" / f"{name}.py")

    def context(self, environment: str, **variables: Any) -> Context:
        """The wired ports of an environment."""
        account = self.accounts[environment]
        given = {name: Given(value, f"--var {name}") for name, value in variables.items()}
        # One operation at a time: what is made in another order is listed in another order.
        opened = open_project(
            self.root,
            environment=environment,
            variables=Variables(given=given),
            parallelism=1,
        )
        return dataclasses.replace(opened, connect=account.connect, clock=lambda: account.now)

    def apply(self, environment: str, *names: str, **variables: Any) -> ApplyReport:
        """Apply to one environment, and expect that every operation works."""
        context = self.context(environment, **variables)
        options = PlanOptions(allow_mass_change=True)
        report = apply_stacks(context, names, options, lambda _: True)
        assert [str(failure.error) for failure in report.failures] == []
        return report

    def apply_both(self) -> None:
        """Apply the same to both."""
        for name in PAIR:
            self.apply(name)

    def diff(
        self, *names: str, refresh: bool = True, everything: bool = False
    ) -> EnvironmentsDifference:
        """Compare them."""
        first, second = (self.context(name) for name in PAIR)
        return diff_environments(first, second, names, refresh=refresh, everything=everything)

    def id(self, environment: str, address: str, stack: str = "shop") -> str:
        """Stripe's id of a resource in an environment."""
        state = self.context(environment).backend.read(stack, environment)
        assert state is not None
        return state.resources[address].id
