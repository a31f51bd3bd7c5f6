"""What is measured, and what each figure is held to.

Bounds are for two cores that nothing else uses. What must not live here: how a process is timed.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.account import write_stack
from tests.benchmarks.harness import Command, Ran, Table, medians
from tests.benchmarks.project import Project, bare_environ, engine, project, terraform_twin

_MB = 1e6
_SMALL, _LARGE = 1_000, 10_000
_OFTEN = 15
_PER_HUNDRED = 2
LATENCY = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured.

    Attributes:
        sizes: Numbers of objects to plan.
        creates: How many an apply makes.
        others: How many are on the account that are nobody's.
        times: How often a plan is run for its median.
        fleets: Numbers of accounts of fleets.
    """

    sizes: tuple[int, ...] = (10, 100, _SMALL, _LARGE)
    creates: int = _SMALL
    others: int = 100_000
    times: int = 5
    fleets: tuple[int, ...] = (10, 100, 1_000)

    def times_of(self, objects: int) -> int:
        """How often a plan of so many is run."""
        return self.times if objects < _LARGE else max(self.times - 2, 1)


WALL: Mapping[int, float] = {_SMALL: 1.0, _LARGE: 5.0}
PEAK: Mapping[int, float] = {_SMALL: 120, _LARGE: 350}
UNREFRESHED: Mapping[int, float] = {_LARGE: 2.0}
OF_TERRAFORM: Mapping[int, float] = {_SMALL: 0.3, _LARGE: 0.15}
GROWTH = 12.0
FIRST: Mapping[int, float] = {_SMALL: 1.5}


def plans(table: Table, extent: Extent) -> None:
    """Plans without changes, with Terraform's beside them, and their growth."""
    terraform = shutil.which("terraform")
    walls: dict[int, float] = {}
    for objects in extent.sizes:
        table.title(f"plan without changes, {objects:,} objects")
        with project(objects) as settled:
            settled.settle()
            walls[objects] = _with_refresh(table, settled, extent.times_of(objects))
            with TemporaryDirectory(prefix="benchmark-") as folder:
                twin = terraform_twin(terraform, Path(folder), objects) if terraform else None
                _without_refresh(table, settled, twin, extent.times_of(objects))
    if _SMALL in walls and _LARGE in walls:
        table.add(
            f"growth from {_SMALL:,} to {_LARGE:,}",
            walls[_LARGE] / walls[_SMALL],
            "times",
            bound=GROWTH,
        )


def _with_refresh(table: Table, settled: Project, times: int) -> float:
    objects = settled.objects
    (ran,) = medians([settled.command("plan")], times)
    # One asks whom the key speaks for.
    reads = settled.answered().reads / times - 1
    _add(table, "with refresh", ran, wall=WALL.get(objects), peak=PEAK.get(objects))
    table.add(
        "with refresh: requests for a hundred objects",
        reads / max(objects / 100, 1),
        bound=_PER_HUNDRED,
    )
    return ran.seconds


def _without_refresh(table: Table, settled: Project, twin: Command | None, times: int) -> None:
    objects = settled.objects
    commands = [settled.command("plan", "--no-refresh")]
    ran, *theirs = medians([*commands, twin] if twin else commands, times)
    _add(table, "without refresh", ran, wall=UNREFRESHED.get(objects))
    for other in theirs:
        _add(table, "terraform plan -refresh=false", other)
        table.add(
            "without refresh, of Terraform's time",
            ran.seconds / other.seconds,
            bound=OF_TERRAFORM.get(objects),
        )


def _add(
    table: Table, what: str, ran: Ran, *, wall: float | None = None, peak: float | None = None
) -> None:
    table.add(f"{what}: wall", ran.seconds, "s", bound=wall)
    table.add(f"{what}: CPU", ran.cpu, "s")
    table.add(f"{what}: peak memory", ran.peak / _MB, "MB", bound=peak)


def first(table: Table, extent: Extent) -> None:
    """A plan that creates everything."""
    objects, times = extent.creates, extent.times
    table.title(f"first plan, {objects:,} objects to create")
    with project(objects) as fresh:
        (ran,) = medians([fresh.command("plan")], times)
        _add(table, "first plan", ran, wall=FIRST.get(objects))
        table.add("first plan: requests", fresh.answered().reads / times)


def among(table: Table, extent: Extent) -> None:
    """Ten objects that are older than very many others."""
    table.title(f"plan without changes, 10 objects among {extent.others:,} others")
    with project(10) as settled:
        settled.settle()
        settled.server.ask("others", extent.others)
        ran = settled.command("plan").run()
        _add(table, "with refresh", ran)
        table.add("with refresh: requests", settled.answered().reads, bound=20)


def applies(table: Table, extent: Extent) -> None:
    """Applies against rates; what comes before the first create is the first plan's figure."""
    count, latency = extent.creates, f"{1000 * LATENCY:.0f} ms on the way"
    table.title(f"apply of {count:,} creates, {latency}, 100 requests a second allowed and told")
    with project(count, rate=100, latency=LATENCY) as fresh:
        command = fresh.command("apply", "--yes", "--json", ENGINE_REQUESTS_PER_SECOND="100")
        _apply(table, fresh, command, allowed=100, share=0.9)
    table.title(f"apply of {count:,} creates, {latency}, 25 requests a second allowed, not told")
    with project(count, rate=25, latency=LATENCY) as fresh:
        _apply(table, fresh, fresh.command("apply", "--yes", "--json"), allowed=25, share=0.8)
    table.title(f"apply of {count:,} creates, no limit, no latency")
    with project(count) as fresh:
        _apply(table, fresh, fresh.command("apply", "--yes", "--json"))


def _apply(
    table: Table,
    fresh: Project,
    command: Command,
    *,
    allowed: float | None = None,
    share: float | None = None,
) -> None:
    ran = command.run()
    outcomes = [entry["outcome"] for entry in json.loads(ran.output)["outcomes"]]
    failed = sum(1 for outcome in outcomes if outcome != "applied")
    answered = fresh.answered()
    _add(table, "apply", ran)
    table.add("apply: operations that failed", failed, bound=0)
    table.add("apply: answers 429", answered.refused)
    rate = (answered.writes - 1) / answered.span
    table.add("apply: creates a second, from the first to the last", rate, "/s")
    if allowed is not None:
        table.add("the same, of the rate", rate / allowed, bound=share, at_least=True)
        whole = answered.writes / ran.seconds
        table.add("the same, over the whole process", whole / allowed)


def starts(table: Table, extent: Extent) -> None:
    """What starts and is through: beside an interpreter that does nothing."""
    del extent
    table.title("start-up, beside `python -c pass`")
    with TemporaryDirectory(prefix="benchmark-") as folder:
        root = Path(folder)
        write_stack(root, 10)
        words: list[tuple[str, ...]] = [(sys.executable, "-c", "pass")]
        asked = {
            "engine --version": 4.0,
            "engine --help": 8.0,
            "engine validate, ten objects": 12.0,
        }
        words += [(*engine(), what.split(",", maxsplit=1)[0].split()[1]) for what in asked]
        commands = [Command(words=some, folder=root, environ=bare_environ(root)) for some in words]
        for command in commands:
            command.run()  # what is compiled once is compiled now
        bare, *ran = medians(commands, _OFTEN)
    table.add("python -c pass: wall", 1000 * bare.seconds, "ms")
    for (what, bound), one in zip(asked.items(), ran, strict=True):
        table.add(f"{what}: wall", 1000 * one.seconds, "ms")
        table.add(f"{what}: of the interpreter's time", one.seconds / bare.seconds, bound=bound)


def fleet(table: Table, extent: Extent) -> None:
    """A fleet on a Dask cluster; it needs the extra `fleet`."""
    title = "a fleet of connected accounts, 20 objects each, on two workers"
    if importlib.util.find_spec("distributed") is None:
        table.title(f"{title}: left out, it needs pip install --editable '.[fleet]'")
        return
    # The package of its cluster is large, and only needed here.
    from tests.benchmarks.fleet import measure  # noqa: PLC0415

    table.title(title)
    measure(table, extent.fleets)


PARTS = {
    "starts": starts,
    "plans": plans,
    "first": first,
    "among": among,
    "applies": applies,
    "fleet": fleet,
}
"""What can be measured by itself, by name."""
