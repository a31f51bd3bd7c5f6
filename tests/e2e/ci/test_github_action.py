"""The steps of the action, in a shell, with a stand-in for GitHub and one account for all jobs."""

from __future__ import annotations

import dataclasses
import io
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.catalog import loader
from engine.emulator.testing.faults import error
from engine.plan.saved.file import decode, encode
from tests.support.ci.github import TOKEN, Blobs, GitHubStandIn
from tests.support.ci.repository import KEY
from tests.support.ci.team import Team
from tests.support.command_line import run_apart
from tests.support.git import git
from tests.support.project import Project
from tests.support.surroundings import served

OTHER = """
    from engine.stripe import Coupon

    Coupon("spring", id="SPRING", percent_off=10, duration="once")
"""
POLICY = """
    from collections.abc import Iterator
    from decimal import Decimal

    from engine.policies import Finding, Plan, policy

    @policy(mandatory=True)
    def no_deep_cuts(plan: Plan) -> Iterator[Finding]:
        \"\"\"No price is cut by more than 20 %.\"\"\"
        for change in plan.changes:
            for amount in change.amounts:
                if amount.share is not None and amount.share < Decimal("-0.2"):
                    yield change.refuse("too deep a cut; ask @finance")
"""
HOOK = """
    from engine.stripe import WebhookEndpoint

    WebhookEndpoint(
        "events", url="https://example.com/hook", enabled_events=["product.created"]
    )
"""
MONTHLY, YEARLY = "unit_amount=2000,", "unit_amount=20000"


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    """A team whose first version is applied."""
    with served(monkeypatch, 11) as emulator:
        base = os.environ["STRIPE_API_BASE"]
        monkeypatch.delenv("STRIPE_API_BASE")
        with Blobs() as blobs, GitHubStandIn(blobs) as github:
            team = Team(tmp_path, github, emulator, base)
            team.propose(1, 'name="Plan"', 'name="Pro"')
            assert team.check(1)[0].code == 0
            team.merge(1)
            ended, _ = team.on_main("apply")
            assert ended.code == 0, ended.err
            yield team


def test_two_branches_change_two_prices(team: Team) -> None:
    """Both comments read right; the second plan is refused once the first is applied, with why."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.propose(3, YEARLY, "unit_amount=24000")
    for number in (2, 3):
        ended, _ = team.check(number)
        assert ended.code == 0, ended.err
    (first,), (second,) = team.comments(2), team.comments(3)
    assert "**Pro monthly**" in first
    assert "$24.00 a month, +20 %" in first
    assert "Pro yearly" not in first
    assert "**Pro yearly**" in second
    assert "$240.00 a year, +20 %" in second
    assert "Pro monthly" not in second.partition("<details>")[0]

    team.merge(2)
    ended, _ = team.on_main("apply")
    assert ended.code == 0, ended.err
    assert "### Apply complete: 0 created, 0 updated, 1 replaced, 0 removed." in team.comments(2)[1]
    state = (team.pulled() / "state/test/shop.json").read_text(encoding="utf-8")
    assert '"unit_amount": 2400' in state

    team.merge(3)
    ended, job = team.on_main("apply")
    assert ended.code == 4
    assert "was made from serial" in ended.err
    assert "### Refused" in team.comments(3)[1]
    assert "run this workflow by hand on main" in team.comments(3)[1]
    assert "### Refused" in job.summary

    ended, _ = team.by_hand()
    assert ended.code == 0, ended.err
    state = (team.pulled() / "state/test/shop.json").read_text(encoding="utf-8")
    assert '"unit_amount": 24000' in state


def test_the_comment_is_one_and_is_edited(team: Team) -> None:
    """After a second push; what others write with the same mark stays theirs."""
    team.github.say(1, "<!-- engine: plan test . -->\nall is fine")
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.github.say(2, "<!-- engine: plan test . -->\nall is fine")
    for _ in range(120):
        team.github.say(2, "nice")
    team.check(2)
    (before,) = team.comments(2)
    team.propose(2, "unit_amount=2400,", "unit_amount=2600,")
    team.check(2)
    (after,) = team.comments(2)
    assert "$24.00" in before
    assert "$26.00 a month, +30 %" in after
    assert team.github.comments[2][0]["body"].endswith("all is fine")


def test_an_older_run_leaves_the_comment_to_the_newer_one(team: Team) -> None:
    """Whichever ends last."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.check(2)
    pull = dict(team.github.pulls[2])
    team.propose(2, "unit_amount=2400,", "unit_amount=2600,")
    newest = team.github.pulls[2]
    team.check(2)
    team.github.pulls[2] = {**newest, "head": {**newest["head"]}}
    job = team.job("pull_request", {"pull_request": pull}, "main")
    ended = job.run(command="plan")
    assert "newer commits" in ended.err
    assert "$26.00" in team.comments(2)[0]


def test_a_plan_that_is_refused_fails_the_check_and_says_which_rule(team: Team) -> None:
    """With the line, in the comment; no artifact is kept."""
    team.propose(2, MONTHLY, "unit_amount=2000, lifecycle=Lifecycle(protect=True),")
    team.edit("from engine import output", "from engine import Lifecycle, output")
    team.github.pull(2, team.commit("Protect"))
    git(team.clone, "push", "--quiet", "origin", "change-2")
    team.check(2)
    team.merge(2)
    assert team.on_main("apply")[0].code == 0
    kept = len(team.github.artifacts)
    team.propose(3, MONTHLY, "unit_amount=2400,")
    ended, _ = team.check(3)
    assert ended.code == 4
    (comment,) = team.comments(3)
    assert "#### This plan is refused" in comment
    assert "**protected**" in comment
    assert "`stacks/shop.py:" in comment
    assert len(team.github.artifacts) == kept


def test_a_policy_stops_a_price_cut_in_the_pull_request(team: Team) -> None:
    """By its name, in the comment; a mention in its words is none."""
    team.propose(2, 'name="Pro"', 'name="Pro plan"')
    team.write("stacks/_policies.py", POLICY)
    team.github.pull(2, team.commit("A policy"))
    git(team.clone, "push", "--quiet", "origin", "change-2")
    ended, _ = team.check(2)
    assert ended.code == 0, ended.err
    team.merge(2)
    assert team.on_main("apply")[0].code == 0
    team.propose(3, MONTHLY, "unit_amount=1000,")
    ended, _ = team.check(3)
    assert ended.code == 4
    (comment,) = team.comments(3)
    assert "#### This plan is refused" in comment
    assert "**Policy no-deep-cuts** (`stacks/_policies.py:" in comment
    assert "ask `@finance`" in comment


def test_only_the_default_branch_is_applied(team: Team) -> None:
    """Started by hand on another branch, and merged into another one."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.check(2)
    team.merge(2)
    for event in ("push", "workflow_dispatch"):
        ended, _ = team.on_main("apply", event, GITHUB_REF="refs/heads/change-2")
        assert ended.code == 4
        assert "this run is of change-2, and what is applied is on main" in ended.err
    assert len(team.comments(2)) == 1


def test_a_secret_is_not_made_where_it_would_be_lost(team: Team) -> None:
    """A webhook's secret is returned once, and the machine is thrown away."""
    team.propose(2, MONTHLY, "unit_amount=2000,\n")
    team.write("stacks/hooks.py", HOOK)
    team.github.pull(2, team.commit("A webhook"))
    git(team.clone, "push", "--quiet", "origin", "change-2")
    team.check(2)
    team.merge(2)
    ended, _ = team.on_main("apply")
    assert ended.code == 4
    assert 'secrets = "command:PROGRAM ..."' in ended.err
    by_hand = Project(team.folder / "by-hand", team.emulator, key=KEY)
    assert by_hand.objects("/v1/webhook_endpoints") == []


def test_a_mistake_in_a_stack_is_in_the_comment(team: Team) -> None:
    """With file and line."""
    team.propose(2, MONTHLY, "unit_amont=2000,")
    ended, _ = team.check(2)
    assert ended.code == 1
    (comment,) = team.comments(2)
    assert "`stacks/shop.py:" in comment
    assert "unit_amont" in comment


def test_a_fork_gets_the_summary_of_the_job(team: Team) -> None:
    """No key, a token that may only read: planned from the state, and nothing is kept."""
    kept = len(team.github.artifacts)
    team.propose(2, MONTHLY, "unit_amount=2400,", fork=True)
    team.github.read_only = True
    pull = team.github.pulls[2]
    job = team.job("pull_request", {"pull_request": pull}, "main", STRIPE_TEST_KEY="")
    git(job.folder, "merge", "--quiet", "--no-edit", "origin/change-2")
    ended = job.run(command="plan")
    assert ended.code == 0, ended.err
    assert team.comments(2) == []
    assert "comes from a fork" in job.summary
    assert "$24.00 a month, +20 %" in job.summary
    assert "cannot be a comment" in ended.err
    assert len(team.github.artifacts) == kept

    team.github.read_only = False
    team.merge(2)
    ended, _ = team.on_main("apply")
    assert ended.code == 4
    assert "comes from a fork" in team.comments(2)[0]


def test_code_of_a_fork_is_not_run_with_secrets(team: Team) -> None:
    """`pull_request_target` is refused."""
    pull = team.github.pull(2, "a" * 40, fork=True)
    job = team.job("pull_request_target", {"pull_request": pull}, "main")
    ended = job.run(command="plan")
    assert ended.code == 1
    assert "pull_request_target" in ended.err


@pytest.mark.parametrize("what", ["missing", "expired", "of a fork", "of another commit"])
def test_without_the_reviewed_plan_nothing_is_applied(team: Team, what: str) -> None:
    """Whatever others have kept under its name."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.check(2)
    artifact = team.github.artifacts[-1]
    if what == "missing":
        team.github.artifacts.pop()
    elif what == "expired":
        artifact["expired"] = True
    elif what == "of a fork":
        artifact["workflow_run"]["head_repository_id"] = 2
    else:
        artifact["workflow_run"]["head_sha"] = "b" * 40
    team.merge(2)
    ended, _ = team.on_main("apply")
    assert ended.code == 4
    assert "there is no saved plan" in ended.err
    assert ("expired" in ended.err) is (what == "expired")
    assert "there is no saved plan" in team.comments(2)[1].replace("`", "")


def test_a_plan_that_another_branch_put_in_its_place_is_refused(team: Team) -> None:
    """Under its name, of its commit, with its digests: the merged code does not ask for it."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.propose(3, MONTHLY, "unit_amount=1,")
    team.check(2)
    team.check(3)
    good, evil = team.github.artifacts[-2:]
    plans = []
    for artifact in (good, evil):
        path = f"/{artifact['id']}"
        with zipfile.ZipFile(io.BytesIO(team.github.blobs.files[path])) as archive:
            raw = archive.read(archive.namelist()[0])
        plans.append(decode(raw, loader.schemas(), path=path))
    (reviewed,), (forged,) = (plan.stacks for plan in plans)
    merged = team.merge(2)
    for declared in (reviewed.plan.declared, ""):
        plan = dataclasses.replace(forged.plan, declared=declared)
        stacks = (dataclasses.replace(forged, plan=plan),)
        raw = encode(dataclasses.replace(plans[1], stacks=stacks))
        team.github.upload(good["name"], raw, good["workflow_run"]["head_sha"])
        ended, _ = team.on_main("apply", commit=merged)
        assert ended.code == 4
        assert "the merged code does not ask for that now" in ended.err
    by_hand = Project(team.folder / "by-hand", team.emulator, key=KEY)
    assert sorted(one["unit_amount"] for one in by_hand.objects("/v1/prices")) == [2000, 20000]


def test_the_code_that_is_merged_is_the_code_that_was_planned(team: Team) -> None:
    """Another merge that is not applied yet changes what this one means."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.check(2)
    team.propose(3, 'name="Pro"', 'name="Pro plan"')
    team.merge(3)
    team.merge(2)
    ended, _ = team.on_main("apply")
    assert ended.code == 4
    assert "something else was merged in between" in ended.err


def test_two_merges_at_once_are_applied_one_after_the_other(team: Team) -> None:
    """The second run begins with a commit that has no state of the first."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.check(2)
    team.propose(3, "yearly = Price", "by_year = Price")
    team.write("stacks/other.py", OTHER)
    team.github.pull(3, team.commit("Another stack"))
    git(team.clone, "push", "--quiet", "origin", "change-3")
    team.check(3)
    first, second = team.merge(2), team.merge(3)
    ended, _ = team.on_main("apply", commit=first)
    assert ended.code == 0, ended.err
    ended, _ = team.on_main("apply", commit=second)
    assert ended.code == 0, ended.err
    states = team.pulled() / "state/test"
    assert '"unit_amount": 2400' in (states / "shop.json").read_text(encoding="utf-8")
    assert "SPRING" in (states / "other.json").read_text(encoding="utf-8")


def test_a_failed_apply_commits_the_state(team: Team) -> None:
    """What was done is recorded, and the job fails."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.edit(YEARLY, "unit_amount=24000")
    team.github.pull(2, team.commit("Both"))
    git(team.clone, "push", "--quiet", "origin", "change-2")
    team.check(2)
    team.merge(2)
    before = (team.pulled() / "state/test/shop.json").read_text(encoding="utf-8")
    team.emulator.faults.add(error("No.", status=402), method="POST", path="/v1/prices")
    ended, job = team.on_main("apply")
    assert ended.code == 1
    assert job.codes["Commit the state"] == 0
    after = (team.pulled() / "state/test/shop.json").read_text(encoding="utf-8")
    assert after != before
    assert "#### Failed" in team.comments(2)[1]


def test_the_token_and_the_key_are_nowhere(team: Team) -> None:
    """Not in what jobs write, not in comments, not sent to where archives are."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    ended, job = team.check(2)
    team.merge(2)
    applied, other = team.on_main("apply")
    assert applied.code == 0
    shown = [ended.out, ended.err, job.summary, applied.out, applied.err, other.summary]
    shown += team.comments(2)
    for text in shown:
        assert TOKEN not in text
        assert KEY not in text
    assert team.github.blobs.asked
    assert all("authorization" not in asked.headers for asked in team.github.blobs.asked)


def test_text_of_a_pull_request_is_no_command(team: Team) -> None:
    """Its title is in the event, and in no shell."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    _, job = team.check(2, stacks="shop", arguments="--var x=$(touch${IFS}pwned)")
    assert not (job.folder / "pwned").exists()


def test_drift_is_one_issue(team: Team) -> None:
    """Opened, updated while it goes on, and closed with a comment once it is gone."""
    by_hand = Project(team.folder / "by-hand", team.emulator, key=KEY)
    (product,) = by_hand.objects("/v1/products")
    path = f"/v1/products/{product['id']}"
    team.github.issues.append(
        {
            "id": 1,
            "number": 1,
            "state": "open",
            "user": {"login": "mallory", "type": "User"},
            "title": "?",
            "body": "<!-- engine: drift test . -->",
        }
    )
    bodies = []
    for name in ("Pro @everyone <b>", "Pro #1"):
        by_hand.call("post", path, name=name)
        ended, job = team.on_main("drift", "schedule")
        assert ended.code == 2, ended.err
        assert name in job.summary
        (issue,) = team.github.issues[1:]
        assert issue["title"] == "Drift in environment test"
        bodies.append(issue["body"])
    assert "Pro @everyone <b>" in bodies[0].partition("```")[2]
    assert "Pro #1" in bodies[1]
    by_hand.call("post", path, name="Pro")
    ended, _ = team.on_main("drift", "schedule")
    assert ended.code == 0, ended.err
    assert team.github.issues[1]["state"] == "closed"
    assert len(team.github.comments[team.github.issues[1]["number"]]) == 1
    assert team.github.issues[0]["state"] == "open"


KILLED = """
import os, sys
from engine.backends.state.file_backend import FileBackend
from engine.cli.main import run
if "apply" in sys.argv:
    FileBackend.end_journal = lambda *_: os.kill(os.getpid(), 9)
    FileBackend.write = lambda *_, **__: os.kill(os.getpid(), 9)
sys.exit(run(sys.argv[1:]))
"""


def test_the_journal_of_a_killed_apply_goes_to_the_next_job(team: Team) -> None:
    """The machine is thrown away: nothing is made twice, and the price is in the state at last."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.check(2)
    team.merge(2)
    programs = team.folder / "programs"
    programs.mkdir()
    program = programs / "engine"
    program.write_text(f"#!{sys.executable}\n{KILLED}", encoding="utf-8")
    program.chmod(0o755)
    ended, job = team.on_main("apply", PATH=f"{programs}:{os.environ['PATH']}")
    assert ended.code == 137
    assert job.codes["Commit the state"] == 0
    assert (team.pulled() / "state/test/shop.journal").exists()

    ended, _ = team.by_hand()
    assert ended.code == 0, ended.err
    states = team.pulled() / "state/test"
    assert not (states / "shop.journal").exists()
    assert '"unit_amount": 2400' in (states / "shop.json").read_text(encoding="utf-8")
    by_hand = Project(team.folder / "by-hand", team.emulator, key=KEY)
    amounts = [price["unit_amount"] for price in by_hand.objects("/v1/prices")]
    assert sorted(amounts) == [2000, 2400, 20000]


def test_a_lock_is_said_to_be_held(team: Team) -> None:
    """Exit code 3, in the comment of the merge, with who and why."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.check(2)
    team.merge(2)
    clone = team.pulled()
    held = run_apart(clone, "lock", "test/shop", "--reason", "launch freeze", STRIPE_TEST_KEY=KEY)
    assert held.code == 0, held.err
    team.commit("Freeze")
    git(clone, "push", "--quiet", "origin", "main")
    ended, _ = team.on_main("apply", commit=team.github.pulls[2]["merge_commit_sha"])
    assert ended.code == 3
    assert "launch freeze" in team.comments(2)[1]
