"""`kill -9` at every point of an apply in which resources move from one stack to another.

The pass rule of each: the next run ends with each object as it was, once, recorded by the stack
that declares it, with its secret, no journal, and an empty plan.
"""

from __future__ import annotations

import contextlib
import textwrap
from pathlib import Path

from engine.errors import GuardError
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.plan.inputs.options import PlanOptions
from tests.support.faults.shop import Shop, Trying
from tests.support.faults.victims import KILLED, Victim

STACK = """
    from engine import moved, output
    from engine.stripe import Coupon, Price, Product, WebhookEndpoint

    p = Product("pro", name="Pro")
    month = Price("month", product=p, currency="usd", unit_amount=1000, lookup_key="month",
                  recurring={"interval": "month"})
    c10 = Coupon("c10", id="C10", percent_off=10)
    hook = WebhookEndpoint("hook", url="https://shop.example/hook", enabled_events=["*"])
    output("secret", hook.secret, sensitive=True)
"""
ADDRESSES = ("stripe_product.pro", "stripe_price.month", "stripe_coupon.c10")
HOOK = "stripe_webhook_endpoint.hook"
MOVES = "".join(f'    moved("shop:{address}", "{address}")\n' for address in (*ADDRESSES, HOOK))
LISTS = ("/v1/products", "/v1/prices", "/v1/coupons", "/v1/webhook_endpoints")


def _apart(shop: Shop) -> tuple[Path, list[str]]:
    """A stack that was applied, and whose resources are declared in another one now."""
    folder = shop.fresh(STACK)
    _write(folder, "other", "")
    shop.apply(folder)
    _write(folder, "shop", "")
    _write(folder, "other", STACK + MOVES)
    return folder, _ids(shop)


def _write(folder: Path, name: str, text: str) -> None:
    path = folder / "stacks" / f"{name}.py"
    path.write_text(textwrap.dedent(text), encoding="utf-8")


def _ids(shop: Shop) -> list[str]:
    """Ids of all objects that are live."""
    return [
        entry["id"] for path in LISTS for entry in shop.listed(path) if entry.get("active", True)
    ]


def _check(shop: Shop, folder: Path, ids: list[str]) -> None:
    """Every object is there as before, owned by its new stack alone."""
    assert _ids(shop) == ids
    context = shop.context(folder)
    shops, others = (context.backend.read(name, context.environment) for name in ("shop", "other"))
    assert shops is not None
    assert others is not None
    assert shops.resources == {}
    assert set(others.resources) == {*ADDRESSES, HOOK}
    assert context.sink.load("other", f"{HOOK}.secret")
    assert context.sink.load("other", "output.secret")
    assert context.sink.load("shop", f"{HOOK}.secret") is None
    assert not list(folder.rglob("*.journal"))
    assert not plan_stacks(context, (), PlanOptions()).has_changes


def test_killed_while_resources_move(
    shop: Shop, victim: Victim, trying: Trying, *, whole: bool
) -> None:
    """Wherever the run is killed, the next one ends as if nothing had happened."""
    folder, ids = _apart(shop)
    end = victim.run(folder)
    assert end.code == 0, end.told
    _check(shop, folder, ids)
    for at in range(1, end.points + 1, 1 if whole else 13):
        with trying("kill -9 in a move between stacks"):
            folder, ids = _apart(shop)
            assert victim.run(folder, at=at).code == KILLED
            shop.apply(folder)
            _check(shop, folder, ids)


def _alone(shop: Shop, folder: Path, name: str) -> None:
    """Apply one of the two stacks, which is done or refused with the names of both."""
    with contextlib.suppress(GuardError):
        apply_stacks(shop.context(folder), (name,), PlanOptions(), lambda _: True)
        return
    report = plan_stacks(shop.context(folder), (name,), PlanOptions())
    assert all("Run both: engine apply shop other" in refusal for refusal in report.refusals)


def test_killed_and_then_the_old_stack_alone(
    shop: Shop, victim: Victim, trying: Trying, *, whole: bool
) -> None:
    """What the journal of the new stack holds, or its module takes over, is not removed."""
    folder, ids = _apart(shop)
    points = victim.run(folder).points
    for at in range(1, points + 1, 1 if whole else 19):
        with trying("kill -9 in a move, then one stack alone"):
            folder, ids = _apart(shop)
            assert victim.run(folder, at=at).code == KILLED
            for name in ("shop", "other"):
                _alone(shop, folder, name)
                assert _ids(shop) == ids
            shop.apply(folder)
            _check(shop, folder, ids)


def test_killed_and_the_state_without_a_module(
    shop: Shop, victim: Victim, trying: Trying, *, whole: bool
) -> None:
    """A renamed module: its old state gives everything, and is gone in the end."""
    points = 0
    for at in (0, *range(1, 1000, 1 if whole else 23)):
        if at > points > 0:
            break
        folder, ids = _apart(shop)
        (folder / "stacks" / "shop.py").unlink()
        with trying("kill -9 in a move from a stack without a module"):
            if at:
                assert victim.run(folder, at=at).code == KILLED
            else:
                points = victim.run(folder).points
            shop.apply(folder)
            context = shop.context(folder)
            assert _ids(shop) == ids
            assert context.backend.stacks(context.environment) == ("other",)
            assert not plan_stacks(context, (), PlanOptions()).has_changes
