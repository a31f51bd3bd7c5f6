"""A plan in lines: asked for, or by itself where many changes are equal."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.command_line import Engine, Terminal, Write

LINE = "\n  + stripe_price.pro-monthly  $29.00 a month\n"
LEAF = "\n      + unit_amount:        2900 ($29.00)\n"

MANY = """
    from engine import variable
    from engine.stripe import Coupon

    for number in range(30):
        Coupon(f"off-{number}", percent_off=variable("off", 10), duration="once")
"""


@pytest.mark.parametrize("words", [("plan",), ("apply", "--yes"), ("plan", "--no-color")])
def test_a_line_for_each_change_on_request(engine: Engine, words: tuple[str, ...]) -> None:
    """With its money, in the commands that show plans; -v has every leaf whatever is asked for."""
    assert LEAF in engine("plan").out
    assert LEAF in engine("plan", "--compact", "-v").out
    out = engine(*words, "--compact").out
    assert LINE in out
    assert LEAF not in out


def test_a_saved_plan_is_shown_as_long_as_is_asked_for(engine: Engine) -> None:
    """The file has all of it, however it was shown when it was saved."""
    assert LEAF not in engine("plan", "--compact", "-o", "shop.plan").out
    assert LEAF in engine("show", "shop.plan").out
    assert LINE in engine("show", "shop.plan", "--compact").out
    assert LEAF in engine("show", "shop.plan", "-v").out


def test_a_promotion_is_as_short(engine: Engine) -> None:
    """It shows a plan, too."""
    assert "--compact" in engine("promote", "--help").out


def test_many_equal_changes_are_lines_at_a_terminal_and_in_a_pipe(
    engine: Engine, shell: Engine, terminal: Terminal, write: Write
) -> None:
    """Their number decides, so that a log is what a person saw; -v has every leaf."""
    write("shop", MANY)
    piped = shell("plan").out
    code, seen = terminal(("plan",))
    assert code == 0
    assert "\n  # 30 coupons will be created\n" in piped
    assert "\n  + stripe_coupon.off-7   10 % off once\n" in piped
    assert "30 coupons will be created" in seen
    assert " stripe_coupon.off-7   10 % off once" in seen
    assert piped.count("percent_off") == 0
    assert engine("plan", "-v").out.count("percent_off: 10") == 30


MADE_UP = """
    from engine.stripe import Coupon, PaymentLink, Price, Product, PromotionCode

    pro = Product("pro", name="Pro")
    monthly = Price(
        "monthly", product=pro, currency="usd", unit_amount=2900, recurring={"interval": "month"}
    )
    PaymentLink("link", line_items=[{"price": monthly.id, "quantity": 1}])
    spring = Coupon("spring", percent_off=25, duration="once")
    PromotionCode("code", promotion={"type": "coupon", "coupon": spring.id})
"""


@pytest.mark.parametrize("form", ["--compact", "-v"])
def test_a_removal_shows_what_stripe_made_up(engine: Engine, write: Write, form: str) -> None:
    """The code and the URL, by which people know what they remove."""
    write("shop", MADE_UP)
    assert engine("apply", "--yes").code == 0
    objects = json.loads(engine("show", "--json").out)
    assert "https://" not in json.dumps(objects)  # nothing declares it, so no state has it
    out = engine("plan", "--destroy", form).out
    assert re.search(r"stripe_payment_link\.link\b.*\n? +Pro monthly: at https://buy\.\S+\n", out)
    assert re.search(r"\n  - stripe_promotion_code\.code( \[promo_\w+\])?  [A-Z0-9]{8}\n", out)
    assert re.search(r"\n  - stripe_price\.monthly.*  Pro monthly: \$29\.00 a month\n", out)
