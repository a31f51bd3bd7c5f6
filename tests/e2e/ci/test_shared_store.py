"""The jobs of a project whose states are in a store that machines share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.ci.action import Job
from tests.support.ci.github import Blobs, GitHubStandIn
from tests.support.ci.repository import PROJECT
from tests.support.ci.team import Team
from tests.support.git import git
from tests.support.object_servers import S3_LOGIN, put, s3_server
from tests.support.surroundings import served

pytest.importorskip("obstore", reason="needs the extra `cloud`")

MONTHLY, YEARLY = "unit_amount=2000,", "unit_amount=20000"


class StoreTeam(Team):
    """A team whose jobs may use a bucket."""

    def job(self, event: str, payload: dict[str, Any], commit: str, **variables: str) -> Job:
        """A machine with a checkout and the keys of the bucket."""
        pull = payload.get("pull_request", {})
        fork = pull.get("head", {}).get("repo", {}).get("full_name", "").startswith("mallory")
        return super().job(event, payload, commit, **({} if fork else S3_LOGIN), **variables)


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreTeam]:
    """A team whose states are in a bucket; nothing is applied."""
    with s3_server() as bucket, served(monkeypatch, 17) as emulator:
        put(f"{bucket}/billing")
        base = os.environ["STRIPE_API_BASE"]
        monkeypatch.delenv("STRIPE_API_BASE")
        with Blobs() as blobs, GitHubStandIn(blobs) as github:
            team = StoreTeam(tmp_path, github, emulator, base)
            state = f"s3://billing/engine?endpoint={bucket}&region=us-east-1"
            team.write("pyproject.toml", f'{PROJECT}\nstate = "{state}"\n')
            team.commit("Keep states in a bucket")
            git(team.clone, "push", "--quiet", "origin", "main")
            yield team


def test_the_store_has_the_state_and_the_branch_gets_no_commit(team: StoreTeam) -> None:
    """A plan of an earlier serial is refused, as it is with files."""
    team.propose(1, 'name="Plan"', 'name="Pro"')
    assert team.check(1)[0].code == 0
    commit = team.merge(1)
    ended, job = team.on_main("apply")
    assert ended.code == 0, ended.err
    assert job.codes["Commit the state"] == 0
    said = next(line for line in ended.err.splitlines() if "nothing to commit" in line)
    assert said.startswith("The states of test are in s3://billing/engine")
    assert git(team.origin, "rev-parse", "main").strip() == commit

    for number, words in ((2, (MONTHLY, "unit_amount=2400,")), (3, (YEARLY, "unit_amount=24000"))):
        team.propose(number, *words)
        ended, _ = team.check(number)
        assert ended.code == 0, ended.err
    assert "$24.00 a month, +20 %" in team.comments(2)[0]
    team.merge(2)
    ended, _ = team.on_main("apply")
    assert ended.code == 0, ended.err
    team.merge(3)
    ended, _ = team.on_main("apply")
    assert ended.code == 4
    assert "was made from serial" in ended.err
    assert "### Refused" in team.comments(3)[1]
    assert not (team.pulled() / "state").exists()


def test_a_fork_gets_no_access_to_the_store(team: StoreTeam) -> None:
    """Its plan fails, and says who can make one."""
    team.propose(1, 'name="Plan"', 'name="Pro"', fork=True)
    ended, job = team.check(1)
    assert ended.code == 1
    assert "jobs of a fork get no access to the store" in ended.err
    assert "push the branch to the repository itself" in job.summary
