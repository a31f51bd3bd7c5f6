"""`engine promote`: the code that one environment last applied, planned for another one."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.project import open_project
from engine.ports.provider import RequestContext
from engine.state.codec import decode, encode
from tests.support.command_line import Engine, Write

SHOP = """
    from engine import Lifecycle, output, variable
    from engine.stripe import Price, Product

    pro = Product("pro", name="{name}"{more})
    month = Price("month", product=pro, currency="usd", unit_amount=variable("amount", 2900),
                  recurring={{"interval": "month"}})
    output("month", month.id)
"""


def _shop(name: str = "Pro", more: str = "") -> str:
    return SHOP.format(name=name, more=more)


@pytest.fixture(autouse=True)
def _environments(root: Path, write: Write) -> None:
    """Two embedded accounts and one stack."""
    tables = [f"[tool.engine.environments.{name}]\nemulator = true\n" for name in ("test", "live")]
    (root / "pyproject.toml").write_text("\n".join(tables), encoding="utf-8")
    write("shop", _shop())


@pytest.fixture
def state(root: Path) -> Any:
    """Reads the state of a stack in an environment as JSON."""

    def read(environment: str, stack: str = "shop") -> dict[str, Any]:
        file = root / "state" / environment / f"{stack}.json"
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return document

    return read


def _apply(engine: Engine, environment: str, *words: str) -> None:
    ended = engine("apply", "-e", environment, "--yes", *words)
    assert ended.code == 0, ended.err


def _refused(engine: Engine, *words: str) -> str:
    ended = engine("promote", "test", "live", *words)
    assert ended.code == 4
    assert "the code is not what test last applied, so it is not promoted to live" in ended.err
    assert ended.out == ""
    return ended.err


def test_what_test_applied_is_planned_for_live(engine: Engine) -> None:
    """As `engine plan -e live` plans it, with its exit codes."""
    _apply(engine, "test")
    planned = engine("plan", "-e", "live", "--detailed-exitcode")
    promoted = engine("promote", "test", "live", "--detailed-exitcode")
    assert promoted.code == planned.code == 2
    assert promoted.out == f"{planned.out}\nAfter this, test and live agree.\n"


def test_a_promotion_is_applied_as_a_saved_plan(root: Path, engine: Engine, state: Any) -> None:
    """Which records in live what it has applied, so that live can be promoted from."""
    _apply(engine, "test")
    promoted = engine("promote", "test", "live", "-o", "shop.plan")
    assert promoted.code == 0
    assert "engine apply -e live shop.plan" in promoted.err
    assert engine("apply", "-e", "live", str(root / "shop.plan")).code == 0
    assert state("live")["applied"] == state("test")["applied"]
    assert engine("diff", "test", "live", "--all").code == 0
    assert engine("promote", "live", "test").code == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (_shop("Max"), "stripe_product.pro was applied with other arguments"),
        (
            _shop() + '    Product("new", name="New")\n',
            "stripe_product.new was not applied",
        ),
        (
            _shop(more=", lifecycle=Lifecycle(protect=True)"),
            "it was applied with other lifecycles or outputs",
        ),
        (_shop() + '    output("product", pro.id)\n', "it was applied with other lifecycles or"),
    ],
)
def test_code_that_test_did_not_apply_is_refused(
    engine: Engine, write: Write, text: str, why: str
) -> None:
    """With what is different, and what to do; after an apply it is not refused any more."""
    _apply(engine, "test")
    write("shop", text)
    message = _refused(engine)
    assert f"Stack shop: {why}" in message
    assert "engine apply -e test shop" in message
    _apply(engine, "test")
    assert engine("promote", "test", "live").code == 0


def test_text_that_means_the_same_is_the_same_code(engine: Engine, write: Write) -> None:
    """Comments and order are for people."""
    _apply(engine, "test")
    write("shop", "    # for everybody\n" + _shop().replace('"Pro"', "'P' + 'ro'"))
    assert engine("promote", "test", "live").code == 0


def test_a_stack_that_was_never_applied_is_refused(engine: Engine, write: Write) -> None:
    """Named or not; the others can be promoted by their names."""
    _apply(engine, "test")
    write("site", _shop())
    assert "Stack site: it was never applied to test." in _refused(engine)
    assert "Stack site: it was never applied to test." in _refused(engine, "site")
    assert engine("promote", "test", "live", "shop").code == 0


def test_variables_of_each_environment_are_its_own(engine: Engine) -> None:
    """`--var` is for the plan, `--from-var` for what was applied before."""
    _apply(engine, "test", "--var", "amount=1900")
    message = _refused(engine, "--var", "amount=3900")
    assert "with the variables amount (its default)" in message
    assert "--from-var NAME=VALUE" in message
    promoted = engine(
        "promote", "test", "live", "--var", "amount=3900", "--from-var", "amount=1900"
    )
    assert promoted.code == 0
    assert "unit_amount:        3900 ($39.00)" in promoted.out


def test_variables_that_were_applied_may_come_from_a_file(root: Path, engine: Engine) -> None:
    """As for an apply."""
    (root / "test.toml").write_text("amount = 1900\n", encoding="utf-8")
    _apply(engine, "test", "--var-file", "test.toml")
    assert engine("promote", "test", "live", "--from-var-file", "test.toml").code == 0


def test_what_will_still_differ_is_shown(engine: Engine) -> None:
    """What the plan does not settle: other variables, and what only live has."""
    _apply(engine, "test")
    _apply(engine, "live", "--var", "amount=3900")
    promoted = engine("promote", "test", "live", "--var", "amount=3900")
    assert promoted.code == 0
    assert "After this, test and live still differ:" in promoted.out
    assert promoted.out.rstrip().splitlines()[-1].split() == [
        *("unit_amount", "2900", "($29.00)", "3900", "($39.00)")
    ]
    document = json.loads(engine("promote", "test", "live", "--var", "amount=3900", "--json").out)
    assert document["environment"] == "live"
    assert document["promoted_from"] == "test"
    [resource] = document["remaining"]["stacks"][0]["resources"]
    assert resource["address"] == "stripe_price.month"


def test_a_partial_apply_is_no_apply_of_the_stack(engine: Engine, write: Write, state: Any) -> None:
    """It takes away what said that the whole was applied."""
    _apply(engine, "test")
    assert state("test")["applied"]
    write("shop", _shop("Max") + '    Product("new", name="New")\n')
    _apply(engine, "test", "--target", "stripe_product.pro")
    assert "applied" not in state("test")
    assert "Stack shop: stripe_product.new was not applied." in _refused(engine)
    _apply(engine, "test")
    assert engine("promote", "test", "live").code == 0


def test_a_forgotten_resource_is_not_applied_any_more(engine: Engine, state: Any) -> None:
    """The state is not what the last apply left."""
    _apply(engine, "test")
    assert engine("state", "rm", "-e", "test", "stripe_price.month", "--yes").code == 0
    assert "applied" not in state("test")
    assert "Stack shop: stripe_price.month was not applied." in _refused(engine)


def test_an_apply_without_a_change_writes_no_state_for_the_digest_alone(
    root: Path, engine: Engine, write: Write, state: Any
) -> None:
    """A state of an earlier engine stays as it is, unless it cannot show what was applied."""
    _apply(engine, "test")
    file = root / "state" / "test" / "shop.json"
    first = file.read_bytes()
    _apply(engine, "test")
    assert file.read_bytes() == first
    earlier = dataclasses.replace(decode(first, path=str(file)), applied="")
    file.write_bytes(encode(earlier, engine_version=earlier.engine_version))
    without = file.read_bytes()
    _apply(engine, "test")
    assert file.read_bytes() == without
    assert engine("promote", "test", "live").code == 0
    # A new output is not in it: then the apply writes what there is to say.
    write("shop", _shop() + '    output("product", None)\n')
    _apply(engine, "test")
    assert state("test")["applied"] != json.loads(first)["applied"]


def test_a_change_that_no_object_shows_is_recorded(
    engine: Engine, write: Write, state: Any
) -> None:
    """A lifecycle that only plans follow: the apply has nothing to do, and writes its digest."""
    _apply(engine, "test")
    before = state("test")
    write("shop", _shop(more=", lifecycle=Lifecycle(ignore_changes=['description'])"))
    _apply(engine, "test")
    after = state("test")
    assert after["serial"] == before["serial"] + 1
    assert after["applied"] != before["applied"]
    assert after["resources"] == before["resources"]
    assert engine("promote", "test", "live").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("test", "test"), "both environments are test"),
        (("test", "live", "--destroy"), "--destroy does not go with engine promote"),
        (("test", "live", "--from-var", "amount"), "--from-var amount is not NAME=VALUE"),
        (("test", "live", "--from-var", "amoun=1"), "no stack reads a variable 'amoun'"),
        (("test", "live", "-e", "live"), "-e does not go with engine promote"),
        (("test", "live", "shp"), "there is no stack 'shp'"),
    ],
)
def test_a_bad_call_is_an_error(engine: Engine, words: tuple[str, ...], message: str) -> None:
    """With the word that is wrong."""
    _apply(engine, "test")
    ended = engine("promote", *words)
    assert ended.code == 1
    assert message in ended.err


def test_the_key_of_the_first_environment_is_not_needed(
    root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipeline that applies to live has that one key; then the state of test is compared."""
    _apply(engine, "test")
    file = root / "pyproject.toml"
    text = file.read_text(encoding="utf-8").replace(
        "environments.test]\nemulator = true", 'environments.test]\napi-key = "env:TEST_KEY"'
    )
    file.write_text(text, encoding="utf-8")
    monkeypatch.delenv("TEST_KEY", raising=False)
    promoted = engine("promote", "test", "live")
    assert promoted.code == 0
    assert "After this, test and live agree (test by its states alone)." in promoted.out


def test_an_imported_account_is_promoted_to_an_empty_one(
    root: Path, engine: Engine, state: Any
) -> None:
    """Its states say that they are what the code declares; then both accounts are equal."""
    (root / "stacks" / "shop.py").unlink()
    context = open_project(root, environment="test")
    provider, schemas = context.connect(), context.schemas
    product = provider.create(schemas["stripe_product"], {"name": "Pro"}, RequestContext("a"))
    amounts = {"currency": "usd", "unit_amount": 900, "lookup_key": "pro"}
    params = {"product": product["id"], "recurring": {"interval": "year"}, **amounts}
    provider.create(schemas["stripe_price"], params, RequestContext("b"))
    assert engine("import", "--all", "-e", "test", "--yes").code == 0
    assert state("test", "imported")["applied"]
    promoted = engine("promote", "test", "live", "-o", "live.plan")
    assert promoted.code == 0, promoted.err
    assert engine("apply", "-e", "live", "live.plan").code == 0
    assert engine("diff", "test", "live", "--all").code == 0


def test_a_refused_promotion_says_so_to_programs_and_leaves_no_plan(
    root: Path, engine: Engine, write: Write
) -> None:
    """Each stack with its reason; a plan that was saved under the name before is removed."""
    _apply(engine, "test")
    write("shop", _shop(name="Pro 2"))
    assert engine("plan", "-e", "live", "-o", "shop.plan").code == 0
    ended = engine("promote", "test", "live", "-o", "shop.plan", "--json")
    assert ended.code == 4
    (refused,) = json.loads(ended.out)["error"]["refused"]
    assert (refused["reference"], refused["stack"]) == ("not-applied", "shop")
    assert refused["message"].startswith("Stack shop: ")
    assert not (root / "shop.plan").exists()
