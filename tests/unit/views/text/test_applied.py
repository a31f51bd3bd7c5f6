"""What became of an apply, word for word."""

from __future__ import annotations

import dataclasses
from textwrap import dedent

import pytest

from engine.address import parse_address
from engine.errors import EngineError, ProviderError, StateError
from engine.plan.model import Action, Drift, OutputChange, StepKind
from engine.ports.outcomes import ApplyReport, Outcome
from engine.schema.lifecycle import Removal, Verb
from engine.values.secret import Sealed
from engine.views.style import PLAIN
from engine.views.text.applied import apply_text, failure_text, summary_line
from tests.support import build

OK, FAILED, SKIPPED = Outcome.APPLIED, Outcome.FAILED, Outcome.SKIPPED


@pytest.fixture
def failed() -> ApplyReport:
    """A coupon refused, a code skipped with what hangs on it, and a product made all the same."""
    coupon = build.step("stripe_coupon.c", StepKind.CREATE)
    code = build.step("stripe_promotion_code.p", StepKind.CREATE)
    last = build.step("stripe_promotion_code.q", StepKind.CREATE)
    product = build.step("stripe_product.p", StepKind.CREATE)
    plan = build.plan(
        *(
            build.change(str(step.address), Action.CREATE, line=f"stacks/saas.py:{number}")
            for number, step in enumerate((coupon, code, last, product), start=3)
        ),
        steps=(coupon, code, last, product),
    )
    error = ProviderError(
        "Invalid currency: sk_test_123.",
        status=400,
        param="currency",
        request_id="req_1",
        cause="It is none.",
        hint="take another",
    )
    report: ApplyReport = build.applied(
        plan,
        build.result(coupon, FAILED, error=error),
        build.result(code, SKIPPED, because=coupon.key),
        build.result(last, SKIPPED, because=code.key),
        build.result(product, OK, id="prod_1"),
    )
    return report


def test_a_whole_apply_is_counted_and_its_outputs_listed() -> None:
    """Sensitive outputs stay hidden, whoever knows that they are."""
    step = build.step("stripe_product.p", StepKind.CREATE)
    plan = build.plan(
        build.change("stripe_product.p", Action.CREATE),
        wanted_outputs={"id": ("${stripe_product.p.id}", False), "secret": ("x", True)},
    )
    outputs = {"id": "prod_1", "secret": "x", "sealed": Sealed("01")}
    report = build.applied(plan, build.result(step, OK, id="prod_1"), outputs=outputs)
    assert apply_text(report, PLAIN, verbose=True) == dedent("""\
        Apply complete: 1 created, 0 updated, 0 replaced, 0 removed.

        5 requests made to Stripe, 3 of them could change something.

        Outputs:
          id     = "prod_1"
          sealed = (sensitive)
          secret = (sensitive)""")


def test_outputs_of_several_stacks_stand_under_their_names() -> None:
    """A stack without outputs has no heading."""
    first = build.applied(build.plan(), outputs={"a": 1})
    more = [
        build.applied(build.plan(stack=name), outputs=outputs)
        for name, outputs in (("quiet", {}), ("portals", {"b": 2}))
    ]
    report = dataclasses.replace(
        first,
        plan=dataclasses.replace(
            first.plan,
            plans=(*first.plan.plans, *(plan for entry in more for plan in entry.plan.plans)),
        ),
        results=(*first.results, *(result for entry in more for result in entry.results)),
    )
    assert apply_text(report, PLAIN, operation="Destroy") == dedent("""\
        Destroy complete: 0 created, 0 updated, 0 replaced, 0 removed.

        Outputs:
          saas
            a = 1
          portals
            b = 2""")


def test_rare_actions_are_counted_only_where_they_happened() -> None:
    """The first four are always there."""
    actions = (Action.IMPORT, Action.REVIVE, Action.READ, Action.MOVE, Action.FORGET)
    changes = [build.change(f"stripe_price.{action.value}", action) for action in actions]
    assert summary_line(build.applied(build.plan(*changes))) == (
        "Apply complete: 0 created, 0 updated, 0 replaced, 0 removed, "
        "1 imported, 1 revived, 1 read, 1 moved, 1 forgotten."
    )


def test_a_replacement_counts_when_the_old_object_is_gone_too() -> None:
    """Half a replacement is none."""
    create = build.step("stripe_price.p", StepKind.CREATE)
    remove = build.step("stripe_price.p", StepKind.REMOVE, removal=Removal(verb=Verb.ARCHIVE))
    plan = build.plan(build.change("stripe_price.p", Action.REPLACE))
    whole = build.applied(plan, build.result(create, OK), build.result(remove, OK))
    half = build.applied(
        plan,
        build.result(create, OK),
        build.result(remove, FAILED, error=EngineError("no")),
    )
    assert summary_line(whole) == "Apply complete: 0 created, 0 updated, 1 replaced, 0 removed."
    assert summary_line(half) == (
        "Apply incomplete: 0 created, 0 updated, 0 replaced, 0 removed; 1 failed, 0 skipped."
    )
    assert "stripe_price.p could not be archived\n    no" in failure_text(half, PLAIN)


def test_a_failure_names_what_why_and_what_was_skipped(failed: ApplyReport) -> None:
    """Stripe's words, its request, the way on; and no key in any of it."""
    assert failure_text(failed, PLAIN) == dedent("""\
        Error: 1 operation failed

          stripe_coupon.c could not be created  stacks/saas.py:3
            Invalid currency: sk_test_(redacted).
            It is none.
            (HTTP status 400, parameter currency, request req_1)
            Hint: take another
            Skipped because of it:
              create stripe_promotion_code.p
              create stripe_promotion_code.q

        What was done is recorded. Fix what failed, then run engine apply again: \
it goes on from here.""")


def test_after_a_saved_plan_that_failed_only_a_new_plan_helps(failed: ApplyReport) -> None:
    """The saved one does not fit the state that it changed itself."""
    saved = dataclasses.replace(failed, plan=dataclasses.replace(failed.plan, saved=True))
    assert failure_text(saved, PLAIN).endswith(
        "Fix what failed, then run engine plan again: it goes on from here."
    )


def test_an_incomplete_apply_counts_failed_and_skipped_operations(failed: ApplyReport) -> None:
    """The numbers are those of the report."""
    assert not failed.is_whole
    assert summary_line(failed) == (
        "Apply incomplete: 1 created, 0 updated, 0 replaced, 0 removed; 1 failed, 2 skipped."
    )


def test_a_run_that_was_stopped_says_how_to_go_on() -> None:
    """Nothing failed, so nothing has to be put right."""
    step = build.step("stripe_product.p", StepKind.CREATE)
    plan = build.plan(build.change("stripe_product.p", Action.CREATE), steps=(step,))
    report = build.applied(
        plan, build.result(step, SKIPPED, because="interrupted"), interrupted=True
    )
    assert failure_text(report, PLAIN, operation="Destroy") == dedent("""\
        Error: the run was stopped; what was under way was finished

        What was done is recorded. Run engine destroy again: it goes on from here.""")


def test_stacks_that_were_not_reached_are_named(failed: ApplyReport) -> None:
    """A failure ends the run after its stack."""
    step = build.step("stripe_product.p", StepKind.CREATE)
    waiting = build.plan(
        build.change("stripe_product.p", Action.CREATE), stack="portals", steps=(step,)
    )
    quiet = build.plan(stack="quiet")
    report = dataclasses.replace(
        failed,
        plan=dataclasses.replace(failed.plan, plans=(*failed.plan.plans, waiting, quiet)),
    )
    assert "\n\nNot begun: stack portals.\n\n" in failure_text(report, PLAIN)


def test_a_state_that_could_not_be_written_is_the_first_thing_to_know() -> None:
    """What happened on Stripe and is recorded nowhere is named with its id."""
    step = build.step("stripe_product.p", StepKind.CREATE)
    plan = build.plan(build.change("stripe_product.p", Action.CREATE), steps=(step,))
    error = StateError("state/local/saas.json cannot be written", hint="make room on the disk")
    report = build.applied(
        plan, build.result(step, FAILED, id="prod_1", error=error), unsaved=error
    )
    assert failure_text(report, PLAIN) == dedent("""\
        Error: the state of stack saas could not be written
          state/local/saas.json cannot be written
          Hint: make room on the disk
          Done on Stripe, not recorded: create stripe_product.p [prod_1]""")


def test_a_failure_without_a_known_cause_is_still_named() -> None:
    """A result may say no more than that it failed."""
    step = build.step("stripe_product.p", StepKind.SETTLE)
    report = build.applied(build.plan(), build.result(step, FAILED), build.result(step, SKIPPED))
    assert "  stripe_product.p could not be completed\n\n" in failure_text(report, PLAIN)


def test_a_run_that_sent_nothing_says_that_the_state_changed() -> None:
    """What a refresh recorded, or that outputs alone changed; counts of zero would say nothing."""
    drift = Drift(address=parse_address("stripe_product.p"), type="stripe_product", id="prod_1")
    step = build.step("stripe_product.p", StepKind.RECORD)
    plan = build.plan(refresh_only=True, drift=(drift,), steps=(step,))
    assert apply_text(build.applied(plan, build.result(step, OK)), PLAIN) == (
        "Apply complete: 0 created, 0 updated, 0 replaced, 0 removed.\n"
        "The state was updated to what Stripe has (1 resource); nothing was sent to Stripe."
    )
    outputs = build.plan(outputs=(OutputChange(name="a", after=1),))
    assert apply_text(build.applied(outputs), PLAIN).splitlines()[1] == (
        "Only the state or its outputs changed; nothing was sent to Stripe."
    )


def test_what_stays_is_counted_in_the_result_as_in_the_plan() -> None:
    """Removed from the state, and not from Stripe."""
    plan = build.plan(
        build.change("stripe_price.a", Action.DELETE, removal=Removal(verb=Verb.ARCHIVE)),
        build.change("stripe_price.b", Action.DELETE, removal=Removal(verb=Verb.KEEP)),
    )
    assert summary_line(build.applied(plan), operation="Destroy") == (
        "Destroy complete: 0 created, 0 updated, 0 replaced, 2 removed (1 of them stays on Stripe)."
    )
