"""`engine import --from-tfstate` and `--from-fixtures` from outside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.project import open_project
from engine.redaction import forget
from tests.support.command_line import Engine, Write
from tests.support.other_tools.states import tf_resource, tf_state

HOOK = "stripe_webhook_endpoint.hook"
STACK = """
    from engine.stripe import Product, WebhookEndpoint

    Product("pro", id="pro", name="Pro")
    WebhookEndpoint("hook", url="https://example.com/h", enabled_events=["*"], connect=True)
"""
SEED = {
    "_meta": {"template_version": 0},
    "fixtures": [
        {"name": "pro", "path": "/v1/products", "method": "post", "params": {"name": "Pro"}}
    ],
}


@pytest.fixture
def secret(engine: Engine, write: Write, root: Path) -> str:
    """The secret of an endpoint that Terraform made, which is in its state alone."""
    write("shop", STACK)
    assert engine("apply", "--yes").code == 0
    id = json.loads(engine("state", "show", HOOK, "--json").out)["id"]
    found = open_project(root, environment="local").sink.load("shop", f"{HOOK}.secret")
    assert found is not None
    for gone in ("state", "stacks", ".engine/secrets"):
        shutil.rmtree(root / gone)
    (root / "stacks").mkdir()
    hook: dict[str, Any] = {"id": id, "connect": True, "secret": found, "livemode": False}
    state = tf_state(
        tf_resource("stripe_product.pro", (None, {"id": "pro"})),
        tf_resource("module.site.stripe_webhook_endpoint.hook", (None, hook)),
    )
    (root / "terraform.tfstate").write_text(json.dumps(state), encoding="utf-8")
    forget()
    return found


def test_a_state_is_taken_over(engine: Engine, secret: str, root: Path) -> None:
    """Files are written, the plan is empty, and the secret is shown nowhere."""
    ended = engine(
        "import", "--from-tfstate", "terraform.tfstate", "--stack", "billing", "--yes", "-v"
    )
    assert ended.code == 0, ended.err
    assert "+ stacks/billing.py: 2 objects" in ended.out
    assert (
        "Other addresses here: module.site.stripe_webhook_endpoint.hook -> "
        "stripe_webhook_endpoint.site-hook"
    ) in ended.out
    assert "It holds a secret in the clear" in ended.out
    assert "Imported 2 objects into stacks/billing.py." in ended.out
    assert secret not in ended.out + ended.err
    assert engine("plan", "--detailed-exitcode").code == 0
    sink = open_project(root, environment="local").sink
    assert sink.load("billing", "stripe_webhook_endpoint.site-hook.secret") == secret


def test_a_state_as_a_document(engine: Engine, secret: str) -> None:
    """`--json`: the addresses, what is said of the file, and no secret."""
    ended = engine("import", "--from-tfstate", "terraform.tfstate", "--yes", "--json")
    document = json.loads(ended.out)
    assert ended.code == 0, ended.err
    assert {one["address"] for one in document["stacks"][0]["resources"]} == {
        "stripe_product.pro",
        "stripe_webhook_endpoint.site-hook",
    }
    assert document["stacks"][0]["new"] == []
    assert any("site-hook" in note for note in document["notes"])
    assert secret not in ended.out + ended.err


def test_a_state_from_the_standard_input(
    engine: Engine, secret: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe leaves no file; it is shown what would be written, which needs a yes."""
    with (root / "terraform.tfstate").open(encoding="utf-8") as piped:
        monkeypatch.setattr("sys.stdin", piped)
        ended = engine("import", "--from-tfstate", "-")
    assert ended.code == 1
    assert "+ stacks/imported.py: 2 objects" in ended.out
    assert "needs a yes" in ended.err
    assert secret not in ended.out + ended.err


def test_fixtures_are_declared_and_applied(engine: Engine, root: Path) -> None:
    """What is not on the account is created by the next apply."""
    (root / "stacks" / "shop.py").unlink()
    (root / "seed.json").write_text(json.dumps(SEED), encoding="utf-8")
    ended = engine("import", "--from-fixtures", "seed.json", "--stack", "seed", "--yes")
    assert ended.code == 0, ended.err
    assert "1 not on the account, which the next apply creates: stripe_product.pro" in ended.out
    assert "Imported 0 objects and declared 1 more in stacks/seed.py." in ended.out
    assert "engine plan shows what it creates." in ended.err
    assert "1 created" in engine("apply", "--yes").out
    assert engine("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--all",), "it does not go with --all"),
        (("--match", "pro*"), "it does not go with --match"),
        (("--inactive",), "it does not go with --inactive"),
        (("--from-fixtures", "b"), "it does not go with --from-fixtures"),
        (("stripe_price.pro", "price_1"), "it does not go with stripe_price.pro"),
    ],
)
def test_what_does_not_go_with_a_file(engine: Engine, words: tuple[str, ...], message: str) -> None:
    """Before anything is read."""
    ended = engine("import", "--from-tfstate", "a", *words)
    assert ended.code == 1
    assert message in ended.err
    assert "Hint: engine import --from-tfstate a" in ended.err


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing.json", "cannot be read: No such file"), ("stacks", "stacks is a folder")],
)
def test_a_file_that_cannot_be_read(engine: Engine, name: str, message: str) -> None:
    """Named as it was typed."""
    for option in ("--from-tfstate", "--from-fixtures"):
        ended = engine("import", option, name, "--yes")
        assert ended.code == 1
        assert message in ended.err
