"""What the shell offers when a person presses Tab."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from engine.cli.invocation import Invocation
from engine.cli.root import engine as program
from tests.support.command_line import Engine


def offered(*words: str, incomplete: str = "") -> list[str]:
    """The completions after some words."""
    complete = BashComplete(program, {"obj": Invocation()}, "engine", "_ENGINE_COMPLETE")
    return [item.value for item in complete.get_completions(list(words), incomplete)]


@pytest.fixture
def _applied(engine: Engine) -> None:
    """The project's stack was applied, and it is the current folder."""
    assert engine("apply", "--yes").code == 0


@pytest.fixture
def _here(engine: Engine) -> None:
    """The project is the current folder."""
    del engine


@pytest.mark.usefixtures("_here")
def test_stacks_are_offered_once(root: Path) -> None:
    """Modules that are no stacks are not, nor those that stand on the line already."""
    (root / "stacks" / "_shared.py").touch()
    (root / "stacks" / "portals.py").touch()
    assert offered("plan") == ["portals", "shop"]
    assert offered("plan", "shop") == ["portals"]
    assert offered("plan", incomplete="po") == ["portals"]
    assert offered("output", "--stack") == ["portals", "shop"]
    assert offered("-C", "nowhere", "plan") == []


@pytest.mark.usefixtures("_here")
def test_files_are_offered_where_a_saved_plan_may_stand() -> None:
    """By the shell itself, which resets its list for them, so they come first."""
    complete = BashComplete(program, {"obj": Invocation()}, "engine", "_ENGINE_COMPLETE")
    for command in ("apply", "show", "graph"):
        found = complete.get_completions([command], "")
        assert [(item.type, item.value) for item in found] == [("file", ""), ("plain", "shop")]
        assert offered(command, incomplete="sh") == ["sh", "shop"]
        assert offered(command, incomplete="./a") == ["./a"]
    (out,) = complete.get_completions(["plan", "-o"], "a")
    assert (out.type, out.value) == ("file", "a")


@pytest.mark.usefixtures("_here")
def test_environments_are_offered(root: Path) -> None:
    """Those of the configuration, and the one that is built in."""
    assert offered("-e") == ["local"]
    (root / "pyproject.toml").write_text(
        "[tool.engine.environments.live]\n[tool.engine.environments.test]\n", encoding="utf-8"
    )
    assert offered("plan", "-e") == ["live", "local", "test"]
    (root / "pyproject.toml").write_text("[tool", encoding="utf-8")
    assert offered("plan", "-e") == ["local"]


@pytest.mark.usefixtures("_here")
def test_fleets_and_their_accounts_are_offered(root: Path) -> None:
    """Of a fleet's accounts those that have states, which are folders."""
    (root / "pyproject.toml").write_text("[tool.engine.fleets.shops]\n", encoding="utf-8")
    (root / "state/shops/acct_1").mkdir(parents=True)
    (root / "state/shops/.locks").mkdir()
    assert offered("plan", "--fleet") == ["shops"]
    assert offered("fleet") == ["shops"]
    assert offered("plan", "-e", incomplete="shops/") == ["shops/acct_1"]
    assert offered("plan", "-e", incomplete="other/") == []


@pytest.mark.usefixtures("_applied")
def test_addresses_and_outputs_are_offered_from_the_states(root: Path) -> None:
    """A state that cannot be read offers nothing."""
    assert offered("plan", "--target") == ["stripe_price.pro-monthly", "stripe_product.pro"]
    assert offered("state", "show", incomplete="stripe_pro") == ["stripe_product.pro"]
    assert offered("graph", "--around", incomplete="stripe_pro") == ["stripe_product.pro"]
    assert offered("output") == ["price_id"]
    assert offered("output", "--reveal") == ["price_id"]
    (root / "state" / "local" / "shop.json").write_text("{", encoding="utf-8")
    assert offered("plan", "--target") == []
    (root / "state" / "local" / "shop.json").write_text('{"resources": []}', encoding="utf-8")
    assert offered("plan", "--target") == []


def test_commands_are_offered() -> None:
    """Through the lazy groups too; a word that is no command is passed over."""
    assert offered(incomplete="va") == ["validate"]
    assert sorted(offered("state")) == [
        "history", "list", "migrate", "mv", "pull", "push", "rebuild", "restore", "rm", "show",
        "stamp", "verify",
    ]  # fmt: skip
    assert offered("frobnicate", incomplete="va") == ["validate"]


def test_the_shells_script_is_printed(shell: Engine) -> None:
    """As the help says."""
    ended = shell(_ENGINE_COMPLETE="zsh_source")
    assert ended.code == 0
    assert "#compdef engine" in ended.out


@pytest.mark.usefixtures("_here")
def test_places_of_locks_are_offered() -> None:
    """Environments first, and the stacks of the one that is typed."""
    assert offered("lock") == ["local"]
    assert offered("lock", incomplete="local/s") == ["local/shop"]


def test_types_and_their_fields_are_offered() -> None:
    """Classes first, then what is one step deeper than what is written."""
    assert offered("types", incomplete="Promo") == ["PromotionCode"]
    assert offered("types", incomplete="stripe_promo") == ["stripe_promotion_code"]
    assert offered("types", incomplete="Price.recurring.interval") == [
        "Price.recurring.interval",
        "Price.recurring.interval_count",
    ]
    assert offered("types", incomplete="Price.rec")[:2] == [
        "Price.recurring",
        "Price.recurring.interval",
    ]
    top = offered("types", incomplete="Price.")
    assert "Price.recurring" in top
    assert "Price.recurring.interval" not in top
    assert offered("types", incomplete="Nothing.") == []
