"""`engine state stamp`: show the stamps that are not right, ask, and write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Terminal


@pytest.fixture
def moved(engine: Engine, root: Path) -> None:
    """A stack one of whose objects carries the stamp of its earlier address."""
    assert engine("apply", "--yes").code == 0
    module = root / "stacks" / "shop.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace('Product("pro"', 'Product("max"'), encoding="utf-8")
    assert engine("state", "mv", "stripe_product.pro", "stripe_product.max").code == 0


def test_nothing_to_stamp(engine: Engine) -> None:
    """What an apply made is stamped."""
    assert engine("apply", "--yes").code == 0
    for words in (("--check",), ("--yes",)):
        ended = engine("state", "stamp", *words)
        assert (ended.code, ended.out) == (0, "No stamp is missing.\n")


@pytest.mark.usefixtures("moved")
def test_a_check_writes_nothing(engine: Engine) -> None:
    """It names the object and whose stamp it carries, and its exit code says that there is one."""
    for _ in range(2):
        ended = engine("state", "stamp", "--check")
        assert ended.code == 2
        assert "~ stripe_product.max [prod_" in ended.out
        assert "it carries the stamp of shop:stripe_product.pro" in ended.out
    document = json.loads(engine("state", "stamp", "--check", "--json").out)
    (change,) = document["stacks"][0]["changes"]
    assert change["address"] == "stripe_product.max"
    assert [path["path"] for path in change["paths"]] == ["metadata.engine"]


@pytest.mark.usefixtures("moved")
def test_without_a_terminal_it_needs_a_yes(shell: Engine) -> None:
    """Like an apply; the hint shows how to look first."""
    ended = shell("state", "stamp")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Error: engine state stamp needs a yes, and there is no terminal to ask on\n"
        "Hint: look at engine state stamp --check first, then run engine state stamp --yes\n"
    )


@pytest.mark.usefixtures("moved")
def test_with_a_yes_it_is_written(engine: Engine) -> None:
    """And then it is right."""
    ended = engine("state", "stamp", "--yes")
    assert ended.code == 0
    assert "State stamp complete: 0 created, 1 updated, 0 replaced, 0 removed." in ended.out
    assert engine("state", "stamp", "--check").code == 0
    assert json.loads(engine("state", "stamp", "--yes", "--json").out)["outcomes"] == []


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize(("answer", "code"), [(b"yes\n", 0), (b"no\n", 1)])
def test_it_asks_at_a_terminal(
    terminal: Terminal, engine: Engine, answer: bytes, code: int
) -> None:
    """Only yes is a yes."""
    ended, screen = terminal(["state", "stamp", "--no-color"], answer)
    assert ended == code
    assert "Apply this to environment local? Only 'yes' is accepted: " in screen
    if code:
        assert screen.endswith("State stamp cancelled. Nothing was changed.\n")
    assert engine("state", "stamp", "--check").code == (2 if code else 0)


def test_stamps_that_are_switched_off(engine: Engine, root: Path) -> None:
    """It says so, and where."""
    assert engine("apply", "--yes").code == 0
    (root / "pyproject.toml").write_text("[tool.engine]\nownership-stamp = false\n")
    ended = engine("state", "stamp", "--check")
    assert (ended.code, ended.out) == (1, "")
    assert "ownership-stamp = false in [tool.engine]" in ended.err
