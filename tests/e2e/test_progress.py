"""What a hook is told over a whole plan and apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bootstrap.project import open_project
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from engine.ports.hook import Hook, Traffic
from engine.ports.outcomes import ApplyResult

STACK = """
from engine.stripe import Product

Product("pro", name="Pro")
"""


class Listener(Hook):
    """Remembers the order of what it is told; several answers in a row are one."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.traffic: Traffic | None = None

    def _hear(self, word: str) -> None:
        if self.told[-1:] != [word]:
            self.told.append(word)

    def connected(self, traffic: Traffic) -> None:
        """Remember whom to ask."""
        self.traffic = traffic
        self._hear("connected")

    def answered(self) -> None:
        """Remember it."""
        self._hear("answered")

    def refreshing(self, stack: str, count: int) -> None:
        """Remember it."""
        self._hear(f"reading {count} of {stack}")

    def refreshed(self, stack: str) -> None:
        """Remember it."""
        self._hear(f"read {stack}")

    def apply_started(self, stack: str, count: int) -> None:
        """Remember it."""
        self._hear(f"applying {count} of {stack}")

    def apply_finished(self, result: ApplyResult) -> None:
        """Remember it."""
        self._hear(f"applied {result.stack}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one product, on the embedded emulator."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "shop.py").write_text(STACK, encoding="utf-8")
    return tmp_path


def test_reading_ends_before_a_plan_is_shown_and_applying_after(root: Path) -> None:
    """What is shown meanwhile is off the terminal when the plan is on it."""
    hook = Listener()
    context = open_project(root, environment="local", hook=hook)

    def approve(_: object) -> bool:
        hook.told.append("asked")
        return True

    apply_stacks(context, (), PlanOptions(), approve)
    assert [word for word in hook.told if word not in ("connected", "answered")] == [
        "reading 0 of shop",
        "read shop",
        "asked",
        "applying 1 of shop",
        "applied shop",
    ]
    assert hook.told.index("connected") < hook.told.index("answered")
    assert hook.traffic is not None
    assert (hook.traffic.waiting, hook.traffic.rate) == (0, None)


def test_the_reading_of_a_plan_is_told(root: Path) -> None:
    """From its first answer to its last."""
    apply_stacks(open_project(root, environment="local"), (), PlanOptions(), lambda _: True)
    hook = Listener()
    plan_stacks(open_project(root, environment="local", hook=hook), (), PlanOptions())
    begun, ended = hook.told.index("reading 1 of shop"), hook.told.index("read shop")
    assert "answered" in hook.told[begun:ended]
    assert not any(word.startswith("appl") for word in hook.told)
