"""What an apply reports, and the hook that does nothing."""

from __future__ import annotations

from engine.address import parse_address
from engine.plan.model import PlanReport, Step, StepKind
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyReport, ApplyResult, Outcome, StepResult
from engine.state.model import State
from engine.stripe.http.rate_limiter import RateLimiter

STATE = State(stack="s", environment="test", lineage="l")
STEP = Step(
    key="create stripe_product.a",
    kind=StepKind.CREATE,
    address=parse_address("stripe_product.a"),
    type="stripe_product",
)


def test_failures_over_all_stacks() -> None:
    """A report gathers the failures of every stack, in order, and nothing else."""
    failed = StepResult(step=STEP, outcome=Outcome.FAILED)
    fine = StepResult(step=STEP, outcome=Outcome.APPLIED)
    first = ApplyResult(stack="a", state=STATE, results=(fine, failed))
    second = ApplyResult(stack="b", state=STATE, results=(failed,))
    plan = PlanReport(
        environment="test", embedded=True, account_id="", livemode=None, plans=(), requests=0
    )
    report = ApplyReport(plan=plan, approved=True, results=(first, second), requests=3, writes=2)
    assert first.failures == (failed,)
    assert report.failures == (failed, failed)


def test_a_hook_does_nothing() -> None:
    """Whoever does not listen is not disturbed."""
    hook = Hook()
    result = ApplyResult(stack="s", state=STATE)
    hook.waiting_for_lock("s", "ann")
    hook.connected(RateLimiter(rate=None))
    hook.refreshing("s", 1)
    hook.answered()
    hook.slowed(12.5)
    hook.refreshed("s")
    hook.apply_started("s", 1)
    hook.step_started(STEP)
    hook.step_finished(StepResult(step=STEP, outcome=Outcome.SKIPPED))
    hook.apply_finished(result)
    assert vars(hook) == {}
