"""`engine drift`: what a person and a program see of what was changed in the Dashboard."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Engine, Write
from tests.support.dashboard import Dashboard

STACK = """
    from engine import Lifecycle
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", id="pro", name="Pro", metadata={"tier": "pro"})
    month = Price(
        "month", product=pro, currency="usd", nickname="Monthly", unit_amount=2900,
        recurring={"interval": "month"}, lookup_key="month",
    )
    Coupon("launch", id="LAUNCH25", percent_off=25, duration="once", name="Launch")
    Product("other", id="other", name="Other", lifecycle=Lifecycle(ignore_changes=("name",)))
"""


@pytest.fixture
def dashboard(root: Path, engine: Engine, write: Write) -> Dashboard:
    """The Dashboard of an account on which the stack is applied."""
    write("shop", STACK)
    assert engine("apply", "--yes").code == 0
    return Dashboard(root)


def _plain(text: str) -> str:
    text = re.sub(r"acct_\w+", "acct_1", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "AT NOON", text)
    return re.sub(r"price_\w{10,}", "price_1", text)


def _archive_price(dashboard: Dashboard) -> None:
    [price] = dashboard("GET", "/v1/prices")["data"]
    dashboard("POST", f"/v1/prices/{price['id']}", active="false", nickname="By month")


def _some_drift(dashboard: Dashboard) -> None:
    dashboard("POST", "/v1/products/pro", name="Professional", metadata__tier="", metadata__x="1")
    dashboard("POST", "/v1/products/other", name="Ignored")
    dashboard("DELETE", "/v1/coupons/LAUNCH25")
    _archive_price(dashboard)


def test_nothing_drifted(engine: Engine, dashboard: Dashboard) -> None:
    """Foreign metadata, and what is ignored, is no drift."""
    dashboard("POST", "/v1/products/pro", metadata__owner="sales", description="Made by hand")
    dashboard("POST", "/v1/products/other", name="Ignored")
    ended = engine("drift")
    assert (ended.code, ended.err) == (0, "")
    assert _plain(ended.out) == (
        "Environment local (embedded emulator), account acct_1, test mode\n\n"
        "No drift: Stripe has what the last apply left (4 objects).\n"
    )


GOLDEN = """\
Environment local (embedded emulator), account acct_1, test mode

- stripe_coupon.launch [LAUNCH25]: deleted  stacks/shop.py:10
    deleted AT NOON in the Dashboard, or by Stripe itself (no request of the API)
    to make it again: engine apply shop -e local
    to take its declaration out of stacks/shop.py:10: engine drift shop -e local --accept stripe_coupon.launch

- stripe_price.month [price_1]: archived  stacks/shop.py:6
              code          last apply  Stripe
    nickname  "Monthly"     "Monthly"   "By month"
    active    not declared  true        false
    changed AT NOON in the Dashboard, or by Stripe itself (no request of the API)
    to revive it, with what the code says: engine apply shop -e local
    to write what Stripe has into stacks/shop.py:6: engine drift shop -e local --accept stripe_price.month
      or only one of nickname, active: engine drift shop -e local --accept stripe_price.month.nickname
    to leave it to the Dashboard, in stacks/shop.py:6: Lifecycle(ignore_changes=("nickname",))

~ stripe_product.pro [pro]: changed  stacks/shop.py:5
                   code   last apply  Stripe
    metadata.tier  "pro"  "pro"       nothing
    name           "Pro"  "Pro"       "Professional"
    changed AT NOON in the Dashboard, or by Stripe itself (no request of the API)
    to put it back: engine apply shop -e local
    to write what Stripe has into stacks/shop.py:5: engine drift shop -e local --accept stripe_product.pro
      or only one of metadata.tier, name: engine drift shop -e local --accept stripe_product.pro.metadata.tier
    to leave it to the Dashboard, in stacks/shop.py:5: Lifecycle(ignore_changes=("metadata.tier", "name"))

Drift: 1 changed, 1 archived, 1 deleted.
"""  # noqa: E501 - the lines are those of the output


def test_what_drifted(engine: Engine, dashboard: Dashboard) -> None:
    """Each object, leaf by leaf, with the ways out."""
    _some_drift(dashboard)
    ended = engine("drift")
    assert (ended.code, ended.err) == (2, "")
    assert _plain(ended.out) == GOLDEN
    assert engine("drift", "shop").out == ended.out


def test_an_apply_puts_it_back(engine: Engine, dashboard: Dashboard) -> None:
    """Then nothing is left."""
    _some_drift(dashboard)
    assert engine("apply", "--yes").code == 0
    assert engine("drift").code == 0


def test_the_document(engine: Engine, dashboard: Dashboard) -> None:
    """The same for programs."""
    _some_drift(dashboard)
    ended = engine("drift", "--json")
    assert ended.code == 2
    document: dict[str, Any] = json.loads(ended.out)
    assert document["environment"] == "local"
    assert document["summary"] == {"deleted": 1, "archived": 1, "revived": 0, "changed": 1}
    [stack] = document["stacks"]
    assert (stack["stack"], stack["objects"], stack["has_module"]) == ("shop", 4, True)
    coupon, price, product = stack["drifted"]
    assert [coupon[name] for name in ("address", "kind", "action", "leaves")] == [
        "stripe_coupon.launch",
        "deleted",
        "create",
        [],
    ]
    assert price["kind"] == "archived"
    assert product["leaves"][1] == {
        "path": "name",
        "code": "Pro",
        "code_unknown": False,
        "code_is": "unchanged",
        "applied": "Pro",
        "stripe": "Professional",
    }
    [cause] = product["causes"]
    assert (cause["type"], cause["request"]) == ("product.updated", None)
    assert cause["paths"] == ["metadata.tier", "name"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", cause["at"])
    assert product["cause_unknown"] is None
    assert product["ways_out"]["put_back"] == "engine apply shop -e local"
    assert product["ways_out"]["ignore"] == 'ignore_changes=("metadata.tier", "name")'


def test_the_code_is_shown_next_to_it(engine: Engine, dashboard: Dashboard, write: Write) -> None:
    """Whether it agrees with Stripe already, or wants a third value; amounts as money."""
    write("shop", STACK.replace('"Monthly"', '"By month"').replace('name="Pro"', 'name="Best"'))
    [price] = dashboard("GET", "/v1/prices")["data"]
    dashboard("POST", f"/v1/prices/{price['id']}", nickname="By month")
    dashboard("POST", "/v1/products/pro", name="Professional")
    out = engine("drift").out
    assert (
        '    nickname  "By month"  "Monthly"   "By month"  # the code agrees with Stripe\n' in out
    )
    assert (
        "    to record it, since the code asks for nothing else: engine apply shop -e local\n"
        in out
    )
    assert '    name  "Best"  "Pro"       "Professional"  # the code wants a third value\n' in out
    assert out.count("--accept") == 1


def test_nothing_was_written(engine: Engine, dashboard: Dashboard, root: Path) -> None:
    """Neither the state nor an object."""
    _some_drift(dashboard)
    state = (root / "state" / "local" / "shop.json").read_bytes()
    before = dashboard("GET", "/v1/products/pro")
    engine("drift")
    assert (root / "state" / "local" / "shop.json").read_bytes() == state
    assert dashboard("GET", "/v1/products/pro") == before


def test_a_held_lock_does_not_matter(engine: Engine, dashboard: Dashboard) -> None:
    """It keeps applies away, not readers."""
    assert engine("lock", "local/shop", "--reason", "audit").code == 0
    assert engine("drift").code == 0
    dashboard("DELETE", "/v1/coupons/LAUNCH25")
    assert engine("drift").code == 2


def test_a_stack_without_a_module(engine: Engine, dashboard: Dashboard, root: Path) -> None:
    """It drifts as well; the module is what is missing."""
    (root / "stacks" / "shop.py").unlink()
    _some_drift(dashboard)
    for words in (["drift"], ["drift", "shop"]):
        ended = engine(*words)
        assert ended.code == 2
        assert "name           not declared  " in ended.out
        way = "stack shop has no module: put stacks/shop.py back to manage it"
        assert ended.out.count(way) == 4
        # What its lifecycles left to others is not known without the module.
        assert "Drift: 2 changed, 1 archived, 1 deleted." in ended.out


def test_what_is_no_longer_declared(engine: Engine, dashboard: Dashboard, write: Write) -> None:
    """An apply takes it out, so that nothing is put back."""
    write("shop", STACK[: STACK.index("    Coupon")])
    dashboard("POST", "/v1/coupons/LAUNCH25", name="By hand")
    out = engine("drift").out
    assert "stripe_coupon.launch [LAUNCH25]: changed\n" in out
    assert (
        "    the code no longer declares it, so an apply settles it: engine apply shop -e local\n"
    ) in out


def test_several_stacks(engine: Engine, dashboard: Dashboard, write: Write) -> None:
    """Each under its name; a stack that was never applied has nothing to compare."""
    write("more", 'from engine.stripe import Product\n\nProduct("more", id="more", name="More")\n')
    assert engine("drift", "more").out.endswith(
        "\nNo drift: no state of these stacks records an object.\n"
    )
    assert engine("apply", "more", "--yes").code == 0
    dashboard("POST", "/v1/products/more", name="By hand")
    ended = engine("drift")
    assert "\nStack more\n\n~ stripe_product.more [more]: changed" in ended.out
    assert "Stack shop" not in ended.out
    assert engine("drift", "shop").code == 0


def test_an_unknown_stack(engine: Engine) -> None:
    """The exit code is not that of drift."""
    ended = engine("drift", "shp")
    assert ended.code == 1
    assert "shop" in ended.err


def test_a_list_in_another_order(engine: Engine, write: Write, root: Path) -> None:
    """What was added and what was removed, or that only the order is another."""
    write(
        "shop",
        """
        from engine.stripe import Product, WebhookEndpoint

        Product("pro", id="pro", name="Pro", images=["https://e.com/1", "https://e.com/2"])
        WebhookEndpoint("hook", url="https://e.com/h", enabled_events=["price.created"])
        """,
    )
    assert engine("apply", "--yes").code == 0
    dashboard = Dashboard(root)
    dashboard("POST", "/v1/products/pro", images__0="https://e.com/2", images__1="https://e.com/1")
    [hook] = dashboard("GET", "/v1/webhook_endpoints")["data"]
    dashboard(
        "POST",
        f"/v1/webhook_endpoints/{hook['id']}",
        enabled_events__0="price.updated",
        disabled="true",
    )
    out = engine("drift").out
    assert "    images  # in another order\n" in out
    assert ": disabled  stacks/shop.py:5\n" in out
    assert '# added: "price.updated"; removed: "price.created"\n' in out
    assert "    who and when is not known: Stripe has no events of this type\n" in out
