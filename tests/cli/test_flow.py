"""From validate to destroy against the embedded emulator: streams, exit codes, documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.project import open_project
from tests.support.command_line import Engine, Write

HEAD = "Environment local (embedded emulator), account acct_"


@pytest.fixture
def applied(engine: Engine) -> Callable[..., Any]:
    """Runs commands after the stack was applied."""
    assert engine("apply", "--yes").code == 0
    return engine


def test_validate_counts_what_it_checked(engine: Engine) -> None:
    """Offline, in one line or one document."""
    assert engine("validate").out == "Success: 1 stack, 2 resources, no problems.\n"
    document = json.loads(engine("validate", "shop", "--json").out)
    assert document == {
        "format_version": "1",
        "valid": True,
        "stacks": [{"stack": "shop", "resources": 2}],
        "problems": [],
    }


def test_validate_lists_every_problem_with_file_line_and_suggestion(
    engine: Engine, write: Write
) -> None:
    """As text on stderr, and as a document on stdout where that is asked for."""
    write("bad", 'from engine.stripe import Product\nProduct("a", nam="x")\nProduct("b")\n')
    ended = engine("validate")
    assert (ended.code, ended.out) == (1, "")
    assert "stacks/bad.py:2: stripe_product.a: unknown parameter nam\n    did you" in ended.err
    assert "stacks/bad.py:3: stripe_product.b: " in ended.err
    ended = engine("validate", "--json")
    document = json.loads(ended.out)
    assert ended.code == 1
    assert document["valid"] is False
    assert {problem["line"] for problem in document["problems"]} == {2, 3}
    assert "stacks/bad.py:2:" in ended.err


def test_variables_reach_the_stacks(engine: Engine, write: Write) -> None:
    """The last value of a name counts; validate takes them too."""
    assert '+ name: "Two"' in engine("plan", "--var", "name=One", "--var", "name=Two").out
    write("shop", 'from engine import variable\nvariable("must")\n')
    assert engine("validate").code == 1
    assert engine("validate", "--var", "must=x").code == 0


def test_plan_writes_to_stdout_and_exits_0_or_2(engine: Engine) -> None:
    """Changes are no failure unless one asks."""
    ended = engine("plan")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(HEAD)
    assert ended.out.endswith("\nPlan: 2 to create, 0 to update, 0 to replace, 0 to remove.\n")
    assert engine("plan", "--detailed-exitcode").code == 2


def test_plan_json_is_one_document(engine: Engine) -> None:
    """Standard output holds nothing else, wherever --json stands."""
    for words in (["plan", "--json"], ["--json", "plan"], ["plan", "shop", "--json"]):
        ended = engine(*words)
        assert (ended.code, ended.err) == (0, "")
        document = json.loads(ended.out)
        (stack,) = document["stacks"]
        assert list(document) == [
            *("format_version", "environment", "account", "stacks", "notes"),
            *("policies", "renames", "without_module", "impact_asked", "impacts", "requests"),
        ]
        assert stack["summary"]["create"] == 2
        assert document["environment"] == "local"


def test_apply_tells_progress_on_stderr_and_the_result_on_stdout(
    engine: Engine,
) -> None:
    """Then there is nothing left to do, and no yes is asked for again."""
    ended = engine("apply", "--yes")
    assert ended.code == 0
    assert "stripe_product.pro: creating…\nstripe_product.pro: created [prod_" in ended.err
    assert "\nPlan: 2 to create" in ended.out
    assert "\nApply complete: 2 created, 0 updated, 0 replaced, 0 removed.\n" in ended.out
    assert '\nOutputs:\n  price_id = "price_' in ended.out
    again = engine("apply", "--yes")
    assert (again.code, again.err) == (0, "")
    assert "\n\nNo changes.\n" in again.out
    assert engine("plan", "--detailed-exitcode").code == 0


def test_apply_json_adds_outcomes(engine: Engine) -> None:
    """The outputs in it are those that came of it."""
    ended = engine("apply", "--yes", "--json")
    document = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert [entry["outcome"] for entry in document["outcomes"]] == ["applied", "applied"]
    assert document["stacks"][0]["outputs"]["price_id"]["after"].startswith("price_")
    assert document["writes"] == 2
    assert json.loads(engine("apply", "--yes", "--json").out)["outcomes"] == []


def test_verbose_tells_of_reading_and_requests(applied: Callable[..., Any]) -> None:
    """The count is on stdout with the plan, what happens meanwhile on stderr."""
    ended = applied("-v", "plan")
    assert ended.err == "Stack shop: reading 2 objects…\n"
    assert ended.out.rstrip().endswith("made to Stripe.")


def test_a_failed_apply_says_what_failed_and_what_it_skipped(engine: Engine, write: Write) -> None:
    """The summary on stdout, the failure on stderr, exit code 1; the rest is done."""
    write(
        "shop",
        """
        from engine.stripe import Coupon, Product, PromotionCode
        Product("pro", name="Pro")
        bad = Coupon("bad", amount_off=500, currency="irr", duration="once")
        PromotionCode("code", promotion={"type": "coupon", "coupon": bad.id}, code="X")
        """,
    )
    ended = engine("apply", "--yes")
    assert ended.code == 1
    assert (
        "Apply incomplete: 1 created, 0 updated, 0 replaced, 0 removed; 1 failed, 1 skipped."
    ) in ended.out
    assert "\nError: 1 operation failed\n\n  stripe_coupon.bad could not be created" in ended.err
    assert "Skipped because of it:\n      create stripe_promotion_code.code" in ended.err
    assert "run engine apply again" in ended.err
    ended = engine("apply", "--yes", "--json")
    outcomes = json.loads(ended.out)["outcomes"]
    assert ended.code == 1
    assert [entry["outcome"] for entry in outcomes] == ["failed", "skipped"]
    assert outcomes[0]["error"]["message"].startswith("Invalid currency: irr.")


def test_a_change_is_shown_leaf_by_leaf(
    applied: Callable[..., Any], root: Path, write: Write
) -> None:
    """Money as money, what forces the replacement, and what becomes of the old object."""
    text = (root / "stacks" / "shop.py").read_text(encoding="utf-8")
    write("shop", text.replace("2900", "3400"))
    out = applied("plan").out
    assert "~ unit_amount: 2900 ($29.00) -> 3400 ($34.00)  # forces replacement\n" in out
    assert "  # stripe_price.pro-monthly will be replaced: unit_amount cannot be changed" in out
    assert "  # the new one first, then the old one is archived (Stripe cannot delete" in out


def test_state_list_prints_addresses_and_names_the_stack_where_there_are_several(
    applied: Callable[..., Any], write: Write
) -> None:
    """One a line, for other programs to read."""
    addresses = ["stripe_price.pro-monthly", "stripe_product.pro"]
    assert applied("state", "list").out.splitlines() == addresses
    write("other", 'from engine.stripe import Product\nProduct("x", name="X")\n')
    applied("apply", "--yes")
    assert applied("state", "list").out.splitlines() == [
        "other stripe_product.x",
        *(f"shop {address}" for address in addresses),
    ]
    assert applied("state", "list", "shop").out.splitlines() == addresses
    document = json.loads(applied("state", "list", "--json").out)
    assert document["stacks"][1] == {"stack": "shop", "addresses": addresses, "accounts": {}}


def test_state_show_prints_one_resource(applied: Callable[..., Any], write: Write) -> None:
    """With its id; an address in two stacks needs to be told apart."""
    out = applied("state", "show", "stripe_price.pro-monthly").out
    assert out.startswith("stripe_price.pro-monthly [price_")
    assert "  unit_amount:        2900 ($29.00)\n" in out
    document = json.loads(applied("state", "show", "stripe_product.pro", "--json").out)
    assert document["stack"] == "shop"
    assert document["id"].startswith("prod_")
    ended = applied("state", "show", "stripe_product.prp")
    assert "did you mean stripe_product.pro?" in ended.err
    write("other", 'from engine.stripe import Product\nProduct("pro", name="X")\n')
    applied("apply", "--yes")
    ended = applied("state", "show", "stripe_product.pro")
    assert "stripe_product.pro is in several stacks: other, shop" in ended.err
    assert applied("state", "show", "stripe_product.pro", "--stack", "shop").code == 0


def test_show_prints_whole_states(applied: Callable[..., Any]) -> None:
    """As text and as a document."""
    out = applied("show").out
    assert out.startswith("Stack shop in environment local, serial ")
    assert "\n\nstripe_product.pro [prod_" in out
    document = json.loads(applied("show", "shop", "--json").out)
    assert [entry["address"] for entry in document["stacks"][0]["resources"]] == [
        "stripe_price.pro-monthly",
        "stripe_product.pro",
    ]


def test_destroy_says_what_stripe_makes_of_it(applied: Callable[..., Any]) -> None:
    """Nothing that is archived is called deleted."""
    ended = applied("destroy", "--yes")
    assert ended.code == 0
    assert "# stripe_price.pro-monthly will be archived: Stripe cannot delete a price" in ended.out
    assert "Destroy complete: 0 created, 0 updated, 0 replaced, 2 removed." in ended.out
    assert "stripe_price.pro-monthly: archived [price_" in ended.err
    assert applied("state", "list").out == ""


def test_refresh_only_plans_the_state_alone(applied: Callable[..., Any]) -> None:
    """Nothing drifted, so there is nothing to record."""
    assert "\n\nNo changes.\n" in applied("plan", "--refresh-only").out
    assert applied("apply", "--refresh-only", "--yes").code == 0


def test_no_refresh_says_that_stripe_was_not_asked(applied: Callable[..., Any]) -> None:
    """A plan from the state is not a plan from the account."""
    out = applied("plan", "--no-refresh").out
    assert "Warning: Stripe was not asked (--no-refresh)" in out
    assert "The state is what the code says; Stripe was not asked." in out


def test_target_and_exclude_leave_the_rest_alone(engine: Engine) -> None:
    """And the plan says that it is not the whole."""
    out = engine("plan", "--target", "stripe_product.pro").out
    assert "Plan: 1 to create" in out
    assert "Warning: only part of the stack is planned" in out
    assert "Plan: 1 to create" in engine("plan", "--exclude", "stripe_price.pro-monthly").out


def test_a_held_lock_exits_3_and_names_the_holder(engine: Engine, root: Path) -> None:
    """Whoever waits knows for whom."""
    backend = open_project(root, environment="local").backend
    with backend.lock("shop", "local", operation="apply", timeout=0, on_wait=lambda _: None):
        ended = engine("plan")
        assert (ended.code, ended.out) == (3, "")
        assert "(apply, pid " in ended.err
        waited = engine("plan", "--lock-timeout", "0.01")
        assert waited.code == 3
        assert waited.err.startswith("Stack shop is locked by ")


def test_a_guard_exits_4_before_anything_is_sent(engine: Engine, write: Write) -> None:
    """The message names the rule and the way on."""
    write(
        "shop",
        "from engine import Lifecycle\nfrom engine.stripe import Product\n"
        'Product("pro", name="Pro", lifecycle=Lifecycle(protect=True))\n',
    )
    engine("apply", "--yes")
    write("shop", "")
    ended = engine("apply", "--yes")
    assert ended.code == 4
    assert "stripe_product.pro is protected" in ended.err
    assert "This plan is refused:" in engine("plan").out


def test_shared_options_stand_before_or_after_the_command(engine: Engine, root: Path) -> None:
    """The last one counts."""
    out = engine("plan").out
    folder = str(root)
    assert engine("-C", folder, "-e", "local", "--no-color", "plan").out == out
    assert engine("plan", "-C", folder, "-e", "local", "--no-color").out == out
    assert engine("-C", "nowhere", "plan", "-C", folder).out == out
    assert engine("state", "-C", folder, "list").code == 0


def test_colours_are_for_terminals_unless_they_are_forced(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe gets plain text; NO_COLOR and --no-color win."""
    assert "\x1b[" not in engine("plan").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m  +\x1b[0m stripe_product.pro" in engine("plan").out
    assert "\x1b[" not in engine("plan", "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in engine("plan").out
