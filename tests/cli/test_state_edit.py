"""`engine state mv` and `engine state rm`: the state alone is changed, under the lock."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.backends.journal import framed

OLD, NEW = "stripe_price.pro-monthly", "stripe_price.every-month"


@pytest.fixture
def state_file(engine: Callable[..., Any], root: Path) -> Path:
    """The state of a stack that was applied."""
    assert engine("apply", "--yes").code == 0
    return root / "state" / "local" / "shop.json"


def test_a_moved_resource_is_the_same_object(
    engine: Callable[..., Any], state_file: Path, root: Path
) -> None:
    """With the new name in the code the plan is empty; the serial went up by one."""
    before = json.loads(state_file.read_bytes())
    ended = engine("state", "mv", OLD, NEW)
    assert (ended.code, ended.out) == (0, f"Moved {OLD} to {NEW} in the state of shop.\n")
    after = json.loads(state_file.read_bytes())
    assert after["serial"] == before["serial"] + 1
    assert after["lineage"] == before["lineage"]
    assert after["resources"][NEW] == before["resources"][OLD]
    assert OLD not in after["resources"]
    assert engine("state", "verify").code == 0
    module = root / "stacks" / "shop.py"
    module.write_text(module.read_text().replace('"pro-monthly"', '"every-month"'))
    assert engine("plan", "--detailed-exitcode").code == 0


def test_what_depends_on_a_moved_resource_follows(
    engine: Callable[..., Any], state_file: Path
) -> None:
    """Dependencies name the new address."""
    engine("state", "mv", "stripe_product.pro", "stripe_product.best")
    resources = json.loads(state_file.read_bytes())["resources"]
    assert resources[OLD]["dependencies"] == ["stripe_product.best"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("stripe_price.nope", NEW), "stripe_price.nope is not in the state"),
        ((OLD, "stripe_product.x"), "stripe_product.x is no address for a price"),
        ((OLD, "data.stripe_price.x"), "data.stripe_price.x is no address for a price"),
        ((OLD, OLD), f"{OLD} is price_"),
        ((OLD, "nonsense"), "'nonsense' is not an address"),
    ],
)
def test_a_move_that_cannot_be(
    engine: Callable[..., Any], state_file: Path, words: tuple[str, str], message: str
) -> None:
    """The state stays as it is."""
    before = state_file.read_bytes()
    ended = engine("state", "mv", *words)
    assert ended.code == 1
    assert message in ended.err
    assert state_file.read_bytes() == before


def test_a_secret_moves_along(
    engine: Callable[..., Any], write: Callable[[str, str], None], root: Path
) -> None:
    """Stripe told it once; under the new address it is known still."""
    stack = """
        from engine import output
        from engine.stripe import WebhookEndpoint

        hook = WebhookEndpoint("{}", url="https://a.example/h", enabled_events=["invoice.paid"])
        output("secret", hook.secret)
    """
    write("shop", stack.format("old"))
    engine("apply", "--yes")
    engine("state", "mv", "stripe_webhook_endpoint.old", "stripe_webhook_endpoint.new")
    write("shop", stack.format("new"))
    assert engine("plan", "--detailed-exitcode").code == 0
    folder = root / ".engine" / "secrets" / "local" / "shop"
    old, new = (folder / f"stripe_webhook_endpoint.{name}.secret" for name in ("old", "new"))
    assert new.read_text() == old.read_text()


def test_forgotten_resources_stay_on_stripe(engine: Callable[..., Any], state_file: Path) -> None:
    """The object is there still, and can be taken over again."""
    id = json.loads(state_file.read_bytes())["resources"]["stripe_product.pro"]["id"]
    ended = engine("state", "rm", "stripe_product.pro")
    assert ended.out == "Forgot stripe_product.pro in the state of shop; it stays on Stripe.\n"
    resources = json.loads(state_file.read_bytes())["resources"]
    assert set(resources) == {OLD}
    assert resources[OLD]["dependencies"] == []
    assert engine("state", "verify").code == 0
    assert engine("import", "stripe_product.pro", id).code == 0
    assert engine("plan", "--detailed-exitcode").code == 0


def test_several_go_at_once_or_none(engine: Callable[..., Any], state_file: Path) -> None:
    """One that is not there keeps the others."""
    before = state_file.read_bytes()
    ended = engine("state", "rm", OLD, "stripe_product.por")
    assert ended.code == 1
    assert "did you mean stripe_product.pro?" in ended.err
    assert state_file.read_bytes() == before
    document = json.loads(engine("state", "rm", OLD, "stripe_product.pro", "--json").out)
    assert document["stacks"] == [{"stack": "shop", "addresses": []}]


def test_machines_get_what_moved(engine: Callable[..., Any], state_file: Path) -> None:
    """The resource under its new address."""
    document = json.loads(engine("state", "mv", OLD, NEW, "--json", "--stack", "shop").out)
    assert document["address"] == NEW
    assert document["id"] == json.loads(state_file.read_bytes())["resources"][NEW]["id"]


def test_an_unfinished_run_comes_first(engine: Callable[..., Any], state_file: Path) -> None:
    """Its journal speaks of addresses; the next plan takes it up."""
    state_file.with_suffix(".journal").write_bytes(framed(b"{}"))
    before = state_file.read_bytes()
    for words in (("mv", OLD, NEW), ("rm", OLD)):
        ended = engine("state", *words)
        assert ended.code == 1
        assert "an unfinished run of local/shop left a journal" in ended.err
    assert state_file.read_bytes() == before


def test_a_module_that_is_gone_is_no_obstacle(
    engine: Callable[..., Any], state_file: Path, root: Path
) -> None:
    """What a state holds can be edited whatever the stacks say."""
    (root / "stacks" / "shop.py").write_text("this is no Python")
    assert engine("state", "rm", OLD).code == 0
    assert OLD not in json.loads(state_file.read_bytes())["resources"]
