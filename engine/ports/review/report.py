"""What `engine review` says of two commits: what was applied between them, and what is wrong."""

from __future__ import annotations

from engine.errors import Problem
from engine.frozen import frozen
from engine.plan.model import Plan


@frozen
class ReviewedStack:
    """A stack whose state differs between two commits.

    Attributes:
        file: Its state file, from the project folder.
        plan: What was applied, as a plan; its warnings are what a reviewer should know.
        before: The serial in the earlier commit; None if it had no state.
        after: The serial in the later commit; None if it has no state.
        account_id: Account of the state; empty if Stripe does not return it.
        livemode: Real money; None if it was never applied.
        embedded: Its account is that of the embedded emulator.
        compared: Both states could be read; if not, a warning of the plan says why.
    """

    file: str
    plan: Plan
    before: int | None
    after: int | None
    account_id: str
    livemode: bool | None
    embedded: bool = False
    compared: bool = True


@frozen
class ReviewReport:
    """What was applied between two commits.

    Attributes:
        base: The earlier commit, as messages name it.
        head: The later commit, or the working tree.
        stacks: The stacks whose states differ, by environment and name.
        findings: What is wrong, in file and line order.
        unchecked: What could not be checked, and why.
    """

    base: str
    head: str
    stacks: tuple[ReviewedStack, ...] = ()
    findings: tuple[Problem, ...] = ()
    unchecked: tuple[str, ...] = ()
