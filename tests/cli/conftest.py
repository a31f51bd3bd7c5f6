"""A project with one stack, and the command line in its folder."""

from __future__ import annotations

import textwrap
from functools import partial
from pathlib import Path

import pytest

from tests.support.command_line import (
    Engine,
    Terminal,
    Write,
    run_apart,
    run_at_a_terminal,
    run_here,
)
from tests.support.surroundings import clear

STACK = """
    from engine import output, variable
    from engine.stripe import Price, Product

    pro = Product("pro", name=variable("name", "Pro"))
    monthly = Price(
        "pro-monthly", product=pro.id, currency="usd", unit_amount=2900,
        recurring={"interval": "month"}, lookup_key="pro_monthly",
    )
    output("price_id", monthly.id)
"""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the person who runs the tests has a say."""
    clear(monkeypatch, "_ENGINE_", "COMP_", "NO_COLOR", "FORCE_COLOR", "TERM")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one stack, `shop`."""
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    (folder / "stacks" / "shop.py").write_text(textwrap.dedent(STACK), encoding="utf-8")
    return folder


@pytest.fixture
def write(root: Path) -> Write:
    """Writes a stack module: name, text."""

    def write(name: str, text: str) -> None:
        (root / "stacks" / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")

    return write


@pytest.fixture
def engine(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Engine:
    """Runs a command in the project's folder, in this process."""
    monkeypatch.chdir(root)
    return partial(run_here, capfd)


@pytest.fixture
def shell(root: Path) -> Engine:
    """Runs a command in the project's folder, in a process of its own, with no terminal."""
    return partial(run_apart, root)


@pytest.fixture
def terminal(root: Path) -> Terminal:
    """Runs a command at a terminal in the project's folder, and answers its questions."""
    return partial(run_at_a_terminal, root)
