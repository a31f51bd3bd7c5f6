"""Policies on the command line: everything that plans asks them, and nothing gets past them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Engine, Write

SHOP = """
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency="usd", unit_amount={}, recurring={{"interval": "month"}})
"""
POLICIES = """
    from decimal import Decimal
    from engine.policies import policy

    @policy(mandatory={})
    def no_deep_cuts(plan):
        \"\"\"No price is cut by more than 20 %.\"\"\"
        for change in plan.changes:
            for amount in change.amounts:
                if amount.share is not None and amount.share < Decimal("-0.2"):
                    yield change.refuse(f"{{amount.path}} falls by {{-amount.share:.0%}}")
"""
SENTENCE = (
    "Policy no-deep-cuts (stacks/_policies.py:5) refuses stripe_price.month (stacks/shop.py:5): "
    "unit_amount falls by 50%"
)


@pytest.fixture
def policies(root: Path) -> Any:
    """Writes the module of policies."""

    def write(text: str) -> None:
        file = root / "stacks" / "_policies.py"
        file.write_text(textwrap.dedent(text), encoding="utf-8")

    return write


@pytest.fixture
def state(root: Path) -> Any:
    """Reads the bytes of the state."""
    return (root / "state" / "local" / "shop.json").read_bytes


@pytest.fixture
def half(engine: Engine, write: Write, policies: Any) -> None:
    """A price of $20 was applied, and the code has $10; a policy forbids that."""
    write("shop", SHOP.format(2000))
    assert engine("apply", "--yes").code == 0
    write("shop", SHOP.format(1000))
    policies(POLICIES.format("True"))


@pytest.mark.usefixtures("half")
@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("plan", "--detailed-exitcode"),
        ("plan", "-o", "shop.plan"),
        ("plan", "--no-refresh"),
        ("plan", "--target", "stripe_price.month"),
        ("plan", "--replace", "stripe_price.month"),
        ("plan", "--allow-mass-change"),
        ("apply", "--yes"),
        ("apply", "--yes", "--no-refresh"),
    ],
)
def test_half_the_price_is_refused(
    engine: Engine, root: Path, state: Any, words: Sequence[str]
) -> None:
    """At the terminal and in the document, by the policy's name; nothing is written."""
    before = state()
    ended = engine(*words)
    assert ended.code == 4
    assert f"This plan is refused:\n  {SENTENCE}\n" in ended.out
    assert SENTENCE in ended.err
    ended = engine(*words, "--json")
    assert ended.code == 4
    document = json.loads(ended.out)
    found = document["error"] if "error" in document else document["stacks"][0]
    assert found["refused"] == [
        {
            "reference": "policy",
            "message": SENTENCE,
            "stack": "shop",
            "address": "stripe_price.month",
            "file": "stacks/shop.py",
            "line": 5,
            "policy": "no-deep-cuts",
        }
    ]
    if "error" not in document:
        assert document["policies"] == [
            {
                "policy": "no-deep-cuts",
                "mandatory": True,
                "message": "unit_amount falls by 50%",
                "stack": "shop",
                "address": "stripe_price.month",
                "file": "stacks/shop.py",
                "line": 5,
                "defined_at": "stacks/_policies.py:5",
            }
        ]
    assert not (root / "shop.plan").exists()
    assert state() == before


def test_a_saved_plan_is_held_against_the_policies_of_now(
    engine: Engine, write: Write, policies: Any, state: Any
) -> None:
    """It may have been saved before they were written, or by a machine that does not have them."""
    write("shop", SHOP.format(2000))
    assert engine("apply", "--yes").code == 0
    write("shop", SHOP.format(1000))
    assert engine("plan", "-o", "shop.plan").code == 0
    policies(POLICIES.format("True"))
    before = state()
    ended = engine("apply", "shop.plan")
    assert (ended.code, SENTENCE in ended.out, SENTENCE in ended.err) == (4, True, True)
    ended = engine("apply", "shop.plan", "--json")
    (refused,) = json.loads(ended.out)["error"]["refused"]
    assert (ended.code, refused["policy"]) == (4, "no-deep-cuts")
    assert state() == before
    policies(POLICIES.format("False"))
    assert engine("apply", "shop.plan").code == 0


def test_a_promotion_is_held_against_them(engine: Engine, root: Path, write: Write) -> None:
    """With those of the environment that it is planned for."""
    tables = [f"[tool.engine.environments.{name}]\nemulator = true\n" for name in ("test", "live")]
    only = '[tool.engine.environments.live.policies]\nmax-price-cut = "20%"\n'
    (root / "pyproject.toml").write_text("\n".join([*tables, only]), encoding="utf-8")
    write("shop", SHOP.format(2000))
    for environment in ("test", "live"):
        assert engine("apply", "-e", environment, "--yes").code == 0
    write("shop", SHOP.format(1000))
    assert engine("apply", "-e", "test", "--yes").code == 0
    ended = engine("promote", "test", "live", "-o", "shop.plan")
    assert ended.code == 4
    assert (
        "Policy max-price-cut (pyproject.toml:8) refuses stripe_price.month (stacks/shop.py:5): "
        "its unit_amount falls by 50 %, and 20 % is the most"
    ) in ended.out
    assert not (root / "shop.plan").exists()


def test_a_destroy_is_held_against_them(engine: Engine, policies: Any) -> None:
    """A policy knows that everything goes."""
    assert engine("apply", "--yes").code == 0
    policies(
        """
        from engine.policies import policy

        @policy
        def never(plan):
            "Nothing is destroyed."
            if plan.destroy:
                yield plan.refuse("not here")
        """
    )
    ended = engine("destroy", "--yes")
    assert ended.code == 4
    assert "Policy never (stacks/_policies.py:4) refuses this plan: not here" in ended.err
    assert engine("plan").code == 0


@pytest.mark.usefixtures("half")
def test_an_advisory_policy_warns(engine: Engine, policies: Any, root: Path) -> None:
    """Also in a saved plan, and once when that is applied."""
    policies(POLICIES.format("False"))
    warning = f"Warning: {SENTENCE.replace('refuses', 'warns of')}"
    ended = engine("plan", "-o", "shop.plan")
    assert (ended.code, ended.out.count(warning)) == (0, 1)
    assert (root / "shop.plan").exists()
    assert engine("show", "shop.plan").out.count(warning) == 1
    (finding,) = json.loads(engine("show", "shop.plan", "--json").out)["policies"]
    assert finding["mandatory"] is False
    ended = engine("apply", "shop.plan")
    assert (ended.code, ended.out.count(warning)) == (0, 1)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("def broken(", 1, "syntax error"),
        ("raise ValueError('no')", 1, "ValueError: no"),
        ("import nowhere", 1, "ModuleNotFoundError: No module named 'nowhere'"),
        ("", 0, "it declares no policy"),
    ],
)
def test_a_module_that_cannot_be_evaluated_refuses(
    engine: Engine, policies: Any, text: str, line: int, message: str
) -> None:
    """`validate` says it with the other findings, and without a key; nothing is applied."""
    policies(text)
    place = f"stacks/_policies.py:{line}" if line else "stacks/_policies.py"
    ended = engine("validate")
    assert ended.code == 1
    assert f"1 problem in the stacks\n\n{place}: {message}" in ended.err
    for words in (("plan",), ("apply", "--yes")):
        ended = engine(*words)
        assert ended.code == 4
        assert f"{place}: {message}" in ended.out
        assert "Until it is put right, no plan is carried out" in ended.out
    (refused,) = json.loads(engine("plan", "--json").out)["stacks"][0]["refused"]
    assert (refused["reference"], refused["file"], refused["line"]) == (
        "policy-failed",
        "stacks/_policies.py",
        line or None,
    )


def test_problems_of_stacks_and_of_policies_are_said_at_once(
    engine: Engine, write: Write, policies: Any
) -> None:
    """One run of `validate` shows all."""
    write("shop", "from engine.stripe import Product\nProduct('pro', nme='Pro')\n")
    policies("x = 1")
    ended = engine("validate")
    assert "stacks/shop.py:2" in ended.err
    assert "stacks/_policies.py: it declares no policy" in ended.err


def test_a_policy_that_raises_refuses_a_plan_without_changes_too(
    engine: Engine, policies: Any
) -> None:
    """What it would have found is not known."""
    assert engine("apply", "--yes").code == 0
    policies("from engine.policies import policy\n@policy\ndef p(plan):\n    'x'\n    1 / 0\n")
    ended = engine("apply", "--yes")
    assert ended.code == 4
    assert (
        "policy p (stacks/_policies.py:2) failed: it raised ZeroDivisionError: division by zero at "
        "line 5. Until it is put right, no plan is carried out"
    ) in ended.err


@pytest.mark.usefixtures("half")
@pytest.mark.parametrize(
    "attack",
    [
        "import _policies; _policies.no_deep_cuts = lambda plan: None",
        "import _policies; _policies.no_deep_cuts.__code__ = (lambda plan: None).__code__",
        "import engine.policies as p; p.policy = lambda **_: lambda check: check",
        "import engine.policies.declare as d; d.policy = d.policy_of = lambda *a, **k: None",
        "import engine.policies.load as l; l.load_policies = lambda settings: None",
        "import sys; sys.modules['_policies'] = sys",
        "import os; os.environ['ENGINE_POLICIES'] = 'off'",
        "import pathlib; pathlib.Path(__file__).with_name('_policies.py').unlink()",
    ],
)
def test_a_stack_module_has_no_part_in_them(shell: Engine, write: Write, attack: str) -> None:
    """They are loaded before it is evaluated, and kept where it does not look."""
    write("shop", SHOP.format(1000).rstrip() + f"\n    {attack}\n")
    ended = shell("apply", "--yes")
    assert ended.code == 4, ended.err
    assert SENTENCE in ended.err


def test_policies_in_a_stack_module_are_refused(engine: Engine, write: Write) -> None:
    """They would not be asked."""
    text = SHOP.format(2000) + "    from engine.policies import policy\n    @policy\n"
    write("shop", text + "    def p(plan):\n        'x'\n")
    ended = engine("validate")
    assert ended.code == 1
    assert "policies are declared in stacks/_policies.py, and this is a stack module" in ended.err


@pytest.mark.usefixtures("half")
def test_they_are_those_of_the_project(engine: Engine, root: Path, monkeypatch: Any) -> None:
    """Not of the folder in which the command is typed."""
    elsewhere = root.parent / "elsewhere"
    (elsewhere / "stacks").mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    ended = engine("-C", str(root), "plan")
    assert (ended.code, SENTENCE in ended.err) == (4, True)


def test_an_unknown_setting_is_refused_with_the_one_that_is_meant(
    engine: Engine, root: Path
) -> None:
    """A policy that is misspelt would be none."""
    table = '[tool.engine.policies]\nmax-price-cuts = "20%"\n'
    (root / "pyproject.toml").write_text(table, encoding="utf-8")
    ended = engine("validate")
    assert "pyproject.toml:2: policy max-price-cuts in [tool.engine.policies] is none" in ended.err
    assert "did you mean 'max-price-cut'?" in ended.err
    assert engine("plan").code == 4
    assert engine("state", "list").code == 0


def test_a_secret_is_not_in_what_a_policy_prints(
    engine: Engine, write: Write, policies: Any
) -> None:
    """It never gets one."""
    write(
        "shop",
        """
        from engine import Sensitive
        from engine.stripe import Product

        Product("pro", name="Pro", metadata={"token": Sensitive("hunter2-hunter2")})
        """,
    )
    policies(
        """
        from engine.policies import policy

        @policy
        def loud(plan):
            "Everything is shown."
            for change in plan.changes:
                text = "".join(f"{sign}." for sign in str(change.metadata["token"]))
                yield change.refuse(f"{change.after} {change.fields} {text}")
        """
    )
    ended = engine("plan")
    assert ended.code == 4
    assert "(sensitive value)" in ended.out
    assert "h.u.n.t.e.r.2" not in ended.out + ended.err
    assert "hunter2" not in ended.out + ended.err


IN_USE = """
    from engine.policies import policy

    @policy
    def in_use(plan):
        "What is in use is not removed."
        for change in plan.changes:
            if change.action == "delete" and change.impact and change.impact.uses:
                used = ", ".join(f"{use.number} {use.what}" for use in change.impact.uses)
                yield change.refuse(f"it is in use: {used}")
"""


def test_a_policy_may_ask_what_uses_an_object(engine: Engine, write: Write, policies: Any) -> None:
    """In a plan, and of a saved one."""
    endpoint = """
        from engine.stripe import WebhookEndpoint
        WebhookEndpoint("events", url="https://a.example/", enabled_events=["price.created"])
    """
    write("shop", endpoint)
    assert engine("apply", "--yes").code == 0
    write("shop", "")
    assert engine("plan", "-o", "shop.plan").code == 0
    policies(IN_USE)
    sentence = "refuses stripe_webhook_endpoint.events: it is in use: 1 URLs, 1 event types"
    for words in (("plan",), ("apply", "shop.plan")):
        ended = engine(*words)
        assert (ended.code, sentence in ended.out) == (4, True), ended.out + ended.err


def test_a_saved_plan_of_a_module_that_changes_the_engine_is_refused(
    shell: Engine, write: Write, policies: Any
) -> None:
    """An apply of it asks the policies before it evaluates any module, also for a secret."""
    secret = SHOP.replace(
        'name="Pro"', 'name="Pro", metadata={{"token": Sensitive("s3cret-s3cret")}}'
    )
    secret = "\n    from engine import Sensitive" + secret
    write("shop", secret.format(2000))
    assert shell("apply", "--yes").code == 0
    policies(POLICIES.format("True"))
    write(
        "shop",
        secret.format(1000)
        + """
    import engine.operations.plan as p, engine.operations.saved_plan.saved_plan as s
    p.with_policies = s.with_policies = lambda context, report, *_: report
    """,
    )
    ended = shell("plan", "-o", "shop.plan")
    assert ended.code == 0, ended.err
    ended = shell("apply", "shop.plan")
    assert ended.code == 4
    assert "Policy no-deep-cuts" in ended.err


def test_a_promotion_loads_them_before_the_other_environment_runs(
    shell: Engine, root: Path, write: Write, policies: Any
) -> None:
    """Its modules run first there, to be compared with what was applied."""
    tables = [f"[tool.engine.environments.{name}]\nemulator = true\n" for name in ("test", "live")]
    (root / "pyproject.toml").write_text("\n".join(tables), encoding="utf-8")
    write("shop", SHOP.format(2000))
    for environment in ("test", "live"):
        assert shell("apply", "-e", environment, "--yes").code == 0
    attack = "import engine.policies.load as l; l.load_policies = lambda settings: None"
    write("shop", SHOP.format(1000).rstrip() + f"\n    {attack}\n")
    assert shell("apply", "-e", "test", "--yes").code == 0
    policies(POLICIES.format("True"))
    ended = shell("promote", "test", "live")
    assert ended.code == 4
    assert "Policy no-deep-cuts" in ended.err


def test_each_finding_is_with_its_stack(engine: Engine, write: Write, policies: Any) -> None:
    """One about a change with the stack of that, one about the run with the first."""
    write("shop", SHOP.format(2000))
    write("zoo", "from engine.stripe import Product\nProduct('ape', name='Ape')\n")
    policies(
        """
        from engine.policies import Finding, policy

        @policy
        def short_names(plan):
            "Names are long."
            assert plan.stacks == ("shop", "zoo")
            for change in plan.changes:
                if len(change.name) < 4:
                    yield change.refuse(f"{change.name} is short")
            yield plan.refuse("all of it")
            yield Finding(message="made by hand", stack="no-such-stack")
        """
    )
    document = json.loads(engine("plan", "--json").out)
    found = {
        stack["stack"]: [(one["address"], one["file"]) for one in stack["refused"]]
        for stack in document["stacks"]
    }
    assert found == {
        "shop": [("stripe_product.pro", "stacks/shop.py"), (None, None), (None, None)],
        "zoo": [("stripe_product.ape", "stacks/zoo.py")],
    }
    assert [one["stack"] for one in document["policies"]] == [
        "shop",
        "zoo",
        None,
        "no-such-stack",
    ]


@pytest.mark.parametrize("place", ["_policies.py", "stacks/rules/_policies.py"])
def test_policies_in_a_wrong_place_refuse_plans(root: Path, engine: Engine, place: str) -> None:
    """A gate that its author believes to be closed, and that is never asked, is worse than none."""
    path = root / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "from engine.policies import policy\n\n\n@policy\ndef no(plan):\n    '''No.'''\n"
        "    yield plan.refuse('no')\n",
        encoding="utf-8",
    )
    ended = engine("plan")
    assert ended.code == 4
    assert f"{place}: it declares policies that are not asked" in ended.err
