"""On a live account nothing is removed, and no price replaced, that nobody has named."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.doors.transport import InProcessTransport
from tests.support.command_line import Engine, Terminal

PROJECT = """
    [tool.engine]
    default-environment = "live"
    [tool.engine.environments.live]
    api-key = "env:SHOP_LIVE_KEY"
    live = true
"""
PRODUCT = """
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", name="Pro")
"""
PRICE = """
    Price("month", product=pro, currency="usd", unit_amount={amount}, lookup_key="month")
"""
COUPONS = """
    for number in range(6):
        Coupon(f"c{number}", percent_off=5 + number, duration="once")
"""


@pytest.fixture
def live(root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A live account on which the stack was applied; its requests are forgotten."""
    (root / "pyproject.toml").write_text(textwrap.dedent(PROJECT), encoding="utf-8")
    with Emulator(seed=3) as emulator, EmulatorServer(emulator) as server:
        monkeypatch.setenv("STRIPE_API_BASE", server.url)
        monkeypatch.setenv("SHOP_LIVE_KEY", "sk_live_shop")
        _write(root, PRODUCT, PRICE.format(amount=2900), COUPONS)
        assert engine("apply", "--yes").code == 0
        emulator.log.clear()
        yield emulator


def _write(root: Path, *parts: str) -> None:
    text = "".join(map(textwrap.dedent, parts))
    (root / "stacks" / "shop.py").write_text(text, encoding="utf-8")


NEW_PRICE = PRICE.format(amount=3400)


def test_off_a_terminal_it_is_refused_with_the_command_to_copy(
    shell: Engine, root: Path, live: Emulator
) -> None:
    """Exit code 4, nothing written; the command in the hint does it."""
    _write(root, PRODUCT, NEW_PRICE, COUPONS)
    ended = shell("apply", "--yes", "shop")
    assert ended.code == 4
    assert "1 resource would be removed or replaced without being named" in ended.err
    assert "\nstripe_price.month\n" in ended.err
    command = "engine apply --yes shop --confirm-removal stripe_price.month"
    assert f"Hint: if that is meant: {command}; nothing was changed" in ended.err
    assert "LIVE MODE" in ended.out
    assert live.log.writes() == []
    assert shell(*command.split()[1:]).code == 0
    assert live.log.writes() != []


def test_the_command_to_copy_keeps_what_was_typed(
    engine: Engine, root: Path, live: Emulator
) -> None:
    """Options, quotes, and words behind `--`."""
    _write(root, "from engine import variable\nvariable('name')\n", PRODUCT, NEW_PRICE, COUPONS)
    ended = engine("apply", "--yes", "--var", "name=Two words", "--json", "--", "shop")
    assert ended.code == 4
    assert (
        "engine apply --yes --var 'name=Two words' --json --confirm-removal stripe_price.month "
        "-- shop;"
    ) in ended.err
    assert live.log.writes() == []


def test_a_destroy_names_everything_too(engine: Engine, live: Emulator) -> None:
    """Every address is an option of its own."""
    ended = engine("destroy", "--yes")
    assert ended.code == 4
    assert ended.err.count("--confirm-removal") == 8
    assert live.log.writes() == []


def test_an_update_needs_a_yes_alone(engine: Engine, root: Path, live: Emulator) -> None:
    """Nothing ends there."""
    _write(root, PRODUCT.replace('"Pro"', '"Pro 2"'), PRICE.format(amount=2900), COUPONS)
    assert engine("apply", "--yes").code == 0
    assert [entry.method for entry in live.log.writes()] == ["POST"]


def test_at_a_terminal_each_address_is_typed(
    terminal: Terminal, root: Path, live: Emulator
) -> None:
    """After the yes; the address itself, and nothing else, goes on."""
    _write(root, PRODUCT, NEW_PRICE, COUPONS)
    code, screen = terminal(["apply", "--no-color"], b"yes\nyes\n")
    assert code == 1
    asked = "This removes or replaces stripe_price.month in LIVE MODE. Type stripe_price.month"
    assert asked in screen
    assert screen.endswith("Apply cancelled. Nothing was changed.\n")
    assert live.log.writes() == []
    code, screen = terminal(["apply", "--no-color"], b"yes\nstripe_price.month\n")
    assert (code, "Apply complete: 0 created, 0 updated, 1 replaced" in screen) == (0, True)


def test_at_a_terminal_many_are_confirmed_by_their_number(
    terminal: Terminal, root: Path, live: Emulator
) -> None:
    """They are listed first; what an option named is not asked about."""
    _write(root, PRODUCT, NEW_PRICE)
    words = [
        "apply",
        "--no-color",
        "--allow-mass-change",
        "--confirm-removal",
        "stripe_price.month",
    ]
    code, screen = terminal(words, b"yes\n7\n")
    assert code == 1
    assert "  stripe_coupon.c0\n" in screen
    assert "This removes or replaces 6 resources in LIVE MODE. Type 6 to go on: " in screen
    assert live.log.writes() == []
    code, screen = terminal(words, b"yes\n6\n")
    assert (code, "Apply complete: 0 created, 0 updated, 1 replaced, 6 removed." in screen) == (
        0,
        True,
    )


def test_a_live_key_without_a_live_environment_exits_4(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the lines to write, and without the key."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_4242424242424242")
    ended = engine("apply", "--yes")
    assert ended.code == 4
    assert "the key in STRIPE_API_KEY is a live key" in ended.err
    assert "[tool.engine.environments.live]" in ended.err
    assert "4242" not in ended.err


# ── what is in use ────────────────────────────────────────────────────────────────────────

MONTHLY = """
    Price("month", product=pro, currency="usd", unit_amount={amount}, lookup_key="month",
          recurring={{"interval": "month"}})
"""


@pytest.fixture
def in_use(root: Path, engine: Engine, live: Emulator) -> Emulator:
    """A monthly price with two subscriptions, whose amount is another in the code."""
    _write(root, PRODUCT, MONTHLY.format(amount=2900), COUPONS)
    words = ("apply", "--yes", "--confirm-removal", "stripe_price.month")
    assert engine(*words).code == 0
    state = json.loads((root / "state" / "live" / "shop.json").read_text(encoding="utf-8"))
    price = state["resources"]["stripe_price.month"]["id"]
    client = stripe.StripeClient("sk_live_shop", http_client=InProcessTransport(live))
    customer = client.v1.customers.create({"name": "Someone"}).id
    for _ in range(2):
        client.v1.subscriptions.create(
            {
                "customer": customer,
                "items": [{"price": price}],
                "collection_method": "send_invoice",
                "days_until_due": 30,
            }
        )
    live.log.clear()
    _write(root, PRODUCT, MONTHLY.format(amount=3400), COUPONS)
    return live


USED = "2 active subscriptions"


def test_at_a_terminal_the_question_names_who_uses_it(terminal: Terminal, in_use: Emulator) -> None:
    """Without --impact; the plan says what it means for them."""
    code, screen = terminal(["apply", "--no-color"], b"yes\nno\n")
    assert code == 1
    assert f"used by: {USED}: still billed at the old price\n" in screen
    assert (
        f"This removes or replaces stripe_price.month, used by {USED}, in LIVE MODE. "
        "Type stripe_price.month to go on: "
    ) in screen
    assert in_use.log.writes() == []


def test_many_are_listed_with_who_uses_them(
    terminal: Terminal, root: Path, in_use: Emulator
) -> None:
    """Each on its line; the number is still what is typed."""
    _write(root, PRODUCT)
    words = ["apply", "--no-color", "--allow-mass-change"]
    code, screen = terminal(words, b"yes\nno\n")
    assert code == 1
    assert f"\n  stripe_price.month, used by {USED}\n" in screen
    assert "\n  stripe_coupon.c0\n" in screen
    assert "Type 7 to go on: " in screen
    assert in_use.log.writes() == []


def test_without_a_question_it_is_said_on_stderr(engine: Engine, in_use: Emulator) -> None:
    """In JSON too, where stdout is one document, which has it as data."""
    words = ("apply", "--yes", "--json", "--confirm-removal", "stripe_price.month")
    ended = engine(*words)
    assert ended.code == 0
    assert f"In use on a live account: stripe_price.month, by {USED}\n" in ended.err
    document = json.loads(ended.out)
    [impact] = document["impacts"]
    assert (impact["address"], impact["uses"][0]["count"]) == ("stripe_price.month", 2)
    assert document["impact_asked"] is False
    assert in_use.log.writes() != []


def test_a_plan_of_a_live_account_counts_by_itself(
    engine: Engine, root: Path, in_use: Emulator
) -> None:
    """A saved plan is applied without a question, so its review has to show it."""
    ended = engine("plan", "-o", "shop.plan")
    assert ended.code == 0
    assert f"used by: {USED}: still billed" in ended.out
    assert f"used by: {USED}: still billed" in engine("show", "shop.plan").out
    _write(root, PRODUCT.replace('"Pro"', '"Pro 2"'), MONTHLY.format(amount=2900), COUPONS)
    assert "used by" not in engine("plan").out
    assert "used by" in engine("plan", "--impact").out
    assert in_use.log.writes() == []


def test_a_project_can_ask_for_it_in_every_plan(
    engine: Engine, root: Path, in_use: Emulator
) -> None:
    """Where it is not worth typing."""
    table = textwrap.dedent(PROJECT).replace("[tool.engine]\n", "[tool.engine]\nimpact = true\n")
    (root / "pyproject.toml").write_text(table, encoding="utf-8")
    _write(root, PRODUCT.replace('"Pro"', '"Pro 2"'), MONTHLY.format(amount=2900), COUPONS)
    assert "used by" in engine("plan").out
    assert in_use.log.writes() == []
