"""What [tool.engine.policies] switches on, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.policies.shipped.settings import SHIPPED, shipped_policies
from engine.policies.testing import change_of, plan_of, refused_by

NOWHERE = Path("/nowhere")
BOTH = """[tool.engine.policies]
lookup-keys = 1
[tool.engine.environments.{}.policies]
lookup-keys = 2
"""
GOOD: dict[str, Any] = {
    "max-price-cut": "20%",
    "max-price-rise": "12.5 %",
    "labelled-removals": "retired",
    "lookup-keys": "mandatory",
    "metadata-keys": ["team"],
    "https-only": "advisory",
    "currencies": ["usd", "EUR"],
}


def test_every_policy_that_ships_can_be_switched_on() -> None:
    """Mandatory unless it says otherwise."""
    found = shipped_policies(GOOD, NOWHERE, "live")
    assert found.problems == ()
    assert {policy.name for policy in found.declared} == set(SHIPPED)
    advisory = [policy.name for policy in found.declared if not policy.mandatory]
    assert advisory == ["https-only"]


def test_a_table_says_more() -> None:
    """The level, and for which resources it does not hold."""
    table = {"lookup-keys": {"level": "advisory", "allow": ["stripe_price.old-*", "other:*"]}}
    (policy,) = shipped_policies(table, NOWHERE, "live").declared
    assert not policy.mandatory
    changes = [change_of(f"stripe_price.{name}", after={}) for name in ("old-1", "new")]
    assert len(refused_by(policy.check, plan_of(*changes))) == 1
    assert len(refused_by(policy.check, plan_of(*changes, stack="other"))) == 0
    table = {"max-price-cut": {"value": "5%"}}
    (policy,) = shipped_policies(table, NOWHERE, "live").declared
    assert policy.mandatory
    assert policy.check.args[1] == Decimal("0.05")  # type: ignore[attr-defined]


def test_false_switches_one_off() -> None:
    """As an environment does that is not to have it."""
    assert not shipped_policies({"lookup-keys": False}, NOWHERE, "live")


@pytest.mark.parametrize(
    ("name", "said", "message", "hint"),
    [
        ("max-prise-cut", "20%", "is none that ships", "did you mean 'max-price-cut'?"),
        ("frobnicate", "20%", "is none that ships", f"known: {', '.join(SHIPPED)}"),
        ("max-price-cut", 20, 'takes a share, such as "20%"', None),
        ("max-price-cut", "20", 'takes a share, such as "20%"', None),
        ("max-price-cut", "-20%", 'takes a share, such as "20%"', None),
        ("max-price-cut", "120%", 'takes a share below 100 %, such as "20%"', None),
        ("max-price-cut", "100%", 'takes a share below 100 %, such as "20%"', None),
        ("max-price-cut", True, 'takes a share, such as "20%"', None),
        ("max-price-cut", {"level": "advisory"}, 'takes a share, such as "20%"', None),
        ("max-price-cut", {"share": "20%"}, "has no key 'share'; it has value, level, allow", None),
        ("max-price-cut", {"value": "20%", "level": "soft"}, 'is "mandatory", "advisory"', None),
        ("max-price-cut", {"value": "20%", "allow": "*"}, "takes a list of texts", None),
        ("lookup-keys", True, 'is "mandatory", "advisory" or false', None),
        ("lookup-keys", "yes", 'is "mandatory", "advisory" or false', None),
        ("lookup-keys", {"value": 1}, "takes no value", None),
        ("metadata-keys", "team", "takes a list of texts", None),
        ("metadata-keys", [], "takes a list of texts", None),
        ("metadata-keys", ["team", ""], "takes a list of texts", None),
        ("currencies", ["dollars"], "takes a list of currencies", None),
        ("labelled-removals", "", "takes the name of a metadata key", None),
        ("labelled-removals", ["x"], "takes the name of a metadata key", None),
    ],
)
def test_what_cannot_be_meant_is_a_problem(
    name: str, said: Any, message: str, hint: str | None
) -> None:
    """It is never taken for off."""
    found = shipped_policies({name: said}, NOWHERE, "live")
    assert found.declared == ()
    (problem,) = found.problems
    assert problem.message.startswith(f"policy {name} in [tool.engine.policies] {message}")
    assert problem.hint == (hint or "docs/how-to/policies.md says what each takes")
    assert problem.reference == "policy-failed"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[tool.engine.policies]\nlookup-keys = "mandatory"\n', 2),
        ('[tool.engine]\npolicies.lookup-keys = "mandatory"\n', 0),
        ('[other]\nlookup-keys = 1\n[tool.engine.policies]\n\n"lookup-keys" = 1\n', 5),
        ('[tool.engine.policies.lookup-keys]\nlevel = "advisory"\n', 1),
        (BOTH.format("live"), 4),
        (BOTH.format("test"), 2),
    ],
)
def test_a_policy_is_at_the_line_that_switches_it_on(tmp_path: Path, text: str, line: int) -> None:
    """The environment's own first."""
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    (policy,) = shipped_policies({"lookup-keys": "mandatory"}, tmp_path, "live").declared
    assert policy.defined_at == (f"pyproject.toml:{line}" if line else "pyproject.toml")
