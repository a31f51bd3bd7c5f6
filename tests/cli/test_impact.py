"""`--impact` on the command line: where it is taken, and what a person sees."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from engine.bootstrap.project import open_project
from engine.ports.provider import RequestContext
from tests.support.command_line import Engine, Write

SHOP = """
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency="usd", unit_amount={amount}, lookup_key="month",
          recurring={{"interval": "month"}})
    Coupon("ten", percent_off=10, duration="once")
"""
NOTHING = "      used by: nothing that was found\n"


@pytest.fixture(autouse=True)
def _applied(root: Path, engine: Engine, write: Write) -> None:
    """Two embedded accounts, a stack that was applied to one, and another amount since then."""
    tables = [f"[tool.engine.environments.{name}]\nemulator = true\n" for name in ("test", "live")]
    (root / "pyproject.toml").write_text("\n".join(tables), encoding="utf-8")
    write("shop", SHOP.format(amount=2000))
    for environment in ("test", "live"):
        assert engine("apply", "-e", environment, "--yes").code == 0
    write("shop", SHOP.format(amount=2400))


def test_it_is_counted_only_on_request(engine: Engine) -> None:
    """In the text, in the JSON and in Markdown."""
    assert "used by" not in engine("plan", "-e", "test").out
    assert NOTHING in engine("plan", "-e", "test", "--impact").out
    plain = json.loads(engine("plan", "-e", "test", "--json").out)
    asked = json.loads(engine("plan", "-e", "test", "--impact", "--json").out)
    assert (plain["impact_asked"], plain["impacts"]) == (False, [])
    assert asked["impact_asked"] is True
    [impact] = asked["impacts"]
    assert (impact["address"], impact["uses"], impact["unread"]) == ("stripe_price.month", [], None)
    assert asked["requests"] == plain["requests"] + 5
    markdown = engine("plan", "-e", "test", "--impact", "--format", "markdown").out
    assert "In use" not in markdown


def test_apply_destroy_and_promote_take_it_too(engine: Engine) -> None:
    """Each shows it with its plan."""
    assert NOTHING in engine("apply", "-e", "test", "--yes", "--impact").out
    assert NOTHING in engine("promote", "test", "live", "--impact").out
    assert engine("destroy", "-e", "test", "--yes", "--impact").out.count(NOTHING) == 3


def test_a_saved_plan_keeps_what_was_counted(engine: Engine, root: Path) -> None:
    """It is shown again, and is not counted anew when the plan is applied."""
    assert engine("plan", "-e", "test", "--impact", "-o", "shop.plan").code == 0
    shown = engine("show", "shop.plan").out
    assert "made with --impact" in shown
    assert NOTHING in shown
    refused = engine("apply", "-e", "test", "shop.plan", "--impact")
    assert refused.code != 0
    assert "give --impact to engine plan -o FILE" in refused.err
    ended = engine("apply", "-e", "test", "shop.plan")
    assert (ended.code, NOTHING in ended.out) == (0, True)
    assert (root / "shop.plan").exists()


def test_without_a_refresh_it_says_that_stripe_was_not_asked(engine: Engine) -> None:
    """Rather than that nothing uses it."""
    out = engine("plan", "-e", "test", "--impact", "--no-refresh").out
    assert "used by: not counted: active subscriptions, " in out
    assert "(Stripe was not asked (--no-refresh))" in out


IN_USE = """
    from engine.policies import policy

    @policy(mandatory=True)
    def used_prices_stay(plan):
        \"\"\"No price that somebody pays ends.\"\"\"
        for change in plan.changes:
            users = change.impact.uses if change.impact else ()
            if any(use.what == "active subscriptions" for use in users):
                yield change.refuse(f"{users[0].number} active subscriptions are on it")
"""


def test_a_policy_asks_for_it_by_itself_also_when_a_saved_plan_is_applied(
    engine: Engine, root: Path
) -> None:
    """What somebody subscribed to since the plan was saved refuses it; it is asked only then."""
    policies = root / "stacks" / "_policies.py"
    policies.write_text(textwrap.dedent(IN_USE), encoding="utf-8")
    assert engine("plan", "-e", "test", "-o", "shop.plan").code == 0
    state = json.loads((root / "state" / "test" / "shop.json").read_text(encoding="utf-8"))
    price = state["resources"]["stripe_price.month"]["id"]
    context = open_project(root, environment="test")
    provider, kinds = context.connect(), context.schemas
    made = provider.create(kinds["stripe_customer"], {"name": "A"}, RequestContext("a"))
    subscription = {
        "customer": made["id"],
        "items": [{"price": price}],
        "collection_method": "send_invoice",
        "days_until_due": 30,
    }
    provider.create(kinds["stripe_subscription"], subscription, RequestContext("b"))
    ended = engine("apply", "-e", "test", "shop.plan")
    assert ended.code == 4
    assert "Policy used-prices-stay" in ended.err
    assert "1 active subscriptions are on it" in ended.err
    refused = json.loads(engine("plan", "-e", "test", "--json").out)
    assert [one["policy"] for one in refused["stacks"][0]["refused"]] == ["used-prices-stay"]
    assert (refused["impact_asked"], refused["impacts"]) == (False, [])
