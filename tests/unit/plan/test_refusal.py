"""A refusal is its sentence, and knows what it is about."""

from __future__ import annotations

import dataclasses
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.plan.refusal import PlanRule, PolicyFinding, Refusal, RefusedError

ROOT = Path(engine.__file__).parents[1]


def test_another_process_gets_it_whole() -> None:
    """Plans of a fleet come from workers."""
    refusal = Refusal("no", PlanRule.PROTECTED, address="stripe_price.a", line="s.py:1", policy="p")
    back = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - what was just made
    assert type(back) is Refusal
    assert (back, back.reference, back.address, back.line, back.policy) == (
        "no",
        PlanRule.PROTECTED,
        "stripe_price.a",
        "s.py:1",
        "p",
    )


def test_it_reads_as_its_sentence() -> None:
    """Wherever a text is wanted, and compared with one."""
    refusal = Refusal(
        "it is protected", PlanRule.PROTECTED, address="stripe_price.a", line="s.py:1"
    )
    assert refusal == "it is protected"
    assert {refusal} == {"it is protected"}
    assert str(refusal) == f"{refusal}" == "it is protected"
    assert (refusal.reference, refusal.address, refusal.line) == (
        "protected",
        "stripe_price.a",
        "s.py:1",
    )
    assert refusal.policy == ""


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("stacks/saas.py:12", ("stacks/saas.py", 12)),
        ("stacks/_shared.py:3 (from stacks/saas.py:40)", ("stacks/_shared.py", 3)),
        ("stacks/a:b.py:7", ("stacks/a:b.py", 7)),
        ("stacks/saas.py", ("stacks/saas.py", 0)),
        ("", ("", 0)),
    ],
)
def test_where_it_is_declared(line: str, place: tuple[str, int]) -> None:
    """The file and the number, as an editor takes them."""
    assert Refusal("no", PlanRule.PROTECTED, line=line).place == place


def test_it_gets_a_place_once() -> None:
    """What says already what it is about keeps it."""
    refusal = Refusal("no", PlanRule.ADDRESS_TAKEN)
    placed = refusal.at("stripe_price.a", "s.py:1")
    assert (placed, placed.address, placed.line) == ("no", "stripe_price.a", "s.py:1")
    assert placed.reference is PlanRule.ADDRESS_TAKEN
    assert placed.at("stripe_price.b", "s.py:2") is placed


def test_the_error_keeps_its_reasons_with_another_hint() -> None:
    """What programs read stays."""
    refused = (("shop", Refusal("no", PlanRule.PROTECTED)),)
    error = RefusedError("the plan is refused: no", refused, hint="a").with_hint("b")
    assert (error.hint, error.refused, error.exit_code) == ("b", refused, 4)


def test_all_rules_are_documented() -> None:
    """The table of docs/reference/plans.md has each rule once, and no other."""
    text = (ROOT / "docs" / "reference" / "plans.md").read_text(encoding="utf-8")
    _, _, part = text.partition("## What a plan is refused for")
    table, _, _ = part.partition("\n## ")
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == sorted(PlanRule)


FINDING = PolicyFinding(
    policy="no-deep-cuts",
    mandatory=True,
    message="it is cheap",
    stack="shop",
    address="stripe_price.pro",
    line="stacks/shop.py:7",
    defined_at="stacks/_policies.py:3",
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "refuses stripe_price.pro (stacks/shop.py:7): it is cheap"),
        ({"mandatory": False}, "warns of stripe_price.pro (stacks/shop.py:7): it is cheap"),
        ({"line": ""}, "refuses stripe_price.pro: it is cheap"),
        ({"address": "", "line": ""}, "refuses stack shop: it is cheap"),
        ({"address": "", "line": "", "stack": ""}, "refuses this plan: it is cheap"),
    ],
)
def test_a_finding_names_the_policy_and_what_it_is_about(
    changes: dict[str, Any], sentence: str
) -> None:
    """With the lines of both."""
    finding = dataclasses.replace(FINDING, **changes)
    assert finding.sentence == f"Policy no-deep-cuts (stacks/_policies.py:3) {sentence}"


def test_a_mandatory_finding_is_a_refusal() -> None:
    """Programs know it by the policy's name."""
    refusal = FINDING.refusal
    assert refusal == FINDING.sentence
    assert (refusal.reference, refusal.policy, refusal.address, refusal.line) == (
        "policy",
        "no-deep-cuts",
        "stripe_price.pro",
        "stacks/shop.py:7",
    )
