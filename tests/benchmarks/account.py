"""The account that the benchmarks plan and apply: what is on it, and the stack that declares it.

Half of the objects are products, half are their prices, each with a lookup key. What must not
live here: what is measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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
    from engine.emulator.server import EmulatorServer  # noqa: PLC0415

    with (
        Emulator(rate=rate) as emulator,
        EmulatorServer(emulator, latency=latency) as server,
    ):

        def own(objects: int) -> None:
            emulator.seed_many("product", _products(objects // 2, LINEAGE), key=KEY)
            emulator.seed_many("price", _prices(objects // 2, LINEAGE), key=KEY)

        def others(objects: int) -> None:
            emulator.seed_many("product", _products(objects // 2), key=KEY)
            emulator.seed_many("price", _prices(objects // 2), key=KEY)

        def answered() -> Counter[str]:
            """How many requests of each method were let through since, and how many not."""
            statuses = Counter(
                "refused" if entry.status == _TOO_MANY else entry.method for entry in emulator.log
            )
            emulator.log.clear()
            return statuses

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
