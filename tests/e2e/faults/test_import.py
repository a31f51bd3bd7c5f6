"""`kill -9`, power cuts and bad disks at every point of `engine import --all`.

The pass rule of each: there is nothing of a stack, or its whole module with its whole state; the
same command again imports what is left; every object is in one state once, and a plan sends
nothing.
"""

from __future__ import annotations

import errno
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.project import open_project
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from engine.state.model import State
from tests.support.faults.shop import Shop, Trying
from tests.support.faults.victims import KILLED, Victim

TYPES = ("Product", "Price", "PaymentLink", "Coupon")
ONE = ("import", "--all", "--yes", *(word for name in TYPES for word in ("--type", name)))
SEVERAL = (*ONE, "--split")
FIRST = 12
"""Points before the first file is written: what the account is asked."""


def _begin(shop: Shop) -> Path:
    """A project without stacks, and an account that was made by hand."""
    folder = shop.fresh("")
    (folder / "stacks" / "shop.py").unlink()
    http = shop.http()

    def post(path: str, **params: Any) -> str:
        return str(http.post(path, params, idempotency_key="")["id"])

    product = post("/v1/products", name="Pro")
    price = post("/v1/prices", product=product, currency="usd", unit_amount=900)
    post("/v1/payment_links", line_items=[{"price": price, "quantity": 1}])
    post("/v1/coupons", id="SALE", percent_off=10, applies_to={"products": [product]})
    return folder


def _states(folder: Path) -> dict[str, State]:
    backend = open_project(folder).backend
    found = {name: backend.read(name, "default") for name in backend.stacks("default")}
    return {name: state for name, state in found.items() if state is not None}


def _modules(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "stacks").glob("*.py")}


def _check_whole(folder: Path) -> None:
    """A state without a module, or the other way round, is one that is still being written."""
    pending = set(open_project(folder).backend.pending_imports("default"))
    assert {*_states(folder)} ^ _modules(folder) <= pending
    for path in (folder / "stacks").glob("*.py"):
        compile(path.read_text(encoding="utf-8"), path.name, "exec")


def _check_done(shop: Shop, folder: Path, writes: int) -> None:
    """Everything is imported once, and nothing was sent that could change something."""
    states = _states(folder)
    assert {*states} == _modules(folder)
    assert list(open_project(folder).backend.pending_imports("default")) == []
    often = Counter(
        (entry.type, entry.id) for state in states.values() for entry in state.resources.values()
    )
    assert set(often.values()) == {1}
    kinds = {type_name for type_name, _ in often}
    assert {"stripe_product", "stripe_price", "stripe_payment_link", "stripe_coupon"} <= kinds
    for refresh in (True, False):
        report = plan_stacks(shop.context(folder), (), PlanOptions(refresh=refresh))
        assert not report.has_changes
        assert not report.refusals
    assert len(shop.emulator.log.writes()) == writes
    left = [path.name for path in (folder / "stacks").iterdir() if path.name[0] == "."]
    assert left == []


def _points(shop: Shop, victim: Victim, words: tuple[str, ...], **order: Any) -> int:
    end = victim.run(_begin(shop), words=words, **order)
    assert end.code == 0, end.told
    return end.points


@pytest.mark.parametrize("words", [ONE, SEVERAL], ids=["one stack", "several"])
@pytest.mark.parametrize("torn", [False, True], ids=["whole write", "half a write"])
def test_killed_at_every_point_of_an_import(
    shop: Shop,
    victim: Victim,
    trying: Trying,
    words: tuple[str, ...],
    *,
    whole: bool,
    torn: bool,
) -> None:
    """Each stack is there or not; a plan, or the same command, finishes what was begun."""
    points = _points(shop, victim, words)
    assert points > FIRST
    for at in range(1 if whole else FIRST + torn, points + 1, 1 if whole else 13):
        with trying("kill -9 in import --all"):
            folder = _begin(shop)
            writes = len(shop.emulator.log.writes())
            assert victim.run(folder, words=words, at=at, torn=torn).code == KILLED
            _check_whole(folder)
            if at % 2 and open_project(folder).backend.pending_imports("default"):
                plan_stacks(shop.context(folder), (), PlanOptions(refresh=False))
                assert {*_states(folder)} == _modules(folder)
            end = victim.run(folder, words=words)
            assert end.code == 0, end.told
            _check_done(shop, folder, writes)


@pytest.mark.parametrize("luck", [False, True], ids=["nothing unsynced", "some unsynced"])
def test_the_power_is_cut_in_an_import(
    shop: Shop, victim: Victim, trying: Trying, *, whole: bool, luck: bool
) -> None:
    """Of what was not synced nothing survives, or any part."""
    points = _points(shop, victim, SEVERAL)
    for at in range(FIRST + luck, points + 1, 1 if whole else 19):
        with trying("power cut in import --all"):
            folder = _begin(shop)
            writes = len(shop.emulator.log.writes())
            left = folder.with_name(f"{folder.name}-survivors")
            victim.kill(folder, at, words=SEVERAL, survivors=str(left), luck=at if luck else 0)
            shutil.rmtree(folder)
            left.rename(folder)
            (folder / "stacks").mkdir(exist_ok=True)
            _check_whole(folder)
            assert victim.run(folder, words=SEVERAL).code == 0
            _check_done(shop, folder, writes)


@pytest.mark.parametrize(
    "fault",
    [
        {"error": errno.ENOSPC, "calls": ("write", "pwrite"), "lasting": True},
        {"error": errno.ENOSPC, "calls": ("write", "pwrite")},
        {"error": errno.EIO, "calls": ("fsync", "fdatasync", "replace", "rename", "unlink")},
        {"error": errno.EROFS, "calls": ("write", "replace", "link", "unlink"), "lasting": True},
    ],
    ids=["full", "full for a moment", "broken", "read-only"],
)
def test_a_disk_that_refuses_an_import(
    shop: Shop, victim: Victim, trying: Trying, fault: dict[str, Any], *, whole: bool
) -> None:
    """The error says so, each stack is whole, and the same command again finishes it."""
    points = victim.run(_begin(shop), words=SEVERAL, calls=fault["calls"]).points
    for at in range(1, points + 1, 1 if whole else 13):
        with trying("disk in import --all"):
            folder = _begin(shop)
            writes = len(shop.emulator.log.writes())
            end = victim.run(folder, words=SEVERAL, at=at, **fault)
            assert end.code in (0, 1), end.told
            assert "Traceback" not in end.told
            _check_whole(folder)
            again = victim.run(folder, words=SEVERAL)
            assert again.code == 0, again.told
            _check_done(shop, folder, writes)
