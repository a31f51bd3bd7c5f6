"""Variables on the command line: flags, files, the environment, and names that nobody reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Ended, Engine, Write

STACK = """
    from engine import variable
    from engine.stripe import Price, Product, WebhookEndpoint

    if variable("with_webhook", True):
        WebhookEndpoint("hook", url="https://example.com/h", enabled_events=["invoice.paid"])
    Price("m", product=Product("p", name="P"), currency="usd", unit_amount=variable("cents", 1900))
"""


@pytest.fixture(autouse=True)
def _typed(write: Write) -> None:
    """The stack reads a truth and an amount."""
    write("shop", STACK)


def _planned(ended: Ended) -> dict[str, Any]:
    document = json.loads(ended.out)
    return {change["address"]: change["after"] for change in document["stacks"][0]["changes"]}


def test_values_of_the_environment_have_the_type_of_the_default(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`false` is no text that is true, and 2100 is a number."""
    monkeypatch.setenv("ENGINE_VAR_WITH_WEBHOOK", "false")
    monkeypatch.setenv("ENGINE_VAR_CENTS", "2100")
    monkeypatch.setenv("ENGINE_VAR_OTHER", "of another program")
    planned = _planned(engine("plan", "--json"))
    assert sorted(planned) == ["stripe_price.m", "stripe_product.p"]
    assert planned["stripe_price.m"]["unit_amount"] == 2100


def test_a_flag_precedes_a_file_and_a_file_the_environment(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever they are on the line; a later file precedes an earlier one."""
    monkeypatch.setenv("ENGINE_VAR_CENTS", "1")
    (root / "a.toml").write_text("cents = 2\nwith_webhook = false\n", encoding="utf-8")
    (root / "b.json").write_text('{"cents": 3}', encoding="utf-8")
    words = ["plan", "--json"]
    assert _planned(engine(*words))["stripe_price.m"]["unit_amount"] == 1
    words += ["--var-file", "a.toml"]
    assert _planned(engine(*words))["stripe_price.m"]["unit_amount"] == 2
    assert "stripe_webhook_endpoint.hook" not in _planned(engine(*words))
    words += ["--var-file", "b.json"]
    assert _planned(engine(*words))["stripe_price.m"]["unit_amount"] == 3
    words[2:2] = ["--var", "cents=4"]
    assert _planned(engine(*words))["stripe_price.m"]["unit_amount"] == 4


@pytest.mark.parametrize("command", ["validate", "plan", "apply --yes", "destroy --yes"])
def test_a_value_of_another_type_is_refused(engine: Engine, root: Path, command: str) -> None:
    """The variable, the type, the value and where it is from, at the line that reads it."""
    ended = engine(*command.split(), "--var", "cents=21,00")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Error: 1 problem in the stacks\n\n"
        "stacks/shop.py:7: variable 'cents' takes a whole number; --var cents is '21,00'\n"
        "    it has the type of its default, 1900\n"
    )
    assert not (root / "state").exists()


def test_a_name_that_no_stack_reads_is_refused(engine: Engine, root: Path) -> None:
    """With the one that was meant: the default would have been used without a word."""
    ended = engine("plan", "--var", "cent=2100", "--var", "zone=eu")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Error: --var cent: no stack reads a variable 'cent'; did you mean 'cents'?\n"
        "--var zone: no stack reads a variable 'zone'\n"
        "Hint: the stacks read: cents, with_webhook\n"
    )
    (root / "x.toml").write_text("cent = 2100\n", encoding="utf-8")
    ended = engine("plan", "--var-file", "x.toml")
    assert ended.err.startswith("Error: x.toml: no stack reads a variable 'cent'; did you mean")


def test_a_name_that_another_stack_or_another_run_reads_is_taken(
    engine: Engine, write: Write
) -> None:
    """One file of variables may serve all stacks and all environments."""
    write("other", "from engine import variable\nvariable('region', 'eu')\n")
    write(
        "live",
        "from engine import environment, variable\n"
        "if environment == 'live':\n    variable('seats', 1)\n",
    )
    for name in ("region=us", "seats=7"):
        assert engine("plan", "shop", "--var", name).code == 0
    assert engine("plan", "--var", "region=us", "--var", "seats=7").code == 0


def test_a_missing_value_is_one_finding(engine: Engine, write: Write) -> None:
    """What the empty text in its place would break is not told."""
    write(
        "shop",
        """
        from engine import variable
        from engine.stripe import Price, Product

        p = Product("p", name="P")
        Price("m", product=p, currency=variable("currency"), unit_amount=100)
        """,
    )
    ended = engine("plan")
    assert ended.code == 1
    assert ended.err == (
        "Error: 1 problem in the stacks\n\n"
        "stacks/shop.py:6: variable 'currency' has no value\n"
        "    pass --var currency=VALUE, set ENGINE_VAR_CURRENCY, or give a default\n"
    )


def test_a_saved_plan_keeps_the_values_that_it_was_made_with(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other values at the apply change nothing, and none can be passed."""
    (root / "x.toml").write_text("cents = 2100\n", encoding="utf-8")
    assert engine("plan", "--var-file", "x.toml", "-o", "shop.plan").code == 0
    for option in (["--var", "cents=1"], ["--var-file", "x.toml"]):
        ended = engine("apply", "shop.plan", *option)
        assert ended.code == 1
        assert f"{option[0]} and a plan file do not go together" in ended.err
    monkeypatch.setenv("ENGINE_VAR_CENTS", "1")
    assert engine("apply", "shop.plan").code == 0
    ended = engine("plan", "--detailed-exitcode", "--var-file", "x.toml")
    assert ended.code == 0, ended.out
