"""Machines that share a store and an account, of which one gets into trouble at a chosen point.

A point is a request to the store or to Stripe, before it is carried out or after. All machines run
in this process: one that is killed does nothing any more from there on, one that is stopped lets
others work and then goes on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeAlias

from engine.emulator.doors.transport import InProcessTransport
from engine.errors import EngineError
from engine.operations.run.context import Context
from engine.ports.outcomes import ApplyReport
from tests.support.fakes.memory_store import When
from tests.support.faults.places import Place
from tests.support.faults.shop import Shop

Where: TypeAlias = Literal["store", "Stripe"]


class KilledError(BaseException):
    """Instead of `kill -9`: nothing that the process would still do is done."""


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """Where a run is.

    Attributes:
        number: How many points it passed before.
        where: Which server the request is for.
        when: Before it is carried out, or after.
        what: Its method, and what it is about.
        writes: Whether it may change something.
    """

    number: int
    where: Where
    when: When
    what: str
    writes: bool


Trouble: TypeAlias = Callable[["Machine", Point], None]
"""What happens at a point: it raises what the machine gets in place of the answer."""


def no_trouble(_: Machine, __: Point) -> None:
    """Let every request through."""


class Machine:
    """One client of the store and of Stripe.

    Attributes:
        points: The points that it passed.
        trouble: Asked at each point.
        sending: Carries out the write that was last sent to the store, past all trouble.
        backend: Its states, journals and locks.
        context: Its ports.
    """

    def __init__(
        self, shop: Shop, folder: Path, place: Place, *, parallelism: int = 1, **ports: Any
    ) -> None:
        """Args: place: the store; ports: in place of the project's own."""
        self.points: list[Point] = []
        self.trouble: Trouble = no_trouble
        self.sending: Callable[[], object] = lambda: None
        self.backend = place.backend(self)
        opened = shop.context(
            folder, transport=_Transport(self, shop), retries=0, parallelism=parallelism
        )
        self.context: Context = dataclasses.replace(
            opened, open_backend=lambda: self.backend, **ports
        )
        self._shop = shop

    def apply(self, **options: Any) -> ApplyReport | EngineError | KilledError:
        """Apply, whatever comes of it."""
        try:
            return self._shop.attempt(self.context, **options)
        except (EngineError, KilledError) as error:
            return error

    def written(self, since: int = 0) -> list[str]:
        """What it asked Stripe to change, after some points."""
        points = self.points[since:]
        return [p.what for p in points if p.where == "Stripe" and p.when == "before" and p.writes]

    def passes(self, where: Where, when: When, what: str, *, writes: bool) -> None:
        """Note a point, and let happen what is to happen there."""
        point = Point(len(self.points), where, when, what, writes)
        self.points.append(point)
        self.trouble(self, point)


class _Transport(InProcessTransport):
    """A machine's way to Stripe."""

    def __init__(self, machine: Machine, shop: Shop) -> None:
        super().__init__(shop.emulator)
        self._machine = machine

    def request(self, method: str, url: str, *rest: Any, **options: Any) -> Any:
        """Answer one request, with a point before and after it."""
        writes, what = method.upper() != "GET", f"{method.upper()} {url}"
        self._machine.passes("Stripe", "before", what, writes=writes)
        answer = super().request(method, url, *rest, **options)
        self._machine.passes("Stripe", "after", what, writes=writes)
        return answer
