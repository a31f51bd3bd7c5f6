"""`kill -9` and full disks at every point of `engine state mv` between two stacks.

The pass rule of each: the same command again ends as if nothing had happened; every object is in
one state, the webhook's secret is kept under its stack, and a plan sends nothing. Once the receiver
has the objects, an apply in place of the command ends so, too.
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.project import open_project
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from engine.state.model import State
from tests.support.faults.shop import Shop, Trying
from tests.support.faults.victims import KILLED, Victim

COUPON = 'Coupon("sale", id="SALE", percent_off=10)\n'
HOOK = """
hook = WebhookEndpoint("h", url="https://a.example.com/h", enabled_events=["*"])
Coupon("tied", percent_off=20, metadata={"hook": hook.id})
output("secret", hook.secret)
"""
BEGIN = "from engine import output\nfrom engine.stripe import Coupon, WebhookEndpoint\n"
ADDRESSES = {"stripe_coupon.sale", "stripe_coupon.tied", "stripe_webhook_endpoint.h"}
PART = ("shop:stripe_webhook_endpoint.h", "shop:stripe_coupon.tied", "other:")
WHOLE = ("shop:", "other:")


def words(move: tuple[str, ...]) -> tuple[str, ...]:
    """The command that moves."""
    return ("state", "mv", *move)


def _begin(shop: Shop, move: tuple[str, ...], *, known: bool) -> Path:
    """A shop that was applied, and whose declarations moved to another module.

    Args:
        shop: Where it runs.
        move: What is to be moved.
        known: The receiver has a state already.
    """
    folder = shop.fresh(BEGIN + COUPON + HOOK)
    other = folder / "stacks" / "other.py"
    more = 'Coupon("own", percent_off=5)\n' if known else ""
    if known:
        other.write_text(BEGIN + more)
    shop.apply(folder)
    if move == WHOLE:
        (folder / "stacks" / "shop.py").unlink()
        other.write_text(BEGIN + more + COUPON + HOOK)
    else:
        shop.write(folder, BEGIN + COUPON)
        other.write_text(BEGIN + more + HOOK)
    return folder


def _states(folder: Path) -> dict[str, State]:
    backend = open_project(folder).backend
    states = {name: backend.read(name, "default") for name in backend.stacks("default")}
    return {name: state for name, state in states.items() if state is not None}


def _secrets(folder: Path) -> dict[str, str]:
    place = folder / ".engine" / "secrets" / "default"
    return {str(path.relative_to(place)): path.read_text() for path in place.rglob("*.*")}


def _check_nothing_lost(folder: Path, told: str) -> None:
    """Every object is in a state, and its secret in the sink, whenever the command ended."""
    states = _states(folder)
    assert {address for state in states.values() for address in state.resources} >= ADDRESSES
    for name, state in states.items():
        if "stripe_webhook_endpoint.h" in state.resources:
            assert _secrets(folder)[f"{name}/stripe_webhook_endpoint.h.secret"] == told


def _check_owners(shop: Shop, folder: Path) -> None:
    """One state records each object, each is live, and the secret of the endpoint is its own."""
    found = [
        (entry.type, entry.id)
        for state in _states(folder).values()
        for entry in state.resources.values()
    ]
    assert len(found) == len(set(found))
    live = [*shop.listed("/v1/coupons"), *shop.listed("/v1/webhook_endpoints")]
    assert sorted(entry["id"] for entry in live) == sorted(id for _, id in found)
    report = plan_stacks(shop.context(folder), (), PlanOptions())
    assert [change.address for plan in report.plans for change in plan.pending] == []
    assert report.refusals == ()


def _check_done(shop: Shop, folder: Path, told: str) -> None:
    """As if nothing had happened."""
    _check_owners(shop, folder)
    assert _secrets(folder)["other/stripe_webhook_endpoint.h.secret"] == told
    assert "shop/stripe_webhook_endpoint.h.secret" not in _secrets(folder)


@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
@pytest.mark.parametrize("move", [PART, WHOLE], ids=["part", "whole"])
@pytest.mark.parametrize("torn", [False, True], ids=["whole write", "half a write"])
def test_killed_at_every_point_of_a_move(
    shop: Shop,
    victim: Victim,
    trying: Trying,
    move: tuple[str, ...],
    *,
    whole: bool,
    known: bool,
    torn: bool,
) -> None:
    """Wherever it is killed nothing is lost, and the same command again finishes it."""
    folder = _begin(shop, move, known=known)
    [told] = [text for name, text in _secrets(folder).items() if name.endswith("h.secret")]
    end = victim.run(folder, words=words(move))
    assert end.code == 0, end.told
    assert end.points > 15
    _check_done(shop, folder, told)
    for at in range(1 + torn, end.points + 1, 1 if whole else 13):
        with trying("kill -9 in state mv"):
            folder = _begin(shop, move, known=known)
            [told] = [text for name, text in _secrets(folder).items() if name.endswith("h.secret")]
            assert victim.run(folder, words=words(move), at=at, torn=torn).code == KILLED
            _check_nothing_lost(folder, told)
            states = _states(folder)
            reached = "other" in states and "stripe_webhook_endpoint.h" in states["other"].resources
            if reached and at % 2 and move == PART:
                # Two states record the objects: what only one of them declares is released.
                shop.apply(folder)
                assert _secrets(folder)["other/stripe_webhook_endpoint.h.secret"] == told
                _check_owners(shop, folder)
                continue
            end = victim.run(folder, words=words(move))
            if end.code:
                # It was killed behind all that it does.
                assert "stack shop has no state" in end.told
            _check_done(shop, folder, told)


@pytest.mark.parametrize("luck", [False, True], ids=["nothing unsynced", "some unsynced"])
@pytest.mark.parametrize("move", [PART, WHOLE], ids=["part", "whole"])
def test_the_power_is_cut_in_a_move(
    shop: Shop,
    victim: Victim,
    trying: Trying,
    move: tuple[str, ...],
    *,
    whole: bool,
    luck: bool,
) -> None:
    """Of what was not synced nothing survives, or any part; nothing is lost for that."""
    points = victim.run(_begin(shop, move, known=True), words=words(move)).points
    for at in range(1 + luck, points + 1, 1 if whole else 13):
        with trying("power cut in state mv"):
            folder = _begin(shop, move, known=True)
            [told] = [text for name, text in _secrets(folder).items() if name.endswith("h.secret")]
            left = folder.with_name(f"{folder.name}-survivors")
            victim.kill(folder, at, words=words(move), survivors=str(left), luck=at if luck else 0)
            shutil.rmtree(folder)
            left.rename(folder)
            _check_nothing_lost(folder, told)
            victim.run(folder, words=words(move))
            _check_done(shop, folder, told)


@pytest.mark.parametrize(
    "fault",
    [
        {"error": errno.ENOSPC, "calls": ("write", "pwrite"), "lasting": True},
        {"error": errno.ENOSPC, "calls": ("write", "pwrite")},
        {"error": errno.EIO, "calls": ("fsync", "fdatasync", "replace", "rename", "unlink")},
    ],
    ids=["full", "full for a moment", "broken"],
)
@pytest.mark.parametrize("move", [PART, WHOLE], ids=["part", "whole"])
def test_a_disk_that_refuses_a_move(
    shop: Shop,
    victim: Victim,
    trying: Trying,
    fault: dict[str, Any],
    move: tuple[str, ...],
    *,
    whole: bool,
) -> None:
    """The error is told, nothing is lost, and the same command again finishes it."""
    folder = _begin(shop, move, known=True)
    points = victim.run(folder, words=words(move), calls=fault["calls"]).points
    for at in range(1, points + 1, 1 if whole else 7):
        with trying("disk in state mv"):
            folder = _begin(shop, move, known=True)
            [told] = [text for name, text in _secrets(folder).items() if name.endswith("h.secret")]
            end = victim.run(folder, words=words(move), at=at, **fault)
            assert end.code in (0, 1), end.told
            assert "Traceback" not in end.told
            _check_nothing_lost(folder, told)
            victim.run(folder, words=words(move))
            _check_done(shop, folder, told)
