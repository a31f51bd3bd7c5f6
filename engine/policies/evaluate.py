"""Ask policies about a plan: what they have against it, and which of them cannot be asked."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.frozen import frozen
from engine.plan.refusal import PlanRule, PolicyFinding, Refusal
from engine.policies.declare import Policies, Policy
from engine.policies.plan import Finding, Plan

_SHOWN = 60
_MOST = 100_000
"""Findings of one policy: a loop without an end would take all memory."""


class NonsenseError(Exception):
    """What a policy returned is no finding."""


@frozen
class Verdict:
    """What came of asking.

    Attributes:
        findings: What policies have against the plan.
        failures: Why it is refused since policies could not be asked.
    """

    findings: tuple[PolicyFinding, ...] = ()
    failures: tuple[Refusal, ...] = ()


def ask(policies: Policies, plan: Callable[[], Plan]) -> Verdict:
    """Ask policies, each of them about a plan of its own, so that none changes what others see.

    Args:
        policies: The policies.
        plan: Makes the plan.
    """
    failures = [
        Refusal(
            f"{problem.file}{f':{problem.line}' if problem.line else ''}: "
            + _in_a_line(problem.message + (f" ({problem.hint})" if problem.hint else ""))
            + ". Until it is put right, no plan is carried out",
            PlanRule.POLICY_FAILED,
            line=f"{problem.file}:{problem.line}" if problem.line else problem.file,
        )
        for problem in policies.problems
    ]
    findings: list[PolicyFinding] = []
    for policy in policies.declared:
        try:
            found = findings_of(policy.check, plan())
        except BaseException as error:
            if type(error) is KeyboardInterrupt:
                raise  # the person's
            failures.append(_failure(policy, error))
            continue
        findings.extend(
            PolicyFinding(
                policy=policy.name,
                mandatory=policy.mandatory,
                message=_in_a_line(finding.message),
                stack=finding.stack,
                address=finding.address,
                line=finding.line,
                defined_at=policy.defined_at,
            )
            for finding in found
        )
    return Verdict(findings=tuple(findings), failures=tuple(failures))


def findings_of(check: Callable[[Any], Any], plan: Plan) -> Sequence[Finding]:
    """What one policy has against a plan.

    Raises:
        NonsenseError: if it returns something else, or has made a finding that it does not yield.
    """
    with contextlib.redirect_stdout(sys.stderr):
        found = tuple(_findings(check(plan)))
    for finding in plan.unyielded(found):
        raise NonsenseError(f"it made a finding and did not yield it: {finding.message[:_SHOWN]}")
    return found


def _findings(returned: Any) -> Iterator[Finding]:
    if returned is None:
        return
    if isinstance(returned, Finding):
        yield returned
        return
    if isinstance(returned, (str, bytes, bool)) or not hasattr(returned, "__iter__"):
        raise NonsenseError(_no_finding(returned))
    for number, one in enumerate(returned):
        if number == _MOST:
            raise NonsenseError(f"it gave more than {_MOST:,} findings: does its loop end?")
        if not isinstance(one, Finding):
            raise NonsenseError(_no_finding(one))
        if not isinstance(one.message, str) or not one.message.strip():
            raise NonsenseError("it refuses without a message")
        yield one


def _no_finding(value: Any) -> str:
    return (
        f"it gave a {type(value).__name__} where a finding is wanted: "
        'yield change.refuse("...") or plan.refuse("...")'
    )


def _failure(policy: Policy, error: BaseException) -> Refusal:
    """Why a plan is refused since a policy could not be asked."""
    line = policy.defined_at
    what = _in_a_line(_text(error))
    if not isinstance(error, NonsenseError):
        what = f"it raised {what} at line {_line(error, policy)}"
    return Refusal(
        f"policy {policy.name} ({line}) failed: {what}. Until it is put right, no plan is carried "
        "out",
        PlanRule.POLICY_FAILED,
        line=line,
        policy=policy.name,
    )


def _in_a_line(text: str) -> str:
    """A text of an author, who may quote one of the account: nothing that a terminal acts on."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _text(error: BaseException) -> str:
    if isinstance(error, NonsenseError):
        return str(error)
    name = type(error).__name__
    try:
        text = error.message if isinstance(error, EngineError) else str(error)
    except Exception:  # noqa: BLE001 - authors' code may raise anything
        text = ""
    return f"{name}: {text}" if text else name


def _line(error: BaseException, policy: Policy) -> int:
    """The line of the policy's file that raised, as far as it is known."""
    file = Path(policy.defined_at.rpartition(":")[0]).name
    frames = [
        frame.lineno or 0
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).name == file
    ]
    return frames[-1] if frames else int(policy.defined_at.rpartition(":")[2] or 0)
