"""Ctrl-C and SIGTERM while an apply waits for Stripe: gently first, at once the second time."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from engine.bootstrap.project import open_project
from engine.emulator.core import Emulator
from engine.emulator.testing.faults import hung
from engine.emulator.testing.gate import Gate
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from tests.support.faults.shop import Trying
from tests.support.surroundings import served

STACK = """
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency="usd", unit_amount=2900)
"""
LONG_ENOUGH = 600.0
"""Seconds that no test ever waits for: a stop for what has hung."""


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A served emulator, for this process and its children."""
    with served(monkeypatch, seed=8, STRIPE_API_KEY="sk_test_signals") as emulator:
        yield emulator


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project."""
    folder = tmp_path / "stacks"
    folder.mkdir()
    (folder / "shop.py").write_text(textwrap.dedent(STACK), encoding="utf-8")
    return tmp_path


def _apply(root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-m", "engine", "-C", str(root), "apply", "--yes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _line_with(stream: IO[str] | None, text: str) -> str:
    assert stream is not None
    return next(line for line in stream if text in line)


def _products(emulator: Emulator) -> int:
    return sum(made.object == "product" for made in emulator.history)


def _converges(root: Path, emulator: Emulator) -> None:
    report = apply_stacks(open_project(root), (), PlanOptions(), lambda _: True)
    assert report.failures == ()
    assert not plan_stacks(open_project(root), (), PlanOptions()).has_changes
    assert _products(emulator) == 1
    assert not list(root.rglob("*.journal"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_the_first_lets_what_is_in_flight_finish(
    root: Path, emulator: Emulator, trying: Trying, number: signal.Signals
) -> None:
    """What was sent is recorded, nothing new is begun, the state is written, exit 130."""
    gate = Gate()
    emulator.faults.add(hung(gate), method="POST", path="/v1/products")
    with trying(f"{number.name} while Stripe is at work"), _apply(root) as run:
        assert gate.until(1)
        run.send_signal(number)
        assert "Once more stops at once" in _line_with(run.stderr, "Stopping")
        gate.release()
        _, told = run.communicate(timeout=LONG_ENOUGH)
        assert run.returncode == 130
        assert "the run was stopped; what was under way was finished" in told
        state = open_project(root).backend.read("shop", "default")
        assert state is not None
        assert set(state.resources) == {"stripe_product.pro"}
        assert not list(root.rglob("*.journal"))
        _converges(root, emulator)


@pytest.mark.parametrize("executed", [False, True], ids=["not carried out", "carried out"])
def test_the_second_stops_at_once(
    root: Path,
    emulator: Emulator,
    trying: Trying,
    executed: bool,  # noqa: FBT001 - a row
) -> None:
    """It waits for no answer; the next run finds out what became of what was sent."""
    gate = Gate()
    emulator.faults.add(hung(gate, executed=executed), method="POST", path="/v1/products")
    with trying("a second Ctrl-C while Stripe is at work"), _apply(root) as run:
        assert gate.until(1)
        run.send_signal(signal.SIGINT)
        _line_with(run.stderr, "Stopping")
        run.send_signal(signal.SIGINT)
        _, told = run.communicate(timeout=LONG_ENOUGH)
        assert run.returncode == 130
        assert "the run was stopped at once" in told
        assert "the next engine plan or apply finds out" in told
        assert "Traceback" not in told
        assert list(root.rglob("*.journal"))
        gate.time_out()
        _converges(root, emulator)
