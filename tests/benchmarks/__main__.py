"""Benchmarks: medians, and their ratios to what they are held to, in one run.

    python -m tests.benchmarks [--quick] [--sizes N ...] [--only PART ...]

Whole processes are timed; the account is served by a process of its own on this machine. Nothing
leaves it. It exits with 1 if a bound was missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from tests.benchmarks.harness import Table
from tests.benchmarks.rows import PARTS as ENGINE
from tests.benchmarks.rows import Extent
from tests.benchmarks.stores import stores

PARTS = {**ENGINE, "stores": stores}
"""What can be measured by itself, by name."""

_QUICK = Extent(sizes=(10, 100, 1_000), creates=1_000, others=10_000, times=3, fleets=(10, 30, 100))


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the table and say how many bounds were missed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    parser.add_argument("--sizes", type=int, nargs="+", metavar="N", help="objects to plan")
    parser.add_argument("--creates", type=int, metavar="N", help="objects to create")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    given: Any = parser.parse_args(words)
    full = _QUICK if given.quick else Extent()
    extent = Extent(
        sizes=tuple(given.sizes or full.sizes),
        creates=given.creates or full.creates,
        others=full.others,
        times=full.times,
        fleets=full.fleets,
    )
    began = time.perf_counter()
    table = Table([], _tell)
    _tell(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, Python "
        f"{sys.version.split()[0]}"
    )
    for name in given.only or PARTS:
        PARTS[name](table, extent)
    held = sum(1 for figure in table.figures if figure.bound is not None)
    _tell(
        f"\n{held - len(table.missed)} of {held} bounds kept, "
        f"in {time.perf_counter() - began:.0f} s"
    )
    return 1 if table.missed else 0


def _tell(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - its whole purpose


if __name__ == "__main__":
    raise SystemExit(main())
