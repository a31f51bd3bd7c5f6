"""`engine diff`: two environments next to each other, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Write

SHOP = """
    from engine import output, variable
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", name=variable("name", "Pro"), metadata={"tier": "pro"})
    month = Price("month", product=pro, currency="usd", unit_amount=variable("amount", 2900),
                  recurring={"interval": "month"})
    output("month", month.id)
    if variable("launched", False):
        Coupon("launch", id="LAUNCH25", percent_off=25, duration="once")
"""
SITE = """
    from engine import stack_output
    from engine.stripe import PaymentLink

    PaymentLink("buy", line_items=[{"price": stack_output("shop", "month"), "quantity": 1}])
"""


@pytest.fixture(autouse=True)
def _environments(root: Path, write: Write) -> None:
    """Two embedded accounts, and two stacks of which one reads the other."""
    tables = [f"[tool.engine.environments.{name}]\nemulator = true\n" for name in ("test", "live")]
    (root / "pyproject.toml").write_text("\n".join(tables), encoding="utf-8")
    write("shop", SHOP)
    write("site", SITE)


def _apply(engine: Engine, environment: str, *words: str) -> None:
    ended = engine("apply", "-e", environment, "--yes", *words)
    assert ended.code == 0, ended.err


def test_equal_environments_end_with_nothing(engine: Engine) -> None:
    """Each has ids of its own, and references that name them."""
    _apply(engine, "test")
    _apply(engine, "live")
    ended = engine("diff", "test", "live", "--all")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == (
        "No differences: test and live agree in 3 resources of 2 stacks."
    )
    assert engine("diff", "test", "live", "--no-refresh").code == 0


def test_what_differs_is_shown_side_by_side(engine: Engine) -> None:
    """An amount as money, with the environments as columns, and what only one has."""
    _apply(engine, "test")
    _apply(engine, "live", "--var", "amount=3900", "--var", "launched=true")
    ended = engine("diff", "test", "live")
    assert ended.code == 2
    assert "> stripe_coupon.launch: only in live" in ended.out
    lines = ended.out.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("~ stripe_price.month"))
    assert [line.split() for line in lines[at + 1 : at + 3]] == [
        ["test", "live"],
        ["unit_amount", "2900", "($29.00)", "3900", "($39.00)"],
    ]
    assert lines[-1] == (
        "Of 4 resources of 2 stacks, 1 differs, 0 are only in test, 1 is only in live."
    )


def test_one_stack_is_compared_alone(engine: Engine) -> None:
    """What differs in others does not count, and what it refers to there is known."""
    _apply(engine, "test")
    _apply(engine, "live", "--var", "amount=3900")
    assert engine("diff", "test", "live", "site").code == 0
    assert engine("diff", "test", "live", "shop").code == 2


def test_programs_get_a_document(engine: Engine) -> None:
    """With pairs, the first environment first."""
    _apply(engine, "test")
    _apply(engine, "live", "--var", "name=Professional")
    ended = engine("diff", "test", "live", "--json")
    document = json.loads(ended.out)
    assert (ended.code, document["differs"]) == (2, True)
    [resource] = [one for stack in document["stacks"] for one in stack["resources"]]
    assert resource["address"] == "stripe_product.pro"
    assert resource["fields"] == [
        {"path": "name", "values": ["Pro", "Professional"], "declared": True}
    ]


def test_a_stack_that_one_environment_never_got_is_mentioned(engine: Engine) -> None:
    """All that it has is only in the other one."""
    _apply(engine, "test")
    _apply(engine, "live", "shop")
    ended = engine("diff", "test", "live")
    assert ended.code == 2
    assert "Stack site has no state in live: it was never applied there." in ended.out
    assert "< stripe_payment_link.buy: only in test" in ended.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("test", "test"), "both environments are test"),
        (("test", "liv"), "there is no environment 'liv'"),
        (("test", "live", "shp"), "neither test nor live has a state of stack shp"),
        (("-e", "test", "test", "live"), "-e does not go with engine diff"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    engine: Engine, words: tuple[str, ...], message: str
) -> None:
    """With the word that is wrong."""
    _apply(engine, "test")
    ended = engine("diff", *words)
    assert ended.code == 1
    assert message in ended.err


def test_an_environment_without_a_key_is_an_error(
    root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is compared with half of an answer."""
    _apply(engine, "test")
    table = '[tool.engine.environments.far]\napi-key = "env:FAR_KEY"\n'
    file = root / "pyproject.toml"
    file.write_text(file.read_text(encoding="utf-8") + table, encoding="utf-8")
    monkeypatch.delenv("FAR_KEY", raising=False)
    ended = engine("diff", "test", "far")
    assert ended.code == 1
    assert "environment 'far' has no API key" in ended.err
    monkeypatch.setenv("FAR_KEY", "sk_live_notforhere")
    assert engine("diff", "test", "far").code == 4
