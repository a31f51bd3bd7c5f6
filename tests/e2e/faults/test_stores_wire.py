"""Stores of objects behind a proxy that loses requests and answers of single writes.

Unlike in `test_stores.py` the library repeats what failed, and may be refused by its own first try.
"""

from __future__ import annotations

import dataclasses

import pytest

from engine.backends.shared.objects.store import ObjectStore
from tests.support.fault_proxy import FAULTS, Fault, FaultProxy
from tests.support.faults.machines import Machine, Point
from tests.support.faults.places import SharedPlace
from tests.support.faults.shop import Shop, Trying
from tests.support.faults.team import BEFORE, Stopwatch, Team, succeeded
from tests.support.object_servers import fresh_bucket

KINDS = ("s3", "gcs", "azure")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_write_is_lost_on_its_way(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    trying: Trying,
    kind: str,
    fault: Fault,
    *,
    whole: bool,
) -> None:
    """The run notices nothing, and all is there once."""
    if not whole and (FAULTS.index(fault) - KINDS.index(kind)) % len(KINDS):
        pytest.skip("each fault in one store; --faults=whole tries it in all")
    address, login = fresh_bucket(kind)
    for name, value in login.items():
        monkeypatch.setenv(name, value)
    before, _, endpoint = address.partition("?endpoint=")
    endpoint, _, after = endpoint.partition("&")
    with trying(f"{kind}: write lost on its way"), FaultProxy(endpoint) as proxy:
        proxied = "&".join(filter(None, (f"{before}?endpoint={proxy.address}", after)))
        place = SharedPlace(lambda: ObjectStore(proxied))
        team = Team(shop, shop.fresh(BEFORE), place, Stopwatch())
        machine = team.machine()
        machine.trouble = Losing(proxy, fault, stride=1 if whole else 8)
        succeeded(machine.apply())
        team.check()


@dataclasses.dataclass
class Losing:
    """Loses conditional writes, each of them once.

    Attributes:
        proxy: Where they are lost.
        fault: How.
        stride: One of so many.
        count: Conditional writes so far.
    """

    proxy: FaultProxy
    fault: Fault
    stride: int
    count: int = 0

    def __call__(self, _: Machine, point: Point) -> None:
        """Lose the request that is sent next."""
        if point.when == "before" and point.what.startswith(("swap", "create")):
            self.count += 1
            if self.count % self.stride == 0:
                self.proxy.fault, self.proxy.times = self.fault, 1
