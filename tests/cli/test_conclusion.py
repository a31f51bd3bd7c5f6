"""How an apply that did not do everything ends."""

from __future__ import annotations

import json

import pytest

from engine.address import parse_address
from engine.cli.invocation import Invocation
from engine.cli.writing import conclude
from engine.errors import EngineError, StateError
from engine.plan.model import Action, Change, Plan, PlanReport, Step, StepKind
from engine.ports.outcomes import ApplyReport, ApplyResult, Outcome, StepResult
from engine.state.model import State

PRODUCT = parse_address("stripe_product.pro")
STEP = Step(
    key="create stripe_product.pro", kind=StepKind.CREATE, address=PRODUCT, type=PRODUCT.type
)
PLAN = Plan(
    stack="shop",
    environment="local",
    lineage="f" * 32,
    serial=0,
    changes=(Change(address=PRODUCT, type=PRODUCT.type, action=Action.CREATE),),
    steps=(STEP,),
)


def report_of(
    result: StepResult, *, interrupted: bool = False, unsaved: EngineError | None = None
) -> ApplyReport:
    """An apply of one operation."""
    return ApplyReport(
        plan=PlanReport(
            environment="local",
            embedded=True,
            account_id="acct_1",
            livemode=False,
            plans=(PLAN,),
            requests=1,
        ),
        approved=True,
        results=(
            ApplyResult(
                stack="shop",
                state=State(stack="shop", environment="local", lineage="f" * 32),
                results=(result,),
                interrupted=interrupted,
                unsaved=unsaved,
            ),
        ),
        requests=2,
        writes=1,
    )


@pytest.mark.parametrize("as_json", [False, True])
def test_a_run_that_was_stopped_exits_130(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    """What was done is told, on stdout in either form, and how to go on."""
    skipped = StepResult(step=STEP, outcome=Outcome.SKIPPED, because="interrupted")
    invocation = Invocation(format="json" if as_json else "text")
    report = report_of(skipped, interrupted=True)
    assert conclude(invocation, report, "Apply") == 130
    written = capsys.readouterr()
    assert "Run engine apply again" in written.err
    if as_json:
        assert json.loads(written.out)["outcomes"][0]["because"] == "interrupted"
    else:
        assert written.out.startswith("Apply incomplete: 0 created")


def test_a_state_that_could_not_be_written_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    """The object that no state knows of is named."""
    error = StateError("state/local/shop.json cannot be written")
    failed = StepResult(step=STEP, outcome=Outcome.FAILED, id="prod_1", error=error)
    report = report_of(failed, unsaved=error)
    assert conclude(Invocation(), report, "Apply") == 1
    assert "Done on Stripe, not recorded: create stripe_product.pro [prod_1]" in (
        capsys.readouterr().err
    )
