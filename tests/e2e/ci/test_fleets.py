"""The jobs of a project that has a fleet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ci.github import Blobs, GitHubStandIn
from tests.support.ci.repository import PROJECT
from tests.support.ci.team import Team
from tests.support.command_line import run_apart
from tests.support.git import git
from tests.support.surroundings import served

FLEET = """
    [tool.engine.fleets.shops]
    environment = "local"
    accounts = "file:shops.toml"
"""
STACK = """
    from engine import fleet_variable
    from engine.stripe import Price, Product

    pro = Product("pro", name="Plan")
    Price("month", product=pro, currency=fleet_variable("currency"), unit_amount=1900)
"""
ACCOUNTS = 60


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    """A team with a fleet of many accounts, two of which have no euros."""
    with served(monkeypatch, 19) as emulator:
        base = os.environ["STRIPE_API_BASE"]
        monkeypatch.delenv("STRIPE_API_BASE")
        with Blobs() as blobs, GitHubStandIn(blobs) as github:
            team = Team(tmp_path, github, emulator, base)
            team.write("pyproject.toml", PROJECT + FLEET)
            team.write("stacks/shop.py", STACK)
            team.write("shops.toml", "".join(map(account, range(ACCOUNTS))))
            team.commit("Begin a fleet")
            git(team.clone, "push", "--quiet", "origin", "main")
            yield team


def account(number: int) -> str:
    """An account of the fleet."""
    currency = "usd" if number < 2 else "eur"
    name = f'[[account]]\nname = "shop-{number}"\n'
    return f'{name}variables = {{ currency = "{currency}" }}\n'


def test_the_comment_has_groups_and_no_plan_is_saved(team: Team) -> None:
    """One comment, edited; an account that cannot be planned fails the check, and is shown."""
    team.propose(1, 'name="Plan"', 'name="Pro"')
    ended, job = team.check(1, environment="", arguments="--fleet shops")
    assert ended.code == 0, ended.err
    assert job.codes == {"Install engine": 0, "Run engine": 0}
    (comment,) = team.comments(1)
    assert comment.startswith("<!-- engine: plan local . --fleet%3Dshops -->")
    assert "58 accounts: create Pro" in comment
    assert "2 accounts: create Pro" in comment
    assert "shop-59" not in comment
    assert "made by [this run]" in comment
    assert not team.github.artifacts

    team.write("shops.toml", "".join(map(account, range(2))) + '[[account]]\nname = "new"\n')
    team.propose(1, 'name="Pro"', 'name="Pro plan"')
    ended, _ = team.check(1, environment="", arguments="--fleet shops")
    assert ended.code == 1
    (comment,) = team.comments(1)
    assert "1 account failed." in comment.splitlines()[1]
    assert "has no value for account new of fleet shops" in comment


def test_the_states_of_all_accounts_are_committed(team: Team) -> None:
    """Those of the fleet alone, into the branch that was applied."""
    job = team.job("push", {}, "main")
    apply = ("apply", "--fleet", "shops", "--yes", "--only", "shop-0,shop-7")
    assert run_apart(job.folder, *apply).code == 0
    (job.folder / "state" / "test").mkdir()
    (job.folder / "state" / "test" / "shop.json").write_text("{}")
    variables = {
        **job.variables,
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(job.folder),
        "ENGINE_CI_TOKEN": job.token,
    }
    ended = run_apart(job.folder, "ci", "commit-state", "--fleet", "shops", **variables)
    assert ended.code == 0, ended.err
    states = git(team.pulled(), "ls-files", "state").split()
    assert states == [
        "state/.gitignore",
        "state/shops/shop-0/shop.json",
        "state/shops/shop-7/shop.json",
    ]
    ended = run_apart(job.folder, "ci", "commit-state", "--fleet", "shop", **variables)
    assert ended.code == 1
    assert "did you mean shops?" in ended.err


def test_a_fork_cannot_plan_a_fleet_that_asks_stripe(team: Team) -> None:
    """Its jobs get no key; the summary says who can."""
    team.write("pyproject.toml", PROJECT + FLEET.replace('"local"', '"test"'))
    team.propose(1, 'name="Plan"', 'name="Pro"', fork=True)
    ended, job = team.check(1, environment="", arguments="--fleet shops")
    assert ended.code == 1
    assert "jobs of a fork get no key" in job.summary
