"""What each page shows, and where."""

from __future__ import annotations

import dataclasses
import re
from html import unescape
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.errors import Problem, StackError
from engine.plan.environments.model import Compared, EnvironmentsDifference, Promotion
from engine.plan.impact import Impact, Use
from engine.plan.model import Action, OutputChange, PlanReport, Reason, StepKind
from engine.plan.orphan import Orphan
from engine.plan.rename import Rename
from engine.ports.outcomes import Outcome
from engine.values.markers import UNKNOWN
from engine.values.secret import Sealed
from engine.views.html.view import HtmlView
from engine.views.style import PLAIN
from engine.views.text.plan import plan_text
from engine.views.view import Page, ViewOptions
from tests.support import build, reports

VIEW = HtmlView(ViewOptions(style=PLAIN))


def shown(page: Page) -> str:
    """The text of a page, in its order, with one blank between its parts."""
    body = VIEW.written(page).partition("<body>")[2].partition("<script>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def plan(report: PlanReport) -> str:
    """The text of a plan's page."""
    return shown(VIEW.plan(report))


def test_a_plan_begins_with_where_it_is() -> None:
    """Environment, account, stacks and mode, and what it comes to."""
    text = plan(reports.five_changes())
    assert text.startswith(
        "Skip to the content Plan for local Plan: 1 to create, 1 to update, 2 to replace, "
        "1 to remove. Environment local (embedded emulator) Account acct_1 Stacks saas, portal "
        "Mode test mode Dark theme Warnings Money "
        "Changed outside of the code since the last apply Changes Graph Changes to outputs"
    )


def test_live_mode_is_marked() -> None:
    """In words, and for the eye."""
    text = VIEW.written(VIEW.plan(reports.refused()))
    assert '<header class="top live">' in text
    assert '<span class="mode red">LIVE MODE</span>' in text
    assert 'class="top live"' not in VIEW.written(VIEW.plan(reports.five_changes()))


def test_money_is_first_and_says_what_uses_it() -> None:
    """Each with a link to its change; what changes is before what ends."""
    page = VIEW.written(VIEW.plan(reports.five_changes(livemode=None)))
    money = page.partition('id="money"')[2].partition("</section>")[0]
    assert 'href="#saas:stripe_price.pro_monthly"' in money
    assert "$20.00 \N{RIGHTWARDS ARROW} $24.00 a month, +20 %, the old price is archived" in money
    assert "used by: 1,000+ active subscriptions: they keep paying the old price" in money
    assert money.index("+20 %") < money.index("-20.2 %") < money.index("$5.00 off once; deleted")
    assert page.index('id="money"') < page.index('id="rows"')


def test_a_promotion_says_where_its_code_is_from() -> None:
    """And what will still differ."""
    remaining = EnvironmentsDifference(
        environments=(
            Compared(environment="test", embedded=False, account_id="acct_1", livemode=False),
            Compared(environment="live", embedded=False, account_id="acct_1", livemode=True),
        ),
        stacks=(),
        refreshed=True,
        everything=False,
        requests=3,
    )
    report = reports.five_changes(environment="live", embedded=False, livemode=True)
    text = shown(VIEW.promoted(Promotion(source="test", report=report, remaining=remaining)))
    assert "From test Environment live" in text
    assert "What still differs After this, test and live agree." in text


def test_many_amounts_open_on_request() -> None:
    """So that they do not push everything else off the screen."""
    page = VIEW.written(VIEW.plan(reports.many_changes()))
    money = page.partition('id="money"')[2].partition("</section>")[0]
    shown, _, more = money.partition("<summary>480 more</summary>")
    assert shown.count("<tr") == 20
    assert more.count("<tr") == 480


def test_what_is_in_use_and_no_amount_is_named() -> None:
    """A coupon that was redeemed, a portal that is open: next to the money, in the same words."""
    uses = (Use(what="redemptions", count=3),)
    impact = Impact(
        stack="portal",
        address=parse_address("stripe_billing_portal_configuration.portal"),
        id="bpc_portal",
        uses=uses,
    )
    text = plan(reports.five_changes(impacts=(impact,)))
    assert "In use Portal 3 redemptions" in text
    assert text.index("In use Portal") < text.rindex("Changed outside of the code since")


@pytest.mark.parametrize("report", [reports.five_changes(), reports.many_changes(60)])
def test_every_change_is_there_with_all_that_text_says_of_it(report: PlanReport) -> None:
    """Its symbol, address, line, heading, leaves and notes, and a row to filter it by."""
    page = VIEW.written(VIEW.plan(report))
    text = shown(VIEW.plan(report))
    for one in report.plans:
        for change in one.pending:
            assert f'id="{one.stack}:{change.address}"' in page
            assert f'data-action="{change.action.value}"' in page
            assert change.address in text
            assert change.line in text
    plain = plan_text(report, loader.schemas(), PLAIN)
    for line in plain.splitlines():
        leaf = re.match(r"      [-+~.] (\S+): +(.*)", line)
        if leaf:
            assert f"{leaf[1]} {' '.join(leaf[2].split())}" in text


def test_chips_count_what_they_choose() -> None:
    """One for each action, in the words of the summary."""
    page = VIEW.written(VIEW.plan(reports.five_changes()))
    chips = re.findall(r'name="(\w+)" value="(\S+)".*?>([^<>]+)</button>', page)
    assert [chip for chip in chips if chip[0] == "action"] == [
        ("action", "create", "1 to create"),
        ("action", "update", "1 to update"),
        ("action", "replace", "2 to replace"),
        ("action", "delete", "1 to remove"),
    ]


def test_a_refused_plan_says_so_before_anything_else() -> None:
    """Each refusal with its way on."""
    text = plan(reports.refused())
    assert text.index("This plan is refused") < text.index("Warnings") < text.index("Money")
    assert "policy no-price-cut stripe_price.team_monthly" in text
    assert (
        "take lifecycle=Lifecycle(protect=True) out in a change of its own first "
        "protected stripe_price.team_monthly stacks/saas.py:31"
    ) in text
    assert "engine plan --allow-mass-change if that is meant mass-change" in text


def test_a_plan_with_nothing_to_do_says_why() -> None:
    """And has no filters."""
    text = plan(reports.nothing())
    assert "No changes. What is on Stripe is what the code says." in text
    assert "Filter" not in text


def test_what_surrounds_the_changes_is_there() -> None:
    """Drift, outputs, renames, stacks without a module."""
    rename = Rename(
        stack="saas",
        old=parse_address("stripe_price.old"),
        new=parse_address("stripe_price.pro_monthly"),
        same="amount and interval",
        line="stacks/saas.py:12",
        loses="its subscribers",
    )
    orphan = Orphan(
        stack="legacy", environment="local", addresses=(parse_address("stripe_coupon.c1"),)
    )
    text = plan(reports.five_changes(renames=(rename,), orphans=(orphan,)))
    assert "Changed outside of the code since the last apply" in text
    assert 'nickname "Team" -> "Team (old)"' in text
    assert "Changes to outputs Stack saas + pro_id (known after apply)" in text
    assert 'moved("stripe_price.old", "stripe_price.pro_monthly")' in text
    assert "engine destroy legacy -e local" in text


def test_sensitive_outputs_and_leaves_are_masked() -> None:
    """The record says that neither side may be shown."""
    change = build.change(
        "stripe_webhook_endpoint.hook",
        Action.UPDATE,
        reasons=(Reason.CHANGED,),
        before={"url": Sealed("0" * 16)},
        after={"url": Sealed("1" * 16)},
        fields=(build.field("url", "old-hidden", "new-hidden", sensitive=True),),
    )
    output = OutputChange(name="hook", before="old-hidden", after=UNKNOWN, sensitive=True)
    text = VIEW.written(VIEW.plan(build.report(build.plan(change, outputs=(output,)))))
    assert "old-hidden" not in text
    assert "new-hidden" not in text
    assert text.count("(sensitive)") == 3  # in the line, in the leaf, in the output


def test_an_apply_shows_what_failed_first() -> None:
    """What failed and why, what was skipped because of it, and how it goes on."""
    text = shown(VIEW.applied(reports.failed_apply(), "Apply"))
    assert text.index("Apply incomplete: 1 created") < text.index("Error: 1 operation failed")
    assert "stripe_price.pro_monthly could not be created stacks/saas.py:12" in text
    assert "(HTTP status 400, code resource_already_exists, request req_1)" in text
    assert "Skipped because of it: create stripe_price.team_monthly" in text
    assert "Fix what failed, then run engine apply again" in text
    assert "1 failed" in text
    assert "2 applied" in text
    assert 'Outputs pro_id "prod_1"' in text


def test_an_apply_can_be_filtered_by_outcome() -> None:
    """Each row has what became of it."""
    page = VIEW.written(VIEW.applied(reports.failed_apply(), "Apply"))
    outcomes = re.findall(r'data-outcome="(\w+)"', page)
    assert outcomes == ["applied", "failed", "skipped", "applied"]


def test_a_stack_that_was_not_reached_is_not_applied() -> None:
    """Nor is its money."""
    done = reports.failed_apply()
    report = dataclasses.replace(done, plan=reports.five_changes(), results=())
    page = VIEW.written(VIEW.applied(report, "Apply"))
    assert re.findall(r'data-outcome="([\w ]+)"', page) == ["not begun"] * 5
    assert 'id="money"' not in page
    assert "Not begun: stack saas, stack portal." in page


def test_a_whole_apply_says_what_was_done() -> None:
    """Not what was to be done."""
    plan = build.plan(reports.new_product("pro"))
    step = build.step("stripe_product.pro", StepKind.CREATE)
    page = VIEW.applied(build.applied(plan, build.result(step, Outcome.APPLIED)), "Apply")
    text = shown(page)
    assert "Apply complete: 1 created" in text
    assert "1 applied + 1 created" in text
    assert "to create" not in text


def test_an_apply_of_nothing_is_its_plan() -> None:
    """As in text."""
    page: Any = VIEW.applied(build.applied(build.plan()), "Apply")
    assert "No changes." in shown(page)


def test_a_state_shows_its_resources_with_their_money() -> None:
    """By stack, with what else is known of each, and the outputs."""
    text = shown(VIEW.states("live", [reports.state()]))
    assert "3 resources in 1 stack." in text
    assert "Pro monthly (pro_monthly) stripe_price.pro_monthly $20.00 a month price_1" in text
    assert "unit_amount 2000 ($20.00)" in text
    assert "replaced price_0, which is still to be removed" in text
    assert "LIVE MODE" in text


def test_a_review_shows_what_is_wrong_and_what_was_applied() -> None:
    """In the past, each stack with its environment."""
    text = shown(VIEW.reviewed(reports.reviewed()))
    assert "From main To pricing Mode LIVE MODE" in text
    assert text.index("the serial goes down") < text.index("$20.00 \N{RIGHTWARDS ARROW} $24.00")
    assert "2 replaced" in text
    assert "the old price was archived" in text
    assert "Stack live/saas" in text


def test_a_list_of_many_is_folded() -> None:
    """Thousands of warnings do not push the changes off the page."""
    warnings = tuple(f"warning {at}" for at in range(50))
    page = VIEW.written(VIEW.plan(build.report(build.plan(warnings=warnings))))
    first, _, more = page.partition("<summary>30 more</summary>")
    assert first.count("<li>warning") == 20
    assert more.count("<li>warning") == 30


def test_an_error_says_what_to_do() -> None:
    """Message, cause and hint; of findings each one with its place."""
    text = shown(VIEW.error(reports.refusal()))
    assert "the plan is refused" in text
    assert "Cause stripe_price.pro_monthly is protected" in text
    assert "What to do next take the protection out in a change of its own" in text
    problem = Problem("stacks/saas.py", 12, "unknown argument", hint="did you mean unit_amount?")
    text = shown(VIEW.error(StackError((problem,))))
    assert "1 problem in the stacks" in text
    assert "stacks/saas.py:12 unknown argument did you mean unit_amount?" in text
