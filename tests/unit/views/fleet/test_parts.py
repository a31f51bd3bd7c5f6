"""Fleets in each format: counts, plans once, reasons once, and nothing that could do harm."""

from __future__ import annotations

import dataclasses
import json

import pytest
from markdown_it import MarkdownIt

from engine.plan.model import OutputChange
from engine.ports.fleet.members import Member
from engine.ports.fleet.reports import FleetGroup, FleetPlan, FleetReport
from engine.ports.fleet.tasks import Failure, MemberOutcome, MemberResult
from engine.views.fleet.parts import result_parts, wrong_counts
from engine.views.formats import FORMATS, report_view_of
from engine.views.html.view import HtmlView
from engine.views.markdown.inline import size
from engine.views.markdown.view import MarkdownView
from engine.views.style import PLAIN
from engine.views.text.view import TextView
from engine.views.view import ViewOptions
from tests.support import build, fleets
from tests.support.documents import misfits

OPTIONS = ViewOptions(style=PLAIN)
VERBOSE = ViewOptions(style=PLAIN, verbose=True)
HOSTILE = "<script>alert(1)</script> | `a` @team #12 \x1b[31mred \u202egnp"


def written(name: str, page: FleetPlan | FleetReport, options: ViewOptions = OPTIONS) -> str:
    """A page in a format."""
    view = report_view_of(name)(options)
    made = view.fleet_plan(page) if isinstance(page, FleetPlan) else view.fleet_report(page)
    return view.written(made)


def test_parts_are_counted_largest_first() -> None:
    """With what their plans do; money is said to be of each account; failures are last."""
    lines = written("text", fleets.PLANS["large"]).splitlines()
    assert lines[0] == "Fleet shops on live: 2,000 accounts."
    assert lines[1] == "  1,912 accounts: no changes"
    assert lines[2].startswith("  60 accounts: replace Pro monthly: $20.00 -> $24.00 a month")
    assert lines[2].endswith("on each of 60 accounts")
    assert lines[3].startswith("  20 accounts: update Pro")
    assert lines[4].startswith("  5 accounts: replace Pro monthly: $20.00 -> $26.00 a month")
    assert lines[5] == "  3 accounts: failed: the key of acct_90000 is not accepted"


def test_each_plan_is_shown_once_with_its_accounts() -> None:
    """The first few by name; what differs from the most usual plan is said."""
    text = written("text", fleets.PLANS["large"])
    assert text.count("What the symbols mean:") == 3
    assert "acct_1, acct_2, acct_3, acct_4, acct_5 and 55 more; --verbose lists them" in text
    assert "Other than in the plan of 60 accounts:\n    saas:stripe_price.pro-monthly:" in text
    end = text.splitlines()[-2:]
    assert end == [
        (
            "Plan for fleet shops: 85 accounts to change (85 changes), 1,912 unchanged, "
            "3 accounts failed."
        ),
        "6,005 requests made to Stripe.",
    ]
    verbose = written("text", fleets.PLANS["large"], VERBOSE)
    assert "acct_60" in verbose
    assert "lists them" not in verbose


def test_equal_reasons_are_said_once() -> None:
    """Of 2,000 accounts that failed alike, with what to do."""
    text = written("text", fleets.PLANS["failed"])
    assert text.count("Stripe answered 401.") == 1
    assert text.count("Hint: set the variable again") == 1
    assert "and 1,995 more" in text
    assert "No changes." not in text


def test_nothing_to_do() -> None:
    """It is said, with what it took."""
    text = written("text", fleets.PLANS["unchanged"])
    assert "2,000 accounts: no changes" in text
    assert "No changes." in text


def test_a_canary_that_failed() -> None:
    """What became of it, why the others were not begun, and the command that goes on."""
    lines = written("text", fleets.REPORTS["canary"]).splitlines()
    assert lines[:2] == [
        (
            "Apply of fleet shops incomplete: 1 applied, 1 failed, 83 skipped, "
            "3 without a plan to apply."
        ),
        "Stopped: a canary failed",
    ]
    assert lines[-1] == "To go on: engine apply --fleet shops --resume"
    assert any(line == "83 accounts: skipped" for line in lines)


@pytest.mark.parametrize("case", fleets.PLANS)
def test_a_plan_is_the_document_of_its_schema(case: str) -> None:
    """And the numbers add up."""
    document = json.loads(written("json", fleets.PLANS[case]))
    assert misfits("fleet-plan", document) == []
    counts = document["accounts"]
    assert counts["total"] == counts["changed"] + counts["unchanged"] + counts["failed"]


@pytest.mark.parametrize("case", fleets.REPORTS)
def test_a_report_is_the_document_of_its_schema(case: str) -> None:
    """With the requests of the apply."""
    document = json.loads(written("json", fleets.REPORTS[case]))
    assert misfits("fleet-apply", document) == []
    assert document["requests"] == fleets.REPORTS[case].requests


def test_a_comment_has_room_for_any_fleet() -> None:
    """Whatever the number of groups; a fold for each of the first ones."""
    many = (
        fleets.group(str(at), fleets.members(at * 10, 3), fleets.dearer(3000 + at))
        for at in range(400)
    )
    page = written("markdown", fleets.fleet(10, *many, bad=500))
    assert size(page) < 65_536
    assert "390 more plans have a line above and no fold" in page
    assert written("markdown", fleets.PLANS["large"]).count("<details><summary>") == 3


def test_a_page_finds_accounts_by_their_names() -> None:
    """Each of 2,000 is in the row of its part, which is closed."""
    page = written("html", fleets.PLANS["large"])
    for name in ("acct_1", "acct_104", "acct_204", "acct_11911", "acct_90002"):
        assert name in page
    assert page.count('class="row ') == 5
    assert "<details open" not in page


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_what_a_reviewer_has_to_know_is_on_the_page(name: str) -> None:
    """Live mode, warnings of a plan, and outputs that change without a change of an object."""
    plan = build.plan(
        warnings=("this price is in use",), outputs=(OutputChange(name="price_id", after="new"),)
    )
    whole = build.report(plan, livemode=True)
    group = FleetGroup(key="a", plan=whole, members=fleets.members(1, 2))
    page = written(name, fleets.fleet(1, group))
    for words in ("LIVE MODE", "this price is in use", "price_id"):
        assert words in page
    assert "only the state or its outputs" in page


def hostile() -> FleetPlan:
    """A fleet in which whatever comes from outside is hostile."""
    member = Member(name=HOSTILE, account="acct_1")
    failure = Failure(reference="x", message=HOSTILE, cause=HOSTILE, hint=HOSTILE)
    result = MemberResult(member=member, outcome=MemberOutcome.FAILED, failure=failure)
    return FleetPlan(
        fleet="shops",
        environment="live",
        stacks=("saas",),
        groups=(fleets.group("a", (member, member), fleets.renamed()),),
        unchanged=(member,),
        failed=(result,),
        former=(HOSTILE,),
    )


@pytest.mark.parametrize("name", FORMATS)
def test_names_do_no_harm(name: str) -> None:
    """No control character is left, no markup, no mention and no end of code."""
    plan = hostile()
    for page in (plan, FleetReport(plan=plan, results=plan.failed, stopped=HOSTILE)):
        text = written(name, page, VERBOSE)
        assert "\x1b" not in text
        assert "\u202e" not in text
        if name == "html":
            assert "<script>alert" not in text
        if name == "markdown":
            html = MarkdownIt("commonmark", {"html": True}).render(text)
            assert "<script>" not in html
            assert "@team" not in "".join(part.split("<code")[0] for part in html.split("</code>"))


@pytest.mark.parametrize("view", [TextView, MarkdownView, HtmlView])
def test_a_page_grows_with_its_accounts_alone(
    view: type[TextView | MarkdownView | HtmlView],
) -> None:
    """Ten times as many accounts are at most ten times as long."""
    pages = [
        view(OPTIONS).written(
            view(OPTIONS).fleet_plan(
                fleets.fleet(10, fleets.group("a", fleets.members(1, count), fleets.dearer()))
            )
        )
        for count in (200, 2000)
    ]
    assert len(pages[1]) < 11 * len(pages[0])


@pytest.mark.parametrize("name", FORMATS)
def test_accounts_that_left_are_named_in_every_format(name: str) -> None:
    """The first few of many; a program gets all."""
    plan = dataclasses.replace(fleets.PLANS["one"], former=("acct_gone",))
    assert "acct_gone" in written(name, plan)
    many = dataclasses.replace(plan, former=tuple(f"acct_{number}" for number in range(5000)))
    assert name == "json" or "acct_4999" not in written(name, many)


def test_what_went_wrong_is_counted_by_its_kind() -> None:
    """As stderr and the conclusion say it."""
    results = (
        *fleets.failed(fleets.members(1, 1)),
        *fleets.failed(fleets.members(2, 1200), MemberOutcome.REFUSED),
    )
    assert wrong_counts(results) == ["1 account failed", "1,200 accounts refused"]


def test_keys_that_are_not_set_are_one_reason() -> None:
    """Each account names a variable of its own."""
    results = [
        MemberResult(
            member=Member(name=name, key=f"{name.upper()}_KEY"),
            outcome=MemberOutcome.FAILED,
            failure=Failure(reference="settings", message="no key", cause=f"{name.upper()}_KEY"),
        )
        for name in ("acme", "globex")
    ]
    assert [part.names for part in result_parts(results)] == [("acme", "globex")]
