"""`engine validate` in a project with fleets: their settings, their lists, and their stacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Write

STACK = """
    from engine import fleet_variable
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency=fleet_variable("currency"), unit_amount=1900)
"""
FLEET = """
[tool.engine.fleets.shops]
environment = "local"
accounts = {accounts}
"""
TWO = '[{ name = "north", variables = { currency = "usd" } }, { name = "south" }]'


def _fleet(root: Path, accounts: str, more: str = "") -> None:
    text = FLEET.format(accounts=accounts) + more
    (root / "pyproject.toml").write_text(text, encoding="utf-8")


def test_a_stack_of_a_fleet_is_checked_for_its_accounts(
    engine: Engine, root: Path, write: Write
) -> None:
    """It has no values elsewhere, which is no mistake; a missing one of an account is."""
    write("shop", STACK)
    _fleet(root, TWO.replace('"south"', '"south", variables = { currency = "eur" }'))
    done = engine("validate")
    assert (done.code, done.out) == (0, "Success: 1 stack, 2 resources, no problems.\n")
    _fleet(root, TWO)
    done = engine("validate", "--json")
    (problem,) = json.loads(done.out)["problems"]
    assert (done.code, problem["file"], problem["line"]) == (1, "stacks/shop.py", 6)
    assert problem["message"].endswith("has no value for account south of fleet shops")
    write("shop", STACK.replace('"currency")', '"curency")'))
    assert "'curency' has no value for account north" in engine("validate").err


@pytest.mark.parametrize(
    ("accounts", "more", "message"),
    [
        ('["a", "A"]', "", "a and A differ in nothing but capitals"),
        ('[{ name = "a", acount = "acct_1" }]', "", "did you mean account?"),
        ('"file:nosuch.toml"', "", "nosuch.toml"),
        ('["a"]', 'stacks = ["shpo"]', "there is no stack 'shpo'"),
        ('[{ name = "a", api-key = "env:A_KEY" }]', "", "is the embedded emulator"),
        ('[{ name = "acct_1", account = "acct_2" }]', "", "is the id of another account"),
        ('[{ name = "acct_1", api-key = "env:A_KEY" }]', "", "is the id of an account, and it"),
        ('["a"]', "canary = -1", "canary takes a whole number from 0"),
    ],
)
def test_what_is_wrong_with_a_fleet_is_found(
    engine: Engine, root: Path, accounts: str, more: str, message: str
) -> None:
    """With the mistakes in the stacks, at once."""
    _fleet(root, accounts, more)
    done = engine("validate")
    assert (done.code, message in done.err) == (1, True), done.err


def test_no_program_is_run_and_stripe_is_not_asked(
    engine: Engine, root: Path, write: Write
) -> None:
    """What only they know is said to be unchecked."""
    write("shop", STACK)
    _fleet(root, '"command:touch ran"')
    done = engine("validate")
    assert (done.code, (root / "ran").exists()) == (0, False)
    assert "Stack shop was not checked" in done.err
    assert "engine plan --fleet shops checks it" in done.err
    _fleet(root, '["a"]', 'stacks = ["other"]')
    write("other", "")
    done = engine("validate")
    assert (done.code, "this is no account of a fleet" in done.err) == (1, True)


def test_no_variable_of_the_fleets_environment_is_needed(
    engine: Engine, root: Path, write: Write
) -> None:
    """As the address of its store, which a job that only validates does not have."""
    write("shop", STACK)
    table = '[tool.engine.environments.live]\nstate = "env:NO_SUCH_STORE"\n'
    _fleet(root, '["a"]', table)
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    (root / "pyproject.toml").write_text(text.replace('"local"', '"live"'), encoding="utf-8")
    done = engine("validate")
    assert (done.code, "Stack shop was not checked" in done.err) == (0, True)
