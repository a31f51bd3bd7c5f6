"""The benchmarks work: what they time is tiny here, and no figure is held to anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks.harness import Command, Figure, Table, medians
from tests.benchmarks.rows import Extent, applies, plans


def python(folder: Path, text: str) -> Command:
    """A command that runs some Python."""
    return Command(words=(sys.executable, "-c", text), folder=folder, environ={})


@pytest.mark.parametrize(
    ("value", "bound", "at_least", "verdict"),
    [
        (1.0, None, False, ""),
        (1.0, 1.0, False, "ok"),
        (1.1, 1.0, False, "MISSED"),
        (1.0, 1.0, True, "ok"),
        (0.9, 1.0, True, "MISSED"),
        (0, 0, False, "ok"),
        (1, 0, False, "MISSED"),
    ],
)
def test_a_figure_is_held_to_its_bound(
    value: float,
    bound: float | None,
    at_least: bool,  # noqa: FBT001 - a column of the table above
    verdict: str,
) -> None:
    """The bound itself is kept, on either side, and a figure without one says nothing."""
    figure = Figure(what="it", value=value, bound=bound, at_least=at_least)
    assert figure.verdict == verdict
    assert str(figure).endswith(verdict or "1")


def test_a_command_costs_time_and_memory(tmp_path: Path) -> None:
    """Processor time, memory and what it wrote are the process's own."""
    (ran,) = medians([python(tmp_path, "print(len(bytearray(60_000_000)))")], 3)
    assert ran.output == "60000000\n"
    assert ran.peak > 60_000_000
    assert ran.seconds > 0
    assert ran.cpu > 0


def test_a_command_that_fails_is_no_figure(tmp_path: Path) -> None:
    """Its exit code and what it wrote to stderr are told instead."""
    with pytest.raises(RuntimeError, match=r"exited with 3:\nbecause"):
        python(tmp_path, "import sys; sys.stderr.write('because'); sys.exit(3)").run()


def test_plans_and_applies_are_measured() -> None:
    """Every line comes out, an apply fails nowhere, and requests are counted."""
    lines: list[str] = []
    table = Table([], lines.append)
    extent = Extent(sizes=(10,), creates=4, times=1)
    plans(table, extent)
    applies(table, extent)
    found = {figure.what: figure.value for figure in table.figures}
    assert found["with refresh: requests for a hundred objects"] == 2
    assert found["apply: operations that failed"] == 0
    assert len(lines) == len(table.figures) + 4
