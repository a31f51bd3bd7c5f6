"""Asking policies: what they find, and every way in which one can fail."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import Any

import pytest

from engine.plan.refusal import PolicyFinding
from engine.policies import Finding, Plan
from engine.policies.declare import Policies, Policy
from engine.policies.evaluate import Verdict, ask
from engine.policies.testing import change_of, plan_of

PRO = change_of(
    "stripe_price.pro",
    before={"currency": "usd", "unit_amount": 2000},
    after={"currency": "usd", "unit_amount": 1000},
    line="stacks/shop.py:7",
)


def asked(*checks: Callable[[Plan], Any], mandatory: bool = True) -> Verdict:
    """What comes of asking functions as policies."""
    policies = [
        Policy(
            name=f"p{number}",
            mandatory=mandatory,
            about="",
            check=check,
            defined_at=f"stacks/_policies.py:{number}",
        )
        for number, check in enumerate(checks, start=1)
    ]
    return ask(Policies(declared=tuple(policies)), lambda: plan_of(PRO))


def failure(check: Callable[[Plan], Any]) -> str:
    """Why a plan is refused since a policy failed."""
    verdict = asked(check)
    (refusal,) = verdict.failures
    assert not verdict.findings
    assert (refusal.reference, refusal.policy) == ("policy-failed", "p1")
    assert refusal.place == ("stacks/_policies.py", 1)
    assert refusal.startswith("policy p1 (stacks/_policies.py:1) failed: ")
    assert refusal.endswith(". Until it is put right, no plan is carried out")
    return refusal


def test_a_finding_knows_its_resource_and_its_policy() -> None:
    """Where it is declared, and where the policy is."""

    def check(plan: Plan) -> Any:
        for change in plan.changes:
            yield change.refuse("too cheap")
        yield plan.refuse("not on a Friday")

    (first, second) = asked(check).findings
    assert first == PolicyFinding(
        policy="p1",
        mandatory=True,
        message="too cheap",
        stack="shop",
        address="stripe_price.pro",
        line="stacks/shop.py:7",
        defined_at="stacks/_policies.py:1",
    )
    assert first.sentence == (
        "Policy p1 (stacks/_policies.py:1) refuses stripe_price.pro (stacks/shop.py:7): too cheap"
    )
    assert second.sentence == (
        "Policy p1 (stacks/_policies.py:1) refuses this plan: not on a Friday"
    )


@pytest.mark.parametrize("empty", [None, [], (), iter(())])
def test_nothing_found_is_nothing(empty: Any) -> None:
    """A function that returns nothing has nothing against the plan; a finding may be returned."""
    assert asked(lambda _: empty) == Verdict()
    assert len(asked(lambda plan: plan.refuse("no")).findings) == 1
    assert len(asked(lambda plan: [plan.refuse("no"), plan.refuse("never")]).findings) == 2


@pytest.mark.parametrize(
    ("nonsense", "message"),
    [
        (True, "it gave a bool where a finding is wanted"),
        (0, "it gave a int where a finding is wanted"),
        ("too cheap", "it gave a str where a finding is wanted"),
        (["too cheap"], "it gave a str where a finding is wanted"),
        ([None], "it gave a NoneType where a finding is wanted"),
        ([Finding(message=" ")], "it refuses without a message"),
        (itertools.repeat(Finding(message="x")), "it gave more than 100,000 findings"),
        ([Finding(message=3)], "it refuses without a message"),  # type: ignore[arg-type]
    ],
)
def test_nonsense_is_refused(nonsense: Any, message: str) -> None:
    """It may have meant anything."""
    assert message in failure(lambda _: nonsense)


def test_a_finding_that_is_not_yielded_is_noticed() -> None:
    """A `yield` that was forgotten would let everything pass."""

    def check(plan: Plan) -> None:
        for change in plan.changes:
            change.refuse("too cheap")

    assert "it made a finding and did not yield it: too cheap" in failure(check)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no such price"), "it raised ValueError: no such price at line"),
        (SystemExit(0), "it raised SystemExit: 0 at line"),
        (GeneratorExit(), "it raised GeneratorExit at line"),
    ],
)
def test_what_a_policy_raises_refuses(error: BaseException, text: str) -> None:
    """Also an exit with 0, and also half way through what it yields."""

    def check(plan: Plan) -> Any:
        yield plan.refuse("first")
        raise error

    assert text in failure(check)


def test_a_person_may_interrupt() -> None:
    """That is no failure of the policy."""

    def check(_: Plan) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asked(check)


def test_one_that_fails_keeps_no_other_from_being_asked() -> None:
    """Everything is said at once; each policy has a plan of its own."""

    def spoil(plan: Plan) -> None:
        plan.changes = ()
        del plan._report

    def check(plan: Plan) -> Any:
        return [change.refuse("too cheap") for change in plan.changes]

    verdict = asked(lambda _: 1 / 0, spoil, check)
    assert [one.policy for one in verdict.failures] == ["p1"]
    assert [one.policy for one in verdict.findings] == ["p3"]


def test_what_policies_print_is_not_in_documents(capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to stderr."""
    asked(lambda _: sys.stdout.write("looked\n") and None)
    found = capsys.readouterr()
    assert (found.out, found.err) == ("", "looked\n")


def test_what_authors_write_is_one_harmless_line() -> None:
    """A policy may quote the name of a customer, who chose it."""
    hostile = "\x1b[31mred\x1b[0m\n  `code` | @user\u202e\x00"

    def raises(_: Plan) -> None:
        raise ValueError(hostile)

    (finding,) = asked(lambda plan: plan.refuse(hostile)).findings
    assert finding.message == "[31mred [0m `code` | @user"
    assert "ValueError: [31mred [0m `code` | @user at line" in failure(raises)
