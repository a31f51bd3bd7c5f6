"""The account that the benchmarks plan and apply: what is on it, and the stack that declares it.

Half of the objects are products, half are their prices, each with a lookup key. What must not
live here: what is measured.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.served import attend

KEY: Final = "sk_test_benchmark"
LINEAGE: Final = "0b5e55ed"
STACK: Final = "shop"
_TOO_MANY = 429

_MODULE = '''"""A shop of {pairs} products, each with a price."""

from engine.stripe import Price, Product

for number in range({pairs}):
    product = Product(
        f"p{{number}}", name=f"Product {{number}}", metadata={{"number": str(number)}}
    )
    Price(
        f"p{{number}}-monthly",
        product=product.id,
        currency="usd",
        unit_amount=1000 + number,
        recurring={{"interval": "month"}},
        lookup_key=f"p{{number}}_monthly",
    )
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an account answered since it was last asked.

    Attributes:
        reads: Requests that read.
        writes: Requests that could change something, and were let through.
        refused: Answers 429.
        span: Seconds from the first write to the last.
    """

    reads: int
    writes: int
    refused: int
    span: float


def write_stack(root: Path, objects: int) -> None:
    """Write a project with a stack that declares so many objects."""
    (root / "stacks").mkdir(parents=True)
    text = _MODULE.format(pairs=objects // 2)
    (root / "stacks" / f"{STACK}.py").write_text(text, encoding="utf-8")


def serve_account(pipe: Connection, rate: float | None, latency: float) -> None:
    """Serve an empty account, and fill it when told to.

    Args:
        pipe: To the benchmark.
        rate: Requests a second that it lets through; None for any.
        latency: Seconds that every answer is on its way.
    """
    # Not above: the benchmark itself has to stay small, because the peak of a process that it
    # starts is never told as less than its own.
    from engine.emulator.core import Emulator  # noqa: PLC0415
    from engine.emulator.doors.server import EmulatorServer  # noqa: PLC0415
    from engine.emulator.testing.fault_effects import Hold  # noqa: PLC0415
    from engine.emulator.testing.gate import Gate  # noqa: PLC0415
    from engine.emulator.wire.messages import Request, Response  # noqa: PLC0415

    moments: list[float] = []

    class Timed(Emulator):
        """Notes when writes arrive."""

        def handle(
            self, request: Request, hold: Hold = Gate.wait, *, by_hand: bool = False
        ) -> Response:
            if request.method != "GET":
                moments.append(time.perf_counter())
            return super().handle(request, hold, by_hand=by_hand)

    with Timed(rate=rate) as emulator, EmulatorServer(emulator, latency=latency) as server:

        def own(objects: int) -> None:
            emulator.seed_many("product", _products(objects // 2, LINEAGE), key=KEY)
            emulator.seed_many("price", _prices(objects // 2, LINEAGE), key=KEY)

        def others(objects: int) -> None:
            emulator.seed_many("product", _products(objects // 2), key=KEY)
            emulator.seed_many("price", _prices(objects // 2), key=KEY)

        def answered() -> Answered:
            through = [entry for entry in emulator.log if entry.status != _TOO_MANY]
            writes = sum(1 for entry in through if entry.method != "GET")
            found = Answered(
                reads=len(through) - writes,
                writes=writes,
                refused=len(emulator.log) - len(through),
                span=moments[-1] - moments[0] if moments else 0.0,
            )
            emulator.log.clear()
            moments.clear()
            return found

        attend(pipe, server.port, {"own": own, "others": others, "answered": answered})


def _products(count: int, lineage: str = "") -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "id": _id("prod", number, lineage),
            "name": f"Product {number}",
            "metadata": {
                "number": str(number),
                **_stamp(lineage, f"stripe_product.p{number}"),
            },
        }


def _prices(count: int, lineage: str = "") -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "id": _id("price", number, lineage),
            "product": _id("prod", number, lineage),
            "currency": "usd",
            "unit_amount": 1000 + number,
            "type": "recurring",
            "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
            "lookup_key": f"p{number}_monthly" if lineage else f"other_{number}",
            "metadata": _stamp(lineage, f"stripe_price.p{number}-monthly"),
        }


def _id(prefix: str, number: int, lineage: str) -> str:
    """An id of the length that Stripe's have."""
    return f"{prefix}_{'Ours' if lineage else 'Them'}{number:010d}"


def _stamp(lineage: str, address: str) -> dict[str, str]:
    """The ownership stamp of what is ours."""
    return {"engine": f"{lineage}:{address}"} if lineage else {}
