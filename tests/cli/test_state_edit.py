"""`engine state mv` and `engine state rm`: the state alone is changed, under the lock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.backends.state.journal import framed
from tests.support.command_line import Engine, Write

OLD, NEW = "stripe_price.pro-monthly", "stripe_price.every-month"


@pytest.fixture
def state_file(engine: Engine, root: Path) -> Path:
    """The state of a stack that was applied."""
    assert engine("apply", "--yes").code == 0
    return root / "state" / "local" / "shop.json"


@pytest.fixture
def renamed(state_file: Path, root: Path) -> Path:
    """The same with the price under its new name in the module."""
    module = root / "stacks" / "shop.py"
    module.write_text(module.read_text().replace('"pro-monthly"', '"every-month"'))
    return state_file


def test_a_moved_resource_is_the_same_object(engine: Engine, renamed: Path) -> None:
    """With the new name in the code the plan is empty; the serial went up by one."""
    state_file = renamed
    before = json.loads(state_file.read_bytes())
    ended = engine("state", "mv", OLD, NEW)
    assert (ended.code, ended.out) == (0, f"Moved {OLD} to {NEW} in the state of shop.\n")
    after = json.loads(state_file.read_bytes())
    assert after["serial"] == before["serial"] + 1
    assert after["lineage"] == before["lineage"]
    assert after["resources"][NEW] == before["resources"][OLD]
    assert OLD not in after["resources"]
    assert engine("state", "verify").code == 0
    assert engine("plan", "--detailed-exitcode").code == 0


def test_an_address_that_the_module_does_not_declare_has_to_be_forced(
    engine: Engine, state_file: Path
) -> None:
    """Otherwise the next apply would remove the object, and make another one for the old name."""
    before = state_file.read_bytes()
    ended = engine("state", "mv", OLD, NEW)
    assert ended.code == 1
    assert f"stacks/shop.py does not declare {NEW}" in ended.err
    assert "--force moves it all the same" in ended.err
    assert state_file.read_bytes() == before
    assert engine("state", "mv", OLD, NEW, "--force").code == 0
    assert NEW in json.loads(state_file.read_bytes())["resources"]


def test_an_old_address_that_is_still_declared_has_to_be_forced(
    engine: Engine, state_file: Path, root: Path
) -> None:
    """The next apply would make its object again; the message has the line."""
    module = root / "stacks" / "shop.py"
    module.write_text(module.read_text() + 'Price("every-month", product=pro, currency="usd")\n')
    before = state_file.read_bytes()
    ended = engine("state", "mv", OLD, NEW)
    assert ended.code == 1
    assert f"stacks/shop.py:6 still declares {OLD}" in ended.err
    assert state_file.read_bytes() == before


def test_a_module_that_cannot_be_evaluated_says_nothing(
    engine: Engine, state_file: Path, root: Path
) -> None:
    """So nothing moves, unless that is forced."""
    (root / "stacks" / "shop.py").write_text("this is no Python")
    ended = engine("state", "mv", OLD, NEW)
    assert ended.code == 1
    assert "stacks/shop.py:1: syntax error" in ended.err
    assert engine("state", "mv", OLD, NEW, "--force").code == 0
    assert NEW in json.loads(state_file.read_bytes())["resources"]


def test_what_depends_on_a_moved_resource_follows(engine: Engine, state_file: Path) -> None:
    """Dependencies name the new address."""
    engine("state", "mv", "stripe_product.pro", "stripe_product.best", "--force")
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
    engine: Engine, state_file: Path, words: tuple[str, str], message: str
) -> None:
    """The state stays as it is."""
    before = state_file.read_bytes()
    ended = engine("state", "mv", *words)
    assert ended.code == 1
    assert message in ended.err
    assert state_file.read_bytes() == before


def test_a_secret_moves_along(engine: Engine, write: Write, root: Path) -> None:
    """Stripe told it once; under the new address it is known still."""
    stack = """
        from engine import output
        from engine.stripe import WebhookEndpoint

        hook = WebhookEndpoint("{}", url="https://a.example/h", enabled_events=["invoice.paid"])
        output("secret", hook.secret)
    """
    write("shop", stack.format("old"))
    engine("apply", "--yes")
    folder = root / ".engine" / "secrets" / "local" / "shop"
    old, new = (folder / f"stripe_webhook_endpoint.{name}.secret" for name in ("old", "new"))
    told = old.read_text()
    write("shop", stack.format("new"))
    engine("state", "mv", "stripe_webhook_endpoint.old", "stripe_webhook_endpoint.new")
    assert engine("plan", "--detailed-exitcode").code == 0
    assert new.read_text() == told
    assert not old.exists()


def test_forgotten_resources_stay_on_stripe(engine: Engine, state_file: Path) -> None:
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


def test_several_go_at_once_or_none(engine: Engine, state_file: Path) -> None:
    """One that is not there keeps the others."""
    before = state_file.read_bytes()
    ended = engine("state", "rm", OLD, "stripe_product.por")
    assert ended.code == 1
    assert "did you mean stripe_product.pro?" in ended.err
    assert state_file.read_bytes() == before
    document = json.loads(engine("state", "rm", OLD, "stripe_product.pro", "--json").out)
    assert document["stacks"] == [{"stack": "shop", "addresses": [], "accounts": {}}]


def test_machines_get_what_moved(engine: Engine, renamed: Path) -> None:
    """The resource under its new address."""
    state_file = renamed
    document = json.loads(engine("state", "mv", OLD, NEW, "--json", "--stack", "shop").out)
    assert document["address"] == NEW
    assert document["id"] == json.loads(state_file.read_bytes())["resources"][NEW]["id"]


def test_an_unfinished_run_comes_first(engine: Engine, state_file: Path) -> None:
    """Its journal speaks of addresses; the next plan takes it up."""
    state_file.with_suffix(".journal").write_bytes(framed(b"{}"))
    before = state_file.read_bytes()
    for words in (("mv", OLD, NEW), ("rm", OLD)):
        ended = engine("state", *words)
        assert ended.code == 1
        assert "an unfinished run of local/shop left a journal" in ended.err
    assert state_file.read_bytes() == before


def test_a_module_that_is_gone_is_no_obstacle(engine: Engine, state_file: Path, root: Path) -> None:
    """What a state holds can be edited whatever the stacks say."""
    (root / "stacks" / "shop.py").write_text("this is no Python")
    assert engine("state", "rm", OLD).code == 0
    assert OLD not in json.loads(state_file.read_bytes())["resources"]


def test_a_renamed_stack_keeps_its_objects(engine: Engine, state_file: Path, root: Path) -> None:
    """A renamed module is refused with the command that gives its state the new name."""
    before = json.loads(state_file.read_bytes())
    modules = root / "stacks"
    (modules / "shop.py").rename(modules / "catalogue.py")
    refused = engine("apply", "--yes")
    assert refused.code == 4
    assert "stack shop manages" in refused.err
    assert "run: engine state mv shop: catalogue:" in refused.err
    renamed = engine("state", "mv", "shop:", "catalogue:")
    assert renamed.code == 0
    assert renamed.out == (
        "Stack shop is now catalogue: state/local/catalogue.json. Commit both files.\n"
    )
    assert not state_file.exists()
    after = json.loads((root / "state" / "local" / "catalogue.json").read_bytes())
    changed = {"stack", "serial", "digest"}
    assert {key for key in after if after[key] != before[key]} == changed
    assert after["serial"] == before["serial"] + 1
    assert engine("state", "verify").code == 0
    planned = engine("plan", "--detailed-exitcode")
    assert planned.code == 0
    assert "shop" not in planned.out


def test_a_rename_that_was_cut_off_is_finished(
    engine: Engine, state_file: Path, root: Path
) -> None:
    """Between its two writes both files are there; the same command removes the old one."""
    before = state_file.read_bytes()
    (root / "stacks" / "shop.py").rename(root / "stacks" / "catalogue.py")
    assert engine("state", "mv", "shop:", "catalogue:").code == 0
    state_file.write_bytes(before)
    warned = engine("plan")
    assert warned.code == 0
    assert "engine state mv shop: NEW:" in warned.out
    assert engine("state", "mv", "shop:", "catalogue:").code == 0
    assert not state_file.exists()
    assert engine("plan", "--detailed-exitcode").code == 0


def test_the_secrets_of_a_renamed_stack_follow(engine: Engine, root: Path) -> None:
    """A webhook's secret, which Stripe returned once, is under the new name too."""
    stack = root / "stacks" / "shop.py"
    stack.write_text(
        "from engine import output\n"
        "from engine.stripe import WebhookEndpoint\n"
        'hook = WebhookEndpoint("h", url="https://a.example.com/h", enabled_events=["*"])\n'
        'output("secret", hook.secret, sensitive=True)\n'
    )
    assert engine("apply", "--yes").code == 0
    told = engine("output", "--reveal", "secret").out
    assert told.startswith("whsec_")
    stack.rename(root / "stacks" / "hooks.py")
    assert engine("state", "mv", "shop:", "hooks:").code == 0
    assert engine("output", "--reveal", "secret").out == told
    assert engine("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("shop", "other", "stacks/shop.py still declares stack shop"),
        ("shap", "other", "stack shap has no state in environment local"),
        ("../shop", "other", "stack ../shop has no state in environment local"),
    ],
)
def test_what_is_no_renamed_stack_is_refused(
    engine: Engine, state_file: Path, old: str, new: str, message: str
) -> None:
    """Nothing is changed then, and the message says what to do."""
    before = state_file.read_bytes()
    ended = engine("state", "mv", f"{old}:", f"{new}:")
    assert ended.code == 1
    assert message in ended.err
    assert state_file.read_bytes() == before


def test_a_renamed_stack_needs_a_module(engine: Engine, state_file: Path, root: Path) -> None:
    """Under its new name too."""
    before = state_file.read_bytes()
    (root / "stacks" / "shop.py").unlink()
    ended = engine("state", "mv", "shop:", "other:")
    assert "there is no module stacks/other.py" in ended.err
    assert state_file.read_bytes() == before
